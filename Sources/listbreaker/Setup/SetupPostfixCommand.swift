// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker setup postfix`: header logging, by which replies are seen as replies, or the list
// block, by which a list stays held while we are down, or narrowing. It shows first and changes only when told to;
// what it changed it can take back. It never reloads Postfix: when that happens is the
// administrator's to say.

internal import ArgumentParser
internal import Control
internal import Words

/// `listbreaker setup postfix [--list-block|--narrow] [--apply|--undo]`.
struct SetupPostfixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "postfix",
        abstract: "Let Postfix log the headers by which replies are seen.",
        discussion: """
            With --list-block instead: let Postfix itself hold the mail of a list whose breaker is \
            open with Scope=list, also while listbreaker is down. With --narrow: let it stop the \
            whole of that mail with Scope=narrow, while all other mail flows. \
            Without --apply or --undo it only shows what it would do, and what that costs. \
            Exit status: 0 done, 1 not, or not all could be undone.
            """
    )

    @Flag(help: "The block for one list, in place of header logging.")
    var listBlock = false

    @Flag(help: "The tables by which one list's mail is stopped as a whole.")
    var narrow = false

    @Flag(help: "Make the changes.")
    var apply = false

    @Flag(help: "Take them back, exactly.")
    var undo = false

    @Option(
        help: ArgumentHelp(
            "Postfix's configuration directory; of each instance for itself.",
            valueName: "dir"
        )
    )
    var configDirectory: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func validate() throws {
        if apply, undo { throw ValidationError("give --apply or --undo, not both") }
        if listBlock, narrow { throw ValidationError("give --list-block or --narrow, not both") }
    }

    func run() throws {
        if listBlock { return try run(.block) }
        if narrow { return try run(.narrow) }
        let logging = try HeaderLogging(directory: configDirectory)
        var report = SetupReport(logging)
        report.before = try logging.standing()
        report.after = report.before
        report.notes = try notes(logging)
        if undo {
            report.remarks = try logging.undo()
            report.after = try logging.standing()
        } else if report.before == .absent {
            report.changes = try logging.changes()
            if apply { try logging.apply() }
            report.after = try logging.standing()
        } else if report.before == .ineffective {
            report.remarks = [
                "a later header_checks in \(logging.mainPath) takes its place; "
                    + "run --undo, then --apply"
            ]
        }
        print(json ? try Wire.write(report) : report.text(verb), terminator: json ? "\n" : "")
        let isLeft =
            undo
            ? report.after != .absent || !report.remarks.isEmpty : report.before == .ineffective
        if isLeft { throw ExitCode(ControlCode.failed) }
    }

    private var verb: SetupReport.Verb { undo ? .undo : apply ? .apply : .show }

    /// What the site should know before and after.
    private func notes(_ logging: HeaderLogging) throws -> [String] {
        var notes: [String] = []
        if logging.isSecondBest {
            notes.append(
                "This Postfix knows no pcre tables, so a regexp table is used: apt install "
                    + "postfix-pcre, --undo and --apply, and the first of several ids in an "
                    + "In-Reply-To is always found."
            )
        }
        let old = try logging.parameter("header_checks")
        if !old.isEmpty, !old.contains(HeaderTable.fileName) {
            notes.append(
                "The tables of header_checks that are there come first: a header that they match, "
                    + "with DUNNO too, is not logged."
            )
        }
        for line in logging.exceptions() {
            notes.append("master.cf keeps headers of some mail from being logged: \(line)")
        }
        return notes
    }
}

/// What `setup postfix` did or would do.
struct SetupReport: Encodable {
    /// What it was asked for.
    enum Verb { case show, apply, undo }

    var version = 1
    var configDirectory: String
    var table: String
    var before = HeaderLogging.Standing.absent
    var after = HeaderLogging.Standing.absent
    /// Lines for main.cf.
    var changes: [String] = []
    /// The rules of the table.
    var rules: [String]
    /// What to know.
    var notes: [String] = []
    /// What could not be done.
    var remarks: [String] = []
    var dropInPath = RateLimit.postfix.dropInPath ?? ""
    var dropIn = RateLimit.dropIn

    init(_ logging: HeaderLogging) {
        configDirectory = logging.directory
        table = logging.table
        rules = HeaderTable.rules(logging.kind)
    }

    /// For people.
    func text(_ verb: Verb) -> String {
        var lines: [String] = []
        switch (verb, before) {
        case (.undo, .absent) where remarks.isEmpty: lines.append("Header logging is not set up.")
        case (.undo, _) where after == .absent: lines.append("Header logging was taken back.")
        case (.undo, _): lines.append("Not all of it could be taken back.")
        case (_, .present): lines.append("Header logging is set up: \(shown(table))")
        case (_, .ineffective): lines.append("Header logging is set up and has no effect.")
        case (.apply, .absent):
            lines.append("Header logging was set up: \(shown(table))")
            lines += ["", "Added to \(shown(configDirectory))/main.cf:"] + indented(changes)
        case (.show, .absent):
            lines.append("Header logging is not set up. With --apply, main.cf would get:")
            lines += indented(changes)
            lines += ["", "and the new table \(shown(table)) these rules, which only log:"]
            lines += indented(rules)
        }
        lines += remarks.map(shown)
        if verb == .apply && before == .absent || verb == .undo && before != .absent {
            lines += ["", "Now: postfix -c \(shellWord(configDirectory)) reload"]
        }
        if verb != .undo {
            lines += ["", wrapped(Self.cost, width: 80)]
            lines += notes.flatMap { ["", wrapped(shown($0), width: 80)] }
            lines += ["", "To keep journald from dropping lines in a storm, put into"]
            lines += ["\(dropInPath):"]
            lines += indented(dropIn.split(separator: "\n").map(String.init))
            lines += ["then: systemctl daemon-reload; systemctl restart postfix"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func indented(_ lines: [String]) -> [String] { lines.map { "    \(shown($0))" } }

    /// What it costs; counted on ordinary messages.
    private static let cost = """
        What it costs: two more log lines for a message that comes in (From, Date), four for a reply, \
        up to eight for mail of lists, besides the seven or so that Postfix writes anyway. Copies \
        that a list manager hands back to Postfix count again. The names of those who write stand \
        in the log then.
        """
}
