// SPDX-License-Identifier: Apache-2.0
//
// Readings of what mail logs are made of: addresses in angle brackets, `host[address]:port`, time
// spans in seconds. A quoted localpart is read as RFC 5322 writes it before anything looks for the
// closing `>`; a search for `>` alone is how other parsers were fooled.

import EventTime

/// A peer as the logs print it: `mail.example.org[192.0.2.1]:25`.
struct LoggedPeer {
    var host = ByteRange.absent
    /// Without brackets; absent for `[unknown]` and for the path of a socket.
    var address = ByteRange.absent
    var port: UInt16 = 0
}

extension LineCursor {
    /// Takes an address in angle brackets; nil when it does not end.
    ///
    /// As Postfix 3.5 and later print it: a quoted localpart, or one without `>`.
    mutating func takeBracketed() -> ByteRange? {
        guard next == ASCII.less else { return nil }
        var place = at + 1
        let start = place
        if place < end, bytes[place] == ASCII.quote {
            guard let behind = endOfQuoted(place) else { return nil }
            place = behind
        }
        guard let stop = find(ASCII.greater, from: place) else { return nil }
        at = stop + 1
        return ByteRange(start: start, end: stop)
    }

    /// Where the quoted string that begins at `place` ends, behind its closing quote.
    func endOfQuoted(_ place: Int) -> Int? {
        var index = place + 1
        while index < end {
            switch bytes[index] {
            case ASCII.backslash: index += 2
            case ASCII.quote: return index + 1
            default: index += 1
            }
        }
        return nil
    }

    /// Takes `host[address]` and a `:port` behind it; nil when it is not there.
    ///
    /// The host may be empty.
    mutating func takePeer() -> LoggedPeer? {
        var peer = LoggedPeer()
        let start = at
        var place = at
        while place < end, bytes[place] != ASCII.bracket {
            // No space, comma or bracket is part of a host name: Postfix replaces such bytes.
            if bytes[place] <= ASCII.space || bytes[place] == ASCII.comma { return nil }
            place += 1
        }
        guard place < end, let stop = find(ASCII.unbracket, from: place) else { return nil }
        peer.host = ByteRange(start: start, end: place)
        peer.address = addressRange(place + 1, stop)
        at = stop + 1
        if next == ASCII.colon {
            var digits = self
            digits.at += 1
            if let number = digits.takeNumber(), let port = UInt16(exactly: number) {
                peer.port = port
                at = digits.at
            }
        }
        return peer
    }

    /// The range from `start` to `stop` if it looks like an IP address, else absent.
    func addressRange(_ start: Int, _ stop: Int) -> ByteRange {
        var hasSeparator = false
        for index in start..<max(start, stop) {
            // `%eth0` of a link-local address ends what has to be digits.
            if bytes[index] == UInt8(ascii: "%") { break }
            guard ASCII.isAddress(bytes[index]) else { return .absent }
            if bytes[index] == ASCII.dot || bytes[index] == ASCII.colon { hasSeparator = true }
        }
        return hasSeparator ? ByteRange(start: start, end: stop) : .absent
    }

    /// Takes seconds with an optional fraction, `0.02`; nil when there is no digit.
    ///
    /// Saturates; digits behind the microsecond are dropped.
    mutating func takeSeconds() -> TimeSpan? {
        let start = at
        var micros: Int64 = 0
        var overflow = false
        func append(_ digit: UInt8) {
            let (product, high) = micros.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int64(digit - ASCII.zero))
            if high || carried { overflow = true } else { micros = sum }
        }
        while at < end, ASCII.isDigit(bytes[at]) {
            append(bytes[at])
            at += 1
        }
        guard at > start else { return nil }
        var places = 0
        if next == ASCII.dot {
            at += 1
            while at < end, ASCII.isDigit(bytes[at]) {
                if places < 6 {
                    append(bytes[at])
                    places += 1
                }
                at += 1
            }
        }
        while places < 6 {
            append(ASCII.zero)
            places += 1
        }
        return TimeSpan(microseconds: overflow ? .max : micros)
    }

    /// Takes a Postfix queue id and the `": "` behind it.
    mutating func takeQueueID() -> ByteRange? {
        var place = at
        while place < end, ASCII.isAlphanumeric(bytes[place]) { place += 1 }
        guard has(": ", at: place), isQueueID(at, place) else { return nil }
        defer { at = place + 2 }
        return ByteRange(start: at, end: place)
    }

    /// Whether the bytes from `start` to `stop` are a Postfix queue id.
    ///
    /// Upper-case hexadecimal of at least five digits, or (`enable_long_queue_ids`) ten or more
    /// digits of base 52, Postfix's `mail_queue.h`, which has no vowels.
    func isQueueID(_ start: Int, _ stop: Int) -> Bool {
        let length = stop - start
        guard length >= 5, length <= 64 else { return false }
        var isHex = true
        var isLong = length >= 10
        for index in start..<stop {
            let byte = bytes[index]
            guard ASCII.isAlphanumeric(byte) else { return false }
            if !ASCII.isUpperHex(byte) { isHex = false }
            if ASCII.isVowel(byte) { isLong = false }
        }
        return isHex || isLong
    }
}
