// SPDX-License-Identifier: Apache-2.0
//
// From findings to a verdict with its evidence. A trip latches: until a person resets, or a day
// has passed, this list says nothing more, because its breaker stays open by its own rule.

import EventTime

extension ListState {
    /// The verdict of the strongest finding, unless it was said already.
    mutating func conclude(
        _ findings: [Finding],
        at time: Timestamp,
        _ settings: DetectionSettings
    ) -> Verdict? {
        guard var finding = findings.min(by: { Finding.prefers($0, to: $1) }) else { return nil }
        let isOnProbation = finding.action == .softHold && time < probationEnds
        if isOnProbation { finding.action = .trip }
        guard Self.isOver(lastTrip, settings.tripRepeat, at: time) else { return nil }
        if finding.action == .softHold {
            guard Self.isOver(lastHold, settings.softHoldRepeat, at: time) else { return nil }
            lastHold = time
        } else {
            lastTrip = time
        }
        var evidence = evidence(for: finding, at: time, settings)
        evidence.summary = finding.sentence(list: address, at: time, evidence: evidence)
        if isOnProbation {
            evidence.summary += " The list is on probation after a reset: doubt is enough."
        }
        // What is doubtful may have to wait for an answer: the test's evidence must not be lost on it.
        if finding.action == .trip && finding.isSure { test?.restart() }
        return Verdict(
            action: finding.action,
            list: address,
            time: time,
            rule: finding.rule,
            isSure: finding.isSure,
            evidence: evidence
        )
    }

    private static func isOver(_ last: Timestamp, _ span: TimeSpan, at time: Timestamp) -> Bool {
        last == .distantPast || time - last > span
    }

    private func evidence(
        for finding: Finding,
        at time: Timestamp,
        _ settings: DetectionSettings
    ) -> Evidence {
        var evidence = Evidence()
        let width: RollingWindows.Width = finding.window <= .hours(1) ? .hour : .day
        let sum = rings.sum(width, at: time)
        evidence.posts = sum.posts
        evidence.replies = sum.replies
        evidence.posters = rings.posters(since: time - width.span)
        evidence.window = width.span
        evidence.copiesAnnounced = sum.announced
        evidence.copiesSent = sum.sent
        evidence.members = members
        if let test {
            let estimate = Estimate(test)
            evidence.reproduction = estimate.reproduction
            evidence.reproductionLow = estimate.low
            evidence.reproductionHigh = estimate.high
            evidence.probability = estimate.probability
            if let members {
                evidence.forecast = Forecast(
                    estimate,
                    posts: Int64(test.episode.posts),
                    members: members,
                    at: time,
                    settings: settings
                )
            }
        }
        let isVolume = finding.rule == .loop || finding.rule == .ceiling
        evidence.trail = rings.evidence(since: finding.start, everything: isVolume)
        return evidence
    }

    /// What status shows of the list at `time`.
    func figures(at time: Timestamp, _ settings: DetectionSettings) -> ListFigures {
        let now = max(time, clock)
        let test = test?.waited(until: now)
        let estimate = test.map(Estimate.init)
        return ListFigures(
            windows: RollingWindows.Width.allCases.map { width in
                let sum = rings.sum(width, at: now)
                return ListFigures.Window(
                    span: width.span,
                    posts: sum.posts,
                    replies: sum.replies,
                    posters: rings.posters(since: now - width.span),
                    copiesAnnounced: sum.announced,
                    copiesSent: sum.sent
                )
            },
            members: members,
            postsPerYear: (test?.baseline ?? Baseline()).arrivalsPerYear,
            isWarmingUp: !(test?.baseline.isWarm(at: now) ?? false),
            reproduction: estimate?.reproduction,
            reproductionLow: estimate?.low,
            reproductionHigh: estimate?.high,
            probability: estimate?.probability,
            nearMisses: nearMisses(test, at: now, settings),
            tripped: lastTrip == .distantPast ? nil : lastTrip
        )
    }

    /// Copies announced in the hour before `time`.
    func announced(inHourBefore time: Timestamp) -> Int64 {
        rings.sum(.hour, at: max(time, clock)).announced
    }

    private func nearMisses(
        _ test: StormTest?,
        at time: Timestamp,
        _ settings: DetectionSettings
    ) -> [ListFigures.NearMiss] {
        let rules = settings.perList[address]
        let limits = Limits(settings, rules: rules, members: members)
        var misses: [ListFigures.NearMiss] = []
        func add(_ rule: Rule, _ figure: Double, _ limit: Double) {
            if limit > 0 { misses.append(.init(rule: rule, figure: figure, limit: limit)) }
        }
        if limits.isAnnounceOnly == true {
            add(
                .announceBreach,
                Double(rings.count(AnnounceWatch.Intrusion.self)),
                Double(limits.announcePosts)
            )
        }
        let counts = rings.strangersInAnyThread(at: time)
        let strangers = [
            (counts.hour, limits.strangers.perHour),
            (counts.sixHours, limits.strangers.perSixHours),
            (counts.day, limits.strangers.perDay),
        ].filter { $0.1 > 0 }.max { $0.0 * $1.1 < $1.0 * $0.1 }
        if let strangers {
            add(.strangersInThread, Double(strangers.0), Double(strangers.1))
        }
        if let test {
            let year = test.baseline.arrivalsPerYear
            let threshold = max(1, limits.threshold(arrivalsPerYear: year))
            add(.storm, max(0, test.logMarked), threshold)
        }
        add(
            .policy,
            Double(rings.repliers(at: time, window: limits.policyWindow)),
            limits.policyPosters > 0 ? Double(policyLimit(limits)) : 0
        )
        if !limits.isCeilingExempt {
            let posts = CeilingWatch.limit(
                table: limits.postsPerHour,
                busiest: ceiling.busiestPosts,
                settings: settings
            )
            add(.ceiling, Double(rings.sum(.hour, at: time).posts), posts)
        }
        add(.loop, Double(loops.run), Double(settings.pingPongPosts))
        return misses.sorted { $0.share > $1.share }
    }
}
