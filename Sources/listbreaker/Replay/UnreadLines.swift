// SPDX-License-Identifier: Apache-2.0
//
// What could not be read of a log file, so that "0 trips" is never the answer of a file that nobody
// understood; and lines that a syslogd folded into one.

internal import MailLog
internal import Words

/// The lines of one file that have no stamp that we know, or name no program.
struct UnreadLines {
    let path: String
    /// Lines that were read.
    var read: Int64 = 0
    private var unread: Int64 = 0
    private var first: [String] = []

    init(path: String) {
        self.path = path
    }

    /// Counts `line`, unless it is empty; the first three are kept, 80 bytes of each.
    mutating func note(_ line: ArraySlice<UInt8>) {
        guard line.contains(where: { $0 > 0x20 }) else { return }
        unread += 1
        if first.count < 3 { first.append(shown(String(decoding: line.prefix(80), as: UTF8.self))) }
    }

    /// What to say of it; nil when nine tenths of the lines were read.
    var complaint: String? {
        guard unread > 0, read < unread * 9 else { return nil }
        return "cannot read \(unread) of \(read + unread) lines of '\(shown(path))': no stamp and"
            + " program that we know; they are left out. The first: "
            + first.map { "'\($0)'" }.joined(separator: ", ")
    }
}

extension EntryBatch {
    /// The entry that stands for `entry`, and how often: rsyslog and syslogd write `message repeated 3
    /// times: [ TEXT]` for three lines more like the one before.
    ///
    /// At most 10,000 times; chosen.
    func takeRepetition(of entry: LogEntry) -> (entry: LogEntry, count: Int) {
        let text = bytes[Int(entry.message.start)..<Int(entry.message.end)]
        let lead = "message repeated "
        guard text.starts(with: lead.utf8), text.last == UInt8(ascii: "]") else {
            return (entry, 1)
        }
        let digits = text.dropFirst(lead.utf8.count).prefix { $0 >= 0x30 && $0 <= 0x39 }
        let rest = text[digits.endIndex...]
        let middle = " times: ["
        guard let count = Int(String(decoding: digits.prefix(6), as: UTF8.self)), count > 0,
            rest.starts(with: middle.utf8)
        else { return (entry, 1) }
        let inner = rest.dropFirst(middle.utf8.count).dropLast().drop(while: {
            $0 == UInt8(ascii: " ")
        })
        var repeated = entry
        repeated.message = ByteRange(start: inner.startIndex, end: inner.endIndex)
        return (repeated, min(count, 10_000))
    }
}
