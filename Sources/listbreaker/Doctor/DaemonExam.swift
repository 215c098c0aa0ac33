// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: does the daemon run and see, may it halt, and does it; and the clock.

internal import Breaker
internal import Control
internal import EventTime
internal import Glibc
internal import Reports
internal import Settings
internal import Words

/// What the daemon says of itself.
struct DaemonExam {
    private let control: ControlOptions
    private let settings: Settings
    private let limit: RateLimit

    /// Asks the daemon behind `control`; `limit` is what may have dropped lines.
    init(control: ControlOptions, settings: Settings, limit: RateLimit) {
        self.control = control
        self.limit = limit
        self.settings = settings
    }

    /// What was found.
    var findings: [Finding] { daemon + [actuator, Self.clock()] }

    private var daemon: [Finding] {
        do {
            let report = try control.report(.briefStatus, as: StatusReport.self).report
            return Self.findings(of: report, lagLimit: settings.journal.lagLimit, limit: limit)
        } catch {
            let failure = error as? Failure
            if failure?.code == ControlCode.noPermission {
                return [.warning("daemon", failure?.message ?? "", fix: "sudo listbreaker doctor")]
            }
            return [
                .problem(
                    "daemon",
                    failure?.message ?? "\(error)",
                    fix: "systemctl enable --now listbreakerd"
                )
            ]
        }
    }

    /// What a status report means for seeing, halting and paging.
    static func findings(
        of report: StatusReport,
        lagLimit: TimeSpan,
        limit: RateLimit = .postfix
    ) -> [Finding] {
        var findings: [Finding] = []
        if let blind = report.journal.blind {
            findings.append(
                .problem("daemon", "it is blind: \(blind)", fix: "journalctl -u listbreakerd -n 20")
            )
        } else {
            findings.append(.ok("daemon", "it runs and sees"))
        }
        if let lag = report.journal.lagSeconds, lag > lagLimit.seconds {
            findings.append(
                .problem(
                    "lag",
                    "it is \(StateWords.decimal(lag)) s behind the log",
                    fix: "systemctl status listbreakerd"
                )
            )
        }
        if report.journal.suppressed > 0 {
            findings.append(
                .problem(
                    "rate limit",
                    "journald dropped \(report.journal.suppressed.counting("mail line")) "
                        + "since the daemon started",
                    fix: limit.fix
                )
            )
        }
        if report.queue.halt == .notHalted {
            let why = report.queue.remark.map { ": \($0)" } ?? ""
            findings.append(
                .problem(
                    "halt",
                    "mail should be halted and is not\(why)",
                    fix: "journalctl -u listbreaker-actuator -n 20"
                )
            )
        }
        findings.append(
            report.mode == .armed
                ? .ok("mode", "armed: a trip halts mail")
                : .warning("mode", "observe: nothing is halted at a trip", fix: "listbreaker arm")
        )
        if let unknown = report.unknownLists, let first = unknown.first {
            findings.append(
                .warning(
                    "kinds",
                    "nobody has said what these large lists are for, and too little was seen to tell: "
                        + UnknownWords.names(unknown, most: unknown.count),
                    fix: "listbreaker kind \(shellWord(first.list)) announce|discussion|role"
                )
            )
        }
        if let change = report.paging.changedSecrets {
            findings.append(.problem("secrets", change, fix: "systemctl restart listbreakerd"))
        }
        if report.paging.failed > 0 {
            let why = report.paging.lastError.map { "; the last: \($0)" } ?? ""
            findings.append(
                .problem(
                    "paging",
                    "\(report.paging.failed.counting("page")) given up\(why)",
                    fix: "listbreaker page --test"
                )
            )
        }
        return findings
    }

    private var actuator: Finding {
        let path = settings.halt.actuatorSocket
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            return .problem(
                "actuator",
                "there is no socket \(path): nothing can be halted",
                fix: "systemctl enable --now listbreaker-actuator.socket"
            )
        }
        return .ok("actuator", "its socket is there")
    }

    private static func clock() -> Finding {
        let tool = Tool(
            "/usr/bin/timedatectl",
            ["show", "-p", "NTPSynchronized", "-p", "Timezone"]
        )
        guard tool.exists, let outcome = try? tool.run(), outcome.status == 0 else {
            return .warning("clock", "systemd cannot be asked whether the clock is synchronised")
        }
        let lines = outcome.text.split(separator: "\n")
        let zone = lines.first { $0.hasPrefix("Timezone=") }?.dropFirst(9) ?? "unknown"
        guard lines.contains("NTPSynchronized=yes") else {
            return .warning(
                "clock",
                "it is not synchronised (time zone \(zone))",
                fix: "timedatectl set-ntp true"
            )
        }
        return .ok("clock", "synchronised; time zone \(zone)")
    }
}
