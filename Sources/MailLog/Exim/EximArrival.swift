// SPDX-License-Identifier: Apache-2.0
//
// Exim's `<=`: a message came in. `S=` and `id=` are single words, the subject is quoted, and `for`
// with the envelope's recipients (log selector `received_recipients`) stands last.

/// A message's arrival.
enum EximArrival {
    /// Reads from the sender on.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.kind = .queued
        event.name = .queueActive
        let sender = cursor.takeUnbracketed()
        event.hasSender = true
        let isNull = sender.count == 2 && cursor.bytes[Int(sender.start)] == ASCII.less
        if !isNull { event.sender = sender }
        while cursor.take(" ") {
            if !readField(&cursor, into: &event) {
                _ = cursor.take(while: { $0 != ASCII.space })
            }
        }
    }

    private static func readField(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        if cursor.take("H=") {
            guard let peer = cursor.takeEximHost() else { return false }
            event.host = peer.host
            event.address = peer.address
        } else if cursor.take("S=") {
            let value = cursor.takeValue()
            var digits = LineCursor(cursor.bytes, value)
            event.size = digits.takeNumber() ?? 0
        } else if cursor.take("id=") {
            event.messageID = cursor.takeValue()
        } else if cursor.take("R=") {
            // A bounce: the message that it is about.
            event.relatedID = cursor.takeValue()
        } else if cursor.take("A=") {
            readLogin(&cursor, into: &event)
        } else if cursor.take("T=") {
            event.headerValue = cursor.takeValue()
            event.header = .subject
        } else if cursor.take("DN=") || cursor.take("SNI=") {
            _ = cursor.takeValue()
        } else if cursor.take("from <") {
            cursor.at -= 1
            _ = cursor.takeBracketed()
        } else if cursor.take("for ") {
            readRecipients(&cursor, into: &event)
        } else {
            return false
        }
        return true
    }

    /// `A=driver:user`.
    private static func readLogin(_ cursor: inout LineCursor, into event: inout MailEvent) {
        let value = cursor.takeValue()
        var inside = LineCursor(cursor.bytes, value)
        guard inside.take(until: ASCII.colon) != nil else { return }
        event.user = ByteRange(start: inside.at + 1, end: inside.end)
    }

    private static func readRecipients(_ cursor: inout LineCursor, into event: inout MailEvent) {
        let first = cursor.takeUnbracketed()
        var count: Int64 = first.isEmpty ? 0 : 1
        while cursor.take(" ") {
            if !cursor.takeUnbracketed().isEmpty { count += 1 }
        }
        event.count = count
        if count == 1 { event.recipient = first }
    }
}
