// SPDX-License-Identifier: Apache-2.0
//
// The values of scenario files: numbers, shares, spans, times, expectations. Each error says what was
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

    /// `trip LIST [within N] [by RULE|RULE]`, `no-trip [LIST]`.
    func expectation(_ value: String) throws(ScenarioError) -> Expectation {
        var words = value.split(separator: " ")[...]
        let verb = words.popFirst()
        guard verb == "trip" || verb == "no-trip" else {
            throw error("expected 'trip [LIST] [within N] [by RULE]' or 'no-trip [LIST]'")
        }
        var expected = Expectation(list: nil, isTrip: verb == "trip")
        if let list = words.first, list.contains("@") {
            expected.list = String(list)
            words.removeFirst()
        }
        while let word = words.popFirst() {
            switch (word, words.popFirst()) {
            case ("within", let count?):
                expected.latestReply = try whole(String(count), 1...100_000)
            case ("by", let rules?): expected.rules = rules.split(separator: "|").map(String.init)
            default: throw error("expected 'within N' or 'by RULE' in place of '\(word)'")
            }
        }
        return expected
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
