// SPDX-License-Identifier: Apache-2.0
//
// OpenSMTPD's delivery lines, `mta` with quotes around values and `mda` without. `stat=` is a remote
// server's or a program's and runs to the end of the line.

import EventTime

/// One envelope's outcome.
enum OpenSMTPDDelivery {
    /// Reads ` evpid=... stat=...`.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        while cursor.take(" ") || cursor.take(", ") {
            if cursor.take("evpid=") {
                OpenSMTPDLine.setEnvelope(cursor.take(while: ASCII.isHex), of: &event)
            } else if cursor.take("relay=") {
                readRelay(&cursor, into: &event)
            } else if cursor.take("delay=") {
                readDelay(&cursor, into: &event)
            } else if cursor.take("result=") {
                _ = cursor.take("\"")
                event.status = takeStatus(&cursor)
                _ = cursor.take("\"")
            } else if cursor.take("stat=") {
                readText(&cursor, into: &event)
                return
            } else if !OpenSMTPDLine.takeAddresses(&cursor, into: &event) {
                if cursor.take("source=\"") {
                    _ = cursor.take(while: { $0 != ASCII.quote })
                    _ = cursor.take("\"")
                } else {
                    _ = cursor.take(while: { $0 != ASCII.space && $0 != ASCII.comma })
                }
            }
        }
        event.setNotUnderstood("cut delivery line")
    }

    /// Takes `Ok`, `TempFail` or `PermFail`.
    static func takeStatus(_ cursor: inout LineCursor) -> DeliveryStatus {
        if cursor.take("Ok") { return .sent }
        if cursor.take("TempFail") { return .deferred }
        if cursor.take("PermFail") { return .bounced }
        if cursor.take("Expire") { return .expired }
        _ = cursor.take(while: ASCII.isLetter)
        return .none
    }

    private static func readText(_ cursor: inout LineCursor, into event: inout MailEvent) {
        // Without its closing quote the value was cut, and stays as it is.
        if cursor.end - cursor.at >= 2, cursor.has("\""), cursor.ends(in: "\"") {
            event.text = ByteRange(start: cursor.at + 1, end: cursor.end - 1)
        } else {
            event.text = cursor.rest
        }
        event.kind = .delivery
        event.name = .delivery
        event.count = 1
    }

    /// `"127.0.0.1 (name)"`, in older releases without quotes.
    private static func readRelay(_ cursor: inout LineCursor, into event: inout MailEvent) {
        let isQuoted = cursor.take("\"")
        let start = cursor.at
        var words = cursor
        let address = words.take(while: {
            $0 > ASCII.space && $0 != ASCII.quote && $0 != ASCII.comma
        })
        event.isRelay = true
        event.address = cursor.addressRange(Int(address.start), Int(address.end))
        if words.take(" (") {
            event.host = words.take(while: { $0 != ASCII.close && $0 != ASCII.quote })
            _ = words.take(")")
        }
        event.relay = ByteRange(start: start, end: words.at)
        if isQuoted { _ = words.take("\"") }
        cursor = words
    }

    /// `6m41s`, `1d2h3m4s`.
    private static func readDelay(_ cursor: inout LineCursor, into event: inout MailEvent) {
        var total: Int64 = 0
        var words = cursor
        while let number = words.takeNumber() {
            let unit: Int64
            switch words.next {
            case UInt8(ascii: "d"): unit = 86400
            case UInt8(ascii: "h"): unit = 3600
            case UInt8(ascii: "m"): unit = 60
            case UInt8(ascii: "s"): unit = 1
            default: return
            }
            words.at += 1
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            let (sum, carried) = total.addingReportingOverflow(product)
            total = overflow || carried ? .max : sum
        }
        guard words.at > cursor.at else { return }
        cursor = words
        event.delay = .seconds(total)
        event.hasDelay = true
    }
}

/// Lines of OpenSMTPD 5.x, and those that every release begins with words.
enum OpenSMTPDOld {
    /// Reads the line; false when no form fits.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) -> Bool {
        if cursor.take("smtp-in: ") {
            readIncoming(&cursor, into: &event)
            return true
        }
        if cursor.take("relay: ") || cursor.take("delivery: ") {
            readDelivery(&cursor, into: &event)
            return true
        }
        let isLevel =
            cursor.has("warn: ") || cursor.has("warning: ") || cursor.has("error: ")
            || cursor.has("fatal: ")
        if isLevel {
            event.kind = .warning
            event.name = .warning
            event.reason = "a warning of the mail system"
            return true
        }
        if cursor.has("info: OpenSMTPD ") {
            event.kind = .started
            event.reason = "started"
            return true
        }
        return false
    }

    private static func readIncoming(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.kind = .session
        event.reason = "within a session"
        if cursor.take("New session ") {
            event.name = .connect
            guard let mark = cursor.find(" from host ", from: cursor.at) else { return }
            cursor.at = mark + 11
            event.host = cursor.take(while: { $0 > ASCII.space })
            guard cursor.take(" ["), let stop = cursor.find(ASCII.unbracket) else { return }
            event.address = cursor.addressRange(cursor.at, stop)
        } else if cursor.take("Accepted message ") {
            event.queueID = cursor.take(while: ASCII.isHex)
            guard let mark = cursor.find(": ", from: cursor.at) else { return }
            cursor.at = mark
            _ = cursor.take(":")
            event.kind = .queued
            event.name = .queueActive
            readAccepted(&cursor, into: &event)
        } else if cursor.has("Failed command ") {
            event.kind = .rejected
            event.name = .reject
        } else if cursor.has("Closing session ") || cursor.has("Disconnecting session ")
            || cursor.has("Received disconnect ")
        {
            event.name = .disconnect
        }
    }

    private static func readAccepted(_ cursor: inout LineCursor, into event: inout MailEvent) {
        while cursor.take(" ") || cursor.take(", ") {
            if cursor.take("size=") {
                event.size = cursor.takeNumber() ?? 0
            } else if cursor.take("nrcpts=") || cursor.take("ndest=") || cursor.take("nrcpt=") {
                event.count = cursor.takeNumber() ?? 0
            } else if !OpenSMTPDLine.takeAddresses(&cursor, into: &event) {
                _ = cursor.take(while: { $0 != ASCII.space && $0 != ASCII.comma })
            }
        }
    }

    /// `Ok for EVP: from=<a>, ...`, `Remove for EVP: ...`.
    private static func readDelivery(_ cursor: inout LineCursor, into event: inout MailEvent) {
        let isRemoval = cursor.has("Remove for ")
        event.status = OpenSMTPDDelivery.takeStatus(&cursor)
        guard cursor.take(" for ") else {
            event.setNotUnderstood("unknown line")
            return
        }
        OpenSMTPDLine.setEnvelope(cursor.take(while: ASCII.isHex), of: &event)
        guard cursor.take(":") else {
            event.setNotUnderstood("unknown line")
            return
        }
        OpenSMTPDDelivery.read(&cursor, into: &event)
        guard isRemoval, event.kind == .delivery else { return }
        event.kind = .deleted
        event.name = .other
        event.reason = "removed by an administrator"
    }
}
