// SPDX-License-Identifier: Apache-2.0
//
// The keys of [Detection]. A limit here is where a rule stops making sense, not
// where it stops being wise: the reasons of the defaults stand in `DetectionSettings`.

import EventTime
import StormDetection

extension SettingsTable {
    /// `[Detection]`.
    static let detection: [Setting<Settings>] =
        announceKeys + strangerKeys + policyKeys + stormTestKeys + ceilingKeys + senderKeys
        + loopKeys + pauseKeys

    private static let announceKeys: [Setting<Settings>] = [
        Setting(
            "AnnouncePosts",
            .integer(\.detection.announcePosts, 1...16),
            "Post by someone who is not a regular poster at which an announce-only list trips."
        ),
        Setting(
            "AnnounceWindow",
            .span(\.detection.announceWindow, .hours(1)...(.days(30))),
            "How far back those posts count."
        ),
        Setting(
            "LearnedAnnounceAction",
            .choice(\.detection.learnedAnnounceAction),
            "What a list that only ever had one poster does at its second stranger."
        ),
        Setting(
            "LearnedAnnouncePosts",
            .integer(\.detection.learnedAnnouncePosts, 1...1000),
            "Posts of that one poster before the list counts as announce-like."
        ),
        Setting(
            "LearnedAnnounceTrip",
            .integer(\.detection.learnedAnnounceTrip, 0...64),
            "Posts of others that trip a list which only ever had up to three posters; 0: off."
        ),
        Setting(
            "UnknownPosts",
            .integer(\.detection.unknownPosts, 0...50),
            "Posts of others that trip a list of which nothing is known yet; 0: off."
        ),
        Setting(
            "UnknownTripMembers",
            .integer(\.detection.unknownTripMembers, 0...1_000_000_000),
            "Members from which on people who answer trip a list in its first fortnight."
        ),
        Setting(
            "BurdenHold",
            .bySize(\.detection.burdenHold),
            "Posts of a day above the list's busiest that hold it, by members; 0: off."
        ),
        Setting(
            "BurdenTrip",
            .bySize(\.detection.burdenTrip),
            "Posts of a day above it, and over twice it, that trip, by members; 0: off."
        ),
        Setting(
            "RoleCopies",
            .integer(\.detection.roleCopies, 0...1_000_000),
            "Copies of one post below which a list is held at most, and never trips."
        ),
        Setting(
            "PeopleTripMembers",
            .integer(\.detection.peopleTripMembers, 0...1_000_000_000),
            "Members from which on people who answer trip a list of discussion; else they hold it."
        ),
        Setting(
            "QueueStake",
            .integer(\.detection.queueStake, 0...1_000_000_000_000),
            "Copies at stake from which on a trip may reach all outbound mail."
        ),
    ]

    private static let strangerKeys: [Setting<Settings>] = [
        Setting(
            "StrangersPerHour",
            .integer(\.detection.strangers.perHour, 0...32),
            "Strangers answering in one thread within 1 h that trip; 0: off."
        ),
        Setting(
            "StrangersPerSixHours",
            .integer(\.detection.strangers.perSixHours, 0...32),
            "The same within 6 h; 0: off."
        ),
        Setting(
            "StrangersPerDay",
            .integer(\.detection.strangers.perDay, 0...32),
            "The same within 24 h; 0: off."
        ),
        Setting(
            "SoftHoldStrangersPerHour",
            .integer(\.detection.softHoldStrangers.perHour, 0...32),
            "Strangers within 1 h that begin a soft hold; 0: off."
        ),
        Setting(
            "SoftHoldStrangersPerSixHours",
            .integer(\.detection.softHoldStrangers.perSixHours, 0...32),
            "The same within 6 h; 0: off."
        ),
        Setting(
            "SoftHoldStrangersPerDay",
            .integer(\.detection.softHoldStrangers.perDay, 0...32),
            "The same within 24 h; 0: off."
        ),
    ]

    private static let policyKeys: [Setting<Settings>] = [
        Setting(
            "PolicyPosters",
            .bySize(\.detection.policyPosters, upTo: 128),
            "Distinct repliers within PolicyWindow= that trip, by members; 0: off."
        ),
        Setting(
            "PolicyReplies",
            .integer(\.detection.policyReplies, 0...10_000),
            "Replies within the window, at least; 0: as many as PolicyPosters=."
        ),
        Setting(
            "PolicyWindow",
            .span(\.detection.policyWindow, .minutes(1)...(.hours(1))),
            "Window of the policy rule."
        ),
        Setting(
            "PolicyCopies",
            .integer(\.detection.policyCopies, 0...1_000_000_000),
            "Lists whose posts reach fewer copies are left to the other rules."
        ),
    ]

    private static let stormTestKeys: [Setting<Settings>] = [
        Setting(
            "FalseTripsPerListYear",
            .decimal(\.detection.falseTripsPerListYear, 0.0001...100),
            "False trips a list and year that the statistical rules together may cause."
        ),
        Setting(
            "StormTestShare",
            .decimal(\.detection.stormTestShare, 0.01...1),
            "Share of that budget for the storm test."
        ),
        Setting(
            "StormTestMargin",
            .decimal(\.detection.stormTestMargin, 0...50),
            "Added to the storm test's threshold for model error, in nats."
        ),
        Setting(
            "StormTestFloor",
            .bySize(\.detection.stormTestFloor),
            "Fewest fresh posters before the storm test may trip, by members."
        ),
        Setting(
            "StormTestRelief",
            .decimal(\.detection.stormTestRelief, 0...50),
            "Evidence beyond the threshold that replaces one person of the floor, in nats; 0: none."
        ),
        Setting(
            "SoftHoldMargin",
            .decimal(\.detection.softHoldMargin, 0...50),
            "Below the storm test's threshold by this a soft hold begins, in nats."
        ),
        Setting(
            "NewcomerFactor",
            .decimal(\.detection.newcomerFactor, 0...1000),
            "Times its busiest day that the list may have first-time posters, and three; 0: off."
        ),
        Setting(
            "RepeatSpan",
            .span(\.detection.repeatSpan, .minutes(1)...(.hours(24))),
            "A poster counts once within this."
        ),
        Setting(
            "StaleAfter",
            .span(\.detection.staleAfter, .minutes(1)...(.days(7))),
            "A message older than this that comes back is its sender's queue sending again."
        ),
    ]

    private static let ceilingKeys: [Setting<Settings>] = [
        Setting(
            "PostsPerHour",
            .bySize(\.detection.postsPerHour),
            "Posts an hour that a list without history may have, by members."
        ),
        Setting(
            "CopiesPerHour",
            .integer(\.detection.copiesPerHour, 0...1_000_000_000_000),
            "Copies announced an hour that a list without history may have; 0: off."
        ),
        Setting(
            "CeilingPosts",
            .integer(\.detection.ceilingPosts, 1...10_000),
            "Posts in that hour, at least, before the ceiling trips."
        ),
        Setting(
            "CeilingFactor",
            .decimal(\.detection.ceilingFactor, 1...1000),
            "Times its busiest clean hour that a list may reach."
        ),
        Setting(
            "CeilingLearnedLimit",
            .decimal(\.detection.ceilingLearnedLimit, 1...1000),
            "Times the table that the learned ceiling may reach."
        ),
        Setting(
            "PosterPerHour",
            .bySize(\.detection.posterPerHour),
            "Threads an hour that somebody new to the list may start, by members; 0: off."
        ),
    ]

    private static let loopKeys: [Setting<Settings>] = [
        Setting(
            "EchoPosts",
            .integer(\.detection.echoPosts, 0...60),
            "Posts of one poster at a regular pace that trip; half of them hold; 0: off."
        ),
        Setting(
            "LoopArrivals",
            .integer(\.detection.loopArrivals, 2...64),
            "Arrivals of one Message-ID within an hour that trip."
        ),
        Setting(
            "PingPongPosts",
            .integer(\.detection.pingPongPosts, 4...1000),
            "Posts of two, three or four posters who strictly take turns, that trip."
        ),
        Setting(
            "PingPongGap",
            .span(\.detection.pingPongGap, .seconds(1)...(.hours(1))),
            "Longest gap between two such posts; slower ones are held, and trip at two thirds more."
        ),
        Setting(
            "ChainHops",
            .integer(\.detection.chainHops, 3...1000),
            "Quick hops of a reply chain that trip."
        ),
        Setting(
            "ChainHopsAny",
            .integer(\.detection.chainHopsAny, 3...10_000),
            "The same when posters repeat."
        ),
        Setting(
            "ChainGap",
            .span(\.detection.chainGap, .seconds(1)...(.hours(1))),
            "Longest hop of such a chain."
        ),
    ]

    private static let pauseKeys: [Setting<Settings>] = [
        Setting(
            "TripRepeat",
            .span(\.detection.tripRepeat, .minutes(1)...(.days(30))),
            "No further trip of a list for so long, unless it is reset."
        ),
        Setting(
            "SoftHoldRepeat",
            .span(\.detection.softHoldRepeat, .minutes(1)...(.days(30))),
            "At most one soft hold of a list within this."
        ),
    ]
}
