// SPDX-License-Identifier: Apache-2.0
//
// Sendmail's `to=` line: recipients with commas between and no space behind them, then
// `, key=value` up to `stat=`.

import EventTime

/// The outcome of one or more recipients.
enum SendmailDelivery {
    /// Reads the line from `to=` on.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        guard cursor.take("to="), readRecipients(&cursor, into: &event) else {
            event.setNotUnderstood("unknown to line")
            return
        }
        while cursor.take(", ") {
            if cursor.take("delay=") {
                readDelay(&cursor, into: &event)
            } else if cursor.take("relay=") {
                readRelay(&cursor, into: &event)
            } else if cursor.take("dsn=") {
                event.dsn = cursor.take(while: { ASCII.isDigit($0) || $0 == ASCII.dot })
            } else if cursor.take("ctladdr=") {
                _ = SendmailLine.takeAddress(&cursor)
                _ = cursor.take(while: { $0 != ASCII.comma })
            } else if cursor.take("reply=") {
                // A remote's words, the last `, stat=` is Sendmail's.
                guard let mark = cursor.findLast(", stat=", before: cursor.end) else { return }
                cursor.at = mark
            } else if cursor.take("stat=") {
                readStatus(cursor, into: &event)
                return
            } else {
                _ = cursor.take(while: { $0 != ASCII.comma })
            }
        }
        event.setNotUnderstood("cut delivery line")
    }

    private static func readRecipients(
        _ cursor: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        let start = cursor.at
        var count: Int64 = 0
        var end = start
        repeat {
            guard let address = SendmailLine.takeAddress(&cursor) else { return false }
            count += 1
            end = cursor.at
            if count == 1, isMailbox(cursor.bytes, address) {
                event.recipient = address
            }
        } while cursor.next == ASCII.comma && !cursor.has(", ") && cursor.take(",")
        event.count = count
        if count > 1 { event.recipients = ByteRange(start: start, end: end) }
        return count > 0 && end > start
    }

    /// Whether it is an address, not `"|command"` or a file.
    private static func isMailbox(_ bytes: [UInt8], _ range: ByteRange) -> Bool {
        guard !range.isEmpty else { return false }
        var first = bytes[Int(range.start)]
        if first == ASCII.quote, range.count > 1 { first = bytes[Int(range.start) + 1] }
        return first != UInt8(ascii: "|") && first != ASCII.slash
    }

    /// `1+02:03:04`, days in front.
    private static func readDelay(_ cursor: inout LineCursor, into event: inout MailEvent) {
        var words = cursor
        var total: Int64 = 0
        func add(_ number: Int64, times unit: Int64) {
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            let (sum, carried) = total.addingReportingOverflow(product)
            total = overflow || carried ? .max : sum
        }
        guard var number = words.takeNumber() else { return }
        if words.take("+") {
            add(number, times: 86400)
            guard let hours = words.takeNumber() else { return }
            number = hours
        }
        guard words.take(":"), let minutes = words.takeNumber(), words.take(":"),
            let seconds = words.takeNumber()
        else { return }
        add(number, times: 3600)
        add(minutes, times: 60)
        add(seconds, times: 1)
        cursor = words
        event.delay = .seconds(total)
        event.hasDelay = true
    }

    private static func readRelay(_ cursor: inout LineCursor, into event: inout MailEvent) {
        let start = cursor
        let name = cursor.take(while: { $0 != ASCII.comma })
        event.relay = name
        event.isRelay = true
        var inside = start
        inside.end = Int(name.end)
        guard let peer = inside.takeSendmailHost() else { return }
        event.host = peer.host
        event.address = peer.address
    }

    private static func readStatus(_ cursor: LineCursor, into event: inout MailEvent) {
        event.kind = .delivery
        event.name = .delivery
        event.text = cursor.rest
        if cursor.has("Sent") {
            event.status = .sent
        } else if cursor.has("queued") || cursor.has("Deferred") || cursor.has("Transient") {
            event.status = .deferred
        } else {
            event.status = .bounced
        }
    }
}
