// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker audit`: before any storm, the lists on which one would cost most, and the holes through
// which it would come, each with what closes it. It looks and asks, and changes nothing.

internal import ArgumentParser
internal import Breaker
internal import Control
internal import Reports
internal import Settings
internal import Words

/// `listbreaker audit`.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Before a storm: which lists it would cost most on, and what closes them.",
        discussion: """
            Lists by members, the dearest first: one answer to all is that many mails. What the log \
            shows is told by the daemon; mlmmj, Mailman 3 and Sympa are asked by their manager \
            scripts, which need root mostly, and large aliases are read from Postfix's files. \
            Nothing is changed. Exit status: 0 nothing to close, perhaps warnings; 1 a hole.
            """
    )

    @Option(name: .customLong("most"), help: "Lists that are named at most.")
    var limit = 20

    @Option(help: ArgumentHelp("Postfix's configuration directory.", valueName: "dir"))
    var configDirectory: String?

    @Flag(help: "Do not ask list managers, and read no aliases.")
    var logOnly = false

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--most is 1 to 1000") }
    }

    func run() throws {
        var request = ControlRequest(.audit)
        request.limit = limit
        let report = try control.report(request, as: AuditReport.self).report
        // Settings that cannot be read are doctor's to name; the daemon goes by those that it has.
        let script = ((try? settings.read())?.settings.manager.script) ?? ""
        var managers = ListManagers(script: script)
        let aliases = logOnly ? [] : LargeAliases(configDirectory: configDirectory).found
        var lists = report.lists.map { list in
            AuditedHoles(list, facts: logOnly ? nil : managers.facts(of: list))
        }
        lists += AuditedHoles.unseen(aliases, among: report.lists)
        lists.sort { $0.cost > $1.cost }
        lists = Array(lists.prefix(limit))
        let host = HostHoles(report: report, configDirectory: configDirectory).findings
        let audit = Audit(
            time: report.time,
            host: host + managers.complaints,
            lists: lists,
            totalLists: report.totalLists
        )
        print(form.json ? try Wire.write(audit) : audit.text(form.console))
        if audit.hasHoles { throw ExitCode(ControlCode.failed) }
    }
}

/// What `audit` prints.
struct Audit: Encodable {
    var version = 1
    /// When, RFC 3339 UTC.
    var time: String
    /// What concerns every list.
    var host: [Finding]
    /// The lists, dearest first.
    var lists: [AuditedHoles]
    /// How many the daemon knows.
    var totalLists: Int64

    /// Whether anything is to be closed.
    var hasHoles: Bool {
        (host + lists.flatMap(\.findings)).contains { $0.level == .problem }
    }

    /// For people.
    func text(_ console: Console) -> String {
        var parts = [host.map { $0.lines(console) }.joined(separator: "\n")]
        parts += lists.map { list in
            console.paint(wrapped(list.title, width: console.width, rest: "  "), .strong) + "\n"
                + list.findings.map { $0.lines(console) }.joined(separator: "\n")
        }
        let known = totalLists.counting("list")
        parts.append(
            lists.isEmpty
                ? "No list was seen in the log yet, and no alias here is a large one."
                : "\(known) known; \(verdict)"
        )
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var verdict: String {
        let findings = host + lists.flatMap(\.findings)
        let holes = findings.count { $0.level == .problem }
        let warnings = findings.count { $0.level == .warning }
        if holes > 0 { return "\(holes.counting("hole")) to be closed" }
        return warnings > 0 ? "no hole, \(warnings.counting("warning"))" : "all is well"
    }
}
