// SPDX-License-Identifier: Apache-2.0
//
// One line of attended hours: which days, from when until when. Read from text as systemd.time(7)
// writes days and dates. The mistake to avoid: believing that a day has 24 hours; times here are
// places on the clock on the wall.

import EventTime

/// Days with a range of hours.
public struct AttendedSpan: Sendable, Equatable {
    /// One part of a date pattern: any, or ranges.
    enum Field: Sendable, Equatable {
        case any
        case ranges([ClosedRange<Int64>])

        func contains(_ value: Int64) -> Bool {
            switch self {
            case .any: true
            case .ranges(let ranges): ranges.contains { $0.contains(value) }
            }
        }
    }

    /// Weekdays, 0 for Monday.
    var weekdays: Set<Int>
    var year: Field = .any
    var month: Field = .any
    var day: Field = .any
    /// Seconds of the wall clock's day, 0 to 86,400.
    var from: Int64
    /// As ``from``; not after it when the range runs past midnight.
    var until: Int64

    /// Whether a range begins on that day.
    func begins(on date: CivilDate) -> Bool {
        weekdays.contains(date.weekday) && year.contains(date.year)
            && month.contains(Int64(date.month)) && day.contains(Int64(date.day))
    }

    init(weekdays: Set<Int>, from: Int64, until: Int64) {
        self.weekdays = weekdays
        self.from = from
        self.until = until
    }

    // MARK: Reading

    /// Reads `Mon..Fri 09:00..17:00`, `Sat 10:00..12:00`, `*-12-24 09:00..12:00`,
    /// `Mon,Wed 22:00..06:00`; nil for anything else.
    ///
    /// Without days every day is meant, without hours the whole day.
    public init?(_ text: String) {
        var words = text.split(separator: " ").map(String.init)
        guard !words.isEmpty, text.utf8.count <= 256 else { return nil }
        weekdays = Set(0...6)
        (from, until) = (0, 86_400)
        if let first = words.first, first.first?.isLetter == true {
            guard let days = Self.weekdays(first) else { return nil }
            weekdays = days
            words.removeFirst()
        }
        if let first = words.first, first.contains("-") {
            guard readDate(first) else { return nil }
            words.removeFirst()
        }
        if let first = words.first {
            guard let (from, until) = Self.hours(first) else { return nil }
            (self.from, self.until) = (from, until)
            words.removeFirst()
        }
        guard words.isEmpty else { return nil }
    }

    private static func weekdays(_ text: String) -> Set<Int>? {
        var days: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = Self.ends(String(part)).map(weekday)
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2 else {
                return nil
            }
            var day = first
            days.insert(day)
            while day != last {
                day = (day + 1) % 7
                days.insert(day)
            }
        }
        return days
    }

    private static func weekday(_ text: String) -> Int? {
        let names = [
            "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
        ]
        let text = text.lowercased()
        return names.firstIndex { $0 == text || $0.prefix(3) == text }
    }

    private mutating func readDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3,
            let day = Self.field(parts[parts.count - 1], 1...31),
            let month = Self.field(parts[parts.count - 2], 1...12)
        else { return false }
        (self.month, self.day) = (month, day)
        guard parts.count == 3 else { return true }
        guard let year = Self.field(parts[0], 1970...9999) else { return false }
        self.year = year
        return true
    }

    private static func field(_ text: String, _ allowed: ClosedRange<Int64>) -> Field? {
        guard text != "*" else { return .any }
        var ranges: [ClosedRange<Int64>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = Self.ends(String(part)).map { number($0, allowed) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first <= last
            else { return nil }
            ranges.append(first...last)
        }
        return .ranges(ranges)
    }

    private static func hours(_ text: String) -> (Int64, Int64)? {
        let ends = Self.ends(text)
        guard ends.count == 2, let from = clock(ends[0]), let until = clock(ends[1]),
            from < 86_400, from != until
        else { return nil }
        return (from, until)
    }

    /// `HH`, `HH:MM` or `HH:MM:SS` in seconds; `24:00` is the end of the day.
    private static func clock(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), let hour = number(parts[0], 0...24) else { return nil }
        var seconds = hour * 3600
        for (part, unit) in zip(parts.dropFirst(), [60, 1] as [Int64]) {
            guard let value = number(part, 0...59), part.utf8.count == 2 else { return nil }
            seconds += value * unit
        }
        return seconds <= 86_400 ? seconds : nil
    }

    private static func number(_ text: String, _ allowed: ClosedRange<Int64>) -> Int64? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let value = Int64(text), allowed.contains(value)
        else { return nil }
        return value
    }

    /// The two ends of `A..B`, or the one of `A`.
    private static func ends(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        guard
            let dots = bytes.indices.dropLast().first(where: {
                bytes[$0] == 0x2e && bytes[$0 + 1] == 0x2e
            })
        else { return [text] }
        return [bytes[..<dots], bytes[(dots + 2)...]].map { String(decoding: $0, as: UTF8.self) }
    }
}
