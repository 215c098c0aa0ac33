// SPDX-License-Identifier: Apache-2.0
//
// The promises of scenario files: a verb, the list that it is about, and its figures.

internal import EventTime

extension ScenarioReader {
    /// `trip|hold|leak [LIST] [within N [\[M]]] [by RULE|RULE]`, `no-trip [LIST] [in 90%]`,
    /// `no-halt [LIST]`, `brief-hold [LIST] within SPAN`.
    func expectation(_ value: String) throws(ScenarioError) -> Expectation {
        var words = value.split(separator: " ")[...]
        let kind: Expectation.Kind = try word(String(words.popFirst() ?? ""))
        var expected = Expectation(kind, list: nil)
        if let list = words.first, list.contains("@") {
            expected.list = String(list)
            words.removeFirst()
        }
        while let word = words.popFirst() {
            guard let figure = words.popFirst() else { throw unexpected(word) }
            switch (word, kind) {
            case ("within", .briefHold): expected.longest = try span(String(figure))
            case ("within", .trip), ("within", .hold), ("within", .leak):
                expected.latestReply = try whole(String(figure), 1...100_000)
                if let mostly = words.first, mostly.hasPrefix("["), mostly.hasSuffix("]") {
                    words.removeFirst()
                    let least = expected.latestReply ?? 1
                    expected.latestMostly =
                        try whole(String(mostly.dropFirst().dropLast()), least...100_000)
                }
            case ("in", .noTrip): expected.share = try share(String(figure))
            case ("by", .trip), ("by", .hold):
                expected.rules = figure.split(separator: "|").map(String.init)
            default: throw unexpected(word)
            }
        }
        try check(expected)
        return expected
    }

    private func unexpected(_ word: Substring) -> ScenarioError {
        error("expected 'within N [M]', 'in SHARE' or 'by RULE' in place of '\(word)'")
    }

    /// A promise without its figure promises nothing.
    private func check(_ expected: Expectation) throws(ScenarioError) {
        switch expected.kind {
        case .leak where expected.latestReply == nil: throw error("expected 'leak [LIST] within N'")
        case .briefHold where expected.longest.microseconds == 0:
            throw error("expected 'brief-hold [LIST] within SPAN'")
        default: return
        }
    }
}
