// SPDX-License-Identifier: Apache-2.0
//
// The rules that count messages, whoever wrote them: the burden, loops, echoes and the ceiling.

import EventTime
import ListTraffic

extension ListState {
    /// What each member got within a day, against the busiest day before.
    mutating func judgeBurden(_ occasion: Occasion, _ findings: inout [Finding]) {
        let time = occasion.time
        let counts = burden.note(at: time, isYoung: isYoung(at: time), &rings)
        findBurden(counts, occasion.limits, at: time, &findings)
        guard counts.day >= Self.monologue.hold, isQuiet(at: time) else { return }
        if occasion.inForce.seesAll {
            judgeMonologue(occasion, &findings)
            judgeFew(occasion, &findings)
        }
    }

    /// The burden as status shows it.
    func burdenFigures(at time: Timestamp) -> BurdenFigures {
        let counts = rings.burden(at: time)
        return BurdenFigures(
            hour: counts.hour,
            sixHours: counts.sixHours,
            day: counts.day,
            week: counts.week,
            since: counts.day > 0 ? rings.burdenStart(at: time) : nil,
            busiestDay: Int64(burden.busiestDay)
        )
    }

    /// Whether its first day is not over: nobody knows what is usual there.
    @inline(__always)
    private var isFirstDay: Bool {
        announce.since == .distantPast || clock - announce.since < .days(1)
    }

    /// Posts of a day above which the list is held: a busy list's days differ by more than thirty.
    ///
    /// What was held and let go is no doubt again before half as many more came.
    @inline(__always)
    private func burdenHold(_ limits: Limits, at time: Timestamp) -> Int64 {
        let busiest = Int64(burden.busiestDay)
        let least =
            isFirstDay
            ? limits.burdenHold.multipliedSaturated(by: 2)
            : busiest + max(limits.burdenHold, busiest / 2)
        return max(least, burden.held(at: time).map { $0 + limits.burdenHold / 2 } ?? 0)
    }

    /// Posts of a day that trip the list.
    @inline(__always)
    func burdenTrip(_ limits: Limits) -> Int64 {
        let busiest = Int64(burden.busiestDay)
        if isFirstDay { return limits.burdenTrip.multipliedSaturated(by: 4) }
        return max(2 * busiest, busiest + limits.burdenTrip)
    }

    private mutating func findBurden(
        _ counts: Burden.Counts,
        _ limits: Limits,
        at time: Timestamp,
        _ findings: inout [Finding]
    ) {
        let busiest = Int64(burden.busiestDay)
        let action: Verdict.Action
        if limits.burdenTrip > 0, counts.day > burdenTrip(limits) {
            action = .trip
        } else if limits.burdenHold > 0, counts.day > burdenHold(limits, at: time) {
            action = .softHold
        } else {
            return
        }
        let first = rings.burdenStart(at: time)
        findings.append(
            Finding(
                action: action,
                cause: .burden(posts: counts.day, busiest: busiest),
                window: .hours(24),
                start: first
            )
        )
    }

    /// Ping-pong, reply chains, and one poster who goes on at one pace; robots included.
    mutating func judgeLoops(_ occasion: Occasion, _ findings: inout [Finding]) {
        judgeEcho(occasion, &findings)
        let inForce = occasion.inForce
        let lengths = loops.note(
            occasion.post,
            at: occasion.time,
            written: occasion.written,
            settings: inForce,
            &rings
        )
        judgeTurns(lengths, occasion, &findings)
        let hops = chainHopsAny(occasion)
        var chain: Int64 = 0
        if inForce.settings.chainHops > 0 && lengths.changes >= inForce.settings.chainHops {
            chain = lengths.changes
        } else if hops > 0 && lengths.all >= hops {
            chain = lengths.all
        }
        guard chain > 0 else { return }
        findings.append(
            Finding(
                action: .trip,
                cause: .chain(hops: chain),
                window: .hours(1),
                start: occasion.time - .minutes(30)
            )
        )
    }

    /// Hops of a chain in which posters repeat, or one answers himself; 0: off.
    ///
    /// A series of patches may be such a chain, so they are many. It never calls itself a machine, and a list
    /// whose busiest day had sixteen mails never has one so long: of 53 real lists none had ten.
    private func chainHopsAny(_ occasion: Occasion) -> Int64 {
        let hops = occasion.inForce.settings.chainHopsAny
        if occasion.isMarked, occasion.limits.echoTrip > 0 {
            return min(hops, occasion.limits.echoTrip)
        }
        return isQuiet(at: occasion.time) ? min(hops, 2 * Self.monologue.trip) : hops
    }

    /// Two, three or four posters who take turns.
    private func judgeTurns(
        _ lengths: LoopWatch.Lengths,
        _ occasion: Occasion,
        _ findings: inout [Finding]
    ) {
        let least = occasion.inForce.settings.pingPongPosts
        guard least > 1, lengths.slow.posts >= least || lengths.quick.posts >= least else { return }
        let isQuick = lengths.quick.posts >= least
        // Two robots may report in turn for ever: who has for weeks was asked for.
        guard isQuick || !rings.isSteady(occasion.poster) else { return }
        let run = isQuick ? lengths.quick : lengths.slow
        // People who argue may take a few more turns in an hour or two than robots in minutes.
        let isTrip = isQuick || run.posts >= least.multipliedSaturated(by: 5) / 3
        findings.append(
            Finding(
                action: isTrip ? .trip : .softHold,
                cause: .pingPong(posts: run.posts, posters: run.posters),
                window: isQuick ? .hours(1) : .hours(24),
                start: occasion.time - (isQuick ? .minutes(30) : .hours(12))
            )
        )
    }

    /// One poster at a regular pace.
    private mutating func judgeEcho(_ occasion: Occasion, _ findings: inout [Finding]) {
        let posts = echo.note(
            occasion.post,
            poster: occasion.poster,
            at: occasion.time,
            written: occasion.written,
            isQuiet: isQuiet(at: occasion.time),
            isReturning: occasion.isReturning,
            &rings
        )
        let limits = occasion.limits
        guard limits.echoTrip > 0, posts >= limits.echoHold else { return }
        // Who has posted several times a day for weeks is a robot that the list asked for.
        guard !rings.isSteady(occasion.poster) else { return }
        let action: Verdict.Action
        if posts >= echo.limit(limits.echoTrip) {
            action = .trip
            echo.spoil()
        } else if posts >= echo.holdLimit(limits.echoHold) {
            action = .softHold
        } else {
            return
        }
        findings.append(
            Finding(
                action: action,
                cause: .echo(posts: posts),
                window: .hours(24),
                start: occasion.time - .hours(12)
            )
        )
    }

    /// A message that came back to the list.
    mutating func noteReturned(
        _ message: UInt64,
        by poster: UInt64,
        isStale: Bool,
        _ settings: DetectionSettings,
        at stamp: Timestamp
    ) -> [Finding] {
        let time = advance(to: stamp)
        let arrivals = LoopWatch.noteReturn(
            of: message,
            by: poster,
            isStale: isStale,
            at: time,
            &rings
        )
        let rules = settings.perList.isEmpty ? nil : settings.perList[address]
        let limits = Limits(settings, rules: rules, members: members)
        var findings: [Finding] = []
        let counts = burden.note(at: time, isYoung: isYoung(at: time), &rings)
        findBurden(counts, limits, at: time, &findings)
        let limit = min(Int64(LoopWatch.cap), settings.loopArrivals)
        if limit > 1, arrivals.weighed >= limit || arrivals.all >= 3 * limit {
            findings.append(.withinHour(.sameMessage(arrivals: arrivals.all), at: time))
        } else if limits.echoTrip > 0, arrivals.day >= limits.echoHold {
            findings.append(
                Finding(
                    action: arrivals.day >= limits.echoTrip ? .trip : .softHold,
                    cause: .sameMessage(arrivals: arrivals.day),
                    window: .hours(24),
                    start: time - .hours(24)
                )
            )
        }
        return findings
    }

    /// The ceiling, for the list and for one poster.
    mutating func judgeVolume(
        _ occasion: Occasion,
        _ before: PosterTable.Record,
        _ findings: inout [Finding]
    ) {
        let post = occasion.post
        let time = occasion.time
        let unplanned = plans.isEmpty ? post.copies : takePlanned(post.copies, at: time)
        let isPlanned = post.copies > 0 && unplanned == 0
        guard !isPlanned, !occasion.limits.isCeilingExempt else { return }
        let isPart =
            post.hasHeaders && post.kind.isReply
            && rings.noteOwn(post.thread, occasion.poster, last: before.last, at: time)
        let isSteady = rings.noteSteady(occasion.poster, last: before.last, at: time)
        judgeCeiling(
            .init(
                posts: 1,
                explained: isPart || isSteady || occasion.isFlush ? 1 : 0,
                copies: UInt32(clamping: unplanned)
            ),
            occasion.limits,
            occasion.inForce,
            at: time,
            &findings
        )
        guard occasion.limits.posterPerHour > 0 else { return }
        if before.completed > 0 { ceiling.learn(poster: before.completed) }
        // Answers to oneself are a series of patches, without headers nobody can tell, and who
        // has posted here for long may be a build robot: the list's own ceiling holds for those.
        guard !occasion.isAnswer, post.kind != .unknown, before.isNewcomer else { return }
        let limit = ceiling.posterLimit(occasion.limits, settings: occasion.inForce)
        guard before.hourly > limit else { return }
        ceiling.spoil()
        let count = Int64(before.hourly.rounded(.up))
        var finding = Finding.withinHour(.poster(count: count, limit: Int64(limit)), at: time)
        if occasion.isFlush { finding.action = .softHold }
        findings.append(finding)
    }

    /// Further copies of a post: chunks and VERP.
    mutating func noteAnnounced(
        _ copies: Int64,
        _ inForce: SettingsInForce,
        at stamp: Timestamp
    ) -> [Finding] {
        let time = advance(to: stamp)
        rings.add(Tally(announced: Tally.saturated(copies)), at: time)
        let unplanned = plans.isEmpty ? copies : takePlanned(copies, at: time)
        guard unplanned > 0 else { return [] }
        let limits =
            inForce.settings.perList.isEmpty
            ? inForce.limits(members: members)
            : Limits(inForce.settings, rules: inForce.rules(of: address), members: members)
        guard !limits.isCeilingExempt else { return [] }
        var findings: [Finding] = []
        let chunk = CeilingWatch.Volume(copies: UInt32(clamping: unplanned))
        judgeCeiling(chunk, limits, inForce, at: time, &findings)
        return findings
    }

    private mutating func judgeCeiling(
        _ added: CeilingWatch.Volume,
        _ limits: Limits,
        _ inForce: SettingsInForce,
        at time: Timestamp,
        _ findings: inout [Finding]
    ) {
        let volume = ceiling.add(added, at: time, &rings)
        let posts = CeilingWatch.limit(
            table: limits.postsPerHour,
            busiest: ceiling.busiestPosts,
            settings: inForce.settings
        )
        let copies = CeilingWatch.limit(
            table: limits.copiesPerHour,
            busiest: ceiling.busiestCopies,
            settings: inForce.settings
        )
        func find(_ action: Verdict.Action?, _ cause: Finding.Cause) {
            guard let action else { return }
            var finding = Finding.withinHour(cause, at: time)
            finding.action = action
            findings.append(finding)
        }
        let before = findings.count
        find(
            CeilingWatch.judge(
                Double(volume.posts),
                explained: Double(volume.explained),
                limit: posts,
                most: inForce.settings.ceilingLearnedLimit * limits.postsPerHour
            ),
            .posts(count: Int64(volume.posts), limit: Int64(posts))
        )
        if limits.copiesPerHour > 0, Int64(volume.posts) >= inForce.settings.ceilingPosts {
            let share = Double(volume.explained) / Double(max(1, volume.posts))
            find(
                CeilingWatch.judge(
                    Double(volume.copies),
                    explained: share * Double(volume.copies),
                    limit: copies,
                    most: inForce.settings.ceilingLearnedLimit * limits.copiesPerHour
                ),
                .copies(count: Int64(volume.copies), limit: Int64(min(copies, 1e15)))
            )
        }
        if findings.count > before { ceiling.spoil() }
    }
}
