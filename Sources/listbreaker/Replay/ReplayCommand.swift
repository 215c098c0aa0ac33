// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker replay`: the daemon's own engine over an old log. It halts nothing, pages nobody and
// writes no file but the report that is asked for; what it prints is what would have happened. After a
// trip it takes the breaker as reset a while later, or the first storm would hide all others.

internal import ArgumentParser
internal import EventTime
internal import Hindsight
internal import Settings
internal import SettingsFiles

/// `listbreaker replay`: what would have happened.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run the rules over an old journal: what would have happened.",
        discussion: """
            Reads this host's journal unless --directory, --file or --syslog names something else. \
            Nothing is halted and nobody is paged. Exit status 0, whether or not anything tripped; 1 \
            when too little of the log could be believed or understood to say so.
            """
    )

    @Option(help: ArgumentHelp("A directory of journal files.", valueName: "dir"))
    var directory: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Journal files, in any order.", valueName: "file")
    )
    var file: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Plain or compressed mail.log files, in any order; the year is inferred.",
            valueName: "file"
        )
    )
    var syslog: [String] = []

    @Option(
        help: ArgumentHelp(
            "After a trip, take the breaker as reset that much later.",
            valueName: "span"
        )
    )
    var assumeReset = SpanArgument(span: .days(1))

    @Option(help: ArgumentHelp("Report on this list only.", valueName: "address"))
    var list: String?

    @Option(
        help: ArgumentHelp("Begin with entries of this time.", valueName: "time"),
        transform: TimeArgument.back
    )
    var since: Timestamp?

    @Option(
        help: ArgumentHelp("End before entries later than this time.", valueName: "time"),
        transform: TimeArgument.back
    )
    var until: Timestamp?

    @Option(
        help: ArgumentHelp(
            "A user id that the mail server had there; may be given more than once. Else learned.",
            valueName: "uid"
        )
    )
    var mtaUid: [UInt32] = []

    @Option(
        help: ArgumentHelp(
            "Also write a report into this file: HTML, or Markdown when its name ends in .md.",
            valueName: "file"
        )
    )
    var report: String?

    @Flag(help: "Whole addresses of people in the report.")
    var addresses = false

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var form: OutputOptions

    func validate() throws {
        let sources = [directory != nil, !file.isEmpty, !syslog.isEmpty].count { $0 }
        if sources > 1 {
            throw ValidationError("give --directory, --file or --syslog, not several of them")
        }
    }

    func run() throws {
        let (configured, _) = try settings.read()
        let clock = ContinuousClock()
        let began = clock.now
        var replay = Replay(
            settings: configured,
            mtaUsers: mtaUid,
            namedUsers: configured.journal.trustedUsers.compactMap(MailUsers.uid),
            assumeReset: assumeReset.span,
            until: until
        )
        let printer = ReplayPrinter(
            list: list?.lowercased(),
            form: form,
            report: report.map { _ in ReplayReport(showsAddresses: addresses) }
        )
        let logs = OldLogs(
            directory: directory,
            file: file,
            syslog: syslog,
            since: since,
            until: until,
            matches: configured.journal.matches
        )
        let outcome = try logs.feed(&replay, printer)
        printer.show(replay.finish())
        let took = clock.now - began
        let summary = replay.summary(took: took)
        printer.finish(summary, damage: outcome.damage)
        if let document = printer.document(summary, damage: outcome.damage, source: source) {
            try write(document)
        }
        if !outcome.isUnderstood { throw ExitCode(1) }
    }

    /// What is read, in words.
    private var source: String {
        if let directory { return "the journal in \(directory)" }
        if !file.isEmpty { return file.joined(separator: ", ") }
        return syslog.isEmpty ? "this host's journal" : syslog.joined(separator: ", ")
    }

    /// Writes the report; what was printed stays as it is.
    private func write(_ document: Document) throws {
        guard let report else { return }
        let text =
            report.hasSuffix(".md")
            ? DocumentMarkdown(document: document).text : DocumentPage(document: document).text
        try TextFile.put(text, into: report)
    }
}
