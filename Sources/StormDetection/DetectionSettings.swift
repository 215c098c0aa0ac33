// SPDX-License-Identifier: Apache-2.0
//
// Every number that detection uses, as a setting with its default and where the default comes
// from. Reading them from text is the settings reader's work. The last words of each comment are
// the key in section [Detection]. "51 + 15 lists": public mailing lists, 664 list-years without
// a storm, replayed. Change a default only after the judge has measured it on such streams.

public import Attended
public import EventTime

/// Thresholds of the stranger rule: how many distinct strangers answer in one thread.
public struct StrangerThresholds: Sendable, Equatable {
    /// In one hour.
    public var perHour: Int64
    /// In six hours.
    public var perSixHours: Int64
    /// In 24 hours.
    public var perDay: Int64

    /// Three thresholds; 0 switches one off, and more than 32 are taken for 32.
    public init(perHour: Int64, perSixHours: Int64, perDay: Int64) {
        self.perHour = perHour
        self.perSixHours = perSixHours
        self.perDay = perDay
    }
}

/// What a list that merely behaves as announce-only does when a second stranger posts.
public enum LearnedAnnounceAction: String, Sendable, Equatable, CaseIterable {
    /// Opens the breaker.
    case trip
    /// Holds the list's own new copies; the other rules decide.
    case softHold = "soft-hold"
    /// Nothing.
    case off
}

/// Rules and numbers of detection, `[Detection]` and `[List ADDRESS]`.
public struct DetectionSettings: Sendable, Equatable {
    // MARK: Announce lists

    /// Post of a non-regular poster at which a list configured announce-only trips.
    ///
    /// Two, because one may be a mistake that nobody answers. 1 to 16. `AnnouncePosts=`.
    public var announcePosts: Int64 = 2
    /// How far back those posts count, and after which an untroubled poster is regular.
    ///
    /// A weekend; chosen. `AnnounceWindow=`.
    public var announceWindow: TimeSpan = .days(3)
    /// What a list that only ever had one regular poster does at its second stranger.
    ///
    /// Happens 0.03 times a list-year on 53 real lists without a storm, half the budget of all
    /// rules: too often to halt a queue, rare enough to hold the list's own copies for a while.
    /// `LearnedAnnounceAction=trip|soft-hold|off`.
    public var learnedAnnounceAction: LearnedAnnounceAction = .softHold
    /// Posts of that one poster before the list counts as announce-like; chosen.
    ///
    /// It must also have been watched for 14 days: on its first day every list has one poster.
    /// `LearnedAnnouncePosts=`.
    public var learnedAnnouncePosts: Int64 = 3

    /// Posts of others within ``announceWindow`` that trip a list which only ever had up to three
    /// posters; 0: off.
    ///
    /// What the hold kept back meanwhile is safe; ten are no mistake. Chosen. At most 64.
    /// `LearnedAnnounceTrip=`.
    public var learnedAnnounceTrip: Int64 = 10
    /// Posts of others within a day that trip a list of which nothing is known yet; a fifth more in
    /// attended hours; 0: off.
    ///
    /// Its third stranger within a day holds it. Five of six posts must be by different
    /// people: a discussion that is born is few who write often. Chosen. At most 50.
    /// `UnknownPosts=`.
    public var unknownPosts: Int64 = 25

    // MARK: Burden

    /// Posts within 24 h above the list's busiest clean day that hold it, by members; 0: off.
    ///
    /// By this alone 53 real lists would be held 0.05 times a list-year. `BurdenHold=0:120 25:60
    /// 1000:30`.
    public var burdenHold = BySize([(0, 120), (25, 60), (1000, 30)], unknown: 60)
    /// Posts within 24 h above that day, and more than twice it, that trip, by members; 0: off.
    ///
    /// By this alone those lists would trip 0.017 times a list-year, most of them robots' lists.
    /// `BurdenTrip=0:240 1000:60 unknown:120`.
    public var burdenTrip = BySize([(0, 240), (1000, 60)], unknown: 120)

    // MARK: Proportion

    /// Copies of one post below which a list is a role alias: never tripped, held at most.
    ///
    /// Chosen: an address for a few people is answered by strangers all day. `RoleCopies=`.
    public var roleCopies: Int64 = 25
    /// Members from which on people who answer trip a list of discussion; a smaller one is held.
    ///
    /// Chosen: a wedding on a list of 800 looks like a storm, and costs as little as its mail
    /// waiting. `PeopleTripMembers=`.
    public var peopleTripMembers: Int64 = 2000
    /// Copies at stake from which on a proven trip reaches the whole queue.
    ///
    /// Announced within the day, and what the forecast expects at least. Chosen: three posts to a
    /// list of thousands. A list of fewer than 3,000 members, or half as many as this, is held by
    /// itself whatever it sends. `QueueStake=`.
    public var queueStake: Int64 = 6000
    /// Members from which on people who answer trip a list in its first fortnight.
    ///
    /// Chosen: so many do not introduce themselves to each other. `UnknownTripMembers=`.
    public var unknownTripMembers: Int64 = 10_000

    /// Members from which on a list is named of which nobody knows what it is for; 0: none.
    ///
    /// No setting of its own: the engine gives it `SoftHoldPageMembers=`, what is large enough to page
    /// for.
    public var unknownListMembers: Int64 = 1000

    // MARK: Strangers in one thread

    /// Trip thresholds, chosen by false trips: with all rules 0.024 a list-year with headers and
    /// 0.038 without, on 53 lists.
    ///
    /// `StrangersPerHour=`, `StrangersPerSixHours=`, `StrangersPerDay=`.
    public var strangers = StrangerThresholds(perHour: 4, perSixHours: 6, perDay: 9)
    /// Soft-hold thresholds: with all rules 0.18 a list-year there.
    ///
    /// `SoftHoldStrangersPerHour=`, `SoftHoldStrangersPerSixHours=`, `SoftHoldStrangersPerDay=`.
    public var softHoldStrangers = StrangerThresholds(perHour: 3, perSixHours: 5, perDay: 8)

    // MARK: Policy

    /// Distinct repliers within ``policyWindow`` that trip, by members; 0: off.
    ///
    /// Exchange Online stops 10 reply-alls to 2,500 in an hour. At most 128. `PolicyPosters=0:0 1000:10 10000:8
    /// 100000:6`.
    public var policyPosters = BySize([(0, 0), (1000, 10), (10_000, 8), (100_000, 6)], unknown: 0)
    /// Replies within the window, at least; 0: as many as ``policyPosters``.
    ///
    /// `PolicyReplies=`.
    public var policyReplies: Int64 = 0
    /// The rule's window, at most 1 h.
    ///
    /// `PolicyWindow=`.
    public var policyWindow: TimeSpan = .hours(1)
    /// A list whose posts reach fewer copies is left to the other rules.
    ///
    /// `PolicyCopies=`.
    public var policyCopies: Int64 = 1000

    // MARK: The storm test

    /// False trips a list-year that all statistical rules together may cause: one in ten years.
    ///
    /// Above 0, at most 100. `FalseTripsPerListYear=`.
    public var falseTripsPerListYear = 0.1
    /// Share of that budget which the sequential test gets; the rest is the other rules'.
    ///
    /// Above 0, at most 1. `StormTestShare=`.
    public var stormTestShare = 0.5
    /// Nats added to the test's threshold for model error; set on 51 real lists: measured 0.0045
    /// false trips a list-year.
    ///
    /// 0 to 50. `StormTestMargin=`.
    public var stormTestMargin = 2.0
    /// Fewest fresh posters in an episode before the test may trip, by members: protects against a
    /// handful of vacation replies.
    ///
    /// `StormTestFloor=0:12 100:10 1000:8 10000:6 100000:5`.
    public var stormTestFloor = BySize(
        [(0, 12), (100, 10), (1000, 8), (10_000, 6), (100_000, 5)],
        unknown: 8
    )
    /// Nats beyond the test's threshold that replace one person of its floor, at most three.
    ///
    /// 0: none. Only where Date headers prove the posts fresh, or three minutes have passed.
    /// Costs no false trip on 53 real lists with ages; chosen. 0 to 50. `StormTestRelief=`.
    public var stormTestRelief = 2.0
    /// Nats below the test's threshold at which a soft hold begins: 0.05 a list-year measured.
    ///
    /// 0 to 50. `SoftHoldMargin=`.
    public var softHoldMargin = 2.0

    /// How many times the newcomers of its busiest six hours, and day, and three a list may have.
    ///
    /// At least ``stormTestFloor``, and 8; in a day four more. 0: off. 0.002 false trips a list-year on
    /// 53 real lists; 1.5 costs 0.02, 3 misses a storm that has no headers. `NewcomerFactor=`.
    public var newcomerFactor = 2.0

    // MARK: Which posts count

    /// A poster counts once within this: heated threads are few people who write often; at most 13
    /// distinct repliers an hour in 664 list-years.
    ///
    /// Up to 24 h. `RepeatSpan=`.
    public var repeatSpan: TimeSpan = .hours(6)
    /// A message older than this that comes back is one that its sender's queue sends again.
    ///
    /// Posts are placed where they were written, however old; `explain` says so from this age on.
    /// `StaleAfter=`.
    public var staleAfter: TimeSpan = .seconds(900)

    // MARK: Ceiling

    /// Posts an hour that a list without history may have, by members.
    ///
    /// People do not write less because more of them read: a heated hour has as many posts on a
    /// list of 50,000 as on one of 2,000, so from 1,000 on the number stays, and the damage is
    /// bounded by ``copiesPerHour``. The storms that matter are seen by who posts and when, after
    /// four to eight people; this is for floods by the few, which those rules do not count. From
    /// 100,000 on nobody discusses. Chosen. `PostsPerHour=0:120 1000:60 100000:20`.
    public var postsPerHour = BySize([(0, 120), (1000, 60), (100_000, 20)], unknown: 120)
    /// Copies announced an hour without history.
    ///
    /// 60 posts to 50,000, 15 to 200,000, 3 to a million: the table above ends where it is
    /// reached. Chosen. 0: off. `CopiesPerHour=`.
    public var copiesPerHour: Int64 = 3_000_000
    /// Posts in that hour, at least: one mailing, however large, and its correction never trip.
    ///
    /// `CeilingPosts=`.
    public var ceilingPosts: Int64 = 3
    /// How many times its busiest clean hour a list may reach; chosen, 0.005 false trips a
    /// list-year measured.
    ///
    /// At least 1. `CeilingFactor=`.
    public var ceilingFactor = 4.0
    /// The learned maximum never raises the ceiling over this many times the table: bounds what an
    /// attacker can teach.
    ///
    /// Chosen. At least 1. `CeilingLearnedLimit=`.
    public var ceilingLearnedLimit = 10.0
    /// Threads an hour that somebody new to the list may start, by members; 0: off.
    ///
    /// A compromised account or a machine gone wild: one sender is no discussion, so here the
    /// number falls with the size, to half a million copies. A list with a ``ListRules/postsPerHour``
    /// of its own allows half of that, if it is more. Chosen. `PosterPerHour=0:60 1000:30 10000:10
    /// 100000:4`.
    public var posterPerHour = BySize(
        [(0, 60), (1000, 30), (10_000, 10), (100_000, 4)],
        unknown: 60
    )

    // MARK: Senders that are no list

    /// Messages an hour that a known sender may hand over for the outside; 0: off.
    ///
    /// Chosen: mail programs merge some hundred, thieves send thousands. At most 60,000.
    /// `SenderMessagesPerHour=`.
    public var senderMessagesPerHour: Int64 = 1000
    /// Recipients outside that a known sender may reach an hour; 0: off.
    ///
    /// Chosen: a club's newsletter from a mail program has some thousand.
    /// `SenderCopiesPerHour=`.
    public var senderCopiesPerHour: Int64 = 5000
    /// How long a sender must have been watched to be a known one; it must also have sent on
    /// ``senderKnownDays`` days.
    ///
    /// Until then it may have ``ceilingLearnedLimit`` times as much.
    ///
    /// Five weeks: the first of a month is among them, so that a billing run was seen once.
    /// `SenderKnownAfter=`.
    public var senderKnownAfter: TimeSpan = .days(35)
    /// Days on which a known sender sent; chosen.
    ///
    /// Who sends on the first of each month only stays new, and the higher ceiling stays his.
    /// `SenderKnownDays=`.
    public var senderKnownDays: Int64 = 10
    /// Share of recipients refused for good that leaves no doubt over the ceiling, and no grace to
    /// a new sender; 0: off.
    ///
    /// Chosen: customers' addresses bounce a few times in a hundred, bought ones far more often.
    /// Counted from 100 recipients on. `SenderRefusedShare=`.
    public var senderRefusedShare = 0.2
    /// Logins and envelope senders without a ceiling, with `*` for any text.
    ///
    /// `SenderExempt=`.
    public var senderExempt: [String] = []

    // MARK: Loops

    /// Arrivals of one Message-ID within an hour that trip: 0.02 a list-year on real lists, all of
    /// them real floods of duplicates.
    ///
    /// `LoopArrivals=`.
    public var loopArrivals: Int64 = 5
    /// Posts of two, three or four posters who strictly take turns, gaps within ``pingPongGap``; none in
    /// 664 list-years.
    ///
    /// With gaps of up to 90 minutes they hold, and two thirds more trip: of 753,389 real posts no two
    /// people took more than eleven such turns, no three or four more than nine. Chosen.
    ///
    /// `PingPongPosts=`.
    public var pingPongPosts: Int64 = 12
    /// Longest gap of such an alternation.
    ///
    /// `PingPongGap=`.
    public var pingPongGap: TimeSpan = .seconds(120)
    /// Hops of a reply chain that change the poster, each within ``chainGap``.
    ///
    /// `ChainHops=`.
    public var chainHops: Int64 = 8
    /// Hops of such a chain when the posters repeat.
    ///
    /// `ChainHopsAny=`.
    public var chainHopsAny: Int64 = 40
    /// Longest hop: 0.2 % of 305,164 human replies take under 60 s.
    ///
    /// `ChainGap=`.
    public var chainGap: TimeSpan = .seconds(60)

    /// Posts of one poster at a regular pace, 3 s to 45 min, that trip; half of them hold; 0: off.
    ///
    /// Or half as many again as the list's longest such run. Also arrivals of one Message-ID
    /// within a day. Chosen. At most 60. `EchoPosts=`.
    public var echoPosts: Int64 = 15

    // MARK: When and how often

    /// After a trip no further one of this list for so long, unless a person resets: the breaker
    /// stays open by its own rule.
    ///
    /// `TripRepeat=`.
    public var tripRepeat: TimeSpan = .hours(24)
    /// At most one soft hold of a list within this.
    ///
    /// `SoftHoldRepeat=`.
    public var softHoldRepeat: TimeSpan = .hours(24)
    /// When somebody is there, by the clock on the wall: forecasts reach until the next such hour.
    ///
    /// The baseline counts its hours of the day by the same clock. Section `[Attended]`.
    public var attended = AttendedHours.workingWeek(zone: .utc)

    // MARK: Lists

    /// `[List ADDRESS]`, by posting address in lower case.
    public var perList: [String: ListRules] = [:]

    /// The vendor defaults.
    public init() {}
}
