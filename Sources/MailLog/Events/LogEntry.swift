// SPDX-License-Identifier: Apache-2.0
//
// One journald entry as the pure targets see it, and the batch that owns its bytes. Journal fills
// these, everything after only reads them. Text stays bytes: it is a stranger's, may be of any
// length and need not be UTF-8. Never split a message at newlines: a genuine line has none.

public import EventTime

/// A half-open range of bytes in the ``EntryBatch`` that an entry or event belongs to.
///
/// Eight bytes instead of a `String`, so that reading a line allocates nothing. Empty means
/// "the field was absent".
public struct ByteRange: Hashable, Sendable {
    /// Offset of the first byte.
    public var start: UInt32
    /// Offset behind the last byte.
    public var end: UInt32

    /// The bytes from `start` up to, not including, `end`.
    public init(start: Int, end: Int) {
        self.start = UInt32(clamping: start)
        self.end = UInt32(clamping: end)
    }

    /// The absent field.
    public static let absent = ByteRange(start: 0, end: 0)

    /// Whether there is nothing in it.
    public var isEmpty: Bool { start >= end }

    /// Number of bytes.
    public var count: Int { isEmpty ? 0 : Int(end - start) }
}

/// How an entry reached journald (`_TRANSPORT`), as far as we care.
public enum Transport: UInt8, Sendable {
    /// The field was absent: imported or synthetic entries.
    case absent
    /// `/dev/log`: what every real MTA uses.
    case syslog
    /// journald itself; suppression notices.
    case driver
    /// The native socket, a pipe, the kernel, audit: never an MTA's own.
    case other
}

/// One journald entry: trusted fields as values, text as ranges of ``EntryBatch/bytes``.
public struct LogEntry: Sendable {
    /// `__REALTIME_TIMESTAMP`: event time.
    public var time: Timestamp
    /// `MESSAGE`, whole, at most ``EntryBatch/longestField`` bytes.
    public var message: ByteRange = .absent
    /// Whether `MESSAGE` was longer than what was copied.
    public var isCut = false
    /// `SYSLOG_IDENTIFIER`; set by the sender, proves nothing.
    public var identifier: ByteRange = .absent
    /// `_TRANSPORT`.
    public var transport: Transport = .absent
    /// `_UID`; nil when absent.
    public var uid: UInt32?
    /// `_PID`; 0 when absent.
    public var pid: Int32 = 0
    /// `SYSLOG_PID`; 0 when absent.
    public var syslogPid: Int32 = 0
    /// `_EXE`; may be absent on genuine lines.
    public var executable: ByteRange = .absent
    /// `_SYSTEMD_UNIT`; absent on 2 % of genuine lines (measured): journald reads it
    /// after the fact, when a short-lived process may be gone.
    public var unit: ByteRange = .absent
    /// `_MACHINE_ID`: 32 hex digits; imported entries keep the host that they come from.
    public var machine: ByteRange = .absent
    /// `CONTAINER_NAME`, which container drivers add to what a container prints; read only where
    /// containers are asked for.
    public var container: ByteRange = .absent
    /// Whether `MESSAGE_ID` is journald's own suppression notice,
    /// `a596d6fe7bfa4994828e72309e95d61e`.
    public var isSuppressionNotice = false
    /// `N_DROPPED` of such a notice.
    public var dropped: Int64 = 0
    /// `OBJECT_SYSTEMD_UNIT` of such a notice: whose lines were dropped.
    public var objectUnit: ByteRange = .absent

    /// An entry of `time` with every other field absent.
    public init(time: Timestamp) {
        self.time = time
    }
}

/// What could not be read between the previous batch and this one.
public enum LogGap: Hashable, Sendable {
    /// The saved cursor is gone (rotated, vacuumed): reading goes on from `resumed`.
    case cursorLost(resumed: Timestamp)
    /// The journal was opened again after an error of sd-journal (`errno`).
    case reopened(errno: Int32)
    /// Files could not be read whole, in words; what is left of them was given out.
    case unread(String)
}

/// Entries in journal order with the bytes they point into.
public struct EntryBatch: Sendable {
    /// Longest field that is copied, in bytes.
    ///
    /// The rest of a longer one is left out and ``LogEntry/isCut`` says so. Postfix cuts its lines
    /// at 2,000 (measured); 64 KiB is the largest datagram that syslog clients send.
    public static let longestField = 65536

    /// The text of all entries.
    public var bytes: [UInt8] = []
    /// Oldest first.
    public var entries: [LogEntry] = []
    /// What each entry says, where that was read ahead (``ReadAhead``); empty: it was not.
    public var events: [MailEvent] = []
    /// Whom to believe from the first entry on, where reading ahead learned it; nil: as before.
    public var trust: TrustSettings?
    /// journald's cursor of the last entry; nil while there is none.
    public var cursor: String?
    /// What is missing before the first entry.
    public var gap: LogGap?
    /// Up to when the log was read; nil: up to the last entry.
    ///
    /// Of several hosts' logs, each with its own delay, the last entry does not say it.
    public var reached: Timestamp?

    /// An empty batch.
    public init() {}

    /// Removes the entries and keeps the room they took.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        trust = nil
        cursor = nil
        gap = nil
        reached = nil
    }

    /// Appends `text`, at most ``longestField`` bytes of it, and returns where it stands.
    public mutating func append(_ text: some Collection<UInt8>) -> ByteRange {
        let start = bytes.count
        bytes.append(contentsOf: text.prefix(Self.longestField))
        return ByteRange(start: start, end: bytes.count)
    }

    /// The bytes at `range`, as text for people: invalid UTF-8 becomes U+FFFD.
    public func text(_ range: ByteRange) -> String {
        guard !range.isEmpty, Int(range.end) <= bytes.count else { return "" }
        return String(decoding: bytes[Int(range.start)..<Int(range.end)], as: UTF8.self)
    }
}
