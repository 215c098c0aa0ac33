// SPDX-License-Identifier: Apache-2.0
//
// Exim's main log, with and without log selectors: `[1/2] date time zone [pid] id FLAG ...`. Fields
// follow each other from the left as `KEY=value`; quoted values escape their quotes. Addresses are
// not quoted: a recipient can be chosen so that a delivery line has two readings, and then it is
// not read. Exim's own list expansion keeps one id for all copies: count `=>` and `->`, not ids.

/// Dispatch over Exim's line forms.
enum EximLine {
    /// Reads the line at `cursor`.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        if isFragment(cursor) {
            event.reason = "part of a split line"
            return
        }
        skipStamp(&cursor)
        if let id = takeID(&cursor) {
            event.queueID = id
            if readFlag(&cursor, into: &event) || readState(&cursor, into: &event) { return }
        }
        if EximSession.read(&cursor, into: &event) { return }
        if cursor.has("Start queue run: ") || cursor.has("End queue run: ") {
            event.reason = "a queue run"
        } else if cursor.has("unqualified verify rejected: ") {
            event.reason = "refused"
        } else if isOfSession(cursor) {
            event.reason = "within a session"
        } else if isOfDelivery(cursor) {
            event.reason = "a conversation with a relay"
        } else {
            event.setNotUnderstood("unknown line")
        }
    }

    /// What Exim says of clients and of itself; each visit of a scanner leaves such lines (Exim's
    /// specification, chapter "Log files"; smtp_in.c, host.c, tls-openssl.c).
    private static func isOfSession(_ cursor: LineCursor) -> Bool {
        cursor.has("no host name found for ") || cursor.has("no IP address found for ")
            || cursor.has("SMTP syntax error in ") || cursor.has("SMTP protocol error in ")
            || cursor.has("SMTP command timeout on ") || cursor.has("SMTP data timeout ")
            || cursor.has("SMTP call from ") || cursor.has("unexpected disconnection ")
            || cursor.has("no MAIL in SMTP connection ") || cursor.has("TLS error on connection ")
            || cursor.has("TLS client disconnected ") || cursor.has("TLS session: ")
            || cursor.has("refused connection from ") || cursor.has("Connection from ")
            || cursor.has("rejected ") || cursor.has("ident connection to ")
            || cursor.has("DKIM: ") || cursor.has("PDKIM: ") || cursor.has("Warning: ")
            || cursor.has("[") && cursor.find(" SSL verify error: ", from: cursor.at) != nil
    }

    /// What Exim says of a message's way beside what became of its recipients (deliver.c, smtp.c).
    private static func isOfDelivery(_ cursor: LineCursor) -> Bool {
        cursor.has("SMTP error from remote mail server ") || cursor.has("SMTP timeout ")
            || cursor.has("Remote host ") || cursor.has("Spool file is locked ")
            || cursor.has("Message is frozen") || cursor.has("no immediate delivery: ")
            || cursor.has("retry time not reached ") || cursor.has("retry timeout exceeded")
            || cursor.has("error message sent to ") || cursor.has("Error message sent to ")
            || cursor.has("would write message ") || cursor.has("Connection timed out")
    }

    /// `[1/2] `, or `[1\2] ` where the break was a newline.
    static func isFragment(_ cursor: LineCursor) -> Bool {
        var words = cursor
        guard words.take("["), words.takeNumber() != nil, words.take("/") || words.take("\\") else {
            return false
        }
        return words.takeNumber() != nil && words.take("]")
    }

    /// Skips `2026-11-24 06:07:20.123 +0000 [31] ` as far as it is there.
    static func skipStamp(_ cursor: inout LineCursor) {
        var words = cursor
        let date = words.take(while: { ASCII.isDigit($0) || $0 == ASCII.dash })
        guard date.count == 10, words.take(" ") else { return }
        let clock = words.take(while: {
            ASCII.isDigit($0) || $0 == ASCII.colon || $0 == ASCII.dot
        })
        guard clock.count >= 8, words.take(" ") || words.isAtEnd else { return }
        cursor = words
        if words.take("+") || words.take("-"), words.takeNumber() != nil, words.take(" ") {
            cursor = words
        }
        words = cursor
        if words.take("["), words.takeNumber() != nil, words.take("] ") { cursor = words }
    }

    /// Takes `1xVjgW-00000U-0z ` or, from 4.97, `1xVjgW-000000005vi-0000 `.
    static func takeID(_ cursor: inout LineCursor) -> ByteRange? {
        var words = cursor
        let first = words.take(while: ASCII.isAlphanumeric)
        guard first.count == 6, words.take("-") else { return nil }
        let second = words.take(while: ASCII.isAlphanumeric)
        guard words.take("-") else { return nil }
        let third = words.take(while: ASCII.isAlphanumeric)
        let isShort = second.count == 6 && third.count == 2
        guard isShort || (second.count == 11 && third.count == 4) else { return nil }
        guard words.take(" ") || words.isAtEnd else { return nil }
        let start = cursor.at
        cursor = words
        return ByteRange(start: start, end: Int(third.end))
    }

    private static func readFlag(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        if cursor.take("<= ") || cursor.take("(= ") {
            EximArrival.read(&cursor, into: &event)
        } else if cursor.take("=> ") || cursor.take("-> ") || cursor.take(">> ") {
            EximDelivery.read(&cursor, status: .sent, into: &event)
        } else if cursor.take("*> ") {
            // `-N`: a test that delivers nothing.
            EximDelivery.read(&cursor, status: .sent, into: &event)
            if event.kind == .delivery { event.kind = .other }
            event.reason = "a delivery that was only tried"
        } else if cursor.take("** ") {
            EximDelivery.read(&cursor, status: .bounced, into: &event)
        } else if cursor.take("== ") {
            EximDelivery.read(&cursor, status: .deferred, into: &event)
        } else {
            return false
        }
        return true
    }

    private static func readState(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        if cursor.has("Completed") {
            event.kind = .removed
            event.name = .removed
        } else if cursor.has("Frozen") {
            event.kind = .held
            event.name = .hold
        } else if cursor.has("frozen by ") {
            event.kind = .held
            event.reason = "frozen by an administrator"
        } else if cursor.has("unfrozen by ") || cursor.has("Unfrozen by ") {
            event.kind = .released
            event.reason = "unfrozen"
        } else if cursor.has("removed by ") || cursor.has("cancelled by ") {
            event.kind = .deleted
            event.reason = "removed by an administrator"
        } else {
            return false
        }
        return true
    }
}
