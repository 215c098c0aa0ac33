// SPDX-License-Identifier: Apache-2.0
//
// Exim lines about sessions: refusals, failed logins, connections. What a client said stands behind
// fixed words; the fields before them are Exim's.

/// Lines without a flag.
enum EximSession {
    /// Reads what follows the stamp and id; false when nothing fits.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        if readLogin(&cursor, into: &event) { return true }
        if cursor.take("SMTP connection from ") {
            readConnection(&cursor, into: &event)
            return true
        }
        if cursor.has("exim "), cursor.find(" daemon started: pid=", from: cursor.at) != nil {
            event.kind = .started
            event.reason = "started"
            return true
        }
        if cursor.has("SMTP protocol synchronization error") {
            return readSynchronization(&cursor, into: &event)
        }
        if readFields(&cursor, into: &event) { return true }
        readClient(cursor, into: &event)
        return false
    }

    /// Who a line is about that begins with words: ` H=host [ip]` or ` from host [ip]`.
    private static func readClient(_ cursor: LineCursor, into event: inout MailEvent) {
        let isKnown =
            cursor.has("SMTP ") || cursor.has("unexpected ") || cursor.has("TLS ")
            || cursor.has("no MAIL in SMTP connection from ")
        guard isKnown else { return }
        var words = cursor
        if cursor.has("SMTP protocol error in ") {
            // What the client said stands before the field.
            words.at = (cursor.findLast(" H=", before: cursor.end) ?? cursor.end - 3) + 3
        } else if let mark = cursor.find(" H=", from: cursor.at) {
            words.at = mark + 3
        } else if let mark = cursor.find(" from ", from: cursor.at) {
            words.at = mark + 6
        } else {
            return
        }
        guard let peer = words.takeEximHost(), !peer.address.isEmpty else { return }
        event.host = peer.host
        event.address = peer.address
    }

    /// `NAME authenticator failed for HOST: 535 Incorrect authentication data (set_id=X)`.
    private static func readLogin(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        var words = cursor
        _ = words.take(while: { $0 > ASCII.space })
        guard words.take(" authenticator failed for ") else { return false }
        _ = words.take("H=")
        event.kind = .warning
        event.name = .warning
        event.reason = "a login failed"
        if let peer = words.takeEximHost() {
            event.host = peer.host
            event.address = peer.address
        }
        if words.ends(in: ")"), let mark = words.findLast("(set_id=", before: words.end) {
            event.user = ByteRange(start: mark + 8, end: words.end - 1)
        }
        return true
    }

    /// `[ip]:port (TCP/IP connection count = 1)` is a new one; other endings are its end.
    private static func readConnection(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.kind = .session
        event.reason = "within a session"
        guard let peer = cursor.takeEximHost() else { return }
        if peer.address.isEmpty { return }
        event.host = peer.host
        event.address = peer.address
        // `I=[...]` of the receiving side may stand between.
        if cursor.find(" (TCP/IP connection count = ", from: cursor.at) != nil {
            event.name = .connect
            event.reason = ""
        }
    }

    private static func readSynchronization(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        event.kind = .rejected
        event.reason = "a client talked out of turn"
        if let mark = cursor.find("): rejected connection from H=", from: cursor.at) {
            cursor.at = mark + 30
            event.name = .reject
        } else if let mark = cursor.find("\" H=", from: cursor.at) {
            cursor.at = mark + 4
        } else {
            return true
        }
        if let peer = cursor.takeEximHost() {
            event.host = peer.host
            event.address = peer.address
        }
        return true
    }

    /// `H=... U=... F=<...> rejected RCPT <...>: text`, or another verdict behind the fields.
    private static func readFields(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool
    {
        var isKnown = false
        while true {
            if cursor.take("H="), let peer = cursor.takeEximHost() {
                event.host = peer.host
                event.address = peer.address
            } else if cursor.take("F=") {
                guard let sender = takeAddress(&cursor) else { return false }
                event.sender = sender
                event.hasSender = true
            } else if cursor.has("rejected ") || cursor.has("temporarily rejected ") {
                readRefusal(&cursor, into: &event)
                return true
            } else if isField(cursor) {
                _ = cursor.take(until: ASCII.equals)
                cursor.at += 1
                _ = cursor.takeValue()
            } else {
                break
            }
            isKnown = true
            guard cursor.take(" ") else { break }
        }
        if isKnown { event.reason = "about a client" }
        return isKnown
    }

    /// `U=`, `X=`, `CV=`, `DN=`, `A=`, `I=`, `Ci=`, `P=`, `SNI=` and what later releases add.
    private static func isField(_ cursor: LineCursor) -> Bool {
        var words = cursor
        let key = words.take(while: ASCII.isAlphanumeric)
        return !key.isEmpty && key.count <= 4 && words.has("=")
    }

    /// Takes `<a>`, or `a` as old releases print it.
    private static func takeAddress(_ cursor: inout LineCursor) -> ByteRange? {
        if cursor.next == ASCII.less { return cursor.takeBracketed() }
        return cursor.take(while: { $0 > ASCII.space && $0 != ASCII.colon })
    }

    private static func readRefusal(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.kind = .rejected
        event.reason = "refused"
        _ = cursor.take("temporarily ")
        guard cursor.take("rejected ") else { return }
        if cursor.take("RCPT ") {
            event.name = .reject
            event.recipient = takeAddress(&cursor) ?? .absent
            if cursor.take(": ") { event.text = cursor.rest }
            return
        }
        let isCommand =
            cursor.has("MAIL") || cursor.has("DATA") || cursor.has("after DATA")
            || cursor.has("EHLO") || cursor.has("HELO") || cursor.has("VRFY") || cursor.has("EXPN")
            || cursor.has("AUTH") || cursor.has("ETRN") || cursor.has("STARTTLS")
            || cursor.has("connection") || cursor.has("PREDATA") || cursor.has("QUIT")
        if isCommand { event.name = .reject }
    }
}
