// SPDX-License-Identifier: Apache-2.0
//
// Columns for people. One column gives way when the terminal is narrow; the others stay whole,
// because a number that is cut is a wrong number.

/// A table of text.
struct TextTable {
    /// One column.
    struct Column {
        /// Its title.
        var title: String
        /// Whether its text stands at the right: numbers.
        var isNumber = false
        /// Whether it is the one that is clipped when there is no room.
        var mayShrink = false
    }

    /// One cell.
    struct Cell {
        var text: String
        var tone: Console.Tone = .plain

        init(_ text: String, _ tone: Console.Tone = .plain) {
            self.text = text
            self.tone = tone
        }
    }

    /// Narrowest that the shrinking column gets.
    static let narrowest = 16

    var columns: [Column]
    var rows: [[Cell]] = []

    /// The table, each line ended, without blanks at the ends of lines.
    func text(_ console: Console) -> String {
        var widths = columns.map { listbreaker.columns($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() {
                widths[index] = max(widths[index], listbreaker.columns(cell.text))
            }
        }
        let total = widths.reduce(0, +) + 2 * (widths.count - 1)
        if total > console.width, let index = columns.firstIndex(where: \.mayShrink) {
            widths[index] = max(Self.narrowest, widths[index] - (total - console.width))
        }
        let header = columns.map { Cell($0.title, .strong) }
        return ([header] + rows).map { line($0, widths, console) + "\n" }.joined()
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ console: Console) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let clippedText = clipped(cell.text, to: widths[index])
            let room = widths[index] - listbreaker.columns(clippedText)
            let blank = String(repeating: " ", count: max(0, room))
            let painted = console.paint(clippedText, cell.tone)
            let isLast = index == cells.count - 1
            text += columns[index].isNumber ? blank + painted : painted + (isLast ? "" : blank)
            if !isLast { text += "  " }
        }
        return text
    }
}
