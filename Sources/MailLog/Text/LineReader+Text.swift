// SPDX-License-Identifier: Apache-2.0
//
// Lines from text: files, pipes, an operator's clipboard. `IDENT[PID]: MESSAGE`, with a syslog
// date and host before it or without. Text has no trusted fields; whether it is believed is up to
// the settings. The mistake to avoid: feeding lines of a network syslog here in a live daemon.

public import EventTime

extension LineReader {
    /// The entry that one line of text makes, its fields pointing into `bytes`.
    ///
    /// `line` is what lies between two newlines, without them. Skips a stamp of RFC 3164
    /// (`Nov 24 06:21:44`) or ISO 8601 (`2026-11-24T06:21:44.5+00:00`) and the host behind it.
    /// Nil when there is no `IDENT: ` or `IDENT[PID]: `. Trusted fields stay absent.
    public static func entry(
        line: ByteRange,
        in bytes: [UInt8],
        time: Timestamp
    ) -> LogEntry? {
        var cursor = LineCursor(bytes, line)
        skipPriority(&cursor)
        if skipStamp(&cursor) {
            // The host; rsyslog may leave it out, and then the identifier comes at once.
            var words = cursor
            let host = words.take(while: { $0 > ASCII.space })
            let isHost = !host.isEmpty && bytes[Int(host.end) - 1] != ASCII.colon
            if isHost, words.take(" ") { cursor = words }
        }
        return identified(&cursor, time: time)
    }

    /// What one line of text says; see ``entry(line:in:time:)``.
    ///
    /// A line without an identifier is ``MailEvent/Kind/other``, unless it begins like Exim's own
    /// log file (`2026-11-24 06:21:44 `), which has none.
    public func reading(
        line: ByteRange,
        in bytes: [UInt8],
        time: Timestamp,
        as dialect: Dialect? = nil
    ) -> (event: MailEvent, identifier: ByteRange) {
        if Self.isEximFile(LineCursor(bytes, line)) {
            var entry = LogEntry(time: time)
            entry.message = line
            return (read(entry, in: bytes, as: .exim), .absent)
        }
        guard let entry = Self.entry(line: line, in: bytes, time: time) else {
            var event = MailEvent(time: time)
            event.reason = "no program name"
            return (event, .absent)
        }
        return (read(entry, in: bytes, as: dialect), entry.identifier)
    }

    private static func isEximFile(_ line: LineCursor) -> Bool {
        var words = line
        guard words.takeNumber() != nil, words.take("-"), words.takeNumber() != nil,
            words.take("-"), words.takeNumber() != nil, words.take(" "), words.takeNumber() != nil,
            words.take(":"), words.takeNumber() != nil, words.take(":")
        else { return false }
        return words.takeNumber() != nil
    }

    /// Skips `<22>`, which files of raw datagrams have.
    private static func skipPriority(_ cursor: inout LineCursor) {
        var words = cursor
        if words.take("<"), words.takeNumber() != nil, words.take(">") { cursor = words }
    }

    /// Skips a stamp and the space behind it; false and nothing skipped when there is none.
    private static func skipStamp(_ cursor: inout LineCursor) -> Bool {
        var words = cursor
        if ASCII.isDigit(words.next) {
            // ISO 8601: date, `T`, and whatever a time zone is made of.
            guard words.takeNumber() != nil, words.take("-"), words.takeNumber() != nil,
                words.take("-"), words.takeNumber() != nil, words.take("T")
            else { return false }
            _ = words.take(while: { $0 > ASCII.space })
        } else {
            let month = words.take(while: ASCII.isLetter)
            guard month.count == 3, words.take(" ") else { return false }
            _ = words.take(" ")
            guard words.takeNumber() != nil, words.take(" ") else { return false }
            // Cisco and others put the year here.
            var year = words
            if let number = year.takeNumber(), number >= 1970, year.take(" ") { words = year }
            let clock = words.take(while: {
                ASCII.isDigit($0) || $0 == ASCII.colon || $0 == ASCII.dot
            })
            guard clock.count >= 7 else { return false }
        }
        guard words.take(" ") else { return false }
        cursor = words
        return true
    }

    private static func identified(_ cursor: inout LineCursor, time: Timestamp) -> LogEntry? {
        var entry = LogEntry(time: time)
        let name = cursor.take(while: {
            $0 > ASCII.space && $0 != ASCII.bracket && $0 != ASCII.colon
        })
        guard !name.isEmpty else { return nil }
        entry.identifier = name
        if cursor.take("[") {
            if let pid = cursor.takeNumber(), let pid = Int32(exactly: pid) {
                entry.syslogPid = pid
            }
            guard cursor.take("]") else { return nil }
        }
        guard cursor.take(":") else { return nil }
        _ = cursor.take(" ")
        // Solaris: `[ID 801593 mail.info] `.
        var words = cursor
        if words.take("[ID "), words.take(until: ASCII.unbracket) != nil, words.take("] ") {
            cursor = words
        }
        entry.message = cursor.rest
        return entry
    }
}
