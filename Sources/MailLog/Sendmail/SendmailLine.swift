// SPDX-License-Identifier: Apache-2.0
//
// Sendmail 8.12 to 8.18: `QID: key=value, ...`. One `to=` line may hold several recipients, a
// mailing list's fan-out often does. `msgid=` is a raw header value in the middle of the line, so
// what follows it is read from the right; `stat=` is a remote server's and runs to the end.

/// Dispatch over Sendmail's line forms.
enum SendmailLine {
    /// Reads the line at `cursor`.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        if cursor.take("NOQUEUE: ") {
            event.isUnqueued = true
        } else if let id = takeID(&cursor) {
            event.queueID = id
        }
        if cursor.has("to=") {
            SendmailDelivery.read(&cursor, into: &event)
        } else if cursor.take("from=") {
            readSender(&cursor, into: &event)
        } else if cursor.has("done; ") {
            event.kind = .removed
            event.name = .removed
        } else if cursor.take("ruleset=") {
            readRuleset(&cursor, into: &event)
        } else if cursor.has("Milter") || cursor.has("milter=") {
            readMilter(cursor, into: &event)
        } else if cursor.has("starting daemon (") {
            event.kind = .started
            event.reason = "started"
        } else if !readLink(&cursor, into: &event) {
            readAside(&cursor, into: &event)
        }
    }

    /// Takes a queue id: eight to twenty letters and digits, at least one of them a digit.
    private static func takeID(_ cursor: inout LineCursor) -> ByteRange? {
        var words = cursor
        let id = words.take(while: ASCII.isAlphanumeric)
        guard id.count >= 8, id.count <= 20, words.take(": ") else { return nil }
        var hasDigit = false
        for index in Int(id.start)..<Int(id.end) where ASCII.isDigit(cursor.bytes[index]) {
            hasDigit = true
        }
        guard hasDigit else { return nil }
        cursor = words
        return id
    }

    /// `<a>, size=N, class=N, nrcpts=N, msgid=RAW, proto=P, daemon=D, relay=h [ip]`.
    private static func readSender(_ cursor: inout LineCursor, into event: inout MailEvent) {
        guard let sender = takeAddress(&cursor), cursor.has(", ") else {
            event.setNotUnderstood("unknown from line")
            return
        }
        event.sender = sender
        event.hasSender = true
        event.kind = .queued
        event.name = .queueActive
        while cursor.take(", ") {
            if cursor.take("size=") {
                event.size = cursor.takeNumber() ?? 0
            } else if cursor.take("nrcpts=") {
                event.count = cursor.takeNumber() ?? 0
            } else if cursor.take("msgid=") {
                readMessageID(&cursor, into: &event)
                break
            } else if cursor.take("relay=") {
                readRelay(cursor, into: &event)
                break
            } else {
                _ = cursor.take(while: { $0 != ASCII.comma })
            }
        }
        if event.count == 0 {
            // A session whose recipients were all refused: nothing was queued.
            event.kind = .other
            event.reason = "no recipients"
        }
    }

    private static func readMessageID(_ cursor: inout LineCursor, into event: inout MailEvent) {
        var stop = cursor.end
        if let mark = cursor.findLast(", relay=", before: cursor.end) {
            var relay = cursor
            relay.at = mark + 8
            readRelay(relay, into: &event)
            stop = mark
            while let earlier = cursor.findLast(", ", before: stop),
                isTailKey(cursor, at: earlier + 2)
            {
                stop = earlier
            }
        }
        let isBracketed = cursor.next == ASCII.less
        if isBracketed, let close = cursor.find(ASCII.greater), close < cursor.end {
            stop = close + 1
        }
        event.messageID = ByteRange(start: cursor.at, end: max(cursor.at, stop))
    }

    private static func isTailKey(_ cursor: LineCursor, at place: Int) -> Bool {
        cursor.has("proto=", at: place) || cursor.has("daemon=", at: place)
            || cursor.has("bodytype=", at: place) || cursor.has("auth=", at: place)
            || cursor.has("tls_verify=", at: place) || cursor.has("authid=", at: place)
    }

    /// `host [ip]`, `[ip]`, either with ` (may be forged)`, or a local user.
    private static func readRelay(_ cursor: LineCursor, into event: inout MailEvent) {
        var words = cursor
        guard let peer = words.takeSendmailHost() else { return }
        event.host = peer.host
        event.address = peer.address
    }

    /// `<a>` with a quoted localpart, or an address without brackets up to the comma.
    static func takeAddress(_ cursor: inout LineCursor) -> ByteRange? {
        if cursor.next == ASCII.less { return cursor.takeBracketed() }
        let start = cursor.at
        if cursor.next == ASCII.quote {
            guard let behind = cursor.endOfQuoted(cursor.at), behind <= cursor.end else {
                return nil
            }
            cursor.at = behind
        }
        _ = cursor.take(while: { $0 != ASCII.comma })
        return ByteRange(start: start, end: cursor.at)
    }

    /// `check_rcpt, arg1=<a>, relay=h [ip], reject=TEXT`.
    private static func readRuleset(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.reason = "a ruleset's verdict"
        _ = cursor.take(while: { $0 != ASCII.comma })
        while cursor.take(", ") {
            if cursor.take("arg1=") {
                guard let value = takeAddress(&cursor) else { return }
                if cursor.bytes[cursor.at - 1] == ASCII.greater { event.recipient = value }
            } else if cursor.take("relay=") {
                guard let peer = cursor.takeSendmailHost() else { return }
                event.host = peer.host
                event.address = peer.address
                _ = cursor.take(while: { $0 != ASCII.comma })
            } else if cursor.take("reject=") {
                event.kind = .rejected
                event.name = .reject
                event.text = cursor.rest
                return
            } else {
                _ = cursor.take(while: { $0 != ASCII.comma })
            }
        }
    }

    private static func readMilter(_ cursor: LineCursor, into event: inout MailEvent) {
        event.name = .milter
        event.reason = "a milter's action"
        let isRefusal = cursor.find(", reject=", from: cursor.at) != nil
        if isRefusal { event.kind = .rejected }
    }

    /// `NEW: DSN: ...`: a message that was made for this one.
    private static func readLink(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        var words = cursor
        guard !event.queueID.isEmpty, let child = takeID(&words) else { return false }
        event.relatedID = child
        if words.has("DSN: ") || words.has("return to sender: ") || words.has("sender notify: ")
            || words.has("postmaster notify: ") || words.has("return receipt")
        {
            event.kind = .notification
            event.name = .bounceNotification
        } else {
            // `clone: owner=...`: the list's copies run under the new id.
            event.reason = "a clone for the list's owner"
        }
        return true
    }

    /// Who the line is about, if it begins with a host or ends with a relay.
    private static func readAside(_ cursor: inout LineCursor, into event: inout MailEvent) {
        if !readKnown(&cursor, into: &event) { event.setNotUnderstood("unknown line") }
    }

    /// The forms of it that are known; false for another.
    private static func readKnown(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        let isTable =
            cursor.has("alias database ")
            || cursor.find(" aliases, longest ", from: cursor.at) != nil
        if isTable {
            event.reason = "tables"
            return true
        }
        if cursor.next == UInt8(ascii: "<"), cursor.find(">... ", from: cursor.at) != nil {
            event.reason = "a recipient that is not known here"
            return true
        }
        if cursor.has("Authentication-Warning: ") {
            event.reason = "about a client"
            return true
        }
        // One with each encrypted delivery, and what a host of any traffic has (Sendmail's Operations Guide,
        // "The System Log").
        let isOfSession =
            cursor.has("STARTTLS=") || cursor.has("collect: ") || cursor.has("SYSERR(")
            || cursor.has("rejecting connections on daemon ")
            || cursor.has("accepting connections again ") || cursor.has("runqueue: ")
            || cursor.has("timeout waiting for input ") || cursor.has("stopping daemon")
            || cursor.has("locked") || cursor.has("low on ")
        if isOfSession {
            event.reason = "within a session"
            return true
        }
        if cursor.has("AUTH failure ") {
            guard let mark = cursor.findLast(", relay=", before: cursor.end) else { return false }
            cursor.at = mark + 8
            readRelay(cursor, into: &event)
            event.reason = "a login failed"
            return true
        }
        var words = cursor
        if words.take("AUTH=server, relay=") {
            readRelay(words, into: &event)
            guard let mark = words.find(", authid=", from: words.at) else { return false }
            words.at = mark + 9
            event.user = words.take(while: { $0 != ASCII.comma })
            event.reason = "a login"
            return true
        }
        let isPhrase =
            words.take("rejecting commands from ") || words.take("lost input channel from ")
            || words.take("timeout waiting for input from ") || words.take("connect from ")
        if isPhrase { _ = words.take(" ") }
        guard let peer = words.takeSendmailHost(), !peer.address.isEmpty else { return false }
        if isPhrase || words.has(":") || words.has(" did not issue ")
            || words.has(" (may be forged)")
        {
            event.host = peer.host
            event.address = peer.address
            event.reason = "about a client"
            return true
        }
        return false
    }
}

extension LineCursor {
    /// Takes `host [ip]` or `[ip]`; a host's final dot and a name in brackets are left out.
    mutating func takeSendmailHost() -> LoggedPeer? {
        var peer = LoggedPeer()
        if next != ASCII.bracket {
            let word = take(while: { $0 > ASCII.space && $0 != ASCII.comma })
            guard !word.isEmpty else { return nil }
            var isUser = false
            for index in Int(word.start)..<Int(word.end) where bytes[index] == ASCII.at {
                isUser = true
            }
            peer.host = isUser ? .absent : word
            if !isUser, bytes[Int(word.end) - 1] == ASCII.dot { peer.host.end -= 1 }
            guard has(" [") else { return peer }
            at += 1
        }
        guard take("["), let stop = find(ASCII.unbracket) else { return peer }
        // `[IPv6:2001:db8::1]`.
        _ = take("IPv6:")
        peer.address = addressRange(at, stop)
        at = stop + 1
        // `[127.0.0.1] [127.0.0.1]`: a smart host that is an address.
        if has(" ["), let second = find(ASCII.unbracket) {
            peer.address = addressRange(at + 2, second)
            at = second + 1
        }
        return peer
    }
}
