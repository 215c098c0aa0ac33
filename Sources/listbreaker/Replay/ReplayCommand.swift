// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker replay`: the daemon's own engine over an old log. It halts nothing, pages nobody and
// writes no file; what it prints is what would have happened. After a trip it takes the breaker as
// reset a while later, or the first storm would hide all others.

internal import ArgumentParser
internal import Control
internal import Engine
internal import EventTime
internal import Glibc
internal import Hindsight
internal import Journal
internal import Linux
internal import MailLog
internal import Settings
internal import SettingsFiles
internal import Words

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

    @Option(help: ArgumentHelp("Begin with entries of this time.", valueName: "time"))
    var since: Moment?

    @Option(help: ArgumentHelp("End before entries later than this time.", valueName: "time"))
    var until: Moment?

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
            until: until?.timestamp
        )
        let printer = ReplayPrinter(
            list: list?.lowercased(),
            form: form,
            report: report.map { _ in ReplayReport(showsAddresses: addresses) }
        )
        var isUnderstood = true
        var damage: [String]
        if syslog.isEmpty {
            damage = try run(&replay, printer, configured.journal.matches)
            if let complaint = Self.unbelieved(replay.summary(took: .zero).sight) {
                damage.append(complaint)
                isUnderstood = false
            }
        } else {
            let files = try SyslogFiles(syslog, since: since?.timestamp)
            (damage, isUnderstood) = try run(&replay, printer, files: files)
        }
        printer.show(replay.finish())
        let took = clock.now - began
        let summary = replay.summary(took: took)
        printer.finish(summary, damage: damage)
        if let document = printer.document(summary, damage: damage, source: source) {
            try write(document)
        }
        if !isUnderstood { throw ExitCode(1) }
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
        try TextFile.replace(report, with: Array(text.utf8))
    }

    /// Replays a journal and says what could not be read of it.
    private func run(
        _ replay: inout Replay,
        _ printer: ReplayPrinter,
        _ matches: [String]
    ) throws -> [String] {
        var source = JournalSource.local
        if let directory { source = .directory(directory) }
        if !file.isEmpty { source = .files(file) }
        do throws(JournalError) {
            let start = since.map { ReadStart.time($0.timestamp) } ?? .head
            let reader = try JournalReader(source: source, start: start, extraMatches: matches)
            try read(reader, &replay, printer)
            return reader.damage.map { "cannot read all of '\(shown($0.path))': \($0.loss)" }
        } catch {
            let code =
                switch error.code {
                case .notReadable: ControlCode.noPermission
                case .badMatch: ControlCode.configuration
                default: ControlCode.failed
                }
            throw Failure(code: code, message: error.description)
        }
    }

    private func read(
        _ reader: JournalReader,
        _ replay: inout Replay,
        _ printer: ReplayPrinter
    ) throws(JournalError) {
        var batch = EntryBatch()
        while try reader.read(into: &batch, limit: Replay.batchLimit) {
            printer.show(replay.take(&batch))
            if replay.isOver { break }
            printer.progress(replay, until: until?.timestamp ?? reader.newest)
        }
    }

    private func run(
        _ replay: inout Replay,
        _ printer: ReplayPrinter,
        files: SyslogFiles
    ) throws -> (damage: [String], isUnderstood: Bool) {
        var files = files
        var batch = EntryBatch()
        while try files.read(into: &batch, limit: Replay.batchLimit) {
            printer.show(replay.take(&batch))
            if replay.isOver { break }
            printer.progress(replay, until: until?.timestamp, share: files.share)
        }
        return (files.damage, files.isUnderstood)
    }

    /// What to say of a journal that has mail lines, most of which are not believed, or none; nil: that
    /// what was found says something.
    private static func unbelieved(_ sight: Sight) -> String? {
        let (believed, refused) = (sight.believedLines, sight.refusedLines)
        let (part, overflow) = believed.addingReportingOverflow(refused)
        guard believed <= refused else { return nil }
        guard refused > 0 else {
            return "not one line of a mail server (facility mail) was found: no trip says nothing"
        }
        var text =
            "only \(StateWords.count(believed)) of \(StateWords.count(overflow ? .max : part)) mail "
            + "lines are believed: no trip says nothing; see --mta-uid and, in listbreaker.conf(5), "
            + "WHOSE LINES ARE BELIEVED"
        for kind in sight.refusedKinds.filter({ $0.reason != .unproven }).prefix(3) {
            text += "\n  \(shown(kind.words))"
        }
        for line in sight.refusals.first { text += "\n  \(shown(line))" }
        return text
    }
}
