// SPDX-License-Identifier: Apache-2.0
//
// What a replay found, a line a list, with a strip of time on which its trips stand below the log's
// own activity. Bounded: a log may trip on any number of lists.

internal import EventTime
internal import Hindsight
internal import StormDetection
internal import Words

/// The lists of a replay that had events.
struct ReplayTable {
    /// Lists and events a list that are kept; chosen.
    static let mostLists = 200
    static let mostEvents = 1000

    private struct Row {
        var holds = 0
        var trips = 0
        var first: Timestamp?
        var rules: [String] = []
        var events: [(time: Timestamp, isTrip: Bool)] = []
    }

    private var rows: [String: Row] = [:]
    private var left = 0

    /// Takes note of `event`.
    mutating func note(_ event: ReplayEvent) {
        guard event.kind != .release else { return }
        guard rows[event.list] != nil || rows.count < Self.mostLists else {
            left += 1
            return
        }
        var row = rows[event.list] ?? Row()
        if event.kind == .trip {
            row.trips += 1
            row.first = row.first ?? event.time
        } else {
            row.holds += 1
        }
        if let rule = event.verdict?.rule.rawValue, !row.rules.contains(rule) {
            row.rules.append(rule)
        }
        if row.events.count < Self.mostEvents {
            row.events.append((event.time, event.kind == .trip))
        }
        rows[event.list] = row
    }

    /// The table and the curve of `activity`, each line ended; empty when nothing was read.
    func text(_ activity: ActivityCurve, _ console: Console) -> String {
        guard !activity.steps.isEmpty else { return "" }
        var table = TextTable(columns: [
            .init(title: "LIST", mayShrink: true),
            .init(title: "SOFT HOLDS", isNumber: true, rank: 2),
            .init(title: "TRIPS", isNumber: true),
            .init(title: "FIRST TRIP (\(LocalTime.title))", rank: 1),
            .init(title: "BY", rank: 3),
        ])
        let sorted = rows.sorted { ($1.value.trips, $0.key) < ($0.value.trips, $1.key) }
        for (list, row) in sorted {
            table.rows.append([
                .init(shown(list)), .init("\(row.holds)"),
                .init("\(row.trips)", row.trips > 0 ? .alarm : .plain),
                .init(row.first.map { StateWords.briefTime($0.rfc3339) } ?? "-"),
                .init(row.rules.joined(separator: ", ")),
            ])
        }
        var text = rows.isEmpty ? "" : "\n" + table.text(console)
        if left > 0 { text += "and \(left) events of other lists\n" }
        text += "\nentries   |\(Sparkline.ofLocale.text(activity.steps))|\n"
        if !rows.isEmpty { text += "events    |\(strip(activity))|  T trip, h soft hold\n" }
        return text + "\n"
    }

    /// Where the events are on the curve.
    private func strip(_ activity: ActivityCurve) -> String {
        var letters = [String](repeating: " ", count: activity.steps.count)
        for (time, isTrip) in rows.values.flatMap(\.events) {
            let step = min(activity.steps.count - 1, activity.step(of: time))
            if letters[step] != "T" { letters[step] = isTrip ? "T" : "h" }
        }
        return letters.joined()
    }
}
