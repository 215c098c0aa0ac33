// SPDX-License-Identifier: Apache-2.0
//
// What `status --json` prints, as a value: the daemon fills it, the command line renders it. Names
// become snake_case in JSON (the encoder's key strategy); additions only, never renames.

/// Everything that `status` tells.
public struct StatusReport: Sendable, Codable, Equatable {
    /// Version of this shape; 1.
    public var version = 1
    /// `armed` or `observe`.
    public var mode: String
    /// Who set the mode, as `uid N at TIME: TEXT`; nil when the settings did.
    public var modeSetBy: String?
    /// When this was made, RFC 3339 UTC.
    public var time: String
    /// The outbound queue.
    public var queue: QueueStatus
    /// One per tracked list, open breakers first, then by copies in the last hour.
    public var lists: [ListStatus]
    /// How many lists are tracked; ``lists`` names the busiest of those that were active last.
    ///
    /// nil in the report of a daemon that did not count them.
    public var totalLists: Int64?
    /// Open incidents, oldest first.
    public var incidents: [IncidentStatus]
    /// Doubtful verdicts that wait for an answer, by list.
    public var doubts: [DoubtStatus]
    /// Lists that a person lets go on, by list.
    public var holdOffs: [HoldOffStatus]
    /// How well we see.
    public var journal: JournalStatus
    /// Whether pages get out.
    public var paging: PagingStatus
    /// Lists whose posts Postfix itself holds; nil when there are none.
    public var blocked: [String]?
    /// Lists that are stopped at the list manager, or should be; nil where it is not configured.
    public var manager: [ManagerStatus]?

    /// A report with every field given.
    public init(
        mode: String,
        time: String,
        queue: QueueStatus,
        lists: [ListStatus],
        incidents: [IncidentStatus],
        doubts: [DoubtStatus] = [],
        holdOffs: [HoldOffStatus] = [],
        journal: JournalStatus,
        paging: PagingStatus
    ) {
        self.mode = mode
        self.time = time
        self.queue = queue
        self.lists = lists
        self.incidents = incidents
        self.doubts = doubts
        self.holdOffs = holdOffs
        self.journal = journal
        self.paging = paging
    }
}

/// One list at the list manager.
public struct ManagerStatus: Sendable, Codable, Equatable {
    /// The list's address.
    public var list: String
    /// `stopped`, `unknown` (the manager has no such list), `failed`.
    public var state: String
    /// Why it failed, or what somebody else changed there meanwhile.
    public var remark: String?

    /// A list's state there.
    public init(list: String, state: String, remark: String?) {
        self.list = list
        self.state = state
        self.remark = remark
    }
}

/// The outbound queue's breaker and what is done to the queue.
public struct QueueStatus: Sendable, Codable, Equatable {
    /// `closed`, `open` or `half-open`.
    public var state: String
    /// Whether the queue is halted or meant to be, by its own breaker or by a list's.
    public var isHalted: Bool
    /// `flowing`, `halting`, `verified`, `leaking N/min`, `NOT HALTED`, `resuming`.
    public var halt: String
    /// Messages that we hold.
    public var held: Int64
    /// Why the halt or resume failed, or what an administrator changed meanwhile.
    public var remark: String?
    /// Held mail that is being given back or discarded.
    public var clearings: [ClearingStatus]

    /// A queue status with every field given.
    public init(
        state: String,
        isHalted: Bool,
        halt: String,
        held: Int64,
        remark: String?,
        clearings: [ClearingStatus] = []
    ) {
        self.clearings = clearings
        self.state = state
        self.isHalted = isHalted
        self.halt = halt
        self.held = held
        self.remark = remark
    }
}

/// Held mail on its way out, or into quarantine.
public struct ClearingStatus: Sendable, Codable, Equatable {
    /// Its number.
    public var number: Int64
    /// `release` or `discard`.
    public var action: String
    /// The list that it was held for; nil: for the whole queue.
    public var list: String?
    /// One post, by Message-ID; nil: every post.
    public var post: String?
    /// Copies a minute; 0: at once.
    public var rate: Int64
    /// Messages and their copies, done so far.
    public var messages: Int64
    /// Copies done so far.
    public var copies: Int64
    /// Messages still on hold; nil before the first batch.
    public var left: Int64?
    /// Who asked and why, as `uid N: TEXT`; nil when a soft hold ended by itself.
    public var by: String?

    /// A clearing with every field given.
    public init(
        number: Int64,
        action: String,
        list: String?,
        post: String?,
        rate: Int64,
        messages: Int64,
        copies: Int64,
        left: Int64?,
        by: String?
    ) {
        self.number = number
        self.action = action
        self.list = list
        self.post = post
        self.rate = rate
        self.messages = messages
        self.copies = copies
        self.left = left
        self.by = by
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

/// One list.
public struct ListStatus: Sendable, Codable, Equatable {
    /// Posting address.
    public var list: String
    /// `closed`, `open` or `half-open`.
    public var state: String
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
        state: String,
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
        self.state = state
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

/// One incident, as `status` and `incidents` print it.
public struct IncidentStatus: Sendable, Codable, Equatable {
    /// Its number.
    public var number: Int64
    /// `queue` or the list's address.
    public var scope: String
    /// `armed` or `observe`, at the trip.
    public var mode: String
    /// `open`, `half-open` or `closed`.
    public var state: String
    /// Rule that tripped it.
    public var rule: String
    /// When, RFC 3339 UTC.
    public var tripped: String
    /// When it was reset; nil while open.
    public var reset: String?
    /// Who acknowledged, as `uid N at TIME`.
    public var acknowledged: String?
    /// Who reset it and why.
    public var resetBy: String?
    /// How the halt stands, `verified`, `leaking N/min`...
    public var halt: String
    /// What is halted: `queue`, or `list` for the list's own mail only.
    public var reach: String?
    /// Messages held for it.
    public var held: Int64
    /// Outbound deliveries that began after the halt.
    public var leaked: Int64
    /// One sentence.
    public var summary: String
    /// Why it halted at once or later: `sure`, `unattended`, `unanswered`, `probation`; nil when a
    /// person tripped it.
    public var attendance: String?
    /// When attended hours begin next, as seen from the trip; nil where none are written down.
    public var nextAttended: String?
    /// What would leave if nothing were done, in words; nil where there is no forecast.
    public var forecast: String?
    /// What happened, oldest first; only `incidents` fills it.
    public var timeline: [MomentStatus]?

    /// An incident status with every field given.
    public init(
        number: Int64,
        scope: String,
        mode: String,
        state: String,
        rule: String,
        tripped: String,
        reset: String?,
        acknowledged: String?,
        resetBy: String?,
        halt: String,
        held: Int64,
        leaked: Int64,
        summary: String,
        attendance: String? = nil,
        nextAttended: String? = nil,
        forecast: String? = nil,
        reach: String? = nil
    ) {
        self.reach = reach
        self.number = number
        self.scope = scope
        self.mode = mode
        self.state = state
        self.rule = rule
        self.tripped = tripped
        self.reset = reset
        self.acknowledged = acknowledged
        self.resetBy = resetBy
        self.halt = halt
        self.held = held
        self.leaked = leaked
        self.summary = summary
        self.attendance = attendance
        self.nextAttended = nextAttended
        self.forecast = forecast
    }
}
