// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: does the mail server log where we look, what we need, and without a limit.

internal import EventTime
internal import Linux
internal import MailLog
internal import Words

/// What Postfix and journald are told.
struct MailExam {
    /// Burst from which a unit's limit is taken as lifted; journald's own is 10,000 in 30 s.
    private static let ample: Int64 = 100_000
    /// What was found.
    private(set) var findings: [Finding] = []

    /// Examines the instance in `configDirectory`, whose lines `sight` has read; `servers` run here, and log
    /// within `limit`.
    init(configDirectory: String?, sight: SightExam, servers: [Dialect], limit: RateLimit) {
        let isOther = !servers.isEmpty && !servers.contains(.postfix)
        if isOther, configDirectory == nil {
            findings.append(Self.finding(limit))
            return
        }
        let isElsewhere = sight.believed[.postfix, default: 0] > 0
        if isElsewhere, configDirectory == nil, !HostStep.isInstalled("/usr/sbin/postconf") {
            findings += [
                .ok(
                    "postfix",
                    "its lines are read and it is not installed here (a container, another host): "
                        + "how it logs can be asked there alone"
                ), Self.finding(limit),
            ]
            return
        }
        do {
            let logging = try HeaderLogging(directory: configDirectory)
            findings.append(try Self.place(logging))
            findings += Self.instances(logging)
            findings.append(try Self.headers(logging, sight))
        } catch {
            let text = (error as? Failure)?.message ?? "\(error)"
            findings.append(
                .problem(
                    "postfix",
                    "\(text), and no mail server runs that we know",
                    fix: "apt install postfix"
                )
            )
        }
        findings += LogRoad.findings
        findings.append(Self.finding(limit))
    }

    private static func place(_ logging: HeaderLogging) throws -> Finding {
        let at = "-c \(shellWord(logging.directory))"
        let file = try logging.parameter("maillog_file")
        if !file.isEmpty {
            return .problem(
                "postfix",
                "it logs to \(file) (maillog_file) and not to the journal",
                fix: "postconf \(at) maillog_file= && postfix \(at) stop && postfix \(at) start"
            )
        }
        let facility = try logging.parameter("syslog_facility")
        if facility != "mail" {
            return .problem(
                "postfix",
                "it logs with facility \(facility); only facility mail is read",
                fix: "postconf \(at) syslog_facility=mail && postfix \(at) reload"
            )
        }
        if let finding = LogRoad.name(try logging.parameter("syslog_name"), at: at) {
            return finding
        }
        return .ok("postfix", "it logs to the journal with facility mail")
    }

    /// Where the further instances of Postfix log, and what they call themselves.
    private static func instances(_ main: HeaderLogging) -> [Finding] {
        let text = (try? main.parameter("multi_instance_directories")) ?? ""
        let folders = text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
        return folders.filter { $0 != main.directory }.compactMap { folder in
            guard let instance = try? HeaderLogging(directory: folder) else {
                return .warning("postfix", "the instance in \(shown(folder)) cannot be asked")
            }
            guard let place = try? place(instance) else { return nil }
            let name = (try? instance.parameter("syslog_name")) ?? ""
            if place.level != .ok { return place }
            return .ok("postfix", "the instance in \(shown(folder)) logs as \(shown(name))")
        }
    }

    /// The command that has headers logged.
    static func apply(_ logging: HeaderLogging) -> String {
        let directory = shellWord(logging.directory)
        return "listbreaker setup postfix --apply --config-directory \(directory) && postfix "
            + "-c \(directory) reload"
    }

    private static func headers(_ logging: HeaderLogging, _ sight: SightExam) throws -> Finding {
        let at = "--config-directory \(shellWord(logging.directory))"
        switch try logging.standing() {
        case .absent where sight.headers > 0:
            return .ok("headers", "headers are logged by the site's own header_checks")
        case .absent:
            return .warning(
                "headers",
                "no headers are logged: replies are told by who posts, and storms are seen later",
                fix: apply(logging)
            )
        case .ineffective:
            return .problem(
                "headers",
                "header logging is set up and a later header_checks takes its place",
                fix:
                    "listbreaker setup postfix --undo \(at); listbreaker setup postfix --apply \(at)"
            )
        case .present where sight.cleanups >= 10 && sight.headers == 0:
            return .warning(
                "headers",
                "header logging is set up, and no header is in the log yet",
                fix: "postfix -c \(shellWord(logging.directory)) reload"
            )
        case .present: return .ok("headers", "header logging is set up")
        }
    }

    private static func finding(_ limit: RateLimit) -> Finding {
        if isJournaldUnlimited() { return .ok("rate limit", "journald drops no lines") }
        guard let unit = limit.unit else {
            return .warning(
                "rate limit",
                "journald drops lines of a mail server that runs in no service in a storm, which makes us "
                    + "blind just then",
                fix: limit.fix
            )
        }
        let tool = Tool("/usr/bin/systemctl", ["show", "-p", "LogRateLimitBurst", "--value", unit])
        guard tool.exists, let outcome = try? tool.run(), outcome.status == 0 else {
            return .warning(
                "rate limit",
                "systemd cannot be asked for the limit of \(unit)",
                fix: limit.fix
            )
        }
        if let burst = Int64(outcome.text), burst >= ample {
            return .ok("rate limit", "\(unit) may log \(StateWords.count(burst)) lines")
        }
        return .warning(
            "rate limit",
            "journald drops lines of \(unit) in a storm, which makes us blind just then",
            fix: limit.fix
        )
    }

    /// Whether journald.conf lifts the limit for all.
    private static func isJournaldUnlimited() -> Bool {
        let values = LogRoad.journald()
        let interval = values["RateLimitIntervalSec"].flatMap(TimeSpan.init(systemd:))
        return interval == .seconds(0) || values["RateLimitBurst"] == "0"
    }
}
