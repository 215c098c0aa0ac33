// SPDX-License-Identifier: Apache-2.0
//
// What is on hold, by post, and what becomes of it. Subject and sender are a stranger's text and
// are escaped; a post is named by a queue ID, which nobody outside can choose.

internal import ArgumentParser
internal import Control
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

    @Argument(help: "Only what is held for this list.")
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

/// `listbreaker held release LIST|POST|--queue`.
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
        var request = try mail.request(.releaseHeld, change.reason)
        request.rate = rate?.perMinute
        try control.command(request, form)
        if !change.noWait { try ClearingProgress(control: control, form: form).watch() }
    }
}

/// `listbreaker held discard LIST|POST`.
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

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var change: HeldChangeOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        let request = try mail.request(.discardHeld, change.reason)
        if !yes, Console.isInteractive,
            !Console.confirms("Save and delete what is held of \(shown(mail.name ?? ""))?")
        {
            throw Failure(code: ControlCode.failed, message: "nothing was changed")
        }
        try control.command(request, form)
        if !change.noWait { try ClearingProgress(control: control, form: form).watch() }
    }
}

/// `listbreaker held restore POST`.
struct HeldRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Send a discarded post again, to those who had not got it."
    )

    @Argument(help: "The post, by Message-ID or by the queue ID of a saved message.")
    var post: String

    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.restoreHeld)
        request.post = post
        request.reason = reason
        try control.command(request, form)
    }
}

/// What both changes of held mail take.
struct HeldChangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @Flag(help: "Do not show the progress; it goes on without us anyway.")
    var noWait = false
}

/// A list, a post, or the queue.
struct HeldMailArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("A list by its address, or a post.", valueName: "list|post"))
    var name: String?

    @Flag(help: "What the halt of the whole queue held.")
    var queue = false

    func validate() throws {
        if (name != nil) == queue {
            throw ValidationError("name a list or a post, or say --queue; not both")
        }
    }

    /// A Message-ID has angle brackets, a list an @, a sender its mark, a queue ID none of them.
    func request(_ verb: ControlRequest.Verb, _ reason: String?) throws -> ControlRequest {
        var request = ControlRequest(verb)
        request.isQueue = queue
        request.reason = reason
        if let name {
            if name.hasPrefix("<") || !(name.contains("@") || name.hasPrefix(Subject.senderMark)) {
                request.post = name
            } else {
                request.list = name
            }
        }
        if let problem = request.problem {
            throw Failure(code: ControlCode.usage, message: problem)
        }
        return request
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
            .init(title: "POST"), .init(title: "FIRST SEEN (UTC)", rank: 3),
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
