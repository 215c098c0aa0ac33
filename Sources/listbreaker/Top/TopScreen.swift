// SPDX-License-Identifier: Apache-2.0
//
// What `top` shows: whether mail flows, what is open and what waits for an answer, the lists nearest to a
// trip with what each member got, R and a curve, and how well we see. Values in, lines out; they fit the
// terminal, whatever its size.

internal import Breaker
internal import Reports
internal import Words

/// One screen of `top`.
struct TopScreen {
    /// Lists that stand on the screen, nearest first; chosen: five fit 24 lines with what is open.
    static let mostLists = 5

    var report: StatusReport
    /// Copies announced within a minute, of each list, as they were at each look.
    var history: [String: [Int64]] = [:]
    /// Which of the lists the keys are about.
    var selected = 0
    /// What was answered to the last key.
    var notice: String?
    var console: Console
    var lines: Int
    var curve = Sparkline.ofLocale

    /// The lists nearest to a trip: open ones, softly held ones, then by how far the nearest rule is.
    var nearest: [ListStatus] { Array(ranked.prefix(Self.mostLists)) }

    /// All lists of the report in that order.
    var ranked: [ListStatus] { report.lists.sorted { Self.rank($0) > Self.rank($1) } }

    /// The list that the keys are about.
    var chosen: ListStatus? {
        nearest.isEmpty ? nil : nearest[min(max(selected, 0), nearest.count - 1)]
    }

    /// The screen, as many lines as there are at most.
    var text: [String] {
        let status = StatusText(report: report, console: console)
        let keys = "q quit  up/down choose  a acknowledge  h hold off 2 h  t trip"
        let bottom = [
            console.paint(clipped(notice.map(shown) ?? sight, to: console.width), .faint),
            console.paint(clipped(keys, to: console.width), .faint),
        ]
        let table = rows.prefix(max(0, lines - bottom.count - 2))
        let room = max(0, lines - bottom.count - table.count - 1)
        var top = status.opening.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        while top.last?.isEmpty == true { top.removeLast() }
        if room == 1 {
            top = Array(top.prefix(1))
        } else if top.count > room, room > 0 {
            let left = top.count - room + 1
            top = top.prefix(room - 1) + ["  ... \(left.counting("more line")): listbreaker status"]
        }
        let filling = max(0, lines - top.count - 1 - table.count - bottom.count)
        return Array(
            (top + [""] + table + [String](repeating: "", count: filling) + bottom).prefix(lines)
        )
    }

    private var sight: String {
        let journal = report.journal
        let lag = journal.lagSeconds.map { ", lag \(StateWords.decimal($0)) s" } ?? ""
        let last = journal.lastEvent.map { ", last mail line \(StateWords.time($0))" } ?? ""
        let lists = (report.totalLists ?? Int64(report.lists.count)).counting("list")
        return "\(lists), \(journal.events.counting("mail event"))\(lag)\(last)"
    }

    /// The table of lists, a line each.
    private var rows: [String] {
        guard !nearest.isEmpty else { return ["No list was seen in the log yet."] }
        let curveWidth = max(0, min(60, console.width - 78))
        var table = TextTable(columns: [
            .init(title: " LIST", mayShrink: true),
            .init(title: "MEMBERS", isNumber: true, rank: 4),
            .init(title: "COPIES/MIN", isNumber: true, rank: 1),
            .init(title: "MAILS/DAY", isNumber: true),
            .init(title: "BEFORE", isNumber: true, rank: 3),
            .init(title: "R", isNumber: true, rank: 2), .init(title: "NEAREST RULE", rank: 0),
        ])
        if curveWidth >= 10 { table.columns.append(.init(title: "CURVE", rank: 5)) }
        for list in nearest {
            let mark = list.list == chosen?.list ? ">" : " "
            var row: [TextTable.Cell] = [
                .init(mark + shown(list.list), Self.tone(of: list)),
                .init(list.members.map(StateWords.count) ?? "?"),
                .init(list.windows.first.map { StateWords.count($0.copiesAnnounced) } ?? "-"),
                .init(list.burden.map { StateWords.count($0.day) } ?? "-"),
                .init(list.burden.map { StateWords.count($0.busiestDay) } ?? "-"),
                .init(StateWords.decimal(list.reproduction)),
                .init(Self.near(list)),
            ]
            if curveWidth >= 10 {
                row.append(.init(curve.text((history[list.list] ?? []).suffix(curveWidth))))
            }
            table.rows.append(row)
        }
        return table.text(console).split(separator: "\n").map(String.init)
    }

    /// What stands under NEAREST RULE.
    static func near(_ list: ListStatus) -> String {
        switch list.state {
        case .known(.open): "OPEN"
        case .known(.halfOpen): "half-open"
        default:
            list.softHold != nil
                ? "soft hold" : list.nearest.flatMap(StateWords.nearMiss).map(shown) ?? "-"
        }
    }

    private static func tone(of list: ListStatus) -> Console.Tone {
        switch list.state {
        case .known(.open): .alarm
        case .known(.closed): list.softHold != nil || share(list) >= 0.25 ? .caution : .plain
        default: .caution
        }
    }

    private static func rank(_ list: ListStatus) -> Double {
        switch list.state {
        case .known(.open): 1e9
        case .known(.halfOpen): 1e8
        default: (list.softHold != nil ? 1e7 : 0) + share(list)
        }
    }

    private static func share(_ list: ListStatus) -> Double {
        list.nearest.flatMap(StateWords.share) ?? 0
    }
}
