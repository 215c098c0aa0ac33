// SPDX-License-Identifier: Apache-2.0
//
// Lines of Postfix by the ten million, put together from bytes: text of Strings would take longer to
// make than to judge. Every line has the fields of a genuine one.

internal import EventTime
internal import MailLog

/// Writes Postfix's lines into a batch that is used over and over.
struct FloodLines {
    /// `_UID` of the lines; any but 0.
    static let mailUser: UInt32 = 104
    /// The lines since the last ``clear()``.
    private(set) var batch = EntryBatch()
    /// Event time of the next line.
    var time = Timestamp(seconds: 1_795_500_000)

    /// Removes the lines and keeps their room.
    mutating func clear() { batch.removeAll() }

    /// A local user sends `recipients` copies as an invented list's `-bounces` address.
    mutating func invent(_ number: Int, recipients: Int) {
        line("pickup", "B", number, [.text("uid=1000 from=<fake"), .number(number)], "-bounces>")
        line("cleanup", "B", number, [.text("message-id=<f"), .number(number)], "@x.example>")
        line(
            "qmgr",
            "B",
            number,
            [
                .text("from=<fake"), .number(number),
                .text("-bounces@lists.example>, size=900, nrcpt="), .number(recipients),
            ],
            " (queue active)"
        )
    }

    /// A stranger's message that bears an invented list's `owner-` address.
    mutating func stranger(_ number: Int) {
        line("smtpd", "C", number, [.text("client=mx.evil.example[192.0.2.9]")], "")
        line("cleanup", "C", number, [.text("message-id=<s"), .number(number)], "@evil.example>")
        line(
            "qmgr",
            "C",
            number,
            [.text("from=<owner-evil"), .number(number)],
            "@evil.example>, size=900, nrcpt=40 (queue active)"
        )
    }

    /// A whole post to the real list `list`, delivered to `members` members.
    mutating func post(_ number: Int, list: Int, members: Int) {
        let (parent, child) = (2 * number, 2 * number + 1)
        line("smtpd", "A", parent, [.text("client=mx.example.net[192.0.2.7]")], "")
        line("cleanup", "A", parent, [.text("message-id=<m"), .number(number)], "@example.net>")
        line(
            "qmgr",
            "A",
            parent,
            [.text("from=<ann"), .number(list)],
            "@example.net>, size=900, nrcpt=1 (queue active)"
        )
        line("cleanup", "A", child, [.text("message-id=<m"), .number(number)], "@example.net>")
        line(
            "qmgr",
            "A",
            child,
            [
                .text("from=<owner-real"), .number(list),
                .text("@lists.example>, size=1000, nrcpt="), .number(members),
            ],
            " (queue active)"
        )
        line(
            "local",
            "A",
            parent,
            [
                .text("to=<real"), .number(list),
                .text("@lists.example>, relay=local, delay=0.02, delays=0/0/0.01/0.01, "),
                .text("dsn=2.0.0, status=sent (forwarded as "), .queueID("A", child),
            ],
            ")"
        )
        line("qmgr", "A", parent, [], "removed")
        for member in 0..<members {
            line(
                "smtp",
                "A",
                child,
                [
                    .text("to=<m"), .number(member),
                    .text("@example.com>, relay=mx.example.com[203.0.113.5]:25, delay=0.02, "),
                ],
                "delays=0/0/0.01/0.01, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
            )
        }
        line("qmgr", "A", child, [], "removed")
    }

    /// A piece of a line.
    private enum Piece {
        case text(StaticString)
        case number(Int)
        case queueID(StaticString, Int)
    }

    private mutating func line(
        _ program: StaticString,
        _ letter: StaticString,
        _ number: Int,
        _ pieces: [Piece],
        _ end: StaticString
    ) {
        var entry = LogEntry(time: time)
        entry.identifier = range { lines in
            lines.add("postfix/")
            lines.add(program)
        }
        entry.message = range { lines in
            lines.add(.queueID(letter, number))
            lines.add(": ")
            for piece in pieces { lines.add(piece) }
            lines.add(end)
        }
        entry.transport = .syslog
        entry.uid = Self.mailUser
        entry.pid = 4711
        entry.syslogPid = 4711
        batch.entries.append(entry)
        time = time + TimeSpan(microseconds: 1)
    }

    private mutating func range(_ write: (inout FloodLines) -> Void) -> ByteRange {
        let start = batch.bytes.count
        write(&self)
        return ByteRange(start: start, end: batch.bytes.count)
    }

    private mutating func add(_ piece: Piece) {
        switch piece {
        case .text(let text): add(text)
        case .number(let number): add(number, base: 10, digits: 1)
        case .queueID(let letter, let number):
            add(letter)
            add(number, base: 16, digits: 9)
        }
    }

    private mutating func add(_ text: StaticString) {
        text.withUTF8Buffer { bytes in
            unsafe batch.bytes.append(contentsOf: bytes)
        }
    }

    private mutating func add(_ number: Int, base: Int, digits: Int) {
        let start = batch.bytes.count
        var rest = number
        while rest > 0 || batch.bytes.count < start + digits {
            let digit = UInt8(rest % base)
            batch.bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
            rest /= base
        }
        batch.bytes[start...].reverse()
    }
}
