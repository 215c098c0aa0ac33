// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker learn`: what old logs say of lists, for the daemon. The logs are read here, by the rules
// of `replay`; what they teach is left in the directory of the daemon's state, and the daemon is told.
// It takes it at once, or when it starts. The mistake to avoid: a path in the request; the daemon reads
// one file, in a directory that nobody else may write to.

internal import ArgumentParser
internal import Control
internal import Engine
internal import EventTime
internal import Glibc
internal import Hindsight
internal import Linux
internal import Settings
internal import SettingsFiles
internal import Words

/// `listbreaker learn`: fill what is known of lists from old logs.
struct LearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn",
        abstract: "Fill what the daemon knows of lists from old logs.",
        discussion: """
            Reads this host's journal unless --directory, --file or --syslog names something else, \
            and gives the daemon what it teaches: who posts, how many members a list has, how busy \
            it is and what for. No breaker opens or closes by it, and what the daemon has learned \
            in a fortnight or more stays as it is. Without a running daemon it is taken at its next \
            start. Needs root, as the daemon's state does.
            """
    )

    @Option(help: ArgumentHelp("A directory of journal files.", valueName: "dir"))
    var directory: String?

    @Flag(help: "This host's journal, as without any of these.")
    var journal = false

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
        help: ArgumentHelp("Begin with entries of this time.", valueName: "time"),
        transform: TimeArgument.back
    )
    var since: Timestamp?

    @Option(
        help: ArgumentHelp(
            "A user id that the mail server had there; may be given more than once. Else learned.",
            valueName: "uid"
        )
    )
    var mtaUid: [UInt32] = []

    @Option(help: ArgumentHelp("Where the daemon keeps its state.", valueName: "dir"))
    var stateDirectory = "/var/lib/listbreaker"

    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func validate() throws {
        let sources = [directory != nil, journal, !file.isEmpty, !syslog.isEmpty].count { $0 }
        if sources > 1 {
            throw ValidationError(
                "give --journal, --directory, --file or --syslog, not several of them"
            )
        }
    }

    func run() throws {
        // Before hours of reading: whether what they give can be left there at all.
        let owner = try self.owner()
        let replay = try read()
        try leave(replay.learned, owner)
        var request = ControlRequest(.learn)
        request.reason = reason
        do {
            try control.command(request, form)
        } catch let failure as Failure where failure.code == ControlCode.unknown {
            Console.complain(failure.message)
            Console.complain(
                "what was learned is left in '\(shown(path))'; listbreakerd takes it when it starts"
            )
        }
    }

    private var path: String { "\(stateDirectory)/\(LearnedFile.name)" }

    /// Whose file it becomes: that of the state's directory.
    private func owner() throws -> stat {
        guard var owner = WholeFile.status(stateDirectory) else {
            throw Failure(
                code: ControlCode.failed,
                message:
                    "cannot leave what is learned in '\(shown(stateDirectory))': \(Errno.last); "
                    + "nothing was read. listbreakerd makes it when it starts"
            )
        }
        guard unsafe access(stateDirectory, W_OK) == 0 else {
            throw Failure(
                code: ControlCode.noPermission,
                message:
                    "cannot leave what is learned in '\(shown(stateDirectory))': \(Errno.last); "
                    + "nothing was read. Become root"
            )
        }
        owner.st_mode = S_IFREG | 0o600
        return owner
    }

    /// The old logs, through the daemon's own engine.
    private func read() throws -> Replay {
        let (configured, _) = try settings.read()
        var replay = Replay(
            settings: configured,
            mtaUsers: mtaUid,
            namedUsers: configured.journal.trustedUsers.compactMap(MailUsers.uid),
            assumeReset: .days(1),
            until: nil
        )
        let logs = OldLogs(
            directory: directory,
            file: file,
            syslog: syslog,
            since: since,
            until: nil,
            matches: configured.journal.matches
        )
        let printer = ReplayPrinter(list: nil, form: form, isSilent: true)
        let outcome = try logs.feed(&replay, printer)
        printer.clearProgress()
        for loss in outcome.damage { Console.complain(loss) }
        let summary = replay.summary(took: .zero)
        guard outcome.isUnderstood, summary.lists > 0 else {
            throw Failure(
                code: ControlCode.failed,
                message: "nothing was learned, and nothing was changed: "
                    + (outcome.isUnderstood
                        ? "no list shows in these logs" : "too little of the logs is believed")
            )
        }
        return replay
    }

    private func leave(_ learned: EngineSnapshot, _ owner: stat) throws {
        do {
            let file = try LearnedFile(snapshot: learned, uid: getuid(), time: .now).bytes()
            // The directory is the daemon's: root follows no link that its user made there.
            try WholeFile.replace(path, with: file, like: owner, followsLinks: false)
        } catch {
            throw Failure(
                code: ControlCode.failed,
                message: "cannot leave what was learned in '\(shown(path))': \(error); nothing was "
                    + "changed"
            )
        }
    }
}
