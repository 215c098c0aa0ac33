// SPDX-License-Identifier: Apache-2.0
//
// The rules that count people: announce lists, strangers in a thread, policy, the storm test.

import Attended
import EventTime
import ListTraffic

extension ListState {
    /// Posts of others on a list that is, or looks, announce-only, or of which nothing is known.
    mutating func judgeAnnounce(_ occasion: Occasion, _ findings: inout [Finding]) {
        let limits = occasion.limits
        let isConfigured = limits.isAnnounceOnly == true
        var isRegular: Bool?
        if isConfigured, let rules = occasion.inForce.rules(of: occasion.identity.address),
            !rules.regularPosters.isEmpty
        {
            isRegular = rules.regularPosters.contains(occasion.post.posterAddress.lowercased())
        }
        let isStranger = announce.note(
            occasion,
            isRegular: isRegular,
            isConfigured: isConfigured,
            isYoung: isYoung(at: occasion.time),
            &rings
        )
        guard isStranger else { return }
        let intrusions = Int64(rings.count(AnnounceWatch.Intrusion.self))
        let strangers = Int64(rings.count(AnnounceWatch.Newcomer.self))
        let first = rings.all(AnnounceWatch.Intrusion.self).first?.second
        let start = first.map { Timestamp(seconds: Int64($0)) } ?? occasion.time
        func find(_ action: Verdict.Action, _ cause: Finding.Cause) {
            findings.append(
                Finding(action: action, cause: cause, window: .hours(24), start: start)
            )
        }
        if isConfigured {
            guard intrusions >= limits.announcePosts else { return }
            find(.trip, .announceOnly(posts: intrusions))
        } else if limits.learnedAnnounceAction != .off {
            if let action = learnedBreach(occasion, strangers: strangers, posts: intrusions) {
                find(
                    action,
                    .announceLike(strangers: strangers, regulars: max(1, announce.regulars))
                )
            } else if let action = breachOfUnknown(occasion, posts: intrusions) {
                find(action, .unknownList(posts: intrusions))
            }
        }
    }

    /// Within this the others must have come that trip a list of few posters; chosen: two nights.
    private static let breachSpan = TimeSpan.hours(36)

    /// What a list that had few posters so far does when others post.
    private func learnedBreach(_ occasion: Occasion, strangers: Int64, posts: Int64)
        -> Verdict.Action?
    {
        guard isAnnounceLike(occasion.inForce.settings),
            occasion.time - announce.since >= Baseline.warmUpSpan
        else { return nil }
        let limits = occasion.limits
        if limits.learnedAnnounceAction == .trip, strangers >= limits.announcePosts { return .trip }
        let lately = UInt32(occasion.time - Self.breachSpan)
        let late = Int64(rings.all(AnnounceWatch.Newcomer.self).count { $0.second >= lately })
        // An address for a few people is answered by strangers all day.
        let isMany = isOf(AnnounceWatch.fewestMembers, at: occasion.time)
        if limits.learnedAnnounceTrip > 0, posts >= limits.learnedAnnounceTrip,
            late * 10 >= limits.learnedAnnounceTrip * 9, isMany
        {
            return .trip
        }
        let least = limits.announcePosts + (announce.regulars > 1 ? 1 : 0)
        // What was held and let go before needs as many new ones to be doubtful again.
        let held = max(UInt32(lastHold), announce.lastRegular)
        let fresh = rings.all(AnnounceWatch.Newcomer.self).count { $0.second > held }
        return Int64(fresh) >= least ? .softHold : nil
    }

    /// What a list does of which nothing is known yet: most lists of many are for announcements.
    private func breachOfUnknown(_ occasion: Occasion, posts: Int64) -> Verdict.Action? {
        let time = occasion.time
        guard isHardlyKnown(at: time, occasion.inForce.settings),
            announce.regulars <= Int64(AnnounceWatch.few), occasion.limits.unknownPosts > 0
        else { return nil }
        // Where whoever had the list answers in between they talk with each other.
        let start = max(UInt32(time - .days(1)), announce.lastRegular)
        let people = rings.all(AnnounceWatch.Newcomer.self)
        // A discussion that is born is few people who write often, or many in many days; so is no storm.
        // While somebody is there to ask, a few more may introduce themselves.
        let isAttended = occasion.inForce.settings.attended.isAttended(at: time)
        let isDoubtful = people.count { $0.second >= start } >= 3
        let least = occasion.limits.unknownPosts * (isAttended ? 6 : 5) / 5
        let isCrowd = Int64(people.count) * 6 >= posts * 5
        let yesterday = UInt32(time - .days(1))
        let lately = rings.all(AnnounceWatch.Intrusion.self).count { $0.second >= yesterday }
        let isMany = isOf(AnnounceWatch.fewestMembers, at: time)
        if Int64(lately) >= least && isCrowd && isMany { return .trip }
        if isRush(people.count { $0.second >= UInt32(time - .hours(1)) }, occasion) { return .trip }
        // Once: if they went on after that, it is a discussion that is born.
        guard isDoubtful else { return nil }
        return lastHold == .distantPast ? .softHold : nil
    }

    /// Whether so many wrote within the hour on a list of thousands that nobody knows yet as introduce
    /// themselves in a day.
    private func isRush(_ people: Int, _ occasion: Occasion) -> Bool {
        Int64(people) * 5 >= occasion.limits.unknownPosts * 3
            && isOf(occasion.inForce.settings.peopleTripMembers, at: occasion.time)
    }

    /// Whether it is one for announcements: as somebody said, else as it looks.
    @inline(__always)
    func isAnnounceLike(_ settings: DetectionSettings) -> Bool {
        saidKind(settings).map { $0 == .announce } ?? looksLikeAnnounce(settings)
    }

    /// What somebody said that the list is for.
    func saidKind(_ settings: DetectionSettings) -> ListKind? {
        settings.perList.isEmpty ? nil : settings.perList[address]?.saidKind
    }

    /// Whether few have posted so far, and often enough to say so.
    @inline(__always)
    func looksLikeAnnounce(_ settings: DetectionSettings) -> Bool {
        announce.regulars <= Int64(AnnounceWatch.few)
            && announce.regularPosts
                >= max(1, settings.learnedAnnouncePosts, 2 * announce.regulars)
    }

    /// Whether nobody can say what it is for: it is young, or few have posted, and hardly ever.
    ///
    /// A newsletter of three editors that comes once a month is as unknown after three issues as on
    /// its first day. After a single post in a month its first talk would be held: of 53 real lists one
    /// was.
    func isHardlyKnown(at time: Timestamp, _ settings: DetectionSettings) -> Bool {
        if isYoung(at: time) { return true }
        return announce.regulars <= Int64(AnnounceWatch.few)
            && announce.regularPosts >= settings.learnedAnnouncePosts
            && !looksLikeAnnounce(settings)
    }

    /// Strangers who answer in one thread.
    private func judgeThread(_ occasion: Occasion, _ findings: inout [Finding]) {
        let post = occasion.post
        guard Self.isInThread(occasion) else { return }
        let counts = rings.strangers(in: post.thread, at: occasion.time)
        var action: Verdict.Action
        let window: TimeSpan
        let limits =
            isUnknown(occasion)
            ? occasion.limits.strangers.raised(
                isLarge: isOf(occasion.inForce.settings.unknownTripMembers, at: occasion.time)
            ) : occasion.limits.strangers
        if let span = counts.reached(limits) {
            (action, window) = (.trip, span)
        } else if let span = counts.reached(occasion.limits.softHoldStrangers) {
            (action, window) = (.softHold, span)
        } else {
            return
        }
        // Where the list's own people answer as well and more, it is a busy day of theirs.
        if action == .softHold || window > .hours(1), rings.areUsual(at: occasion.time) {
            guard action == .trip else { return }
            action = .softHold
        }
        let first = rings.firstStranger(in: post.thread, within: .hours(24), of: occasion.time)
        let start = max(occasion.time - window, first ?? occasion.time)
        // Nobody reads and answers so fast: they came together, and the next one tells.
        guard action == .trip || occasion.time - start >= Self.haste else { return }
        findings.append(
            Finding(
                action: action,
                cause: .strangers(count: counts.within(window)),
                window: window,
                start: start
            )
        )
    }

    /// Answers within so little time are no doubt yet; chosen, of 53 real lists' holds one in ten was.
    private static let haste = TimeSpan.seconds(30)

    /// Whether a stranger's post answers in a thread that the log shows.
    private static func isInThread(_ occasion: Occasion) -> Bool { occasion.isReply == true }

    /// Notes somebody whom the list never redistributed before, and judges him by both rules.
    mutating func judgeStranger(_ occasion: Occasion, _ findings: inout [Finding]) {
        guard occasion.isStranger else { return }
        let thread = Self.isInThread(occasion) ? occasion.post.thread : nil
        let counts = newcomers.note(
            in: thread,
            at: occasion.time,
            written: occasion.written,
            &rings
        )
        judgeThread(occasion, &findings)
        judgeNewcomers(occasion, counts, &findings)
    }

    /// Whether the list has been watched for less than a fortnight: nobody is known yet.
    @inline(__always)
    func isYoung(at time: Timestamp) -> Bool {
        announce.since == .distantPast || time - announce.since < NewcomerWatch.youth
    }

    /// Whether it says little that somebody is a stranger: the list is young, and it is not one
    /// poster who has had it for himself so far.
    private func isUnknown(_ occasion: Occasion) -> Bool {
        isYoung(at: occasion.time) && !isAnnounceLike(occasion.inForce.settings)
    }

    /// More newcomers than the list ever had.
    private func judgeNewcomers(
        _ occasion: Occasion,
        _ counts: NewcomerWatch.Counts,
        _ findings: inout [Finding]
    ) {
        let time = occasion.time
        let factor = occasion.limits.newcomerFactor
        guard factor > 0, !isYoung(at: time) else { return }
        guard !isNewUsual else { return }
        let floor = max(occasion.limits.floor, NewcomerWatch.fewest)
        func reaches(_ least: Int64) -> TimeSpan? {
            let six = NewcomerWatch.limit(
                least: least,
                busiest: newcomers.busiestSixHours,
                factor: factor
            )
            if Double(counts.sixHours) >= six { return .hours(6) }
            let day = NewcomerWatch.limit(
                least: least + 4,
                busiest: newcomers.busiestDay,
                factor: factor
            )
            return Double(counts.day) >= day ? .hours(24) : nil
        }
        let action: Verdict.Action
        let window: TimeSpan
        if let span = reaches(floor) {
            (action, window) = (.trip, span)
        } else if let span = reaches(floor - 3) {
            (action, window) = (.softHold, span)
        } else {
            return
        }
        findings.append(
            Finding(
                action: action,
                cause: .newcomers(count: window > .hours(6) ? counts.day : counts.sixHours),
                window: window,
                start: rings.firstNewcomer(within: window, of: time) ?? time
            )
        )
    }

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
        // On the largest lists, where fewer trip, a quarter more are doubtful, else an eighth.
        let eighths: Int64 = table < 10 ? 10 : 9
        guard isNew || count >= limit.multipliedSaturated(by: eighths) / 8 else { return }
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
                cause: .policy(repliers: count),
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

    /// Whether most posters are new at any time, as on a list full of spam: then it says nothing.
    private var isNewUsual: Bool {
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
                cause: .storm(arrivals: reading.arrivals),
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
