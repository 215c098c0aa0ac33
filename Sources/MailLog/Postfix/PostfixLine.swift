// SPDX-License-Identifier: Apache-2.0
//
// Postfix 2.x to 3.11: which form a line has. A line begins with a level (`warning: `), with a
// queue id, or with fixed words of the daemon; each form is then read from the left by its own
// production. The mistake to avoid: looking for `status=` or any other key somewhere in a line.
// What the keys are worth depends on who could have written the text before them.

/// Dispatch over Postfix's line forms.
enum PostfixLine {
    /// Reads the line at `cursor`.
    @inline(__always)
    static func read(
        _ cursor: inout LineCursor,
        format: TrustSettings.AddressFormat,
        into event: inout MailEvent
    ) {
        if let queueID = cursor.takeQueueID() {
            event.queueID = queueID
            readForm(&cursor, format: format, into: &event)
        } else if cursor.take("NOQUEUE: ") {
            event.isUnqueued = true
            readForm(&cursor, format: format, into: &event)
            if event.kind == .client {
                // Before a proxy filter: the message gets its id behind the filter.
                event.kind = .other
                event.reason = "no queue id"
            }
        } else if !PostfixSession.read(&cursor, into: &event) {
            readForm(&cursor, format: format, into: &event)
            // Without an id the line cannot be joined to a message: named, and not used.
            let isOfMessage =
                event.kind != .warning && event.kind != .session && event.kind != .other
            if event.queueID.isEmpty, isOfMessage {
                event.kind = .other
                if event.name == .messageID || event.name == .pickup { event.name = .other }
                event.reason = "no queue id"
            }
        }
    }

    /// What follows the queue id.
    @inline(__always)
    private static func readForm(
        _ cursor: inout LineCursor,
        format: TrustSettings.AddressFormat,
        into event: inout MailEvent
    ) {
        switch cursor.next {
        case UInt8(ascii: "t"):
            if cursor.has("to=") {
                PostfixDelivery.read(&cursor, format: format, into: &event)
                return
            }
        case UInt8(ascii: "f"):
            if cursor.take("from=") {
                readSender(&cursor, into: &event)
                return
            }
        case UInt8(ascii: "m"):
            if cursor.take("message-id=") {
                event.kind = .messageID
                event.name = .messageID
                event.messageID = messageID(cursor)
                return
            }
        case UInt8(ascii: "c"):
            if cursor.take("client=") {
                readClient(&cursor, into: &event)
                return
            }
        case UInt8(ascii: "u"):
            if cursor.take("uid=") {
                readPickup(&cursor, into: &event)
                return
            }
        default: break
        }
        if readState(&cursor, into: &event) { return }
        if PostfixAction.read(&cursor, into: &event) { return }
        PostfixSession.readAside(&cursor, into: &event)
    }

    /// The words that end, hold or move a message.
    private static func readState(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        if cursor.isExactly("removed") {
            let byAdministrator = LineCursor(cursor.bytes, event.process).isExactly("postsuper")
            event.kind = byAdministrator ? .deleted : .removed
            event.name = .removed
        } else if cursor.has("removed (") {
            // `(canceled)`, `(discarded)`: since 3.10, ended before the queue manager saw it.
            event.kind = .removed
            event.name = .removed
        } else if cursor.isExactly("placed on hold") {
            event.kind = .held
            event.name = .hold
        } else if cursor.isExactly("released from hold") {
            event.kind = .released
            event.reason = "released from hold"
        } else if cursor.isExactly("requeued") {
            event.kind = .requeued
            event.reason = "requeued"
        } else if cursor.isExactly("expired") {
            event.kind = .expired
            event.name = .expired
        } else if cursor.has("sender ") || cursor.has("postmaster ") {
            return readNotification(&cursor, into: &event)
        } else {
            return false
        }
        return true
    }

    /// `sender non-delivery notification: NEW` and its kin.
    private static func readNotification(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        var words = cursor
        guard words.take("sender ") || words.take("postmaster ") else { return false }
        let isKnown =
            words.take("non-delivery notification: ") || words.take("delay notification: ")
            || words.take("delivery status notification: ")
        if isKnown, words.isQueueID(words.at, words.end) {
            event.relatedID = words.rest
            event.kind = .notification
        } else if !words.has("notification failed to ") && !isKnown {
            return false
        }
        let isNotice = event.kind == .notification && !event.queueID.isEmpty
        event.name = isNotice ? .bounceNotification : .other
        event.reason = isNotice ? "" : "a notification without an id"
        return true
    }

    /// `<a>, size=N, nrcpt=N (queue active)` or `<a>, status=expired, returned to sender`.
    ///
    /// Numbers and fixed words stand last, so the sender is what lies before them, whatever it
    /// holds and however it is quoted.
    private static func readSender(_ cursor: inout LineCursor, into event: inout MailEvent) {
        if cursor.ends(in: " (queue active)") {
            let mark = cursor.end - 15
            guard let count = number(before: mark, in: cursor, key: ", nrcpt="),
                let size = number(before: count.start, in: cursor, key: ", size=")
            else {
                event.setNotUnderstood("unknown qmgr line")
                return
            }
            event.count = count.value
            event.size = size.value
            event.kind = .queued
            event.name = .queueActive
            setSender(ByteRange(start: cursor.at, end: size.start), in: cursor, of: &event)
        } else if cursor.ends(in: "expired, returned to sender"),
            let mark = cursor.findLast(", status=", before: cursor.end)
        {
            event.statusText = ByteRange(start: mark + 9, end: cursor.end - 20)
            event.kind = .expired
            event.name = .expired
            event.status = .expired
            setSender(ByteRange(start: cursor.at, end: mark), in: cursor, of: &event)
        } else {
            event.setNotUnderstood("unknown qmgr line")
        }
    }

    /// The number that ends at `limit` and the place where `key` before it begins.
    private static func number(
        before limit: Int,
        in cursor: LineCursor,
        key: StaticString
    ) -> (value: Int64, start: Int)? {
        var place = limit
        while place > cursor.at, ASCII.isDigit(cursor.bytes[place - 1]) { place -= 1 }
        let start = place - key.utf8CodeUnitCount
        guard start > cursor.at, cursor.has(key, at: start) else { return nil }
        var digits = cursor
        digits.at = place
        digits.end = limit
        guard let value = digits.takeNumber() else { return nil }
        return (value, start)
    }

    /// A sender with or without the brackets that some copies of logs have lost.
    private static func setSender(
        _ range: ByteRange,
        in cursor: LineCursor,
        of event: inout MailEvent
    ) {
        event.hasSender = true
        event.sender = unbracketed(range, in: cursor.bytes)
    }

    /// `range` without `<` and `>` around it.
    static func unbracketed(_ range: ByteRange, in bytes: [UInt8]) -> ByteRange {
        let start = Int(range.start)
        let end = Int(range.end)
        guard end - start >= 2, bytes[start] == ASCII.less, bytes[end - 1] == ASCII.greater else {
            return range
        }
        return ByteRange(start: start + 1, end: end - 1)
    }

    /// `N from=<a>` and ` orig_id=OLD`, which a requeued message has.
    private static func readPickup(_ cursor: inout LineCursor, into event: inout MailEvent) {
        guard cursor.takeNumber() != nil, cursor.take(" from=") else {
            event.setNotUnderstood("unknown pickup line")
            return
        }
        event.kind = .pickup
        event.name = .pickup
        var senderEnd = cursor.end
        let lastIsBracket = cursor.end > cursor.at && cursor.bytes[cursor.end - 1] == ASCII.greater
        if !lastIsBracket, let mark = cursor.findLast("> orig_id=", before: cursor.end),
            cursor.isQueueID(mark + 10, cursor.end)
        {
            event.relatedID = ByteRange(start: mark + 10, end: cursor.end)
            senderEnd = mark + 1
        }
        setSender(ByteRange(start: cursor.at, end: senderEnd), in: cursor, of: &event)
    }

    /// `n[ip]`, then `sasl_...` in the client's words, or the id and client before a filter.
    private static func readClient(_ cursor: inout LineCursor, into event: inout MailEvent) {
        guard let peer = cursor.takePeer() else {
            event.setNotUnderstood("unknown client line")
            return
        }
        event.kind = .client
        event.name = .client
        event.host = peer.host
        event.address = peer.address
        if cursor.take(", orig_queue_id=") {
            let id = cursor.take(while: ASCII.isAlphanumeric)
            if cursor.isQueueID(Int(id.start), Int(id.end)) { event.relatedID = id }
            return
        }
        if cursor.take(", sasl_method=") { _ = cursor.take(until: ASCII.comma) }
        guard cursor.take(", sasl_username=") else { return }
        let stop = cursor.find(", sasl_sender=", from: cursor.at) ?? cursor.end
        event.user = ByteRange(start: cursor.at, end: stop)
    }

    /// The value of `message-id=`: its first `<...>` when it begins with one, else all of it.
    ///
    /// What stands behind it is the sender's, down to whole fake lines.
    private static func messageID(_ cursor: LineCursor) -> ByteRange {
        guard cursor.next == ASCII.less, let stop = cursor.find(ASCII.greater) else {
            return cursor.rest
        }
        return ByteRange(start: cursor.at, end: stop + 1)
    }
}
