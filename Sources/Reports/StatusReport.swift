// SPDX-License-Identifier: Apache-2.0
//
// What `status --json` prints, as a value: the daemon fills it, the command line renders it. Names
// become snake_case in JSON (the encoder's key strategy); additions only, never renames.

public import Breaker

/// Everything that `status` tells.
public struct StatusReport: Sendable, Codable, Equatable {
    /// Version of this shape; 1.
    public var version = 1
    /// `armed` or `observe`.
    public var mode: Word<Mode>
    /// Who set the mode, as `NAME at TIME: TEXT`; nil when the settings did.
    public var modeSetBy: String?
    /// When this was made, RFC 3339 UTC.
    public var time: String
    /// The outbound queue.
    public var queue: QueueStatus
    /// Large lists of which nobody knows what they are for, the largest first; nil: there are none.
    public var unknownLists: [UnknownListStatus]?
    /// One per tracked list, open breakers first, then by copies in the last hour.
    public var lists: [ListStatus]
    /// How many lists are tracked; ``lists`` names the busiest of those that were active last.
    ///
    /// nil in the report of a daemon that did not count them.
    public var totalLists: Int64?
    /// Open incidents, oldest first.
    public var incidents: [IncidentStatus]
    /// How many incidents were opened since the state was made.
    ///
    /// nil in the report of a daemon that did not count them.
    public var totalIncidents: Int64?
    /// Doubtful verdicts that wait for an answer, by list.
    public var doubts: [DoubtStatus]
    /// Lists that a person lets go on, by list.
    public var holdOffs: [HoldOffStatus]
    /// Planned mailings that are not over, by list; nil when there are none.
    public var expected: [ExpectedStatus]?
    /// How well we see.
    public var journal: JournalStatus
    /// Whether pages get out.
    public var paging: PagingStatus
    /// Lists whose posts Postfix itself holds; nil when there are none.
    public var blocked: [String]?
    /// Lists that are stopped at the list manager, or should be; nil where it is not configured.
    public var manager: [ManagerStatus]?
    /// How quick trips were halted since the daemon was started; nil in the report of one that did not
    /// measure.
    public var delays: DelaysStatus?

    /// A report with every field given.
    public init(
        mode: Mode,
        time: String,
        queue: QueueStatus,
        lists: [ListStatus],
        incidents: [IncidentStatus],
        doubts: [DoubtStatus] = [],
        holdOffs: [HoldOffStatus] = [],
        journal: JournalStatus,
        paging: PagingStatus
    ) {
        self.mode = .known(mode)
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
