// SPDX-License-Identifier: Apache-2.0
//
// What `status` tells of the two ways in and out: the journal that is read, and the pages.

/// One kind of lines that were not believed.
public struct RefusedStatus: Sendable, Codable, Equatable {
    /// Why not, as the keys of ``JournalStatus/forged``.
    public var reason: String
    /// What the lines call themselves.
    public var name: String
    /// The unit; nil: none.
    public var unit: String?
    /// The program of the first of them; nil: unknown.
    public var program: String?
    /// The user; nil: unknown.
    public var user: UInt32?
    /// How many since the daemon started.
    public var lines: Int64
    /// The setting of `[Journal]` that would make them believed; nil: none, they are strangers'.
    public var setting: String?

    /// A kind with every field given.
    public init(
        reason: String,
        name: String,
        unit: String?,
        program: String?,
        user: UInt32?,
        lines: Int64,
        setting: String?
    ) {
        self.reason = reason
        self.name = name
        self.unit = unit
        self.program = program
        self.user = user
        self.lines = lines
        self.setting = setting
    }
}

/// One of several hosts whose journals are followed.
public struct HostStatus: Sendable, Codable, Equatable {
    /// Its name, from the name of its files or folder.
    public var name: String
    /// Stamp of its last mail line, RFC 3339 UTC; nil: none yet.
    public var lastEntry: String?
    /// Seconds since then, by this host's clock: silence, delay of its upload, and its clock; nil:
    /// none yet.
    public var silentSeconds: Double?
    /// Whether all that came of it was read.
    public var isCaughtUp: Bool

    /// A host with every field given.
    public init(name: String, lastEntry: String?, silentSeconds: Double?, isCaughtUp: Bool) {
        self.name = name
        self.lastEntry = lastEntry
        self.silentSeconds = silentSeconds
        self.isCaughtUp = isCaughtUp
    }
}

/// How well the journal is seen.
public struct JournalStatus: Sendable, Codable, Equatable {
    /// `local`, a directory, or files.
    public var source: String
    /// Seconds between the last entry's stamp and its reading; nil before the first.
    public var lagSeconds: Double?
    /// Why we are blind; nil when we see.
    public var blind: String?
    /// Entries read since the start.
    public var entries: Int64
    /// Of these: mail events understood.
    public var events: Int64
    /// Lines of a known program that were not understood.
    public var notUnderstood: Int64
    /// Forged lines by kind.
    public var forged: [String: Int64]
    /// Lines that journald says it dropped.
    public var suppressed: Int64
    /// Gaps met: lost cursors, reopened journals.
    public var gaps: Int64
    /// Last mail event, RFC 3339 UTC.
    public var lastEvent: String?
    /// The part of the last mail lines of the mail server's own that was believed; nil: none came.
    public var believed: Double?
    /// Deliveries that Postfix announced since the daemon started and of which no line came; nil: none.
    public var missing: Int64?
    /// Of several hosts' journals, each of them; nil where one is followed.
    public var hosts: [HostStatus]?
    /// Which lines were not believed since the daemon started; nil: none.
    public var refused: [RefusedStatus]?

    /// A journal status with every field given.
    public init(
        source: String,
        lagSeconds: Double?,
        blind: String?,
        entries: Int64,
        events: Int64,
        notUnderstood: Int64,
        forged: [String: Int64],
        suppressed: Int64,
        gaps: Int64,
        lastEvent: String?
    ) {
        self.source = source
        self.lagSeconds = lagSeconds
        self.blind = blind
        self.entries = entries
        self.events = events
        self.notUnderstood = notUnderstood
        self.forged = forged
        self.suppressed = suppressed
        self.gaps = gaps
        self.lastEvent = lastEvent
    }
}

/// Whether pages get out.
public struct PagingStatus: Sendable, Codable, Equatable {
    /// Names of the targets, in order.
    public var targets: [String]
    /// Pages that wait for delivery.
    public var waiting: Int64
    /// Pages delivered since the start.
    public var delivered: Int64
    /// Pages given up since the start.
    public var failed: Int64
    /// The last failure, in words.
    public var lastError: String?
    /// That secrets were changed which the daemon has not taken, in words; nil: none, or not to be
    /// seen.
    public var changedSecrets: String?

    /// A paging status with every field given.
    public init(
        targets: [String],
        waiting: Int64,
        delivered: Int64,
        failed: Int64,
        lastError: String?
    ) {
        self.targets = targets
        self.waiting = waiting
        self.delivered = delivered
        self.failed = failed
        self.lastError = lastError
    }
}
