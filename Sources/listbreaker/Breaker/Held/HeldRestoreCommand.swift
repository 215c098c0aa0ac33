// SPDX-License-Identifier: Apache-2.0
//
// A discarded post is sent again, to those who had not got it.

internal import ArgumentParser
internal import Control
internal import Reports
internal import Words

/// `listbreaker held restore POST...`.
struct HeldRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Send a discarded post again, to those who had not got it.",
        discussion: "On a terminal it says first how much that is, and asks."
    )

    @Argument(
        help: ArgumentHelp(
            "Posts, by Message-ID or by the queue ID of a saved message; - reads them.",
            valueName: "post"
        ),
        completion: Suggested.saved
    )
    var posts: [String]

    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        let posts = try HeldMailArguments.read(posts)
        if !yes, Console.isInteractive { try confirm(posts) }
        for post in posts {
            var request = ControlRequest(.restoreHeld)
            request.post = post
            request.reason = reason
            try control.command(request, form)
        }
    }

    private func confirm(_ posts: [String]) throws {
        var found: [HeldReport.Post] = []
        for post in posts {
            var request = ControlRequest(.held)
            request.isSaved = true
            request.post = post
            let saved = try control.report(request, as: HeldReport.self).report.posts
            guard !saved.isEmpty else {
                throw Failure(
                    code: ControlCode.failed,
                    message: "no discarded post '\(shown(post))' is kept; nothing was sent"
                )
            }
            found += saved.filter { !found.contains($0) }
        }
        Self.numbers(of: found).forEach(Console.note)
        guard Console.confirms("Send it again?") else {
            throw Failure(code: ControlCode.failed, message: "nothing was changed")
        }
    }

    /// How much it is, a line a list.
    static func numbers(of posts: [HeldReport.Post]) -> [String] {
        var lines: [String] = []
        for list in Set(posts.map(\.list)).sorted(by: { ($0 ?? "") < ($1 ?? "") }) {
            let numbers = HeldNumbers(posts.filter { $0.list == list })
            lines.append("Saved, of \(list.map(shown) ?? "no list"): \(numbers.text).")
        }
        return lines
    }
}
