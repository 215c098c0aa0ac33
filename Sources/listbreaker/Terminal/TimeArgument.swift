// SPDX-License-Identifier: Apache-2.0
//
// A point in time as people type it: every form of systemd.time(7), "Parsing Timestamps", and RFC 3339. Without
// a zone it is local time, as of systemctl(1) and journalctl(1). A span alone means from now: ahead where
// the end of something is asked for, back where its beginning is.

internal import ArgumentParser
internal import EventTime
internal import Linux
internal import Words

/// Reads a point in time.
struct TimeArgument {
    /// Where a span without a sign leads.
    enum Direction {
        case back, ahead
    }

    /// Now.
    let now: Timestamp
    let direction: Direction

    /// The forms, for people: none that would be refused as past, or as yet to come.
    static func forms(_ direction: Direction) -> String {
        let own = direction == .ahead ? "'tomorrow 18:00', +30min, 2h" : "yesterday, '2h ago', 2h"
        return "2026-12-01 18:00 (local time), 2026-12-01T18:00:00Z, 18:00, \(own), @1795795200"
    }

    /// For an option that asks for a beginning.
    static func back(_ text: String) throws -> Timestamp { try read(text, .back) }

    /// For an option that asks for an end.
    static func ahead(_ text: String) throws -> Timestamp { try read(text, .ahead) }

    private static func read(_ text: String, _ direction: Direction) throws -> Timestamp {
        guard let time = TimeArgument(now: .now, direction: direction).time(text) else {
            throw ValidationError("'\(shown(text))' is no time; such as: \(forms(direction))")
        }
        return time
    }

    /// The time that `text` says; nil when it is none.
    func time(_ text: String) -> Timestamp? {
        let text = text.split(separator: " ").joined(separator: " ")
        if text == "now" { return now }
        if text.hasPrefix("@") { return epoch(text.dropFirst()) }
        if let span = span(text) { return now + span }
        guard Self.date(String(text.prefix(10))) != nil, text.dropFirst(10).first == "T",
            text.count > 11
        else { return wall(text) }
        // RFC 3339 with its zone; without one it is a wall's clock.
        let zone = text.dropFirst(11).suffix(6)
        return text.hasSuffix("Z") || zone.first == "+" || zone.first == "-"
            ? Timestamp(rfc3339: text) : wall("\(text.prefix(10)) \(text.dropFirst(11))")
    }

    /// Seconds since 1970, `@1395716396`.
    private func epoch(_ text: Substring) -> Timestamp? {
        // Until the year 9999.
        guard let seconds = Int64(text), (0...253_402_300_799).contains(seconds) else { return nil }
        return Timestamp(seconds: seconds)
    }

    /// `+3h`, `-5s`, `11min ago`, `2h left`, `2h`; a bare number is no span: it may be a year.
    private func span(_ text: String) -> TimeSpan? {
        func read(_ text: some StringProtocol, _ sign: Int64 = 1) -> TimeSpan? {
            guard text.contains(where: \.isLetter) else { return nil }
            return TimeSpan(systemd: String(text)).map {
                TimeSpan(microseconds: sign * $0.microseconds)
            }
        }
        if text.hasPrefix("+") { return read(text.dropFirst()) }
        if text.hasPrefix("-") { return read(text.dropFirst(), -1) }
        if text.hasSuffix(" ago") { return read(text.dropLast(4), -1) }
        if text.hasSuffix(" left") { return read(text.dropLast(5)) }
        return read(text, direction == .ahead ? 1 : -1)
    }

    /// `[WEEKDAY] [DATE|yesterday|today|tomorrow] [TIME] [UTC]`; what is left out: today, midnight, here.
    private func wall(_ text: String) -> Timestamp? {
        var words = text.split(separator: " ").map(String.init)[...]
        let isUTC = words.last == "UTC" || words.last == "Z"
        if isUTC { words.removeLast() }
        // Today, by the clock that is meant.
        let here = isUTC ? now : now + .seconds(LocalTime.place(of: now).offset)
        var day = (here.seconds - (here.seconds % 86_400 + 86_400) % 86_400) / 86_400
        var weekday: Int?
        if let first = words.first, let named = Self.weekday(first) {
            weekday = named
            words.removeFirst()
        }
        guard let first = words.first else { return nil }
        if let shift = ["yesterday": Int64(-1), "today": 0, "tomorrow": 1][first] {
            day += shift
            words.removeFirst()
        } else if first.contains("-") {
            guard let date = Self.date(first) else { return nil }
            day = date.daysSinceEpoch
            words.removeFirst()
        }
        var second: Int64 = 0
        if let clock = words.popFirst() {
            guard let read = Self.second(clock) else { return nil }
            second = read
        }
        guard words.isEmpty, weekday.map({ $0 == CivilDate(daysSinceEpoch: day).weekday }) ?? true
        else { return nil }
        let wall = Timestamp(seconds: day * 86_400 + second)
        return isUTC ? wall : LocalTime.time(atWall: wall)
    }

    /// 0 for Monday; by three letters or the whole name.
    private static func weekday(_ word: String) -> Int? {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        let word = word.lowercased()
        return names.firstIndex { $0 == word || $0.prefix(3) == word }
    }

    /// `2026-12-01`.
    private static func date(_ text: String) -> CivilDate? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, let year = Int64(parts[0]),
            let month = Int(parts[1]), let day = Int(parts[2]), year >= 0
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// `18:00` or `18:00:30`.
    private static func second(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            (1...2).contains(part.count) && part.allSatisfy(\.isASCII) ? Int64(part) : nil
        }
        guard (2...3).contains(parts.count), let hour = parts[0], let minute = parts[1],
            let second = parts.count == 3 ? parts[2] : 0, (0..<24).contains(hour),
            (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }
}
