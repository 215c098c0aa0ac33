// SPDX-License-Identifier: Apache-2.0
//
// Columns for people. When the terminal is narrow, columns that may be missed are left out and one
// is clipped; the others stay whole, because a number that is cut is a wrong number.

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
        /// Which columns are left out first when there is no room: the highest; 0 never.
        var rank = 0
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
    static let narrowest = 24

    var columns: [Column]
    var rows: [[Cell]] = []
    /// A last column of running text, one text a row.
    ///
    /// Where it does not fit, each text stands on lines of its own below its row.
    var remarks: (title: String, texts: [String])?
    /// Titles of columns that were left out for want of room.
    private var omitted: [String] = []

    /// A table without rows.
    init(columns: [Column]) { self.columns = columns }

    /// The table, each line ended, without blanks at the ends of lines.
    func text(_ console: Console) -> String {
        if let table = withRemarksAsColumn, table.excess(table.widths, console) <= 0 {
            return table.text(console)
        }
        var widths = widths
        let excess = excess(widths, console)
        let shrinking = columns.firstIndex(where: \.mayShrink)
        let slack = shrinking.map { max(0, widths[$0] - Self.narrowest) } ?? 0
        if excess > slack, let index = leastImportant {
            return without(index).text(console)
        }
        if excess > 0, let shrinking {
            widths[shrinking] = max(
                min(Self.narrowest, widths[shrinking]),
                widths[shrinking] - excess
            )
        }
        let header = line(columns.map { Cell($0.title, .strong) }, widths, console) + "\n"
        return header
            + rows.indices.map { line(rows[$0], widths, console) + "\n" + remark($0, console) }
            .joined()
            + omission(console)
    }

    /// What was left out, lest somebody take it for nothing.
    private func omission(_ console: Console) -> String {
        guard !omitted.isEmpty, !rows.isEmpty else { return "" }
        let words = "no room at this width for: \(omitted.joined(separator: ", "))"
        return console.paint(wrapped(words, width: console.width, rest: "  "), .faint) + "\n"
    }

    /// Width of each column when nothing is clipped.
    private var widths: [Int] {
        var widths = columns.map { listbreaker.columns($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() {
                widths[index] = max(widths[index], listbreaker.columns(cell.text))
            }
        }
        return widths
    }

    /// Columns by which `widths` go beyond the terminal.
    private func excess(_ widths: [Int], _ console: Console) -> Int {
        widths.reduce(0, +) + 2 * (widths.count - 1) - console.width
    }

    private var withRemarksAsColumn: TextTable? {
        guard let remarks else { return nil }
        var table = self
        table.remarks = nil
        table.columns.append(Column(title: remarks.title))
        for row in rows.indices { table.rows[row].append(Cell(remarks.texts[row])) }
        return table
    }

    private func remark(_ row: Int, _ console: Console) -> String {
        guard let text = remarks?.texts[row], !text.isEmpty else { return "" }
        return wrapped(text, width: console.width, first: "    ", rest: "    ") + "\n"
    }

    /// The column that may be left out first; nil when all must stay.
    private var leastImportant: Int? {
        let ranked = columns.enumerated().filter { $0.element.rank > 0 }
        return ranked.max { $0.element.rank < $1.element.rank }?.offset
    }

    private func without(_ index: Int) -> TextTable {
        var table = self
        table.omitted.append(table.columns.remove(at: index).title)
        for row in table.rows.indices { table.rows[row].remove(at: index) }
        return table
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
