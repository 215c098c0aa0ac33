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
        held: Int64? = nil
    ) {
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
