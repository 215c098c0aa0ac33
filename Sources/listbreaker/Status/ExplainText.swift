// SPDX-License-Identifier: Apache-2.0
//
// An explanation for people. What posters wrote is theirs: their addresses are escaped.

internal import EventTime
internal import Reports
internal import StormDetection
internal import Words

/// Renders an explain report.
struct ExplainText {
    var report: ExplainReport
    var console: Console

    /// The whole explanation.
    var text: String {
        [heading, figures, posts].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var heading: String {
        let state = StateWords.breaker(report.state, halt: report.incident?.halt)
        var lines = [
            "\(console.paint(shown(report.scope.name), .strong))  \(console.paint(state.text, state.tone))"
        ]
        guard let incident = report.incident else {
            return lines[0] + "\n"
        }
        lines.append(
            "incident \(incident.number), \(shown(incident.rule.text)), tripped "
                + "\(StateWords.time(incident.opened)) in mode \(shown(incident.mode.text))"
                + (incident.lastTripped == nil
                    ? "" : ", first \(StateWords.time(incident.tripped))")
        )
        lines.append(wrapped(told(incident.summary), width: console.width))
        if let reset = incident.reset {
            lines.append(
                "reset \(StateWords.time(reset))"
                    + (incident.resetBy.map { " by \(told($0))" } ?? "")
            )
        }
        if let acknowledged = incident.acknowledged {
            lines.append("acknowledged by \(StateWords.audit(acknowledged))")
        }
        if incident.held > 0 || incident.leaked > 0 {
            lines.append(
                "\(incident.held.counting("message")) held, "
                    + "\(StateWords.count(incident.leaked)) left after the halt"
                    + (StatusText.sinceFirst(incident).map { ", \($0)" } ?? "")
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var figures: String {
        guard !report.figures.isEmpty else { return "" }
        var table = TextTable(columns: [
            .init(title: "FIGURE"), .init(title: "VALUE", mayShrink: true),
        ])
        let known = Self.labels.filter { report.figures[$0.name] != nil }
        let others = report.figures.keys.filter { name in
            !Self.labels.contains { $0.name == name }
        }
        for (name, label) in known + others.sorted().map({ ($0, $0) }) {
            let value = Self.value(report.figures[name] ?? "", of: name)
            table.rows.append([.init(shown(label)), .init(told(value))])
        }
        return table.text(console)
    }

    /// Names of figures, in the order in which they tell the story, with their words.
    private static let labels: [(name: String, label: String)] = [
        ("window_seconds", "window"), ("posts", "posts"), ("replies", "replies"),
        ("posters", "posters"), ("members", "members"),
        ("copies_announced", "copies announced"), ("copies_sent", "copies sent"),
        ("kind", "kind of list"), ("kind_evidence", "because"),
        ("mails_day", "mails that each member got within 24 h"), ("mails_since", "the first at"),
        ("mails_week", "within 7 days"), ("mails_busiest_day", "on the busiest day before"),
        ("reproduction", "replies that each reply breeds, R"),
        ("probability", "probability of a storm"),
        ("forecast_copies", "copies to come, low / middle / high"),
        ("forecast_until", "until"),
    ]

    /// A figure for people: groups of thousands, spans and times in words.
    private static func value(_ text: String, of name: String) -> String {
        switch name {
        case "window_seconds":
            return Int64(text).map { TimeSpan.seconds($0).text } ?? text
        case "forecast_until", "mails_since":
            return StateWords.time(text)
        default:
            return text.split(separator: " ", omittingEmptySubsequences: false)
                .map { word in Int64(word).map(StateWords.count) ?? String(word) }
                .joined(separator: " ")
        }
    }

    private var posts: String {
        guard !report.posts.isEmpty else {
            return "No post of it is remembered.\n"
        }
        var table = TextTable(columns: [
            .init(title: "TIME (\(LocalTime.title))"), .init(title: "POSTER", mayShrink: true),
            .init(title: "KIND"),
            .init(title: "COPIES", isNumber: true), .init(title: "QUEUE ID", rank: 1),
        ])
        table.remarks = ("COUNTED", report.posts.map { told($0.reason) })
        table.rows = report.posts.map { post in
            [
                .init(StateWords.briefTime(post.time)), .init(shown(post.poster)),
                .init(shown(post.kind)), .init(StateWords.count(post.copies)),
                .init(shown(post.queueID)),
            ]
        }
        return table.text(console)
    }
}
