// SPDX-License-Identifier: Apache-2.0
//
// OpenSMTPD: `SESSION smtp message ...` of 6.4 and later, `SESSION smtp event=message ...` of 5.9
// to 6.3, `smtp-in: Accepted message ...` of older ones. A message is the first eight digits of an
// envelope's sixteen. The Message-ID is never logged. Quotes inside quoted values are not escaped:
// a value that a stranger writes is read up to the words that must follow it, or the line's end.

import EventTime

/// Dispatch over OpenSMTPD's line forms.
enum OpenSMTPDLine {
    /// Reads the line at `cursor`.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        let start = cursor
        let session = cursor.take(while: ASCII.isHex)
        if session.count < 8 || !cursor.take(" ") { cursor = start }
        if readSession(&cursor, into: &event) || OpenSMTPDOld.read(&cursor, into: &event) { return }
        let isStart =
            cursor.has("commands executed from aliases run with ") || cursor.isExactly("Exiting")
        if isStart {
            event.reason = "start and stop"
        } else if cursor.has("smtp-out: ") || cursor.has("smtp-in: ") {
            event.reason = "about a route or a session"
        } else {
            event.setNotUnderstood("unknown line")
        }
    }

    private static func readSession(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool
    {
        let isIncoming = cursor.take("smtp ")
        guard isIncoming || cursor.take("mta ") || cursor.take("mda ") else { return false }
        _ = cursor.take("event=")
        let word = cursor.take(while: { $0 > ASCII.space })
        let name = LineCursor(cursor.bytes, word)
        if name.isExactly("delivery") {
            OpenSMTPDDelivery.read(&cursor, into: &event)
            return true
        }
        guard isIncoming else {
            event.kind = .session
            event.reason = "a conversation with a relay"
            return true
        }
        readIncoming(name, &cursor, into: &event)
        return true
    }

    private static func readIncoming(
        _ name: LineCursor,
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) {
        // Before 6.4 every line has them.
        readClient(&cursor, into: &event)
        if name.isExactly("connected") {
            event.kind = .session
            event.name = .connect
        } else if name.isExactly("disconnected") || name.isExactly("closed") {
            event.kind = .session
            event.name = .disconnect
        } else if name.isExactly("message") {
            event.kind = .queued
            event.name = .queueActive
            readMessage(&cursor, into: &event)
        } else if name.isExactly("envelope") {
            readEnvelope(&cursor, into: &event)
            event.reason = "one recipient of a message"
        } else if name.isExactly("failed-command") {
            event.kind = .rejected
            event.name = .reject
            readReply(&cursor, into: &event)
        } else {
            event.kind = .session
            event.reason = "within a session"
            if cursor.take(" user=") { event.user = cursor.take(while: { $0 != ASCII.space }) }
        }
    }

    /// ` address=ip host=name`.
    private static func readClient(_ cursor: inout LineCursor, into event: inout MailEvent) {
        if cursor.take(" address=") {
            var value = cursor.take(while: { $0 != ASCII.space })
            if !value.isEmpty, cursor.bytes[Int(value.start)] == ASCII.bracket {
                value = ByteRange(start: Int(value.start) + 1, end: Int(value.end) - 1)
            }
            event.address = cursor.addressRange(Int(value.start), Int(value.end))
        }
        if cursor.take(" host=") { event.host = cursor.take(while: { $0 != ASCII.space }) }
    }

    /// ` msgid=8HEX size=N nrcpt=N proto=P`, in 6.3 and older with `address=`, `from=<>`, `to=<>`.
    private static func readMessage(_ cursor: inout LineCursor, into event: inout MailEvent) {
        while cursor.take(" ") {
            if cursor.take("msgid=") {
                event.queueID = cursor.take(while: ASCII.isHex)
            } else if cursor.take("size=") {
                event.size = cursor.takeNumber() ?? 0
            } else if cursor.take("nrcpt=") || cursor.take("ndest=") || cursor.take("nrcpts=") {
                event.count = cursor.takeNumber() ?? 0
            } else if !takeAddresses(&cursor, into: &event) {
                _ = cursor.take(while: { $0 != ASCII.space })
            }
        }
    }

    private static func readEnvelope(_ cursor: inout LineCursor, into event: inout MailEvent) {
        while cursor.take(" ") {
            if cursor.take("evpid=") {
                setEnvelope(cursor.take(while: ASCII.isHex), of: &event)
            } else if !takeAddresses(&cursor, into: &event) {
                _ = cursor.take(while: { $0 != ASCII.space })
            }
        }
    }

    /// Takes `from=<a>`, `to=<a>` or `rcpt=<a>`.
    static func takeAddresses(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        if cursor.take("from=") {
            event.sender = takeAddress(&cursor)
            event.hasSender = true
        } else if cursor.take("to=") {
            event.recipient = takeAddress(&cursor)
        } else if cursor.take("rcpt=") {
            let original = takeAddress(&cursor)
            let isNone = LineCursor(cursor.bytes, original).isExactly("-")
            let isSame = isEqual(original, event.recipient, in: cursor.bytes)
            if !isNone && !isSame { event.originalRecipient = original }
        } else {
            return false
        }
        return true
    }

    private static func takeAddress(_ cursor: inout LineCursor) -> ByteRange {
        if cursor.next == ASCII.less { return cursor.takeBracketed() ?? .absent }
        return cursor.take(while: { $0 > ASCII.space && $0 != ASCII.comma })
    }

    private static func isEqual(_ left: ByteRange, _ right: ByteRange, in bytes: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count
        where bytes[Int(left.start) + offset] != bytes[Int(right.start) + offset] {
            return false
        }
        return true
    }

    /// The envelope, and the message that it belongs to: its first eight digits.
    static func setEnvelope(_ id: ByteRange, of event: inout MailEvent) {
        event.envelopeID = id
        event.queueID = ByteRange(start: Int(id.start), end: Int(id.start) + min(8, id.count))
    }

    /// The `result="..."` at the end; the command before it is the client's.
    private static func readReply(_ cursor: inout LineCursor, into event: inout MailEvent) {
        guard cursor.ends(in: "\""),
            let mark = cursor.findLast("\" result=\"", before: cursor.end)
        else { return }
        event.text = ByteRange(start: mark + 10, end: max(mark + 10, cursor.end - 1))
    }
}
