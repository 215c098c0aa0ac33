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
internal import MailLog
internal import Settings

/// `listbreaker replay`: what would have happened.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run the rules over an old journal: what would have happened.",
        discussion: """
            Reads this host's journal unless --directory, --file or --syslog names something else. \
            Nothing is halted and nobody is paged. Exit status 0, whether or not anything tripped.
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
            namedUsers: configured.journal.trustedUsers.compactMap(Self.uid),
            assumeReset: assumeReset.span,
            until: until?.timestamp
        )
        let printer = ReplayPrinter(list: list?.lowercased(), form: form)
        if syslog.isEmpty {
            try run(&replay, printer)
        } else {
            try run(&replay, printer, files: try SyslogFiles(syslog, since: since?.timestamp))
        }
        printer.show(replay.finish())
        printer.finish(replay.summary(took: clock.now - began))
    }

    private func run(_ replay: inout Replay, _ printer: ReplayPrinter) throws {
        var source = JournalSource.local
        if let directory { source = .directory(directory) }
        if !file.isEmpty { source = .files(file) }
        do throws(JournalError) {
            let start = since.map { ReadStart.time($0.timestamp) } ?? .head
            let reader = try JournalReader(source: source, start: start)
            var batch = EntryBatch()
            while try reader.read(into: &batch, limit: Replay.batchLimit) {
                printer.show(replay.take(&batch))
                if replay.isOver { break }
                printer.progress(replay, until: until?.timestamp ?? reader.newest)
            }
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

    private func run(
        _ replay: inout Replay,
        _ printer: ReplayPrinter,
        files: SyslogFiles
    ) throws {
        var files = files
        var batch = EntryBatch()
        while try files.read(into: &batch, limit: Replay.batchLimit) {
            printer.show(replay.take(&batch))
            if replay.isOver { break }
            printer.progress(replay, until: until?.timestamp)
        }
    }

    /// The uid of `name`, which may be a number; nil when there is no such user here.
    private static func uid(_ name: String) -> UInt32? {
        if let number = UInt32(name) { return number }
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { room in
            guard let base = room.baseAddress,
                unsafe getpwnam_r(name, &entry, base, room.count, &found) == 0,
                unsafe found != nil
            else { return nil }
            return unsafe entry.pw_uid
        }
    }
}
