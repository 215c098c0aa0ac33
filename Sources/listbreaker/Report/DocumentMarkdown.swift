// SPDX-License-Identifier: Apache-2.0
//
// A document as Markdown (CommonMark with tables), for a wiki or a ticket; readable as it stands.

internal import EventTime
internal import Words

/// Renders a document as Markdown.
struct DocumentMarkdown {
    let document: Document

    /// The whole text.
    var text: String {
        "# \(Self.safe(document.title))\n\n\(Self.safe(document.subtitle))\n"
            + document.parts.map(part).joined()
    }

    /// `text` as text: what would be markup stands behind a backslash (CommonMark 0.31, 2.4).
    private static func safe(_ text: String) -> String {
        var result = ""
        for letter in told(text) {
            if "\\`*_[]<>|#&~".contains(letter) { result.append("\\") }
            result.append(letter)
        }
        return result
    }

    private func part(_ part: Document.Part) -> String {
        switch part {
        case .heading(let text): return "\n## \(Self.safe(text))\n"
        case .paragraph(let text): return "\n\(Self.safe(text))\n"
        case .facts(let facts):
            return "\n" + facts.map { "- \(Self.safe($0.name)): \(Self.safe($0.value))\n" }.joined()
        case .table(let table):
            let rule = table.titles.indices.map { table.numbers.contains($0) ? "---:" : "---" }
            let rows = [table.titles.map(Self.safe), rule] + table.rows.map { $0.map(Self.safe) }
            return "\n" + rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
        case .curve(let curve): return self.curve(curve)
        case .letter(let title, let lines):
            // Indented: no letter in it ends the block.
            return "\n\(Self.safe(title))\n\n" + lines.map { "    \(told($0))\n" }.joined()
        case .blank(let title): return "\n## \(Self.safe(title))\n\n(to be filled in)\n"
        }
    }

    /// What grew in each sixtieth of the time, as letters.
    private func curve(_ curve: Document.Curve) -> String {
        guard let first = curve.points.first?.time, let last = curve.points.last?.time, last > first
        else { return "" }
        var steps = [Int64](repeating: 0, count: 60)
        var before: Int64 = 0
        for (time, height) in curve.points {
            let place =
                (time - first).seconds / max(1, (last - first).seconds) * Double(steps.count)
            steps[min(steps.count - 1, max(0, Int(place)))] += height - before
            before = height
        }
        return "\n\(Self.safe(curve.title)), \(before.grouped) in all:\n\n"
            + "    |\(Sparkline(hasBlocks: true).text(steps))|\n"
            + "    from \(StateWords.time(first.rfc3339)) to \(StateWords.time(last.rfc3339))\n"
            + curve.marks.map { "    \($0.word): \(StateWords.time($0.time.rfc3339))\n" }.joined()
    }
}
