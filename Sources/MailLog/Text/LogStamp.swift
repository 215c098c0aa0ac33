// SPDX-License-Identifier: Apache-2.0
//
// The time that stands in front of a line of a log file, in the forms that loggers write: RFC 3164's
// without a year, ISO 8601's of rsyslog, RFC 5424 and journalctl, seconds since the epoch. Parts only: the
// year that is not there and the zone of the host are the caller's to know. The mistake to avoid: taking
// the number of a day for a date that does not exist.

/// What a stamp says.
public struct LogStamp: Equatable, Sendable {
    /// The year; nil where the form has none.
    public internal(set) var year: Int?
    /// 1 to 12.
    public internal(set) var month = 1
    /// 1 to 31.
    public internal(set) var day = 1
    /// 0 to 23.
    public internal(set) var hour = 0
    /// 0 to 59.
    public internal(set) var minute = 0
    /// 0 to 61: leap seconds, as C has them.
    public internal(set) var second = 0
    /// Behind the second; digits behind the sixth are dropped.
    public internal(set) var microsecond: Int64 = 0
    /// Seconds east of UTC; nil: the host's local time.
    public internal(set) var zone: Int?
    /// Seconds since the epoch, where the form is that; all but ``microsecond`` is then as it was.
    public internal(set) var epoch: Int64?
}

extension LineCursor {
    /// Takes a stamp; nil and nothing taken when there is none.
    mutating func takeStamp() -> LogStamp? {
        var words = self
        var stamp: LogStamp?
        if ASCII.isDigit(words.next) {
            stamp = words.takeNumberedStamp()
        } else if ASCII.isLetter(words.next) {
            stamp = words.takeNamedStamp()
        }
        guard let stamp else { return nil }
        at = words.at
        return stamp
    }

    /// `Nov 24 06:21:44.5`, a weekday before it, a year before or behind the time; or a weekday and an
    /// ISO date (`journalctl -o short-full`).
    private mutating func takeNamedStamp() -> LogStamp? {
        let start = at
        var month = takeMonth()
        let hasWeekday = month == nil
        if hasWeekday {
            at = start
            guard isWeekday() else { return nil }
            at += 3
            _ = take(",")
            guard takeBlanks() else { return nil }
            if ASCII.isDigit(next) { return takeNumberedStamp() }
            month = takeMonth()
        }
        guard let month, takeBlanks() else { return nil }
        return takeDay(of: month, nil, mayHaveYearBehind: hasWeekday)
    }

    /// `24 06:21:44`, behind the month.
    private mutating func takeDay(
        of month: Int,
        _ year: Int?,
        mayHaveYearBehind: Bool
    ) -> LogStamp? {
        guard let day = takeNumber(), (1...31).contains(day), takeBlanks() else { return nil }
        var stamp = LogStamp(year: year, month: month, day: Int(day))
        // Cisco and others put the year here.
        var words = self
        if year == nil, let number = words.takeYear(), words.takeBlanks() {
            stamp.year = number
            at = words.at
        }
        guard takeClock(&stamp) else { return nil }
        takeHalfDay(&stamp)
        words = self
        // `Fri Nov 20 18:00:00 2026`, as asctime(3) and OpenWrt's logread have it.
        if stamp.year == nil, mayHaveYearBehind, words.takeBlanks(), let number = words.takeYear() {
            stamp.year = number
            at = words.at
        }
        return stamp
    }

    /// ISO 8601 with dashes or slashes or without, a blank, a `T` or an underscore before the time;
    /// `2026 Nov 24 06:21:44`; `24 Nov 06:21:44`; seconds since the epoch.
    private mutating func takeNumberedStamp() -> LogStamp? {
        let start = at
        let digits = take(while: ASCII.isDigit)
        guard digits.count <= 10 else { return nil }
        at = start
        guard let first = takeNumber() else { return nil }
        switch digits.count {
        case 10: return takeEpoch(first)
        case 8: return takeBasic(first)
        case 4 where next == ASCII.dash || next == ASCII.slash: return takeISO(Int(first))
        case 4:
            guard isYear(first), takeBlanks(), let month = takeMonth(), takeBlanks() else {
                return nil
            }
            return takeDay(of: month, Int(first), mayHaveYearBehind: false)
        case 1, 2:
            guard takeBlanks(), let month = takeMonth(), takeBlanks(), (1...31).contains(first)
            else { return nil }
            var stamp = LogStamp(month: month, day: Int(first))
            var words = self
            if let year = words.takeYear(), words.takeBlanks() {
                stamp.year = year
                at = words.at
            }
            return takeClock(&stamp) ? stamp : nil
        default: return nil
        }
    }

    private mutating func takeISO(_ year: Int) -> LogStamp? {
        let divider = next
        at += 1
        guard let month = takeNumber(), (1...12).contains(month), next == divider else {
            return nil
        }
        at += 1
        guard let day = takeNumber(), (1...31).contains(day) else { return nil }
        switch next {
        case UInt8(ascii: "T"), UInt8(ascii: "t"), ASCII.space, UInt8(ascii: "_"): at += 1
        default: return nil
        }
        var stamp = LogStamp(year: year, month: Int(month), day: Int(day))
        guard takeClock(&stamp) else { return nil }
        takeZone(&stamp)
        return stamp
    }

    /// `20261124T062144Z`, its first number taken.
    private mutating func takeBasic(_ date: Int64) -> LogStamp? {
        let (month, day) = (Int(date / 100 % 100), Int(date % 100))
        guard take("T"), let clock = takeNumber(), clock < 240_000, (1...12).contains(month),
            (1...31).contains(day), clock / 100 % 100 < 60, clock % 100 < 62
        else { return nil }
        var stamp = LogStamp(year: Int(date / 10_000), month: month, day: day)
        (stamp.hour, stamp.minute) = (Int(clock / 10_000), Int(clock / 100 % 100))
        stamp.second = Int(clock % 100)
        takeFraction(&stamp)
        takeZone(&stamp)
        return stamp
    }

    /// Seconds since the epoch, as `journalctl -o short-unix` prints them, from 2001 to 2065.
    private mutating func takeEpoch(_ seconds: Int64) -> LogStamp? {
        guard (1_000_000_000..<3_000_000_000).contains(seconds) else { return nil }
        var stamp = LogStamp()
        stamp.epoch = seconds
        takeFraction(&stamp)
        return stamp
    }

    /// `06:21:44.25`.
    private mutating func takeClock(_ stamp: inout LogStamp) -> Bool {
        guard let hour = takeNumber(), hour < 24, take(":"), let minute = takeNumber(), minute < 60,
            take(":"), let second = takeNumber(), second < 62
        else { return false }
        (stamp.hour, stamp.minute, stamp.second) = (Int(hour), Int(minute), Int(second))
        takeFraction(&stamp)
        return true
    }

    private mutating func takeFraction(_ stamp: inout LogStamp) {
        guard next == ASCII.dot || next == ASCII.comma, at + 1 < end, ASCII.isDigit(bytes[at + 1])
        else { return }
        at += 1
        var places = 0
        while at < end, ASCII.isDigit(bytes[at]) {
            if places < 6 {
                stamp.microsecond = stamp.microsecond * 10 + Int64(bytes[at] - ASCII.zero)
            }
            places += 1
            at += 1
        }
        while places < 6 {
            stamp.microsecond *= 10
            places += 1
        }
    }

    /// ` PM`, where a clock has twelve hours.
    private mutating func takeHalfDay(_ stamp: inout LogStamp) {
        guard (1...12).contains(stamp.hour) else { return }
        if has(" AM ") {
            at += 3
            if stamp.hour == 12 { stamp.hour = 0 }
        } else if has(" PM ") {
            at += 3
            if stamp.hour < 12 { stamp.hour += 12 }
        }
    }

    /// `Z`, `+01:00`, `+0100`, `+01`, each perhaps behind a blank; nothing is taken of anything else.
    private mutating func takeZone(_ stamp: inout LogStamp) {
        var words = self
        _ = words.take(" ")
        let sign = words.next
        if words.take("Z") || words.take("z") || words.take("UTC") || words.take("GMT") {
            guard words.isAtEnd || words.next <= ASCII.space else { return }
            stamp.zone = 0
            at = words.at
            return
        }
        guard words.take("+") || words.take("-") else { return }
        let digits = words.take(while: ASCII.isDigit)
        guard digits.count == 2 || digits.count == 4 else { return }
        var number = LineCursor(bytes, digits)
        guard var value = number.takeNumber().map(Int.init) else { return }
        if digits.count == 4 { value = value / 100 * 60 + value % 100 } else { value *= 60 }
        if digits.count == 2, words.take(":") {
            guard let minutes = words.takeNumber(), minutes < 60 else { return }
            value += Int(minutes)
        }
        guard words.isAtEnd || words.next <= ASCII.space, value < 24 * 60 else { return }
        stamp.zone = (sign == ASCII.dash ? -60 : 60) * value
        at = words.at
    }

    /// Takes one blank or more; tabs count.
    @inline(__always)
    mutating func takeBlanks() -> Bool {
        let start = at
        while at < end, bytes[at] == ASCII.space || bytes[at] == 9 { at += 1 }
        return at > start
    }

    private func isYear(_ number: Int64) -> Bool { (1970...2199).contains(number) }

    mutating func takeYear() -> Int? {
        let start = at
        guard let number = takeNumber(), at - start == 4, isYear(number) else { return nil }
        return Int(number)
    }

    /// Takes the English name of a month, three letters, whatever their case.
    private mutating func takeMonth() -> Int? {
        guard end - at > 3 else { return nil }
        let first = Int(ASCII.lowercased(bytes[at])) << 16
        let letters =
            first | Int(ASCII.lowercased(bytes[at + 1])) << 8 | Int(ASCII.lowercased(bytes[at + 2]))
        guard let month = Self.months.firstIndex(of: letters) else { return nil }
        at += 3
        return month + 1
    }

    /// `jan` to `dec`, as the numbers that their letters make.
    private static let months: [Int] = [
        0x6a616e, 0x666562, 0x6d6172, 0x617072, 0x6d6179, 0x6a756e,
        0x6a756c, 0x617567, 0x736570, 0x6f6374, 0x6e6f76, 0x646563,
    ]

    private func isWeekday() -> Bool {
        has("Mon") || has("Tue") || has("Wed") || has("Thu") || has("Fri") || has("Sat")
            || has("Sun")
    }
}
