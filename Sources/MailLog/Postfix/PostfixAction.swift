// SPDX-License-Identifier: Apache-2.0
//
// Postfix lines that say what an access rule, a header check or a milter did:
// `ACTION: WHAT from host[ip]...; from=<> to=<> proto= helo=<>`. WHAT holds a stranger's text of any
// kind, so only its beginning is read from the left, and the envelope from the right. The envelope
// here is for people: what the engine needs comes from `client=` and `queue active` lines.

/// Rejects, holds, header lines.
enum PostfixAction {
    /// Reads the line from the action's name on; false when it begins otherwise.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        let start = cursor
        let word = cursor.take(while: { ASCII.isLetter($0) || $0 == ASCII.dash || $0 == 0x5f })
        guard !word.isEmpty, cursor.take(": ") else {
            cursor = start
            return false
        }
        let action = LineCursor(cursor.bytes, word)
        guard classify(action, into: &event) else {
            cursor = start
            return false
        }
        let isHeader = cursor.take("header ")
        if isHeader || cursor.has("body ") || cursor.has("content ") {
            readHeader(&cursor, isHeader: isHeader, into: &event)
        } else {
            if event.kind == .header {
                // An access rule's INFO or WARN, not a header's.
                event.kind = .other
                event.name = .other
                event.reason = "an access rule's action"
            }
            readCommand(&cursor, into: &event)
        }
        return true
    }

    /// The kind and name that go with an action.
    private static func classify(_ action: LineCursor, into event: inout MailEvent) -> Bool {
        if action.isExactly("info") || action.isExactly("warning") {
            event.kind = .header
            event.name = .headerInfo
        } else if action.isExactly("reject") {
            event.kind = .rejected
            event.name = .reject
        } else if action.isExactly("hold") {
            event.kind = .held
            event.name = .hold
        } else if action.has("milter-") {
            event.kind = action.ends(in: "-hold") ? .held : .other
            let isRefusal = action.ends(in: "-reject") || action.ends(in: "-discard")
            if isRefusal { event.kind = .rejected }
            event.name = .milter
            event.reason = "a milter's action"
        } else if action.isExactly("discard") {
            event.kind = .rejected
            event.reason = "discarded by an access rule"
        } else if action.isExactly("proxy-reject") {
            event.kind = .rejected
            event.name = event.isUnqueued || !event.queueID.isEmpty ? .reject : .other
            event.reason = "refused by a proxy filter"
        } else if isOtherAction(action) {
            event.reason = "an access rule's action"
        } else {
            return false
        }
        return true
    }

    private static func isOtherAction(_ action: LineCursor) -> Bool {
        action.isExactly("reject_warning") || action.isExactly("filter")
            || action.isExactly("redirect") || action.isExactly("prepend")
            || action.isExactly("replace") || action.isExactly("bcc") || action.isExactly("strip")
            || action.isExactly("pass") || action.isExactly("delay")
            || action.isExactly("proxy-accept") || action.isExactly("permit")
            || action.isExactly("warn") || action.isExactly("trigger") || action.isExactly("dunno")
    }

    /// `RCPT from n[ip]: TEXT; from=<>...`.
    private static func readCommand(_ cursor: inout LineCursor, into event: inout MailEvent) {
        var words = cursor
        _ = words.take(while: { !(ASCII.isAlphanumeric($0) == false && $0 != ASCII.dash) })
        if words.take(" from "), let peer = words.takePeer() {
            event.host = peer.host
            event.address = peer.address
            if words.take(": ") { event.text = words.rest }
        }
        guard let tail = PostfixEnvelope.find(in: cursor) else { return }
        tail.fill(&event)
        if !event.text.isEmpty, tail.start > Int(event.text.start) {
            event.text = ByteRange(start: Int(event.text.start), end: tail.start)
        }
    }

    /// `Name: value from origin; from=<> to=<> proto= helo=<>: text`.
    private static func readHeader(
        _ cursor: inout LineCursor,
        isHeader: Bool,
        into event: inout MailEvent
    ) {
        if !isHeader { _ = cursor.take(until: ASCII.space) }
        if !isHeader { _ = cursor.take(" ") }
        if isHeader { readHeaderName(&cursor, into: &event) }
        var valueEnd = cursor.end
        if let tail = PostfixEnvelope.find(in: cursor) {
            tail.fill(&event)
            valueEnd = tail.start
            var origin = cursor
            origin.end = tail.start
            valueEnd = fillOrigin(origin, into: &event)
        }
        event.headerValue = ByteRange(start: cursor.at, end: max(cursor.at, valueEnd))
        event.parent = parent(cursor)
    }

    private static func readHeaderName(_ cursor: inout LineCursor, into event: inout MailEvent) {
        var words = cursor
        let name = words.take(while: { $0 > ASCII.space && $0 != ASCII.colon })
        guard words.take(":") else { return }
        event.header = LoggedHeader(named: LineCursor(cursor.bytes, name))
        event.headerName = name
        while words.take(" ") {}
        cursor = words
    }

    /// Reads ` from host[ip]` or ` from local` at the end of `origin`; returns where it begins.
    private static func fillOrigin(_ origin: LineCursor, into event: inout MailEvent) -> Int {
        if origin.ends(in: " from local") { return origin.end - 11 }
        if origin.ends(in: " from unknown") { return origin.end - 13 }
        var words = origin
        var place = origin.end
        while place > origin.at, origin.bytes[place - 1] > ASCII.space { place -= 1 }
        guard place - 6 >= origin.at, origin.has(" from ", at: place - 6) else { return origin.end }
        words.at = place
        guard let peer = words.takePeer(), words.isAtEnd else { return origin.end }
        event.host = peer.host
        event.address = peer.address
        return place - 6
    }

    /// The sensor's mark: `: parent=<...>` as the last thing of the line, without a space in it.
    private static func parent(_ cursor: LineCursor) -> ByteRange {
        guard cursor.end > cursor.at, cursor.bytes[cursor.end - 1] == ASCII.greater else {
            return .absent
        }
        var place = cursor.end - 1
        while place > cursor.at, cursor.bytes[place - 1] > ASCII.space { place -= 1 }
        guard cursor.has("parent=<", at: place), cursor.has(": ", at: place - 2) else {
            return .absent
        }
        return ByteRange(start: place + 7, end: cursor.end)
    }
}

extension LoggedHeader {
    /// The header called `name`, whatever the case of its letters.
    init(named name: LineCursor) {
        func isNamed(_ literal: StaticString) -> Bool {
            guard name.end - name.at == literal.utf8CodeUnitCount else { return false }
            let text = unsafe literal.utf8Start
            for index in 0..<literal.utf8CodeUnitCount {
                let byte = ASCII.lowercased(name.bytes[name.at + index])
                if unsafe byte != text[index] { return false }
            }
            return true
        }
        if isNamed("message-id") {
            self = .messageID
        } else if isNamed("in-reply-to") {
            self = .inReplyTo
        } else if isNamed("references") {
            self = .references
        } else if isNamed("subject") {
            self = .subject
        } else if isNamed("from") {
            self = .from
        } else if isNamed("date") {
            self = .date
        } else if isNamed("auto-submitted") {
            self = .autoSubmitted
        } else if isNamed("precedence") {
            self = .precedence
        } else if isNamed("list-id") {
            self = .listID
        } else if isNamed("list-post") {
            self = .listPost
        } else if isNamed("x-loop") || isNamed("x-beenthere") {
            self = .loop
        } else {
            self = .other
        }
    }
}
