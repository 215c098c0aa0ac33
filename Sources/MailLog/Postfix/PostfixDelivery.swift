// SPDX-License-Identifier: Apache-2.0
//
// The `to=` line of Postfix's delivery agents. Read from the left; a quoted localpart may hold
// `>, relay=...` and is passed over as one string. What follows `status=` is a remote server's and
// is the last element. Only where addresses are printed raw does the line have two readings; it is
// then read from the right, and not at all when more than one place fits.

import EventTime

/// One recipient's outcome.
enum PostfixDelivery {
    /// Reads the line from `to=` on.
    @inline(__always)
    static func read(
        _ cursor: inout LineCursor,
        format: TrustSettings.AddressFormat,
        into event: inout MailEvent
    ) {
        let start = cursor
        if format == .external, readFromLeft(&cursor, into: &event) {
            // Postfix completes every address with a domain; one without, before a text that looks
            // like the rest of the line again, is the beginning of a raw one.
            if holds(ASCII.at, event.recipient, in: cursor.bytes) || !looksRaw(cursor, event) {
                return
            }
            clear(&event)
        }
        cursor = start
        if readFromRight(&cursor, into: &event) { return }
        clear(&event)
        event.reason = "cut or ambiguous delivery line"
        event.aside = .cutDelivery
    }

    @inline(__always)
    private static func readFromLeft(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        guard cursor.take("to="), let recipient = address(&cursor) else { return false }
        event.recipient = recipient
        if cursor.take(", orig_to=") {
            guard let original = address(&cursor) else { return false }
            event.originalRecipient = original
        }
        return readTail(&cursor, into: &event)
    }

    /// `<a>`, or `a` in logs that lost their brackets.
    @inline(__always)
    private static func address(_ cursor: inout LineCursor) -> ByteRange? {
        if cursor.next == ASCII.less { return cursor.takeBracketed() }
        return cursor.take(until: ASCII.comma)
    }

    /// From `, relay=` to the end of the line.
    @inline(__always)
    private static func readTail(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        guard cursor.take(", relay=") else { return false }
        let relay = cursor
        guard let name = cursor.take(until: ASCII.comma) else { return false }
        event.relay = name
        setPeer(relay, name, in: &event)
        while cursor.take(", ") {
            if cursor.take("delay=") {
                guard let delay = cursor.takeSeconds() else { return false }
                event.delay = delay
                event.hasDelay = true
            } else if cursor.take("delays=") {
                guard readDelays(&cursor, into: &event) else { return false }
            } else if cursor.take("dsn=") {
                event.dsn = cursor.take(while: { ASCII.isDigit($0) || $0 == ASCII.dot })
            } else if cursor.take("status=") {
                return readStatus(&cursor, into: &event)
            } else {
                // `conn_use=2`, `tls=dane`, and what later releases add.
                _ = cursor.take(while: { $0 != ASCII.comma && $0 != ASCII.open })
            }
        }
        return false
    }

    private static func setPeer(
        _ start: LineCursor,
        _ name: ByteRange,
        in event: inout MailEvent
    ) {
        var inside = start
        inside.end = Int(name.end)
        guard let peer = inside.takePeer() else { return }
        event.host = peer.host
        event.address = peer.address
        event.port = peer.port
        event.isRelay = true
    }

    /// `a/b/c/d`: before the queue manager, in it, connection set-up, transmission.
    private static func readDelays(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool
    {
        let start = cursor.at
        var parts = 0
        repeat {
            guard let part = cursor.takeSeconds() else { return false }
            parts += 1
            if parts == 3 { event.attempt = part }
            if parts == 4 {
                let (sum, overflow) =
                    event.attempt.microseconds.addingReportingOverflow(part.microseconds)
                event.attempt = TimeSpan(microseconds: overflow ? .max : sum)
            }
        } while cursor.take("/")
        event.delays = ByteRange(start: start, end: cursor.at)
        return parts == 4
    }

    /// `sent (text)`.
    @inline(__always)
    private static func readStatus(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool
    {
        let word = cursor.take(while: { ASCII.isLetter($0) || $0 == ASCII.dash })
        guard !word.isEmpty else { return false }
        event.statusText = word
        event.status = status(LineCursor(cursor.bytes, word))
        event.kind = .delivery
        event.name = .delivery
        event.count = 1
        guard cursor.take(" ("), cursor.end > cursor.at else { return true }
        // Postfix cuts a line at 2,000 bytes; its closing parenthesis is then missing.
        guard cursor.bytes[cursor.end - 1] == ASCII.close else { return true }
        event.text = ByteRange(start: cursor.at, end: cursor.end - 1)
        if cursor.take("forwarded as "), cursor.isQueueID(cursor.at, cursor.end - 1) {
            event.relatedID = ByteRange(start: cursor.at, end: cursor.end - 1)
            event.name = .forwarded
        }
        return true
    }

    @inline(__always)
    private static func status(_ word: LineCursor) -> DeliveryStatus {
        if word.isExactly("sent") { return .sent }
        if word.isExactly("deferred") || word.isExactly("SOFTBOUNCE") { return .deferred }
        if word.isExactly("bounced") { return .bounced }
        if word.isExactly("deliverable") { return .deliverable }
        if word.has("undeliverable") { return .undeliverable }
        if word.isExactly("expired") { return .expired }
        return .none
    }

    /// Raw addresses: the one place of `>, relay=` from which the rest of the line can be read.
    private static func readFromRight(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        guard cursor.has("to=<") else { return false }
        var chosen: Int?
        var tries = 0
        var limit = cursor.end
        while let mark = cursor.findLast(">, relay=", before: limit) {
            limit = mark + 8
            var tail = cursor
            tail.at = mark + 1
            var attempt = MailEvent(time: event.time)
            let raw = ByteRange(start: cursor.at + 4, end: mark)
            let isWhole = chosen == nil || holds(ASCII.at, raw, in: cursor.bytes)
            if isWhole, readTail(&tail, into: &attempt) {
                guard chosen == nil else { return false }
                chosen = mark
            }
            tries += 1
            // Each try reads on to the end of the line; a line made of such marks is hostile.
            guard tries < 8 else { return false }
        }
        guard let mark = chosen else { return false }
        clear(&event)
        setRawRecipients(cursor, end: mark, in: &event)
        cursor.at = mark + 1
        return readTail(&cursor, into: &event)
    }

    private static func holds(_ byte: UInt8, _ range: ByteRange, in bytes: [UInt8]) -> Bool {
        LineCursor(bytes, range).find(byte) != nil
    }

    private static func looksRaw(_ cursor: LineCursor, _ event: MailEvent) -> Bool {
        let text = LineCursor(cursor.bytes, event.text)
        return text.find(">, relay=", from: text.at) != nil
    }

    /// `<a` or `<a>, orig_to=<b`; a raw address that holds `orig_to=` itself is left whole.
    private static func setRawRecipients(
        _ cursor: LineCursor,
        end: Int,
        in event: inout MailEvent
    ) {
        var inside = cursor
        inside.at += 4
        inside.end = end
        let first = inside.find(">, orig_to=<", from: inside.at)
        let last = inside.findLast(">, orig_to=<", before: inside.end)
        guard let first, first == last else {
            event.recipient = inside.rest
            return
        }
        event.recipient = ByteRange(start: inside.at, end: first)
        event.originalRecipient = ByteRange(start: first + 12, end: end)
    }

    /// Undoes what a reading that failed has filled.
    private static func clear(_ event: inout MailEvent) {
        event.recipient = .absent
        event.originalRecipient = .absent
        event.relay = .absent
        event.host = .absent
        event.address = .absent
        event.port = 0
        event.isRelay = false
        event.delay = TimeSpan(microseconds: 0)
        event.hasDelay = false
        event.delays = .absent
        event.attempt = TimeSpan(microseconds: 0)
        event.dsn = .absent
        event.statusText = .absent
        event.status = .none
        event.kind = .other
        event.name = .other
        event.text = .absent
        event.relatedID = .absent
        event.count = 0
    }
}
