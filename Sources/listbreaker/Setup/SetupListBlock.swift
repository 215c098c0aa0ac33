// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker setup postfix --list-block` and `--narrow`, and what they print.

internal import ArgumentParser
internal import Control
internal import HaltWire
internal import Words

extension SetupPostfixCommand {
    /// Shows, makes or takes back the list block, or the narrowing.
    func run(_ form: ListBlockSetup.Form) throws {
        let setup = try ListBlockSetup(form, directory: configDirectory)
        var report = ListBlockReport(setup)
        report.before = try setup.standing()
        report.after = report.before
        report.lists = setup.held()
        report.notes = setup.exceptions().map {
            "master.cf keeps mail of some services from being held: \($0)"
        }
        report.notes += setup.roundabouts().map {
            "Copies that take this way out are not stopped by the narrowing; the first one that does "
                + "halts the whole queue: \($0)"
        }
        if undo {
            report.remarks = try setup.undo()
            report.after = try setup.standing()
        } else if report.before == .absent {
            report.changes = try setup.changes()
            if apply { try setup.apply() }
            report.after = try setup.standing()
        } else if report.before == .ineffective {
            report.remarks = [
                "a later line in \(setup.mainPath) takes its place; run --undo, then --apply"
            ]
        }
        print(
            json ? try Wire.write(report) : report.text(apply: apply, undo: undo),
            terminator: json ? "\n" : ""
        )
        let isLeft =
            undo
            ? report.after != .absent || !report.remarks.isEmpty : report.before == .ineffective
        if isLeft { throw ExitCode(ControlCode.failed) }
    }
}

/// What `setup postfix --list-block`, or `--narrow`, did or would do.
struct ListBlockReport: Encodable {
    var version = 1
    var configDirectory: String
    var tables: [String]
    var before = HeaderLogging.Standing.absent
    var after = HeaderLogging.Standing.absent
    /// Lines for main.cf.
    var changes: [String] = []
    /// Lists that it holds now.
    var lists: [String] = []
    /// What to know.
    var notes: [String] = []
    /// What could not be done.
    var remarks: [String] = []

    private let form: ListBlockSetup.Form

    private enum CodingKeys: String, CodingKey {
        case version, configDirectory, tables, before, after, changes, lists, notes, remarks
    }

    init(_ setup: ListBlockSetup) {
        form = setup.form
        configDirectory = setup.directory
        tables = setup.tables
    }

    /// For people.
    func text(apply: Bool, undo: Bool) -> String {
        var lines: [String] = []
        switch before {
        case .absent where undo && remarks.isEmpty: lines.append("\(form.title) is not set up.")
        case _ where undo && after == .absent: lines.append("\(form.title) was taken back.")
        case _ where undo: lines.append("Not all of it could be taken back.")
        case .present: lines.append("\(form.title) is set up.")
        case .ineffective: lines.append("\(form.title) is set up and has no effect.")
        case .absent where apply:
            lines.append("\(form.title) was set up.")
            lines += ["", "Added to \(shown(configDirectory))/main.cf:"] + indented(changes)
        case .absent:
            lines.append("\(form.title) is not set up. With --apply, main.cf would get:")
            lines += indented(changes)
            lines += ["", "and there would be these tables, empty until a list's breaker opens:"]
            lines += indented(tables)
        }
        lines += remarks.map(shown)
        if !lists.isEmpty {
            let names = lists.map(shown).joined(separator: ", ")
            lines.append(undo ? "It held the mail of: \(names)" : "It holds the mail of: \(names)")
        }
        if apply && before == .absent || undo && before != .absent {
            let rest = form == .narrow ? " && systemctl reload listbreakerd" : ""
            lines += ["", "Now: postfix -c \(shellWord(configDirectory)) reload\(rest)"]
        }
        if !undo {
            lines += ["", wrapped(form == .block ? Self.meaning : Self.narrowing, width: 80)]
            lines += notes.flatMap { ["", wrapped(shown($0), width: 80)] }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func indented(_ lines: [String]) -> [String] { lines.map { "    \(shown($0))" } }

    /// What it does, and where it ends.
    private static let meaning = """
        What it does: while a list's breaker is open with Scope=list, Postfix puts what comes by SMTP \
        to the list's address, or from its bounce address, on hold by itself, and what is given to \
        sendmail for that address waits; all other mail flows. A reset empties the tables. SMTP \
        sessions that are open at the trip go on as before, and sendmail's mail for up to ten seconds.
        """

    /// What narrowing does, and where it ends.
    private static let narrowing = """
        What it does: while a list's breaker is open with Scope=narrow, Postfix sends nothing of that \
        list, neither its posts nor its copies by their envelope sender, whoever hands them in; all \
        other mail flows. At a trip the queue manager stands still for a moment and Postfix is told to \
        read its configuration again, also what was edited there and not reloaded yet. A reset empties \
        the tables, in the same way. Scope=narrow in [Halt], or for one list, uses it once listbreakerd \
        was reloaded.
        """
}
