// SPDX-License-Identifier: Apache-2.0
//
// The page of `listbreaker web`: what `top` shows, for a browser. It does nothing to the breaker: no form, no
// script; the browser asks again by itself. Everything in it that a stranger wrote is escaped.

internal import Breaker
internal import Reports
internal import Words

/// Renders the page.
struct WebPage {
    /// Lists on the page; chosen: a desk's screen is full.
    static let mostLists = 25
    /// Columns of the words above the table: more than there are, for the browser wraps them.
    private static let columns = 10_000

    /// What `top` would show.
    var screen: TopScreen
    /// Seconds until the browser asks again.
    var refresh: Int64
    /// Why there is nothing newer; nil: this is the newest.
    var trouble: String?

    /// The whole page.
    var html: String {
        let status = StatusText(report: screen.report, console: Console(width: Self.columns))
        // The first line is the state, and when it was so.
        let first = status.opening.split(separator: "\n").first ?? ""
        let title = first.replacing(#/ {2,}.*/#, with: "")
        let time = first.dropFirst(title.count).replacing(#/^ +/#, with: "")
        let words = status.opening.split(
            separator: "\n",
            omittingEmptySubsequences: false
        ).dropFirst()
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta http-equiv="refresh" content="\(refresh)">
            <title>\(HTMLText.escaped(String(title)))</title>
            <style>
            \(DocumentPage.style)\(Self.style)</style></head><body>
            <h1 class="\(tone)">\(HTMLText.escaped(String(title)))</h1>
            <p class="sub">\(HTMLText.escaped(String(time)))</p>
            \(notice)\(Self.block(words))\(table)
            \(Self.block(status.footer.split(separator: "\n", omittingEmptySubsequences: false)))\
            <p class="sub">Asked every \(refresh) s. It only shows; act in a terminal.</p>
            </body></html>

            """
    }

    private static let style = """
        body{max-width:72rem}h1.open{color:var(--trip)}h1.shut{color:var(--reset)}
        td svg{width:120px;height:1.4em}pre{margin:.75rem 0}tr.open td:first-child{color:var(--trip);font-weight:600}
        .note{color:var(--hold)}

        """

    private var tone: String {
        screen.report.queue.isHalted || !screen.report.incidents.isEmpty
            || screen.report.journal.blind != nil ? "open" : "shut"
    }

    private var notice: String {
        trouble.map { "<p class=\"note\">\(HTMLText.escaped("Not new: \($0)"))</p>\n" } ?? ""
    }

    private static func block(_ lines: some Sequence<Substring>) -> String {
        var lines = lines.map(String.init)
        while lines.first?.isEmpty == true { lines.removeFirst() }
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard !lines.isEmpty else { return "" }
        return "<pre>\(lines.map(HTMLText.escaped).joined(separator: "\n"))</pre>\n"
    }

    private static let titles = [
        "List", "Nearest rule", "Copies/min", "Mails/day", "Before", "R", "Members",
        "Copies, a look each",
    ]

    private var table: String {
        let lists = screen.ranked.prefix(Self.mostLists)
        guard !lists.isEmpty else { return "<p>No list was seen in the log yet.</p>" }
        let head = Self.titles.enumerated().map { Self.cell("th", $0, HTMLText.escaped($1)) }
            .joined()
        return "<div class=\"wide\"><table><thead><tr>\(head)</tr></thead>\n<tbody>\n"
            + lists.map(row).joined(separator: "\n") + "\n</tbody></table></div>"
    }

    private func row(_ list: ListStatus) -> String {
        let cells =
            [
                list.list, TopScreen.near(list),
                list.windows.first.map { StateWords.count($0.copiesAnnounced) } ?? "-",
                list.burden.map { StateWords.count($0.day) } ?? "-",
                list.burden.map { StateWords.count($0.busiestDay) } ?? "-",
                StateWords.decimal(list.reproduction), list.members.map(StateWords.count) ?? "?",
            ].map(HTMLText.escaped) + [Self.curve(screen.history[list.list] ?? [])]
        let sort = list.state == .known(.open) ? " class=\"open\"" : ""
        return "<tr\(sort)>"
            + cells.enumerated().map { Self.cell("td", $0, $1) }.joined() + "</tr>"
    }

    private static func cell(_ name: String, _ column: Int, _ html: String) -> String {
        DocumentPage.cell(
            name,
            titled: titles[column],
            isNumber: (2...6).contains(column),
            html
        )
    }

    /// A line of what was announced at each look; 120 by 20 units, which the page scales.
    static func curve(_ heights: [Int64]) -> String {
        guard let most = heights.max(), most > 0, heights.count > 1 else { return "" }
        let points = heights.enumerated().map { place, height in
            let x = place * 120 / (heights.count - 1)
            let y = 19 - Int(Double(max(0, height)) / Double(most) * 18)
            return "\(x) \(y)"
        }
        return "<svg viewBox=\"0 0 120 20\" preserveAspectRatio=\"none\" role=\"img\" "
            + "aria-label=\"at most \(most.grouped) copies a minute\"><path class=\"line\" "
            + "vector-effect=\"non-scaling-stroke\" d=\"M \(points.joined(separator: " L "))\"/></svg>"
    }
}
