// SPDX-License-Identifier: Apache-2.0
//
// What `audit` is told by the daemon: the lists on which a storm would cost most, and what the log shows
// of who may post there. What it means for the operator is judged where it is printed. Names become
// snake_case in JSON; additions only.

public import Breaker

/// The lists that a storm would cost most on, dearest first.
public struct AuditReport: Sendable, Codable, Equatable {
    /// Version of this shape; 1.
    public var version = 1
    /// When this was made, RFC 3339 UTC.
    public var time: String
    /// `armed` or `observe`.
    public var mode: Word<Mode>
    /// Whom pages go to; empty: nobody.
    public var targets: [String]
    /// The dearest lists, by members.
    public var lists: [AuditedList]
    /// How many lists are tracked.
    public var totalLists: Int64

    /// A report with every field given.
    public init(
        time: String,
        mode: Mode,
        targets: [String],
        lists: [AuditedList],
        totalLists: Int64
    ) {
        self.time = time
        self.mode = .known(mode)
        self.targets = targets
        self.lists = lists
        self.totalLists = totalLists
    }
}

/// What the log shows of one list.
public struct AuditedList: Sendable, Codable, Equatable {
    /// Posting address.
    public var list: String
    /// Members as learned from fan-outs: the mails that one answer to all makes; nil when unknown.
    public var members: Int64?
    /// How the list was found: `configured`, or the form of its envelope sender.
    public var recognised: String
    /// Posts seen.
    public var posts: Int64
    /// Distinct people who posted.
    public var posters: Int64
    /// When somebody posted who had never posted before, latest, RFC 3339 UTC; nil: never.
    ///
    /// The post went out to all: that is what the log shows.
    public var lastNewcomer: String?
    /// The latest post, RFC 3339 UTC; nil before the first.
    public var lastPost: String?
    /// Whether the log shows by headers which posts are answers.
    public var showsReplies: Bool
    /// What it is for.
    public var kind: KindStatus?
    /// What a trip of it halts.
    public var scope: Word<HaltScope>
    /// Whether it is too young for its habits to count.
    public var isWarmingUp: Bool

    /// A list with every field given.
    public init(
        list: String,
        members: Int64?,
        recognised: String,
        posts: Int64,
        posters: Int64,
        lastNewcomer: String?,
        lastPost: String?,
        showsReplies: Bool,
        kind: KindStatus?,
        scope: HaltScope,
        isWarmingUp: Bool
    ) {
        self.list = list
        self.members = members
        self.recognised = recognised
        self.posts = posts
        self.posters = posters
        self.lastNewcomer = lastNewcomer
        self.lastPost = lastPost
        self.showsReplies = showsReplies
        self.kind = kind
        self.scope = .known(scope)
        self.isWarmingUp = isWarmingUp
    }
}
