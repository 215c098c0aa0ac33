// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker doctor`: what would stop us from seeing, halting or paging on this host, and the fix.
// It looks and asks, and changes nothing; only --page sends something.

internal import ArgumentParser
internal import Breaker
internal import Control
internal import EventTime
internal import Journal
internal import Linux
internal import Settings
internal import Words

/// `listbreaker doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what would stop us from seeing, halting or paging.",
        discussion: """
            Run it as root: some of it only root can see. Exit status: 0 no problem, perhaps \
            warnings; 1 a problem.
            """
    )

    @Flag(help: "Also send a trial page to each target.")
    var page = false

    @Option(
        help: ArgumentHelp(
            "Look at this journal, not at the one in the settings.",
            valueName: "dir"
        )
    )
    var directory: String?

    @Option(help: ArgumentHelp("Postfix's configuration directory.", valueName: "dir"))
    var configDirectory: String?

    @Option(
        help: ArgumentHelp(
            "Where the secrets of alert scripts are.",
            valueName: "dir"
        )
    )
    var credentials = "/etc/listbreaker/credentials"

    @Option(help: ArgumentHelp("The settings of the fleet.", valueName: "file"))
    var fleet = "/etc/listbreaker/fleet.conf"

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        let findings = examine().map(\.here)
        if form.json {
            print(try Wire.write(DoctorReport(findings: findings)))
        } else {
            findings.forEach { print($0.lines(form.console)) }
            print(Self.verdict(findings))
        }
        if findings.contains(where: { $0.level == .problem }) {
            throw ExitCode(ControlCode.failed)
        }
    }

    /// Everything, in the order of a log line's way: seeing, deciding, halting, paging.
    private func examine() -> [Finding] {
        var findings: [Finding] = []
        var known = Settings()
        do {
            known = try settings.read().settings
            findings.append(.ok("settings", "they can be read"))
        } catch {
            let text = (error as? Failure)?.message ?? "\(error)"
            findings.append(.problem("settings", text, fix: "listbreaker check-config"))
        }
        let named = directory ?? known.journal.directory
        let source = named.isEmpty ? JournalSource.local : .directory(named)
        let servers = ServerExam()
        let limit = RateLimit.of(servers.servers)
        let sight = SightExam(source: source, settings: known, now: .now, limit: limit)
        findings += sight.findings
        findings += servers.findings(lines: sight.believed)
        let mail = MailExam(
            configDirectory: configDirectory,
            sight: sight,
            servers: servers.servers.map(\.dialect),
            limit: limit
        )
        findings += mail.findings
        findings += DaemonExam(control: control, settings: known, limit: limit).findings
        findings +=
            FurtherExam(
                settings: known,
                configDirectory: configDirectory,
                credentials: credentials
            ).findings
        findings += FleetExam(control: control, path: fleet).findings
        findings += PagingExam(settings: known.paging, credentials: credentials).findings
        if page { findings.append(trial()) }
        return findings
    }

    private func trial() -> Finding {
        do {
            let message = try control.ask(ControlRequest(.page)).message
            return .ok("trial page", message)
        } catch {
            let text = (error as? Failure)?.message ?? "\(error)"
            return .problem("trial page", text, fix: "journalctl -u listbreakerd -n 20")
        }
    }

    private static func verdict(_ findings: [Finding]) -> String {
        let problems = findings.count { $0.level == .problem }
        let warnings = findings.count { $0.level == .warning }
        if problems > 0 { return "\(problems.counting("problem")) to be solved" }
        return warnings > 0
            ? "no problem, \(warnings.counting("warning"))" : "all is well"
    }
}

/// What `doctor --json` prints.
private struct DoctorReport: Encodable {
    var version = 1
    var findings: [Finding]
}
