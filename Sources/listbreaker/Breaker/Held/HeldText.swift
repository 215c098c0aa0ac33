// SPDX-License-Identifier: Apache-2.0
//
// Held mail as a table.

internal import Reports
internal import Words

/// Renders held mail.
struct HeldText {
    var report: HeldReport
    var console: Console

    /// A table of posts, and what one may do.
    var text: String {
        guard !report.posts.isEmpty else { return "Nothing is on hold.\n" + foreign }
        var table = TextTable(columns: [
            .init(title: "POST"), .init(title: "FIRST SEEN (\(LocalTime.title))", rank: 3),
            .init(title: "COPIES", isNumber: true),
            .init(title: "MESSAGES", isNumber: true, rank: 4), .init(title: "FROM", rank: 1),
            .init(title: "LIST", rank: 2), .init(title: "SUBJECT", mayShrink: true),
        ])
        table.rows = report.posts.map { post in
            let from = post.from.isEmpty ? post.sender : post.from
            return [
                .init(shown(post.post)), .init(StateWords.briefTime(post.firstSeen)),
                .init(StateWords.count(post.copies)), .init(StateWords.count(post.messages)),
                .init(clipped(shown(from), to: 32)),
                .init(post.list.map(shown) ?? "(queue)"),
                .init(post.subject.isEmpty ? "(no subject)" : shown(post.subject)),
            ]
        }
        let copies = report.posts.reduce(0) { $0 + $1.copies }
        let messages = report.posts.reduce(0) { $0 + $1.messages }
        var lines = [
            "\(copies.counting("copy", "copies")) in \(messages.counting("message")) on hold."
        ]
        if report.more > 0 {
            lines.append("\(report.more.counting("message")) of further posts.")
        }
        lines += HeldNumbers.undecided(
            in: HeldReport(
                posts: report.posts,
                more: 0,
                held: report.held,
                foreign: report.foreign,
                unreadable: report.unreadable
            )
        )
        lines.append("One post:  listbreaker held release|discard POST")
        return table.text(console) + lines.joined(separator: "\n") + "\n" + foreign
    }

    private var foreign: String {
        report.foreign > 0
            ? "\(report.foreign.counting("message")) on hold \(report.foreign == 1 ? "is" : "are") not ours; "
                + "left alone.\n"
            : ""
    }
}
