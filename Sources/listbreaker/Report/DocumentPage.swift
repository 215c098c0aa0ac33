// SPDX-License-Identifier: Apache-2.0
//
// A document as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.
// It is read on a telephone and on a desk, in the light and in the dark, and on paper.

/// Renders a document as HTML.
struct DocumentPage {
    let document: Document

    /// Only what stands in the file is shown; said to the browser as well.
    private static let policy = "default-src 'none'; style-src 'unsafe-inline'"

    /// How our pages look: light, dark, narrow, on paper.
    static let style = """
        :root{--fg:#1a1c1e;--bg:#fff;--soft:#5b6167;--rule:#d9dde1;--area:#c9ddf2;--line:#1d5fa3;
        --trip:#b3261e;--hold:#8a5a00;--reset:#1b6b3a;--box:#f4f6f8}
        @media (prefers-color-scheme:dark){:root{--fg:#e4e7ea;--bg:#15181b;--soft:#a1a9b0;--rule:#353b41;
        --area:#1e3a57;--line:#7db4ee;--trip:#ff8a80;--hold:#f1bf5b;--reset:#7fd6a0;--box:#1e2226}}
        @media print{:root{--fg:#000;--bg:#fff;--soft:#333;--rule:#999;--area:#ddd;--line:#000;
        --trip:#000;--hold:#000;--reset:#000;--box:#fff}
        figure,tr,pre{break-inside:avoid}h2{break-after:avoid}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:52rem;padding:1.5rem 1rem 4rem;color:var(--fg);background:var(--bg);
        font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
        h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}
        h2{font-size:1.1rem;margin:2rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--rule)}
        .sub{color:var(--soft);margin:0 0 1rem}
        dl{display:grid;grid-template-columns:fit-content(55%) 1fr;gap:.25rem 1rem;margin:1rem 0}
        dt{color:var(--soft)}dd{margin:0}
        figure{margin:1rem 0}svg{width:100%;height:auto;display:block}
        figcaption{color:var(--soft);font-size:.85rem}
        svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
        .area{fill:var(--area)}.line{fill:none;stroke:var(--line);stroke-width:2}
        .axis{stroke:var(--rule)}
        .trip path{stroke:var(--trip);stroke-width:2}.trip text{fill:var(--trip);font-weight:600}
        .hold path{stroke:var(--hold);stroke-dasharray:4 3}.hold text{fill:var(--hold)}
        .reset path{stroke:var(--reset);stroke-dasharray:1 3}.reset text{fill:var(--reset)}
        .now path{stroke:var(--soft);stroke-dasharray:1 3}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
        th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--rule);
        vertical-align:top;overflow-wrap:break-word}th{color:var(--soft);font-weight:600}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        td:first-child{white-space:nowrap}
        pre{white-space:pre-wrap;background:var(--box);border:1px solid var(--rule);border-radius:4px;
        padding:.75rem 1rem;font:.9rem/1.5 ui-monospace,monospace}
        .blank{min-height:3rem;border:1px dashed var(--rule);border-radius:4px}
        @media (max-width:30rem){svg text{font-size:20px}}
        @media screen and (max-width:40rem){h1{font-size:1.25rem}thead{display:none}
        dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
        table,tbody,tr,td{display:block}tr{padding:.4rem 0;border-bottom:1px solid var(--rule)}
        td,td:first-child,.n{border:0;padding:.1rem 0;text-align:left;white-space:normal}
        td:not(:empty)::before{content:attr(data-title) ": ";color:var(--soft)}td:first-child{font-weight:600}
        td:first-child::before{font-weight:400}}

        """

    /// The whole file.
    var text: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
        <title>\(HTMLText.escaped(document.title))</title>
        <style>
        \(Self.style)</style></head><body>
        <h1>\(HTMLText.escaped(document.title))</h1>
        <p class="sub">\(HTMLText.escaped(document.subtitle))</p>
        \(document.parts.map(part).joined())</body></html>

        """
    }

    private func part(_ part: Document.Part) -> String {
        func safe(_ text: String) -> String { HTMLText.escaped(text) }
        switch part {
        case .heading(let text): return "<h2>\(safe(text))</h2>\n"
        case .paragraph(let text): return "<p>\(safe(text))</p>\n"
        case .facts(let facts):
            let rows = facts.map { "<dt>\(safe($0.name))</dt><dd>\(safe($0.value))</dd>\n" }
            return "<dl>\n\(rows.joined())</dl>\n"
        case .table(let table): return self.table(table)
        case .curve(let curve): return CurveDrawing(curve: curve).svg
        case .letter(let title, let lines):
            return "<p>\(safe(title))</p>\n<pre>\(lines.map(safe).joined(separator: "\n"))</pre>\n"
        case .blank(let title): return "<h2>\(safe(title))</h2>\n<div class=\"blank\"></div>\n"
        }
    }

    /// A cell of a table with its column's title, which stands before it where there is no room for columns.
    static func cell(_ name: String, titled: String, isNumber: Bool, _ html: String) -> String {
        let title = name == "td" ? " data-title=\"\(HTMLText.escaped(titled))\"" : ""
        return "<\(name)\(isNumber ? " class=\"n\"" : "")\(title)>\(html)</\(name)>"
    }

    private func table(_ table: Document.Table) -> String {
        func cell(_ name: String, _ index: Int, _ text: String) -> String {
            Self.cell(
                name,
                titled: table.titles[index],
                isNumber: table.numbers.contains(index),
                HTMLText.escaped(text)
            )
        }
        func row(_ name: String, _ cells: [String]) -> String {
            "<tr>" + cells.enumerated().map { cell(name, $0, $1) }.joined() + "</tr>\n"
        }
        return "<div class=\"wide\"><table>\n<thead>\(row("th", table.titles))</thead>\n<tbody>\n"
            + table.rows.map { row("td", $0) }.joined() + "</tbody></table></div>\n"
    }
}
