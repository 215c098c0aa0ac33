// SPDX-License-Identifier: Apache-2.0
//
// The rules that count people: announce lists, strangers in a thread, policy, the storm test.

import EventTime
import ListTraffic

extension ListState {
    /// Posts of others on a list that is, or looks, announce-only.
    mutating func judgeAnnounce(_ occasion: Occasion, _ findings: inout [Finding]) {
        let limits = occasion.limits
        let settings = occasion.settings
        // The operator said that nobody else may post, so the age of a post is no excuse: many
        // a stranger's clock is wrong by a day. A list that merely looks so gets the benefit.
        let isConfigured = limits.isAnnounceOnly == true
        guard isConfigured || !occasion.isStale else { return }
        var isRegular: Bool?
        if let rules = occasion.rules, isConfigured, !rules.regularPosters.isEmpty {
            isRegular = rules.regularPosters.contains(occasion.post.posterAddress.lowercased())
        }
        guard announce.note(occasion, isRegular: isRegular) else { return }
        func find(_ action: Verdict.Action, _ cause: Finding.Cause) {
            let start = announce.firstIntrusion ?? occasion.time
            findings.append(
                Finding(action: action, cause: cause, window: .hours(24), start: start)
            )
        }
        if isConfigured {
            guard announce.intrusions >= limits.announcePosts else { return }
            find(.trip, .announceOnly(posts: announce.intrusions))
        } else if limits.learnedAnnounceAction != .off, announce.regulars == 1,
            announce.regularPosts >= settings.learnedAnnouncePosts,
            occasion.time - announce.since >= Baseline.warmUpSpan,
            announce.strangers >= limits.announcePosts
        {
            find(
                limits.learnedAnnounceAction == .trip ? .trip : .softHold,
                .announceLike(strangers: announce.strangers)
            )
        }
    }

    /// Strangers who answer in one thread.
    mutating func judgeThread(_ occasion: Occasion, _ findings: inout [Finding]) {
        let post = occasion.post
        guard post.hasHeaders, post.kind.isReply, post.isStranger else { return }
        let counts = threads.note(post.thread, at: occasion.time)
        let action: Verdict.Action
        let window: Span
        if let span = counts.reached(occasion.limits.strangers) {
            (action, window) = (.trip, span)
        } else if let span = counts.reached(occasion.limits.softHoldStrangers) {
            (action, window) = (.softHold, span)
        } else {
            return
        }
        findings.append(
            Finding(
                action: action,
                cause: .strangers(count: counts.within(window)),
                window: window,
                start: max(
                    occasion.time - window,
                    threads.first(in: post.thread) ?? occasion.time
                )
            )
        )
    }

    /// So many people answered within the window.
    mutating func judgePolicy(_ occasion: Occasion, _ findings: inout [Finding]) {
        let limits = occasion.limits
        let time = occasion.time
        let post = occasion.post
        let count = policy.note(
            isReply: occasion.isReply ?? true,
            isStranger: post.isStranger,
            at: time,
            window: limits.policyWindow
        )
        let table = limits.policyPosters
        let limit = policyLimit(limits)
        // Without a limit nothing below 99 is strange; with one, only what stays below it.
        policy.learn(count, below: table > 0 ? table : 99, at: time)
        // Without headers nobody knows who answers: a quarter of them must at least be new here.
        guard post.hasHeaders || policy.strangers * 4 >= count else { return }
        let copies = max(members ?? 0, post.copies)
        guard table > 0, count >= limit, copies >= limits.policyCopies else { return }
        if limits.policyReplies > 0 {
            let sum = windows.sum(.hour, at: time)
            let replies = post.hasHeaders ? sum.replies : sum.posts
            guard replies >= limits.policyReplies else { return }
        }
        findings.append(
            Finding(
                action: .trip,
                cause: .policy(repliers: count),
                window: limits.policyWindow,
                start: policy.first ?? time
            )
        )
    }

    /// The policy limit, raised by what the list has borne.
    func policyLimit(_ limits: Limits) -> Int64 {
        let seen = test.first?.baseline.seen ?? 0
        return policy.limit(
            table: limits.policyPosters,
            hasHistory: seen >= Baseline.warmUpArrivals
        )
    }

    /// The sequential test.
    mutating func judgeTest(
        _ arrival: Arrival,
        _ limits: Limits,
        _ findings: inout [Finding]
    ) {
        let learnBelow: (Double) -> Double = { 0.7 * limits.threshold(arrivalsPerYear: $0) }
        if test.isEmpty {
            guard let first else {
                self.first = arrival
                return
            }
            test = [StormTest()]
            _ = test[0].arrive(first, learnBelow: learnBelow)
            self.first = nil
        }
        guard let reading = test[0].arrive(arrival, learnBelow: learnBelow) else { return }
        let threshold = limits.threshold(arrivalsPerYear: reading.arrivalsPerYear)
        let isTrip = reading.isStorm(threshold: threshold, floor: limits.floor)
        guard isTrip || reading.isDoubtful(threshold: threshold - limits.softHoldMargin)
        else { return }
        findings.append(
            Finding(
                action: isTrip ? .trip : .softHold,
                cause: .storm(arrivals: reading.arrivals),
                window: .hours(24),
                start: test[0].episode.start
            )
        )
    }
}
