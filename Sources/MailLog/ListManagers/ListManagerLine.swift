// SPDX-License-Identifier: Apache-2.0
//
// What Mailman 3, Sympa and mlmmj say themselves. None of it is needed to see a storm, the mail
// system's lines tell that; it names lists and postings that were held. Message-IDs and reasons are
// strangers' text: each is taken whole, between words that the program wrote.

/// Mailman 3's smtp.log and mailman.log, whether printed by a container or read from files.
enum MailmanLine {
    /// Reads the line at `cursor`.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        skipStamp(&cursor)
        event.reason = "a list manager's own line"
        if cursor.next == ASCII.less, let id = takeMessageID(&cursor) {
            event.messageID = id
            readPost(&cursor, into: &event)
        } else if cursor.take("HOLD: ") {
            readHold(&cursor, into: &event)
        } else if cursor.take("ACCEPT: ") || cursor.take("OWNER: ") || cursor.take("REJECT: ")
            || cursor.take("DISCARD: ")
        {
            if cursor.next == ASCII.less { event.messageID = takeMessageID(&cursor) ?? .absent }
        }
    }

    /// `Nov 24 05:55:46 2026 (114) `.
    private static func skipStamp(_ cursor: inout LineCursor) {
        var words = cursor
        let month = words.take(while: ASCII.isLetter)
        guard month.count == 3, words.take(" ") else { return }
        _ = words.take(" ")
        guard words.takeNumber() != nil, words.take(" ") else { return }
        _ = words.take(while: { ASCII.isDigit($0) || $0 == ASCII.colon })
        guard words.take(" "), words.takeNumber() != nil, words.take(" (") else { return }
        guard words.takeNumber() != nil, words.take(") ") else { return }
        cursor = words
    }

    private static func takeMessageID(_ cursor: inout LineCursor) -> ByteRange? {
        guard let stop = cursor.find(ASCII.greater) else { return nil }
        defer { cursor.at = stop + 1 }
        return ByteRange(start: cursor.at, end: stop + 1)
    }

    /// ` post to LIST from SENDER, N bytes` or ` smtp to LIST for N recips, ...`.
    private static func readPost(_ cursor: inout LineCursor, into event: inout MailEvent) {
        if cursor.take(" post to ") {
            event.recipient = cursor.take(while: { $0 > ASCII.space })
            guard cursor.take(" from ") else { return }
            event.sender = cursor.take(while: { $0 > ASCII.space && $0 != ASCII.comma })
            event.hasSender = true
            if cursor.take(", ") { event.size = cursor.takeNumber() ?? 0 }
        } else if cursor.take(" smtp to ") {
            event.recipient = cursor.take(while: { $0 > ASCII.space })
            if cursor.take(" for ") { event.count = cursor.takeNumber() ?? 0 }
        } else if cursor.take(" delivery to ") {
            event.recipient = cursor.take(while: { $0 > ASCII.space })
        }
    }

    /// `LIST post from A held, message-id=<id>: REASON`.
    private static func readHold(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.kind = .held
        event.name = .hold
        event.recipient = cursor.take(while: { $0 > ASCII.space })
        guard cursor.take(" post from ") else { return }
        event.sender = cursor.take(while: { $0 > ASCII.space })
        event.hasSender = true
        guard cursor.take(" held, message-id="), cursor.next == ASCII.less else { return }
        event.messageID = takeMessageID(&cursor) ?? .absent
    }
}

/// Sympa's daemons: `notice Sympa::...() Processing ...; key=value; key=value`.
enum SympaLine {
    /// Reads the line at `cursor`.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.reason = "a list manager's own line"
        guard let mark = cursor.find("; envelope_sender=", from: cursor.at) else { return }
        cursor.at = mark
        while cursor.take("; ") {
            if cursor.take("envelope_sender=") {
                let value = cursor.take(while: { $0 != ASCII.semicolon })
                event.sender = PostfixLine.unbracketed(value, in: cursor.bytes)
                event.hasSender = true
            } else if cursor.take("message_id=") {
                event.messageID = cursor.take(while: { $0 != ASCII.semicolon })
            } else if cursor.take("recipients=") {
                readRecipients(&cursor, into: &event)
            } else {
                _ = cursor.take(while: { $0 != ASCII.semicolon })
            }
        }
    }

    private static func readRecipients(_ cursor: inout LineCursor, into event: inout MailEvent) {
        let all = cursor.take(while: { $0 != ASCII.semicolon })
        var words = LineCursor(cursor.bytes, all)
        event.recipient = words.take(while: { $0 != ASCII.comma })
        event.count = 1
        while words.take(",") {
            _ = words.take(while: { $0 != ASCII.comma })
            event.count += 1
        }
        if event.count > 1 { event.recipients = all }
    }
}
