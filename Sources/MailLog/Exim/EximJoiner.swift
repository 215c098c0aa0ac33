// SPDX-License-Identifier: Apache-2.0
//
// Exim splits a line that syslog would not take: `[1/2] 2026-... =>` and `[2/2] rest`, `[1\2]` where
// it broke at a newline. This puts the parts of one process together again. Parts that never come
// are forgotten; nothing waits for them.

public import Archive

/// Joins Exim's split lines; keep one for each journal that is read.
///
/// Bounded: at most ``longest`` bytes for each of ``processes`` processes.
public struct EximJoiner: Sendable {
    /// Processes whose parts are kept at a time; chosen, Exim writes a line's parts at once.
    public static let processes = 8
    /// Longest joined line in bytes: what ``EntryBatch/longestField`` allows an entry.
    public static let longest = EntryBatch.longestField

    private struct Pending: Sendable, Archived {
        var pid: Int32 = 0
        var uid: UInt32?
        var next: Int64 = 2
        var total: Int64 = 2
        var text: [UInt8] = []

        mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
            try stream.number(&pid)
            var user = uid.map(Int64.init)
            try stream.optional(&user)
            uid = user.map(UInt32.init(truncatingIfNeeded:))
            try stream.number(&next, from: 2)
            try stream.number(&total, from: 2)
            try stream.bytes(&text, most: EximJoiner.longest)
        }
    }

    private var pending: [Pending] = []

    /// A joiner that waits for nothing yet.
    public init() {}

    /// Whether `entry` is a whole line; the last part of one is made the whole of it.
    ///
    /// Nearly all are whole, which one byte tells. Of the parts whose rest is still to come: false.
    @inline(__always)
    public mutating func complete(_ entry: inout LogEntry, in batch: inout EntryBatch) -> Bool {
        guard mayBePart(entry, in: batch) else { return true }
        guard let whole = add(entry, to: &batch) else { return false }
        entry = whole
        return true
    }

    /// Whether `entry` may be a part of a line: of the others nothing need be asked.
    private func mayBePart(_ entry: LogEntry, in batch: EntryBatch) -> Bool {
        LineCursor(batch.bytes, entry.message).next == ASCII.bracket
    }

    /// The entry to read for `entry`: itself if it is whole, nil while parts are missing, and with
    /// the last part one whose message, all parts, has been appended to the batch's bytes.
    public mutating func add(_ entry: LogEntry, to batch: inout EntryBatch) -> LogEntry? {
        let message = LineCursor(batch.bytes, entry.message)
        guard message.next == ASCII.bracket, isExim(entry, in: batch.bytes),
            let part = Self.part(message)
        else { return entry }
        let text = batch.bytes[part.text..<message.end]
        let pid = entry.pid != 0 ? entry.pid : entry.syslogPid
        if part.number == 1 {
            begin(pid, entry.uid, part, Array(text))
            return nil
        }
        guard let index = pending.firstIndex(where: { $0.pid == pid && $0.uid == entry.uid }),
            pending[index].next == part.number, pending[index].total == part.total
        else { return entry }
        let room = Self.longest - pending[index].text.count
        pending[index].text.append(contentsOf: text.prefix(max(0, room)))
        pending[index].next += 1
        guard part.number == part.total else { return nil }
        var whole = entry
        whole.message = batch.append(pending.remove(at: index).text)
        return whole
    }

    private mutating func begin(
        _ pid: Int32,
        _ uid: UInt32?,
        _ part: (number: Int64, total: Int64, text: Int),
        _ text: [UInt8]
    ) {
        pending.removeAll { $0.pid == pid && $0.uid == uid }
        if pending.count >= Self.processes { pending.removeFirst() }
        pending.append(
            Pending(pid: pid, uid: uid, next: 2, total: part.total, text: text)
        )
    }

    private func isExim(_ entry: LogEntry, in bytes: [UInt8]) -> Bool {
        LineCursor(bytes, entry.identifier).has("exim")
    }

    /// `[1/2] ` and where the text behind it begins.
    private static func part(
        _ message: LineCursor
    ) -> (number: Int64, total: Int64, text: Int)? {
        var words = message
        guard words.take("["), let number = words.takeNumber(),
            words.take("/") || words.take("\\"), let total = words.takeNumber(), words.take("] "),
            number >= 1, total > 1, number <= total, total < 100
        else { return nil }
        return (number, total, words.at)
    }
}

extension EximJoiner: Archived {
    /// Names the parts that wait for others.
    public mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.list(&pending, most: Self.processes)
    }
}
