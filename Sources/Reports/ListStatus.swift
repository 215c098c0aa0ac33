// SPDX-License-Identifier: Apache-2.0
//
// One list, or one sender that is no list, in `status`. Additions only.

public import Breaker

/// One list.
public struct ListStatus: Sendable, Codable, Equatable {
    /// Posting address.
    public var list: String
    /// Its breaker's.
    public var state: Word<BreakerState>
    /// The open or half-open incident.
    public var incident: Int64?
    /// Members as learned from fan-outs; nil when unknown.
    public var members: Int64?
    /// How the list was found: `configured`, or the shape it was recognised by; `sender` of a sender
    /// that is no list.
    public var recognised: String
    /// 1 min, 5 min, 1 h, 24 h.
    public var windows: [WindowStatus]
    /// Replies per post over the last 24 h; nil without posts.
    public var replyRatio: Double?
    /// Reproduction number R; nil when not estimated.
    public var reproduction: Double?
    /// P(storm), 0 to 1; nil when not estimated.
    public var probability: Double?
    /// How near the nearest rule is to a trip: `strangers-in-thread 2 of 4`.
    public var nearest: String?
    /// End of a soft hold, RFC 3339 UTC: until then its new copies go on hold.
    public var softHold: String?
    /// Messages put on hold for it alone; nil when none are being held.
    public var held: Int64?

    /// What it is for; nil of a sender that is no list.
    public var kind: KindStatus?
    /// What each member got lately; nil of a sender that is no list.
    public var burden: BurdenStatus?

    /// A list status with every field given.
    public init(
        list: String,
        state: BreakerState,
        incident: Int64?,
        members: Int64?,
        recognised: String,
        windows: [WindowStatus],
        replyRatio: Double?,
        reproduction: Double?,
        probability: Double?,
        nearest: String?,
        softHold: String? = nil,
        held: Int64? = nil,
        kind: KindStatus? = nil,
        burden: BurdenStatus? = nil
    ) {
        self.kind = kind
        self.burden = burden
        self.softHold = softHold
        self.held = held
        self.list = list
        self.state = .known(state)
        self.incident = incident
        self.members = members
        self.recognised = recognised
        self.windows = windows
        self.replyRatio = replyRatio
        self.reproduction = reproduction
        self.probability = probability
        self.nearest = nearest
    }
}

/// What a list is for.
public struct KindStatus: Sendable, Codable, Equatable {
    /// `announce`, `discussion`, `role`, or `unknown` while too little was seen: what the rules go by.
    public var kind: String
    /// Who said so, as `NAME at TIME: TEXT` or `the settings`; nil: it is learned.
    public var saidBy: String?
    /// What the traffic shows; nil while too little was seen.
    public var learned: String?
    /// What that rests on.
    public var evidence: String

    /// A kind with every field given.
    public init(kind: String, saidBy: String?, learned: String?, evidence: String) {
        self.kind = kind
        self.saidBy = saidBy
        self.learned = learned
        self.evidence = evidence
    }
}

/// A large list of which nobody has said what it is for, and too little was seen to tell.
public struct UnknownListStatus: Sendable, Codable, Equatable {
    /// Its posting address.
    public var list: String
    /// Members, or copies a post, as far as the log shows.
    public var members: Int64
    /// Posts that were seen.
    public var posts: Int64
    /// When the first of them came, RFC 3339 UTC.
    public var since: String

    /// A list with every field given.
    public init(list: String, members: Int64, posts: Int64, since: String) {
        self.list = list
        self.members = members
        self.posts = posts
        self.since = since
    }
}

/// What each member of a list got, in posts, whoever wrote them.
public struct BurdenStatus: Sendable, Codable, Equatable {
    /// Within an hour, six hours, 24 hours and seven days.
    public var hour: Int64
    /// Within six hours.
    public var sixHours: Int64
    /// Within 24 hours.
    public var day: Int64
    /// Within seven days.
    public var week: Int64
    /// When those of the last 24 hours began, to the hour, RFC 3339 UTC; nil: there were none.
    public var since: String?
    /// The most of 24 hours that the list ever had without a trip.
    public var busiestDay: Int64

    /// A burden with every field given.
    public init(
        hour: Int64,
        sixHours: Int64,
        day: Int64,
        week: Int64,
        since: String?,
        busiestDay: Int64
    ) {
        self.hour = hour
        self.sixHours = sixHours
        self.day = day
        self.week = week
        self.since = since
        self.busiestDay = busiestDay
    }
}

/// Sums over one rolling window.
public struct WindowStatus: Sendable, Codable, Equatable {
    /// Length in seconds: 60, 300, 3600 or 86400.
    public var seconds: Int64
    /// Posts, replies among them, distinct posters.
    public var posts: Int64
    /// Replies.
    public var replies: Int64
    /// Distinct posters.
    public var posters: Int64
    /// Copies announced.
    public var copiesAnnounced: Int64
    /// Copies sent.
    public var copiesSent: Int64

    /// A window with every field given.
    public init(
        seconds: Int64,
        posts: Int64,
        replies: Int64,
        posters: Int64,
        copiesAnnounced: Int64,
        copiesSent: Int64
    ) {
        self.seconds = seconds
        self.posts = posts
        self.replies = replies
        self.posters = posters
        self.copiesAnnounced = copiesAnnounced
        self.copiesSent = copiesSent
    }
}
