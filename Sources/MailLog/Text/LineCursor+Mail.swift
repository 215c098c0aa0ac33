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
        // No space, comma or bracket is part of a host name: Postfix replaces such bytes.
        guard let place = find(ASCII.bracket), isHostName(at, place),
            let stop = find(ASCII.unbracket, from: place)
        else { return nil }
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

    /// Whether there is no comma from `start` to `stop`, no space, and nothing below it.
    private func isHostName(_ start: Int, _ stop: Int) -> Bool {
        let text = unsafe bytes.span.bytes
        var place = start
        while stop - place >= 8 {
            let word = text.word(place)
            let low = EightBytes.within(0, ASCII.space, word)
            guard low | EightBytes.within(ASCII.comma, ASCII.comma, word) == 0 else { return false }
            place += 8
        }
        while place < stop {
            let byte = text.byte(place)
            guard byte > ASCII.space, byte != ASCII.comma else { return false }
            place += 1
        }
        return true
    }

    /// Whether there are only digits and dots from `start` to `stop`, with a dot among them.
    ///
    /// That is most addresses, at 8 bytes a step; false may also mean that they are too few for that.
    @inline(__always)
    private func isDotted(_ start: Int, _ stop: Int) -> Bool {
        guard stop - start >= 8 else { return false }
        let text = unsafe bytes.span.bytes
        var dots: UInt64 = 0
        var place = start
        while place < stop {
            // The last step overlaps the one before.
            let word = text.word(min(place, stop - 8))
            let dot = EightBytes.within(ASCII.dot, ASCII.dot, word)
            let digit = EightBytes.within(ASCII.zero, ASCII.zero + 9, word)
            guard dot | digit == EightBytes.all(0x80) else { return false }
            dots |= dot
            place += 8
        }
        return dots != 0
    }

    /// The range from `start` to `stop` if it looks like an IP address, else absent.
    func addressRange(_ start: Int, _ stop: Int) -> ByteRange {
        if isDotted(start, stop) { return ByteRange(start: start, end: stop) }
        let text = unsafe bytes.span.bytes
        var hasSeparator = false
        for index in start..<max(start, stop) {
            let byte = text.byte(index)
            if !ASCII.isAddress(byte) {
                // `%eth0` of a link-local address ends what has to be digits.
                if byte == UInt8(ascii: "%") { break }
                return .absent
            }
            if byte == ASCII.dot || byte == ASCII.colon { hasSeparator = true }
        }
        return hasSeparator ? ByteRange(start: start, end: stop) : .absent
    }

    /// Takes seconds with an optional fraction, `0.02`; nil when there is no digit.
    ///
    /// Saturates; digits behind the microsecond are dropped.
    mutating func takeSeconds() -> TimeSpan? {
        if let span = takeFewSeconds() { return span }
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

    /// What ``takeSeconds()`` takes, where it is at most nine digits, a dot and six: what lines have,
    /// and cannot overflow; nil and nothing taken for anything else.
    ///
    /// A line has five of them: 300 instructions with every digit checked for overflow, measured.
    @inline(__always)
    private mutating func takeFewSeconds() -> TimeSpan? {
        guard let (span, stop) = fewSeconds() else { return nil }
        at = stop
        return span
    }

    @inline(__always)
    private func fewSeconds() -> (TimeSpan, end: Int)? {
        let text = unsafe bytes.span.bytes
        var place = at
        var value: Int64 = 0
        while place < end {
            let digit = text.byte(place) &- ASCII.zero
            if digit > 9 { break }
            value = value &* 10 &+ Int64(digit)
            place += 1
            if place - at > 9 { return nil }
        }
        guard place > at else { return nil }
        var unit: Int64 = 1_000_000
        if place < end, text.byte(place) == ASCII.dot {
            place += 1
            while place < end {
                let digit = text.byte(place) &- ASCII.zero
                if digit > 9 { break }
                if unit == 1 { return nil }
                value = value &* 10 &+ Int64(digit)
                unit /= 10
                place += 1
            }
        }
        return (TimeSpan(microseconds: value * unit), place)
    }
}
