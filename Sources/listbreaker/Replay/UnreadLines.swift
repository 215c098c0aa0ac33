// SPDX-License-Identifier: Apache-2.0
//
// What could not be read of a log file, so that "0 trips" is never the answer of a file that nobody
// understood; and lines that a syslogd folded into one.

internal import MailLog
internal import Words

/// The lines of one file: those that say something, and those that nobody understood.
struct UnreadLines {
    let path: String
    /// Lines of mail programs.
    private(set) var mail: Int64 = 0
    /// Lines of mail programs and of list managers.
    private(set) var known: Int64 = 0
    /// Lines of any program.
    private var read: Int64 = 0
    /// Lines that have no stamp that we know, or name no program.
    private var unread: Int64 = 0
    /// Lines of mail programs whose form is not known.
    private var unknown: Int64 = 0
    private var first: [String] = []
    private var firstUnknown: [String] = []

    init(path: String) {
        self.path = path
    }

    /// Counts `line`, unless it is empty; the first three are kept, 80 bytes of each.
    mutating func note(_ line: ArraySlice<UInt8>) {
        guard line.contains(where: { $0 > 0x20 }) else { return }
        unread += 1
        if first.count < 3 { first.append(Self.shortened(line)) }
    }

    /// Counts a line of which `event` is what it says, `message` its text.
    mutating func judge(_ event: MailEvent, _ message: ArraySlice<UInt8>) {
        read += 1
        switch event.dialect {
        case .postfix, .exim, .sendmail, .opensmtpd: mail += 1
        case .mailman, .sympa, .mlmmj: known += 1; return
        case .none: return
        }
        known += 1
        guard event.isNotUnderstood else { return }
        unknown += 1
        if firstUnknown.count < 3 { firstUnknown.append(Self.shortened(message)) }
    }

    /// Counts what the lines of `batch` say, which were read by their grammar.
    mutating func judge(_ batch: EntryBatch) {
        for (entry, event) in zip(batch.entries, batch.events) {
            judge(event, batch.bytes[Int(entry.message.start)..<Int(entry.message.end)])
        }
    }

    private static func shortened(_ line: ArraySlice<UInt8>) -> String {
        "'" + shown(String(decoding: line.prefix(80), as: UTF8.self)) + "'"
    }

    /// What to say of it; nil when nine tenths of the lines, and of those of mail programs, were understood.
    var complaint: String? {
        if unread > 0, read < unread * 9 {
            return
                "cannot read \(unread) of \(read + unread) lines of '\(shown(path))': no stamp and"
                + " program that we know; they are left out. The first: "
                + first.joined(separator: ", ")
        }
        guard unknown > 0, mail - unknown < unknown * 9 else { return nil }
        return
            "cannot understand \(unknown) of \(mail) mail lines of '\(shown(path))': no form that we"
            + " know; they are left out. The first: " + firstUnknown.joined(separator: ", ")
    }
}

extension EntryBatch {
    /// Appends a line of a file, longer than a field may be, and returns where it stands.
    mutating func appendLine(_ line: ArraySlice<UInt8>) -> ByteRange {
        let start = bytes.count
        bytes.append(contentsOf: line)
        return ByteRange(start: start, end: bytes.count)
    }

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
