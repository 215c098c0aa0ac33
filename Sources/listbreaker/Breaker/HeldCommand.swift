// SPDX-License-Identifier: Apache-2.0
//
// What is on hold, by post, and what becomes of it. Subject and sender are a stranger's text and
// are escaped; a post is named by a queue ID, which nobody outside can choose.

internal import ArgumentParser
internal import Control
internal import Glibc
internal import Reports
internal import StormDetection
internal import Words

/// `listbreaker held`: held mail by post, and its release, discard and restoration.
struct HeldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "held",
        abstract: "Show held mail by post; release, discard or restore it.",
        discussion: """
            A post is named by the queue ID that the first column shows, or by its Message-ID.
            Only mail that listbreaker itself put on hold is shown and touched.
            """,
        subcommands: [
            HeldShowCommand.self, HeldReleaseCommand.self, HeldDiscardCommand.self,
            HeldRestoreCommand.self,
        ],
        defaultSubcommand: HeldShowCommand.self
    )
}

/// `listbreaker held [LIST]`.
struct HeldShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show held mail by post, oldest first."
    )

    @Argument(help: "Only what is held for this list.", completion: Suggested.lists)
    var list: String?

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.held)
        request.list = list
        let (report, json) = try control.report(request, as: HeldReport.self)
        if form.json {
            print(json)
        } else {
            print(HeldText(report: report, console: form.console).text, terminator: "")
        }
    }
}

/// `listbreaker held release LIST|POST...|--all|--queue`.
struct HeldReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let held mail go out, metered.",
        discussion: """
            While a list's breaker is open, only single posts of it are released. To release all of \
            them, reset the list.
            """
    )

    @OptionGroup var mail: HeldMailArguments

    @Option(help: ArgumentHelp("Copies a minute: 600/min; 0: at once.", valueName: "rate"))
    var rate: RateArgument?

    @OptionGroup var change: HeldChangeOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        try HeldChange(mail: mail, options: change, control: control, form: form)
            .run(.releaseHeld) { $0.rate = rate?.perMinute }
    }
}

/// `listbreaker held discard LIST|POST...|--all`.
struct HeldDiscardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Save held mail with its envelopes, then delete it.",
        discussion: """
            Saved as .eml and .json below /var/lib/listbreaker-actuator; 'held restore' sends it \
            again.
            """
    )

    @OptionGroup var mail: HeldMailArguments
    @OptionGroup var change: HeldChangeOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        try HeldChange(mail: mail, options: change, control: control, form: form)
            .run(.discardHeld) { _ in }
    }
}

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

/// What both changes of held mail take.
struct HeldChangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Do not show the progress; it goes on without us anyway.")
    var noWait = false
}

/// A change of held mail: what it comes to is said, and on a terminal asked, before it is done.
struct HeldChange {
    /// Releases and discards that the daemon takes at a time; the next one waits.
    private static let most = 90

    var mail: HeldMailArguments
    var options: HeldChangeOptions
    var control: ControlOptions
    var form: OutputOptions

    /// Asks for `verb` of each thing that is meant; `fill` says more of a request.
    func run(_ verb: ControlRequest.Verb, _ fill: (inout ControlRequest) -> Void) throws {
        let names = try HeldMailArguments.read(mail.names)
        let isAsked = !options.yes && Console.isInteractive
        var wanted = names.map { HeldMail($0) } + (mail.queue ? [.queue] : [])
        // What cannot be asked of the daemon is told before it is looked at.
        for one in wanted { _ = try one.request(verb, reason: options.reason) }
        if isAsked || mail.all || names.contains(where: { $0.contains("*") }) {
            let report = try control.report(ControlRequest(.held), as: HeldReport.self).report
            wanted =
                try mail.all
                ? HeldMail.all(in: report, byPost: verb == .discardHeld)
                : HeldMail.meant(by: names, in: report) + (mail.queue ? [.queue] : [])
            guard !wanted.isEmpty else {
                throw Failure(code: ControlCode.failed, message: "nothing is on hold")
            }
            let numbers = HeldNumbers.lines(of: wanted, in: report)
            if !form.json { numbers.forEach(Console.note) }
        }
        let question = verb == .discardHeld ? "Save and delete it?" : "Release it?"
        if isAsked, !Console.confirms(question) {
            throw Failure(code: ControlCode.failed, message: "nothing was changed")
        }
        for (place, one) in wanted.enumerated() {
            var request = try one.request(verb, reason: options.reason)
            fill(&request)
            if place >= Self.most { try waitForRoom() }
            try control.command(request, form)
        }
        if !options.noWait { try ClearingProgress(control: control, form: form).watch() }
    }

    /// Of many posts, those that are done make room for the next.
    private func waitForRoom() throws {
        while true {
            let report = try control.report(.briefStatus, as: StatusReport.self).report
            if report.queue.clearings.count < Self.most { return }
            usleep(500_000)
        }
    }
}

/// Lists, posts, all of it, or the queue.
struct HeldMailArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Lists by their addresses, and posts; with * every post whose Message-ID, sender or "
                + "From is of that form; - reads them, one a line.",
            valueName: "list|post"
        ),
        completion: Suggested.held
    )
    var names: [String] = []

    @Flag(help: "All that is on hold.")
    var all = false

    @Flag(help: "What the halt of the whole queue held.")
    var queue = false

    func validate() throws {
        let ways = (names.isEmpty ? 0 : 1) + (all ? 1 : 0) + (queue ? 1 : 0)
        if ways != 1 {
            throw ValidationError(
                "name lists or posts, or say --all, or --queue; one of them"
            )
        }
    }

    /// `names`, with those of standard input in place of `-`.
    static func read(_ names: [String]) throws -> [String] {
        var found: [String] = []
        for name in names {
            guard name == "-" else {
                found.append(name)
                continue
            }
            while let line = readLine() {
                // As 'held' prints them: the first word is the post.
                if let word = line.split(whereSeparator: \.isWhitespace).first {
                    found.append(String(word))
                }
            }
        }
        guard !found.isEmpty || names.isEmpty else {
            throw Failure(code: ControlCode.usage, message: "no post was named on standard input")
        }
        return found
    }
}

/// Copies per span of time: `600/min`, `10/s`, `36000/h`, or `0`.
struct RateArgument: ExpressibleByArgument, Equatable {
    /// Copies a minute.
    var perMinute: Int64

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let count = Int64(parts[0]), (0...1_000_000_000).contains(count)
        else { return nil }
        switch parts.count == 2 ? parts[1] : "min" {
        case "s", "sec": perMinute = count * 60
        case "min", "m": perMinute = count
        case "h": perMinute = count == 0 ? 0 : max(1, count / 60)
        default: return nil
        }
    }
}

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
