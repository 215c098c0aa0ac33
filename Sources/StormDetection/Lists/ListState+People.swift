// SPDX-License-Identifier: Apache-2.0
//
// The rules that count people by what they are to the list: announce lists, strangers in a thread, newcomers.

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
        if isMany, isEcho(occasion) { return .trip }
        let least = limits.announcePosts + (announce.regulars > 1 ? 1 : 0)
        // What was held and let go before needs as many new ones to be doubtful again.
        let held = max(UInt32(lastHold), announce.lastRegular)
        let fresh = rings.all(AnnounceWatch.Newcomer.self).count { $0.second > held }
        return Int64(fresh) >= least ? .softHold : nil
    }

    /// Whether others go on by themselves within six hours, however few they are.
    ///
    /// So do responders that answer each other. A fifth more posts than by different people, and none of
    /// those who have the list in between. Of 53 real lists none that had few posters had eight.
    private func isEcho(_ occasion: Occasion) -> Bool {
        guard occasion.limits.learnedAnnounceTrip > 0 else { return false }
        let start = max(UInt32(occasion.time - .hours(6)), announce.lastRegular)
        let posts = rings.all(AnnounceWatch.Intrusion.self).count { $0.second >= start }
        return Int64(posts) * 5 >= occasion.limits.learnedAnnounceTrip.multipliedSaturated(by: 6)
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
        let isDoubtful = people.count { $0.second >= start } >= 3
        let isMany = isOf(AnnounceWatch.fewestMembers, at: time)
        if isMany, isBreached(people: Int64(people.count), posts: posts, occasion) { return .trip }
        if isRush(people.count { $0.second >= UInt32(time - .hours(1)) }, occasion) { return .trip }
        // Once: if they went on after that, it is a discussion that is born.
        guard isDoubtful else { return nil }
        return lastHold == .distantPast ? .softHold : nil
    }

    /// Whether so many posts of a day, of so many people of `posts`, are no discussion that is born.
    ///
    /// That is few people who write often, or many in many days; so is no storm. While somebody is there to
    /// ask, a few more may introduce themselves; and those who did so are no evidence in the evening.
    private func isBreached(people: Int64, posts: Int64, _ occasion: Occasion) -> Bool {
        guard posts >= occasion.limits.unknownPosts else { return false }
        let day = intrusions(within: .days(1), occasion)
        let (differ, allDiffer) = (people * 6 >= posts * 5, people * 7 >= posts * 6)
        if isBreached(day, occasion, differ: differ, allDiffer: allDiffer) { return true }
        // The same within six hours is no discussion either where some write again and again. Of 53 real lists
        // the one that began fastest had 40 mails of 22 people in them.
        let start = UInt32(occasion.time - .hours(6))
        let late = Int64(rings.all(AnnounceWatch.Newcomer.self).count { $0.second >= start })
        let hours = intrusions(within: .hours(6), occasion)
        let most = late * 3 >= Int64(hours.count) * 2
        return isBreached(hours, occasion, differ: most, allDiffer: most)
    }

    /// Seconds of the posts of others within `span`.
    private func intrusions(within span: TimeSpan, _ occasion: Occasion) -> [UInt32] {
        let start = UInt32(occasion.time - span)
        return rings.all(AnnounceWatch.Intrusion.self).lazy.map(\.second).filter { $0 >= start }
    }

    /// Whether so many came while nobody is there to be asked, or a fifth more at any time: by people who
    /// mostly `differ`, and nearly `allDiffer`.
    private func isBreached(
        _ posts: [UInt32],
        _ occasion: Occasion,
        differ: Bool,
        allDiffer: Bool
    ) -> Bool {
        let least = occasion.limits.unknownPosts
        let count = Int64(posts.count)
        guard count >= least, differ else { return false }
        if count >= least * 6 / 5, allDiffer { return true }
        let attended = occasion.inForce.settings.attended
        guard !attended.isAttended(at: occasion.time) else { return false }
        let alone = posts.count { !attended.isAttended(at: Timestamp(seconds: Int64($0))) }
        return Int64(alone) >= least
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
    /// was. After a second one none is.
    func isHardlyKnown(at time: Timestamp, _ settings: DetectionSettings) -> Bool {
        if isYoung(at: time) { return true }
        return announce.regulars <= Int64(AnnounceWatch.few)
            && announce.regularPosts >= min(2, settings.learnedAnnouncePosts)
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
    func isUnknown(_ occasion: Occasion) -> Bool {
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
}
