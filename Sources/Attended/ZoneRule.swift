// SPDX-License-Identifier: Apache-2.0
//
// A TZ string of POSIX: the standard offset, and from when until when the other one holds each
// year. The mistake to avoid: the sign; `CET-1` is one hour east of UTC.

import EventTime

/// The yearly rule of a zone; POSIX.1-2024, section 8.3, with the hours of RFC 8536.
struct ZoneRule: Sendable, Equatable {
    /// A day of the year with a time of the wall clock.
    struct Change: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// `Jn`: 1 to 365, without 29 February.
            case julian(Int64)
            /// `n`: 0 to 365, with it.
            case zeroBased(Int64)
            /// `Mm.w.d`: weekday `d` (0 for Sunday) of week `w` (5: the last) of month `m`.
            case month(Int, week: Int64, weekday: Int64)
        }

        var day: Day
        /// Seconds after midnight, 2:00 unless said; may be negative.
        var time: Int64 = 7_200
    }

    /// Seconds east of UTC.
    var standard: Int64
    var daylight: Int64?
    var begin = Change(day: .month(3, week: 2, weekday: 0))
    var end = Change(day: .month(11, week: 1, weekday: 0))

    /// Seconds east of UTC at that second since the epoch.
    func offset(at second: Int64) -> Int64 {
        guard let daylight else { return standard }
        // A second before all calendars has no year worth looking up.
        guard abs(second) < 1 << 40 else { return standard }
        let local = second + standard
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let year = CivilDate(daysSinceEpoch: day).year
        // Each change is given in the time that holds before it.
        let begins = begin.second(in: year) - standard
        let ends = end.second(in: year) - daylight
        let isDaylight =
            begins < ends
            ? second >= begins && second < ends : second >= begins || second < ends
        return isDaylight ? daylight : standard
    }

    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`; nil for anything else.
    init?(_ text: String) {
        var reader = RuleReader(Array(text.utf8))
        guard text.utf8.count <= 128, reader.name(), let west = reader.offset() else { return nil }
        standard = -west
        daylight = nil
        guard !reader.isAtEnd else { return }
        guard reader.name() else { return nil }
        var ahead = standard + 3_600
        if !reader.isAtEnd, reader.next != 0x2c {
            guard let west = reader.offset() else { return nil }
            ahead = -west
        }
        daylight = ahead
        guard !reader.isAtEnd else { return }
        guard reader.take(","), let begin = reader.change(), reader.take(","),
            let end = reader.change(), reader.isAtEnd
        else { return nil }
        (self.begin, self.end) = (begin, end)
    }
}

extension ZoneRule.Change {
    /// The wall clock's seconds since the epoch at which it happens in that year.
    fileprivate func second(in year: Int64) -> Int64 {
        func first(_ month: Int) -> Int64 {
            CivilDate(year: year, month: month, day: 1)?.daysSinceEpoch ?? 0
        }
        let date: Int64
        switch day {
        case .julian(let number):
            let isLeap = CivilDate(year: year, month: 2, day: 29) != nil
            date = first(1) + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .zeroBased(let number): date = first(1) + number
        case .month(let month, let week, let weekday):
            let begin = first(month)
            // 1970-01-01 was a Thursday, day 4 of a week that begins on Sunday.
            let onFirst = ((begin + 4) % 7 + 7) % 7
            var day = begin + (weekday - onFirst + 7) % 7 + (week - 1) * 7
            let next =
                month == 12
                ? CivilDate(year: year + 1, month: 1, day: 1)?.daysSinceEpoch ?? 0
                : first(month + 1)
            while day >= next { day -= 7 }
            date = day
        }
        return date * 86_400 + time
    }
}

/// Reads the parts of a TZ string.
private struct RuleReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ character: Character) -> Bool {
        guard let next, next == character.asciiValue else { return false }
        position += 1
        return true
    }

    /// A name of letters, or of anything between angle brackets; three characters at least.
    mutating func name() -> Bool {
        let start = position
        if take("<") {
            while let next, next != 0x3e { position += 1 }
            return take(">") && position - start >= 5
        }
        while let next, (0x41...0x5a).contains(next & 0xdf) { position += 1 }
        return position - start >= 3
    }

    /// `[+-]h[h][:mm[:ss]]` in seconds, up to 167 hours.
    mutating func offset() -> Int64? {
        var sign: Int64 = 1
        if take("-") { sign = -1 } else { _ = take("+") }
        guard let hours = number(3, 0...167) else { return nil }
        var seconds = hours * 3_600
        for unit in [60, 1] as [Int64] where take(":") {
            guard let value = number(2, 0...59) else { return nil }
            seconds += value * unit
        }
        return sign * seconds
    }

    mutating func change() -> ZoneRule.Change? {
        guard let day = day() else { return nil }
        var change = ZoneRule.Change(day: day)
        if take("/") {
            guard let time = offset() else { return nil }
            change.time = time
        }
        return change
    }

    private mutating func day() -> ZoneRule.Change.Day? {
        if take("M") {
            guard let month = number(2, 1...12), take("."), let week = number(1, 1...5), take("."),
                let weekday = number(1, 0...6)
            else { return nil }
            return .month(Int(month), week: week, weekday: weekday)
        }
        if take("J") { return number(3, 1...365).map { .julian($0) } }
        return number(3, 0...365).map { .zeroBased($0) }
    }

    private mutating func number(_ digits: Int, _ allowed: ClosedRange<Int64>) -> Int64? {
        var value: Int64 = 0
        var count = 0
        while count < digits, let next, (0x30...0x39).contains(next) {
            value = value * 10 + Int64(next - 0x30)
            position += 1
            count += 1
        }
        return count > 0 && allowed.contains(value) ? value : nil
    }
}
