// SPDX-License-Identifier: Apache-2.0
//
// An entry while its fields come in, one after another: which are still wanted, so that a pass can end
// early, and whether the entry is mail's. Of a field that comes twice the first counts.

internal import EventTime
internal import MailLog

/// An entry that is being read.
struct EntryDraft {
    /// Kinds by their raw value's bit: all but the container.
    private static let all: UInt16 = 0x1fff
    /// What only journald's own notices have.
    private static let notice = bit(.messageID) | bit(.dropped) | bit(.objectUnit)

    /// What is known so far.
    var entry: LogEntry
    /// Whether it is of the mail facility, as far as it was read.
    private(set) var isMail: Bool
    private var wanted: UInt16

    /// An entry of `time`.
    ///
    /// With `picks` it is read whether it is mail; else it is believed to be. The container is wanted
    /// where it is asked for only: few entries name one, and those that do not are read to their end for it.
    @inline(__always)
    init(time: Timestamp, picks: Bool, readsContainers: Bool) {
        entry = LogEntry(time: time)
        isMail = !picks
        wanted = picks ? Self.all : Self.all & ~Self.bit(.facility)
        if readsContainers { wanted |= Self.bit(.container) }
    }

    /// Whether nothing more is wanted.
    @inline(__always) var isComplete: Bool { wanted == 0 }

    /// Whether it is to be kept.
    @inline(__always) var isWanted: Bool { isMail || entry.isSuppressionNotice }

    /// Whether the field `kind` is wanted; no more from then on.
    @inline(__always)
    mutating func takes(_ kind: FieldKind) -> Bool {
        guard kind.rawValue < FieldKind.none.rawValue, wanted & Self.bit(kind) != 0 else {
            return false
        }
        wanted &= ~Self.bit(kind)
        return true
    }

    /// Takes a text of which `count` bytes there were, before it was cut.
    @inline(__always)
    mutating func set(_ kind: FieldKind, _ text: ByteRange, of count: Int) {
        switch kind {
        case .message:
            entry.message = text
            entry.isCut = count > EntryBatch.longestField
        case .identifier: entry.identifier = text
        case .executable: entry.executable = text
        case .unit: entry.unit = text
        case .machine: entry.machine = text
        case .container: entry.container = text
        case .objectUnit: entry.objectUnit = text
        default: break
        }
    }

    /// Takes a value that is no text, see ``FieldValue/number``.
    @inline(__always)
    mutating func set(_ kind: FieldKind, _ number: Int64) {
        switch kind {
        case .messageID: entry.isSuppressionNotice = number == 1
        case .facility:
            isMail = number == 1
            // Nothing more is needed of what will be left out; journald's own is looked at.
            if !isMail, entry.transport == .syslog || entry.transport == .other { wanted = 0 }
        case .transport:
            entry.transport = Transport(rawValue: UInt8(truncatingIfNeeded: number)) ?? .other
            if entry.transport != .driver { wanted &= ~Self.notice }
        case .uid: entry.uid = UInt32(exactly: number)
        case .pid: entry.pid = Int32(clamping: max(0, number))
        case .syslogPid: entry.syslogPid = Int32(clamping: max(0, number))
        case .dropped: entry.dropped = max(0, number)
        default: break
        }
    }

    @inline(__always)
    private static func bit(_ kind: FieldKind) -> UInt16 { 1 << UInt16(kind.rawValue) }
}
