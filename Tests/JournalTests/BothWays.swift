// SPDX-License-Identifier: Apache-2.0
//
// A journal read both ways, by sd-journal and from its files, entry by entry, so that they can be compared.

import EventTime
import Glibc
import MailLog
import TestSupport

@testable import Journal

/// All that is read of an entry, by value.
struct ReadEntry: Hashable {
    var time: Timestamp
    var texts: [[UInt8]]
    var numbers: [Int64]

    init(_ entry: LogEntry, _ batch: EntryBatch) {
        time = entry.time
        texts = [
            entry.message, entry.identifier, entry.executable, entry.unit, entry.machine,
            entry.container, entry.objectUnit,
        ].map { range in Array(batch.bytes[Int(range.start)..<Int(max(range.start, range.end))]) }
        numbers = [
            entry.isCut ? 1 : 0, Int64(entry.transport.rawValue), entry.uid.map(Int64.init) ?? -1,
            Int64(entry.pid), Int64(entry.syslogPid), entry.isSuppressionNotice ? 1 : 0,
            entry.dropped,
        ]
    }
}

/// One reading of a journal.
struct Reading {
    var entries: [ReadEntry] = []
    /// The cursor of each batch.
    var cursors: [String] = []
    var damage: [JournalDamage] = []

    /// By sd-journal.
    static func journald(
        _ source: JournalSource,
        _ start: ReadStart = .head,
        _ matches: [String] = [],
        limit: Int = 100
    ) throws -> Reading {
        let entries = try EntrySource(
            source: source,
            start: start,
            matches: matches,
            picksItself: true
        )
        var reading = Reading()
        var batch = EntryBatch()
        repeat {
            try entries.fill(&batch, limit: limit)
            reading.take(batch)
        } while !batch.entries.isEmpty
        return reading
    }

    /// By sd-journal and its index, as the follower reads.
    static func selected(_ source: JournalSource) throws -> Reading {
        let entries = try EntrySource(source: source, start: .head, matches: [])
        var reading = Reading()
        var batch = EntryBatch()
        repeat {
            try entries.fill(&batch, limit: 100)
            reading.take(batch)
        } while !batch.entries.isEmpty
        return reading
    }

    /// From the files.
    static func files(
        _ source: JournalSource,
        _ start: ReadStart = .head,
        _ matches: [String] = [],
        limit: Int = 100
    ) throws -> Reading {
        var files = try DirectSource(source, start, matches)
        var reading = Reading()
        var batch = EntryBatch()
        repeat {
            files.fill(&batch, limit: limit)
            reading.take(batch)
        } while !batch.entries.isEmpty
        reading.damage = files.damage
        return reading
    }

    private mutating func take(_ batch: EntryBatch) {
        entries += batch.entries.map { ReadEntry($0, batch) }
        if let cursor = batch.cursor { cursors.append(cursor) }
    }

    /// Whether all of `other` is here, in its order.
    func holds(_ other: Reading) -> Bool {
        var rest = entries[...]
        for entry in other.entries {
            guard let index = rest.firstIndex(of: entry) else { return false }
            rest = rest[(index + 1)...]
        }
        return true
    }
}

/// Entries as a host might write them, and some that none would.
struct EntryMaker {
    var random: SplitMix64
    /// Of a hundred.
    var mail = 70
    private var clock: Int64 = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// The next entry, some time after the one before.
    mutating func next(_ text: String, boot: String = Workshop.boot) -> TestEntry {
        clock += Int64.random(in: 0...3, using: &random) * 200_000
        var entry = TestEntry.mail(message(text), second: 0)
        entry.time = TestEntry.start + TimeSpan(microseconds: clock)
        entry.boot = boot
        entry.monotonic = clock + 5_000_000
        let kind = Int.random(in: 0..<100, using: &random)
        if kind >= mail { entry.fields = other(text, kind) }
        if kind % 7 == 0 { entry.fields.shuffle(using: &random) }
        if kind % 11 == 0 { entry.fields.removeAll { _ in Bool.random(using: &random) } }
        if entry.fields.isEmpty { entry.fields = [("MESSAGE", Array(text.utf8))] }
        entry.fields.append(("_SOURCE_REALTIME_TIMESTAMP", Array("\(clock)".utf8)))
        return entry
    }

    private mutating func message(_ text: String) -> [UInt8] {
        switch Int.random(in: 0..<40, using: &random) {
        case 0: return Array(String(repeating: text + " ", count: 200).utf8)
        case 1: return Array("disconnect from unknown[192.0.2.1]".utf8)
        case 2: return [0, 10, 255] + Array(text.utf8)
        case 3: return (0..<1500).map { _ in UInt8.random(in: 32...126, using: &random) }
        case 4: return [UInt8](repeating: 98, count: 70_000) + Array(text.utf8)
        default: return Array("\(text): removed".utf8)
        }
    }

    private mutating func other(_ text: String, _ kind: Int) -> [(String, [UInt8])] {
        var fields = [("MESSAGE", text), ("_TRANSPORT", "journal"), ("SYSLOG_FACILITY", "3")]
        switch kind % 6 {
        case 0:
            fields = [
                ("MESSAGE_ID", FieldValue.suppressionID), ("N_DROPPED", "\(kind)"),
                ("_TRANSPORT", "driver"), ("OBJECT_SYSTEMD_UNIT", "postfix@-.service"),
                ("MESSAGE", text), ("SYSLOG_FACILITY", "3"),
            ]
        case 1: fields = [("MESSAGE", text), ("_UID", "x"), ("_PID", ""), ("_EXE", "")]
        case 2: fields.append(("SYSLOG_FACILITY", "2"))
        case 3: fields.append(("CONTAINER_NAME", "mail\(kind)"))
        case 4: fields = [("_COMM", "dockerd"), ("CONTAINER_NAME", "mail"), ("MESSAGE", text)]
        default: fields.append(("_UID", "4294967296"))
        }
        return fields.map { ($0, Array($1.utf8)) }
    }
}
