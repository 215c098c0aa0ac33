// SPDX-License-Identifier: Apache-2.0
//
// The values of scenario files: numbers, shares, spans, times, words. Each error says what was
// expected, with an example.

internal import EventTime

extension ScenarioReader {
    func error(_ text: String) -> ScenarioError {
        ScenarioError(path: path, line: number, text: text)
    }

    func whole(_ value: String, _ range: ClosedRange<Int>) throws(ScenarioError) -> Int {
        guard let number = Int(value.filter { $0 != "_" && $0 != "," }), range.contains(number)
        else {
            throw error("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func real(
        _ value: String,
        _ range: ClosedRange<Double>
    ) throws(ScenarioError) -> Double {
        guard let number = Double(value), range.contains(number) else {
            throw error("expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func range(_ value: String) throws(ScenarioError) -> ClosedRange<Double> {
        let ends = value.split(separator: "-")
        guard let low = ends.first, let high = ends.last, ends.count <= 2 else {
            throw error("expected posts an hour, as 5-20")
        }
        let lower = try real(String(low), 0...1_000_000)
        let upper = try real(String(high), 0...1_000_000)
        guard lower <= upper else { throw error("expected the smaller number first") }
        return lower...upper
    }

    func share(_ value: String) throws(ScenarioError) -> Double {
        if value.hasSuffix("%"), let percent = Double(value.dropLast()),
            (0...100).contains(percent)
        {
            return percent / 100
        }
        guard let number = Double(value), (0...1).contains(number) else {
            throw error("expected a share, as 5% or 0.05")
        }
        return number
    }

    /// Which members have their mailboxes here: all, none, or a share.
    func localShare(_ value: String) throws(ScenarioError) -> Double {
        value.hasSuffix("%") ? try share(value) : try flag(value) ? 1 : 0
    }

    func flag(_ value: String) throws(ScenarioError) -> Bool {
        switch value {
        case "yes", "true", "on", "1": return true
        case "no", "false", "off", "0": return false
        default: throw error("expected yes or no")
        }
    }

    func span(_ value: String) throws(ScenarioError) -> TimeSpan {
        guard let span = TimeSpan(systemd: value) else {
            throw error("expected a time span, as 3d, 2h 30min or 45s")
        }
        return span
    }

    func time(_ value: String) throws(ScenarioError) -> Timestamp {
        guard let time = Timestamp(rfc3339: value) else {
            throw error("expected a time, as 2026-11-20T18:00:00Z")
        }
        return time
    }

    /// `16min-40min`, or one span for both ends.
    func spans(_ value: String) throws(ScenarioError) -> (least: TimeSpan, most: TimeSpan) {
        let ends = value.split(separator: "-")
        guard let first = ends.first, let last = ends.last, ends.count <= 2 else {
            throw error("expected a time span or two, as 16min-40min")
        }
        let least = try span(String(Self.trim(first)))
        let most = try span(String(Self.trim(last)))
        guard least <= most else { throw error("expected the shorter time span first") }
        return (least, most)
    }

    /// `16min fast`, `90min slow`: how far a clock is ahead.
    func clock(_ value: String) throws(ScenarioError) -> TimeSpan {
        let words = value.split(separator: " ")
        guard words.count > 1, words.last == "fast" || words.last == "slow" else {
            throw error("expected a time span and fast or slow, as 16min fast")
        }
        let error = try span(words.dropLast().joined(separator: " "))
        return words.last == "fast" ? error : TimeSpan(microseconds: -error.microseconds)
    }

    /// `known` with one of its keys set; `Late` comes first.
    func lateness(
        _ key: String,
        _ value: String,
        _ known: Lateness?
    ) throws(ScenarioError) -> Lateness {
        if key == "Late" {
            let (least, most) = try spans(value)
            return Lateness(least: least, most: most)
        }
        guard var lateness = known else { throw error("expected Late= before \(key)=") }
        if key == "LateShare" {
            lateness.share = try share(value)
        } else {
            lateness.isFirstOnly = try flag(value)
        }
        return lateness
    }

    func address(_ value: String) throws(ScenarioError) -> String {
        let parts = value.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw error("expected an address, as list@elsewhere.example")
        }
        return value
    }

    /// One of the words that `Word` knows.
    func word<Word>(_ value: String) throws(ScenarioError) -> Word
    where Word: RawRepresentable<String> & CaseIterable {
        guard let word = Word(rawValue: value) else {
            throw error("expected \(Self.alternatives(Word.allCases.map(\.rawValue)))")
        }
        return word
    }

    static func alternatives(_ words: [String]) -> String {
        "one of " + words.joined(separator: ", ")
    }

    static func trim(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" || first == "\r" {
            text.removeFirst()
        }
        while let last = text.last, last == " " || last == "\t" || last == "\r" {
            text.removeLast()
        }
        return text
    }
}
