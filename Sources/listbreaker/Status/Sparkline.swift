// SPDX-License-Identifier: Apache-2.0
//
// Small curves in a line of text: eight heights of blocks, or plain letters where the locale has none.

internal import EventTime

/// A curve as text.
struct Sparkline {
    private static let blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let letters = [".", ":", "-", "=", "+", "*", "%", "#"]
    private let heights: [String]

    /// Curves of blocks, or of plain letters.
    init(hasBlocks: Bool) {
        heights = hasBlocks ? Self.blocks : Self.letters
    }

    /// Curves as the locale allows, locale(7).
    static var ofLocale: Sparkline {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(Console.variable)
            .first { !$0.isEmpty }
        let name = locale?.lowercased() ?? ""
        return Sparkline(hasBlocks: name.contains("utf-8") || name.contains("utf8"))
    }

    /// One letter a value; nothing is a blank, and the largest value the highest.
    func text(_ values: [Int64]) -> String {
        let most = Double(values.max() ?? 0)
        return values.map { value in
            guard value > 0, most > 0 else { return " " }
            let height = Int(Double(value) / most * Double(heights.count))
            return heights[min(heights.count - 1, max(0, height))]
        }.joined()
    }

    /// How many of `times`, which are in order, fall into each of `count` equal steps.
    static func steps(_ times: [Timestamp], _ count: Int) -> [Int64] {
        guard let first = times.first, let last = times.last, last > first, count > 0 else {
            return []
        }
        let whole = max(1, (last - first).seconds)
        var steps = [Int64](repeating: 0, count: count)
        for time in times {
            let place = (max(time, first) - first).seconds / whole * Double(count)
            steps[min(count - 1, max(0, Int(place)))] += 1
        }
        return steps
    }
}
