// SPDX-License-Identifier: Apache-2.0
//
// From findings to a verdict with its evidence. A trip latches: until a person resets, or a day
// has passed, this list says nothing more, because its breaker stays open by its own rule.

import Attended
import EventTime
import ListTraffic

extension ListState {
    /// How long a doubt lasts after its last post: so long a list must be quiet before its hold
    /// ends by itself; chosen, a night's lull of two an hour by day.
    static let quiet = TimeSpan.hours(12)
    /// How long a hold lasts while somebody is there to answer; the breaker's own default.
    static let attendedHold = TimeSpan.minutes(30)

    /// The verdict of the strongest finding, unless it was said already.
    mutating func conclude(
        _ found: [Finding],
        at time: Timestamp,
        _ settings: DetectionSettings
    ) -> Verdict? {
        guard !found.isEmpty else { return nil }
        guard Self.isOver(lastTrip, settings.tripRepeat, at: time) else { return nil }
        let size = largestSize(at: time)
        let isRole = isRole(size, settings)
        let isOnProbation = time < probationEnds && !isRole
        var findings = found
        for index in findings.indices {
            if isOnProbation {
                findings[index].action = .trip
            } else if isRole && !findings[index].isSaid
                || isHeldOnly(findings[index], size, at: time, settings)
            {
                findings[index].action = .softHold
            }
        }
        guard let finding = findings.min(by: { Finding.prefers($0, to: $1) }) else { return nil }
        if finding.action == .softHold {
            endDoubt(at: time, settings)
            guard lastDoubt == .distantPast, mayHold(at: time, settings) else { return nil }
            lastHold = time
            lastDoubt = time
            if case .burden(let posts, _) = finding.cause { burden.hold(posts, at: time) }
        } else {
            lastTrip = time
            lastDoubt = .distantPast
            burden.spoil(at: time, rings)
        }
        var evidence = evidence(for: finding, at: time, settings)
        evidence.summary = finding.sentence(list: address, at: time, evidence: evidence)
        let wasRaised = !found.contains { $0.action == .trip } && finding.action == .trip
        if wasRaised {
            evidence.summary += " The list is on probation after a reset: doubt is enough."
        }
        // What is doubtful may have to wait for an answer: the test's evidence must not be lost on it.
        if finding.action == .trip && finding.isSure { test?.restart() }
        let stake = stake(evidence, size, at: time)
        return Verdict(
            action: finding.action,
            list: address,
            time: time,
            rule: finding.rule,
            isSure: finding.isSure,
            evidence: evidence,
            reach: reach(finding, findings, stake, at: time, settings),
            stake: stake
        )
    }

    /// The members, as far as the log shows; nil when it shows nothing.
    ///
    /// Where a manager sends one message a copy, a post has one copy when it is judged, and the rest
    /// follow: what was announced within a day tells more, spread over its posts.
    func largestSize(at time: Timestamp) -> Int64? {
        let sum = rings.sum(.day, at: time)
        let spread = sum.posts > 0 ? sum.announced / sum.posts : 0
        let largest = max(members ?? 0, lastCopies ?? 0, spread)
        return largest > 0 ? largest : nil
    }

    /// Whether it is an address for a few people: as somebody said, else by its size.
    private func isRole(_ size: Int64?, _ settings: DetectionSettings) -> Bool {
        saidKind(settings) == .role || size.map { $0 < settings.roleCopies } ?? false
    }

    /// Whether the log shows that many members or more.
    func isOf(_ members: Int64, at time: Timestamp) -> Bool {
        (largestSize(at: time) ?? 0) >= members
    }

    /// Whether `finding` holds the list and cannot trip it: people who answer a list of a few
    /// hundred who discuss, or one of which nothing is known.
    private func isHeldOnly(
        _ finding: Finding,
        _ size: Int64?,
        at time: Timestamp,
        _ settings: DetectionSettings
    ) -> Bool {
        guard finding.action == .trip, finding.isOfPeople else { return false }
        if isAnnounceLike(settings) || finding.isMarked && areMachines(since: finding.start) {
            return false
        }
        if isYoung(at: time) {
            return (size ?? 0) < settings.unknownTripMembers && !finding.isOfStrangers
        }
        return size.map { $0 < settings.peopleTripMembers } ?? false
    }

    /// Whether most of what the log shows since `start` calls itself a machine's, or has no sender: nobody
    /// congratulates so.
    private func areMachines(since start: Timestamp) -> Bool {
        guard let trail = rings.trail else { return false }
        let posts = trail.filter { $0.time >= start }
        return posts.count { $0.kind == .robot } * 3 >= posts.count * 2
    }

    /// Whether a new hold may begin: once a day where somebody is there, else whenever the last one
    /// is over.
    private func mayHold(at time: Timestamp, _ settings: DetectionSettings) -> Bool {
        if Self.isOver(lastHold, settings.softHoldRepeat, at: time) { return true }
        return !settings.attended.isAttended(at: time)
            && (settings.attended.isAttended(at: lastHold) || time - lastHold > .hours(12))
    }

    /// Ends a doubt whose posts have stopped, or that somebody has had half an hour to answer.
    private mutating func endDoubt(at time: Timestamp, _ settings: DetectionSettings) {
        guard lastDoubt != .distantPast else { return }
        let isAnswered =
            time - lastHold > Self.attendedHold && settings.attended.isAttended(at: time)
        if isAnswered || time - lastDoubt > Self.quiet { lastDoubt = .distantPast }
    }

    /// Whether a hold may go on.
    var isInDoubt: Bool { lastDoubt != .distantPast }

    /// A further post of a list in doubt: its hold goes on; nil when the doubt is over.
    mutating func continueHold(at time: Timestamp, _ settings: DetectionSettings) -> Verdict? {
        endDoubt(at: time, settings)
        // Once a minute is as good as each time.
        guard lastDoubt != .distantPast, time - lastDoubt >= .minutes(1) else { return nil }
        lastDoubt = time
        var evidence = Evidence()
        evidence.members = members
        evidence.summary = "\(address) is still in doubt: its hold goes on."
        return Verdict(
            action: .softHold,
            list: address,
            time: time,
            rule: .burden,
            isSure: false,
            evidence: evidence,
            isContinued: true
        )
    }

    private func stake(_ evidence: Evidence, _ size: Int64?, at time: Timestamp) -> Stake {
        let sum = rings.sum(.day, at: time)
        return Stake(
            members: size ?? 0,
            copiesAnnounced: sum.announced,
            copiesSent: sum.sent,
            forecast: evidence.forecast,
            membersHere: hereCount > 0 ? min(Int64(hereCount), size ?? 0) : nil
        )
    }

    /// Members elsewhere of a list for which other people's mail may stand still; below, its own hold is enough.
    ///
    /// Chosen: a list of thousands, and more than the staff that is asked to confirm by a reply.
    private static let fewestForQueue: Int64 = 3000
    /// So long after a person's reset the list holds its own mail at most; chosen.
    private static let forbearance = TimeSpan.days(7)

    /// How far `finding` may reach.
    ///
    /// Other people's mail stands still for a list of thousands only, and when two rules that rest on
    /// different things agree, or one that counts mails and no people. Never because people whom
    /// nobody knows yet write to a list that nobody knows yet: so begins a list. What holds the list's
    /// own mail is widened by the breaker when copies still leave.
    private func reach(
        _ finding: Finding,
        _ findings: [Finding],
        _ stake: Stake,
        at time: Timestamp,
        _ settings: DetectionSettings
    ) -> Reach {
        guard stake.copies >= Double(settings.queueStake),
            stake.membersElsewhere >= min(Self.fewestForQueue, settings.queueStake / 2)
        else { return .list }
        // Else a stranger with two addresses could halt everybody's mail each day anew.
        guard Self.isOver(lastReset, Self.forbearance, at: time) else { return .list }
        switch finding.cause {
        case .announceOnly, .sameMessage, .chain: return .queue
        default: break
        }
        let isNew =
            isHardlyKnown(at: time, settings) && !isAnnounceLike(settings)
            && stake.members < settings.unknownTripMembers
        if isNew, finding.isOfPeople || finding.ground == .posters { return .list }
        return findings.contains { $0.ground != finding.ground } ? .queue : .list
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
        // Behind a reset posts count from there on; so do those who wrote them.
        evidence.posters = min(sum.posts, rings.posters(since: time - width.span))
        evidence.window = width.span
        evidence.burden = burdenFigures(at: time)
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
        let isVolume =
            finding.rule == .loop || finding.rule == .ceiling || finding.rule == .burden
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
            tripped: lastTrip == .distantPast ? nil : lastTrip,
            burden: burdenFigures(at: now),
            kind: saidKind(settings),
            learnedKind: learnedKind(at: now, settings)
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
            Double(answered(within: limits.policyWindow, at: time)),
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
        add(
            .burden,
            Double(rings.burden(at: time).day),
            limits.burdenTrip > 0 ? Double(burdenTrip(limits)) : 0
        )
        return misses.sorted { $0.share > $1.share }
    }
}
