// SPDX-License-Identifier: Apache-2.0
//
// An explanation for people. What posters wrote is theirs: their addresses are escaped.

internal import Engine

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
            "\(console.paint(shown(report.scope), .strong))  \(console.paint(state.text, state.tone))"
        ]
        guard let incident = report.incident else {
            return lines[0] + "\n"
        }
        lines.append(
            "incident \(incident.number), \(shown(incident.rule)), tripped "
                + "\(StateWords.time(incident.tripped)) in mode \(shown(incident.mode))"
        )
        lines.append(wrapped(shown(incident.summary), width: console.width))
        if let reset = incident.reset {
            lines.append(
                "reset \(StateWords.time(reset))"
                    + (incident.resetBy.map { " by \(shown($0))" } ?? "")
            )
        }
        if let acknowledged = incident.acknowledged {
            lines.append("acknowledged by \(shown(acknowledged))")
        }
        if incident.held > 0 || incident.leaked > 0 {
            lines.append(
                "\(StateWords.count(incident.held)) messages held, "
                    + "\(StateWords.count(incident.leaked)) left after the halt"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var figures: String {
        guard !report.figures.isEmpty else { return "" }
        var table = TextTable(columns: [
            .init(title: "FIGURE"), .init(title: "VALUE", mayShrink: true),
        ])
        table.rows = report.figures.sorted { $0.key < $1.key }
            .map { [.init(shown($0.key)), .init(shown($0.value))] }
        return table.text(console)
    }

    private var posts: String {
        guard !report.posts.isEmpty else {
            return "No post of it is remembered.\n"
        }
        var table = TextTable(columns: [
            .init(title: "TIME (UTC)"), .init(title: "POSTER", mayShrink: true),
            .init(title: "KIND"),
            .init(title: "COPIES", isNumber: true), .init(title: "QUEUE ID"),
            .init(title: "COUNTED"),
        ])
        table.rows = report.posts.map { post in
            [
                .init(StateWords.briefTime(post.time)), .init(shown(post.poster)),
                .init(shown(post.kind)), .init(StateWords.count(post.copies)),
                .init(shown(post.queueID)), .init(shown(post.reason)),
            ]
        }
        return table.text(console)
    }
}
