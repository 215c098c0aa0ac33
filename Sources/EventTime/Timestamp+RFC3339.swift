// SPDX-License-Identifier: Apache-2.0
//
// Times as people and JSON read them: RFC 3339, always UTC, with as many digits of the fraction
// as are needed. Civil dates by the days-from-civil algorithm (Howard Hinnant, public domain
// description), so that no pure target needs Foundation.

extension Timestamp {
    /// The time as RFC 3339 in UTC, such as `2026-11-24T07:03:01.25Z`.
    ///
    /// Years outside 0000 to 9999 are clamped to the nearest writable second.
    public var rfc3339: String {
        // 0000-01-01 and 9999-12-31T23:59:59 in seconds since the epoch.
        let clamped = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let fraction = clamped == seconds ? Int(microseconds - seconds * 1_000_000) : 0
        let date = CivilDate(daysSinceEpoch: Self.floorDivide(clamped, 86400))
        let inDay = Int(clamped - Self.floorDivide(clamped, 86400) * 86400)
        var text = ""
        text.reserveCapacity(27)
        Self.pad(Int(date.year), 4, into: &text)
        text += "-"
        Self.pad(date.month, 2, into: &text)
        text += "-"
        Self.pad(date.day, 2, into: &text)
        text += "T"
        Self.pad(inDay / 3600, 2, into: &text)
        text += ":"
        Self.pad(inDay / 60 % 60, 2, into: &text)
        text += ":"
        Self.pad(inDay % 60, 2, into: &text)
        if fraction > 0 {
            var digits = ""
            Self.pad(fraction, 6, into: &digits)
            while digits.last == "0" { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }

    /// Reads RFC 3339 with `Z` or a numeric offset; nil when `text` is anything else.
    ///
    /// A space may stand for the `T`, and the time or the zone may be left out (midnight, UTC):
    /// what people type behind `--since`.
    public init?(rfc3339 text: String) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
            reader.take("-"), let day = reader.number(2),
            let date = CivilDate(year: Int64(year), month: month, day: day)
        else { return nil }
        var seconds = date.daysSinceEpoch * 86400
        var fraction: Int64 = 0
        if reader.take("T") || reader.take("t") || reader.take(" ") {
            guard let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
                hour < 24, minute < 60
            else { return nil }
            seconds += Int64(hour * 3600 + minute * 60)
            if reader.take(":") {
                guard let second = reader.number(2), second < 61 else { return nil }
                seconds += Int64(second)
                if reader.take(".") {
                    guard let read = reader.fraction() else { return nil }
                    fraction = read
                }
            }
            guard let offset = reader.zone() else { return nil }
            seconds -= offset
        }
        guard reader.isAtEnd else { return nil }
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func pad(_ value: Int, _ width: Int, into text: inout String) {
        let digits = String(value)
        for _ in 0..<max(0, width - digits.utf8.count) { text += "0" }
        text += digits
    }
}

/// Reads fixed-width numbers from bytes.
private struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Character) -> Bool {
        guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
        position += 1
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        guard position + width <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + width] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        position += width
        return value
    }

    /// Microseconds from up to nine digits.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
            if digits < 6 { value = value * 10 + Int64(bytes[position] - 0x30) }
            digits += 1
            position += 1
        }
        guard digits > 0, digits <= 9 else { return nil }
        for _ in 0..<max(0, 6 - digits) { value *= 10 }
        return value
    }

    /// Seconds east of UTC; 0 at the end of the text.
    mutating func zone() -> Int64? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") {
            sign = 1
        } else if take("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return sign * Int64(hours * 3600 + minutes * 60)
    }
}
