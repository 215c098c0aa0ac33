// SPDX-License-Identifier: Apache-2.0
//
// The rules that count people whatever they are to the list: policy, and the storm test.

import Attended
import EventTime
import ListTraffic

extension ListState {
    /// Answers within so little time are no doubt yet; chosen, of 53 real lists' holds one in ten was.
    static let haste = TimeSpan.seconds(30)

    /// So many people answered within the window.
    mutating func judgePolicy(_ occasion: Occasion, _ findings: inout [Finding]) {
        let limits = occasion.limits
        let time = occasion.time
        let post = occasion.post
        let counts = rings.note(
            PolicyWatch.Replier(
                second: UInt32(time),
                written: UInt32(occasion.written),
                isStranger: occasion.isStranger,
                isReply: occasion.isReply ?? true
            ),
            window: limits.policyWindow
        )
        let table = limits.policyPosters
        let limit = policyLimit(limits)
        // Without a limit nothing below 99 is strange; with one, only what stays below it.
        policy.learn(counts.all, below: table > 0 ? table : 99, at: time)
        guard table > 0, counts.all >= limit else { return }
        let people = !occasion.showsBatches ? counts : apart(counts, limits.policyWindow, at: time)
        let count = people.all
        // A third of them must be new here: regulars who discuss are no storm. Twice the limit
        // needs no such excuse. Without headers nobody knows who answers, everybody who posts is
        // counted, and who is new is all there is to tell a storm by: then it must be half, and it
        // must not be usual there that most are new.
        let isWild = post.hasHeaders && count >= limit.multipliedSaturated(by: 2)
        let share: Int64 = post.hasHeaders ? 3 : 2
        let isTelling = post.hasHeaders || !isNewUsual
        let isNew = isWild || isTelling && people.strangers * share >= count
        // On the largest lists, where fewer trip, a quarter more are doubtful.
        let quarters: Int64 = table < 10 ? 5 : 4
        guard isNew || count >= limit.multipliedSaturated(by: quarters) / 4 else { return }
        let copies = max(members ?? 0, post.copies)
        guard count >= limit, copies >= limits.policyCopies else { return }
        if limits.policyReplies > 0 {
            let sum = rings.sum(.hour, at: time)
            let replies = post.hasHeaders ? sum.replies : sum.posts
            guard replies >= limits.policyReplies else { return }
        }
        findings.append(
            Finding(
                action: isNew ? .trip : .softHold,
                cause: .policy(repliers: count, together: counts.all - count),
                window: limits.policyWindow,
                start: rings.firstReplier ?? time
            )
        )
    }

    /// Of `counts` within `window` those who did not come in a batch.
    private func apart(
        _ counts: PolicyWatch.Counts,
        _ window: TimeSpan,
        at time: Timestamp
    ) -> PolicyWatch.Counts {
        let batched = rings.batched(since: time - window)
        return PolicyWatch.Counts(
            all: counts.all - batched.all,
            strangers: counts.strangers - batched.strangers
        )
    }

    /// People who answered within the policy rule's window before `time`, as that rule counts them: so it
    /// is what status shows of it.
    func answered(within window: TimeSpan, at time: Timestamp) -> Int64 {
        let all = rings.repliers(at: time, window: window)
        return showsNoHeaders ? max(0, all - rings.batched(since: time - window).all) : all
    }

    /// Whether the log shows no headers of the list's latest mail.
    private var showsNoHeaders: Bool {
        switch rings.trail?.last?.kind {
        case .unknown, .replyByPoster: true
        default: false
        }
    }

    /// Whether most posters are new at any time, as on a list full of spam: then it says nothing.
    var isNewUsual: Bool {
        (test?.baseline.novelShare ?? 0) > NewcomerWatch.mostUsual
    }

    /// The policy limit, raised by what the list has borne.
    @inline(__always)
    func policyLimit(_ limits: Limits) -> Int64 {
        let seen = test?.baseline.seen ?? 0
        return policy.limit(
            table: limits.policyPosters,
            hasHistory: seen >= Baseline.warmUpArrivals
        )
    }

    /// The list's own people who follow up on each other before that is doubtful; chosen.
    private static let manyUsual: Int64 = 8

    /// The sequential test.
    mutating func judgeTest(
        _ arrival: Arrival,
        _ occasion: Occasion,
        _ findings: inout [Finding]
    ) {
        let limits = occasion.limits
        let learnBelow: (Double) -> Double = { 0.7 * limits.threshold(arrivalsPerYear: $0) }
        if test == nil {
            guard let first = rings.last(Arrival.self) else {
                rings.append(arrival)
                return
            }
            test = StormTest()
            _ = test?.arrive(first, &rings, learnBelow: learnBelow)
            rings.clear(.first)
        }
        guard let reading = test?.arrive(arrival, &rings, learnBelow: learnBelow) else { return }
        let threshold = limits.threshold(arrivalsPerYear: reading.arrivalsPerYear)
        // A batch may be doubtful, but is no crowd.
        var crowd = reading
        if occasion.showsBatches, reading.logMarked >= threshold {
            crowd = reading.without(rings.batched(since: arrival.time - reading.span).all)
        }
        // Strangers in one thread that are enough for a hold, and the test at its threshold: two
        // rules that rest on different things confirm each other, and the floor is not needed.
        let doubtful = findings.firstIndex { $0.action == .softHold && $0.isOfStrangers }
        if let doubtful, !isUnknown(occasion),
            crowd.isStorm(threshold: threshold, floor: Limits.confirmedFloor)
        {
            findings[doubtful].action = .trip
        }
        // A queue that is flushed brings the usual people, a storm brings new ones.
        let areUsual =
            rings.areUsual(at: arrival.time) || !occasion.post.hasHeaders && isNewUsual
        let excess = reading.isUrgent ? reading.logMarked - threshold : 0
        let floor = limits.floor(excess: excess, early: !reading.isUrgent && areUsual)
        // Without headers nothing but new people tells a storm from a queue that is flushed.
        let isSure = occasion.post.hasHeaders || !rings.areUsual(at: arrival.time, share: 3)
        let isTrip = isSure && crowd.isStorm(threshold: threshold, floor: floor)
        let isFresh = !areUsual && reading.isUrgent && reading.span >= Self.haste
        let isDoubtful =
            (isFresh || reading.isUnhurried && reading.arrivals >= Self.manyUsual)
            && reading.isDoubtful(threshold: threshold - limits.softHoldMargin)
        guard isTrip || isDoubtful else { return }
        findings.append(
            Finding(
                action: isTrip ? .trip : .softHold,
                cause: isTrip
                    ? .storm(
                        arrivals: crowd.arrivals,
                        together: reading.arrivals - crowd.arrivals
                    ) : .storm(arrivals: reading.arrivals, together: 0),
                window: .hours(24),
                start: test?.episode.start ?? arrival.time
            )
        )
    }
}

extension Rings {
    /// Whether fewer than one of `share` of those who answered within the hour are new to the list.
    func areUsual(at time: Timestamp, share: Int = 2) -> Bool {
        let lately = UInt32(time - .hours(1))
        var answers = 0
        var strangers = 0
        for person in all(PolicyWatch.Replier.self)
        where person.isReply && person.second >= lately {
            answers += 1
            if person.isStranger { strangers += 1 }
        }
        return strangers * share < answers
    }
}
