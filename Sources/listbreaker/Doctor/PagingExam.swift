// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: could each target be told. It reads the scripts and looks at their secrets, never into
// them. A page that goes by mail of this host stops with the mail that it reports on.

internal import Glibc
internal import Settings
internal import SettingsFiles
internal import Words

/// The targets of pages.
struct PagingExam {
    /// Programs that hand mail to this host's own mail system.
    private static let mailers: Set<String> = [
        "sendmail", "mail", "mailx", "s-nail", "bsd-mailx", "mutt", "msmtp", "swaks", "exim",
        "exim4",
        "postdrop",
    ]
    /// Words of the shell that a command may follow.
    private static let openers: Set<String> = [
        "then", "do", "else", "if", "while", "until", "exec", "command", "env", "!", "nohup",
    ]

    private let settings: PagingSettings
    private let credentials: String

    /// Examines `settings`; the secrets are in the directory `credentials`.
    init(settings: PagingSettings, credentials: String) {
        self.settings = settings
        self.credentials = credentials
    }

    /// What was found.
    var findings: [Finding] {
        var findings = settings.targets.flatMap(findings)
        if settings.targets.isEmpty {
            findings.append(
                .problem(
                    "paging",
                    "there is no [Alert NAME] section: nobody is paged",
                    fix: "editor \(SettingsFiles.host)"
                )
            )
        } else if settings.targets.allSatisfy({ $0.script.hasSuffix("/exec-log") }) {
            findings.append(
                .problem(
                    "paging",
                    "every target only writes to the log: nobody is woken",
                    fix: "editor \(SettingsFiles.host)"
                )
            )
        }
        let heartbeat = settings.heartbeatScript
        if heartbeat.isEmpty {
            findings.append(
                .warning(
                    "heartbeat",
                    "no HeartbeatScript=: when this host dies, nobody outside is told",
                    fix: "man listbreaker-alerts"
                )
            )
        } else {
            let target = AlertTarget(name: "heartbeat", script: heartbeat)
            findings += self.findings(of: target, "heartbeat")
        }
        return findings
    }

    private func findings(of target: AlertTarget) -> [Finding] {
        findings(of: target, "alert \(target.name)")
    }

    private func findings(of target: AlertTarget, _ check: String) -> [Finding] {
        if let problem = ScriptCheck.problem(of: target.script) {
            return [.problem(check, problem, fix: Self.repair(target.script))]
        }
        guard let bytes = try? TextFile.read(target.script) else {
            return [
                .warning(check, "\(target.script) cannot be read", fix: "sudo listbreaker doctor")
            ]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        var findings: [Finding] = []
        if let mailer = Self.localMailer(in: text) {
            findings.append(
                .warning(
                    check,
                    "its script uses \(mailer): a page that goes by mail of this host is halted too",
                    fix: "editor \(shellWord(target.script))"
                )
            )
        }
        findings += secrets(of: target.name, Self.requiredSecrets(in: text), check)
        if findings.isEmpty { findings.append(.ok(check, "its script and its secrets are there")) }
        return findings
    }

    private func secrets(of target: String, _ required: [String], _ check: String) -> [Finding] {
        guard let names = TextFile.names(in: credentials) else {
            if required.isEmpty { return [] }
            if errno == EACCES {
                return [
                    .warning(check, "only root can see its secrets", fix: "sudo listbreaker doctor")
                ]
            }
            return required.map { missing(target, $0, check) }
        }
        var findings = required.filter { !names.contains("\(target).\($0)") }
            .map { missing(target, $0, check) }
        for name in names where name.hasPrefix("\(target).") {
            let path = "\(credentials)/\(name)"
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { continue }
            if status.st_mode & 0o077 != 0 {
                findings.append(
                    .problem(
                        check,
                        "others than root may read its secret \(path)",
                        fix: "chmod 600 \(shellWord(path))"
                    )
                )
            } else if status.st_uid != 0, status.st_uid != getuid() {
                findings.append(
                    .problem(
                        check,
                        "its secret \(path) does not belong to root",
                        fix: "chown root: \(shellWord(path))"
                    )
                )
            } else if status.st_size == 0 {
                findings.append(
                    .problem(
                        check,
                        "its secret \(path) is empty",
                        fix: "editor \(shellWord(path))"
                    )
                )
            }
        }
        return findings
    }

    private func missing(_ target: String, _ name: String, _ check: String) -> Finding {
        let path = shellWord("\(credentials)/\(target).\(name)")
        return .problem(
            check,
            "its secret \(credentials)/\(target).\(name) is missing",
            fix: "install -m 600 /dev/null \(path) && editor \(path)"
        )
    }

    private static func repair(_ script: String) -> String {
        let path = shellWord(script)
        return "chown root: \(path) && chmod 755 \(path)"
    }

    /// The secrets that a script of ours cannot do without.
    ///
    /// `$(secret NAME)` with no default; not those that it asks `secret_file` for first.
    static func requiredSecrets(in text: String) -> [String] {
        let lines = text.split(separator: "\n").filter { !isComment($0) }
        // A whole file may be missing, unless the script ends without it.
        func files(areNeeded: Bool) -> [String] {
            lines.filter { $0.contains("|| fail") == areNeeded }
                .flatMap { words(after: "secret_file ", in: $0).map(\.word) }
        }
        let optional = Set(files(areNeeded: false))
        return lines.flatMap { words(after: "$(secret ", in: $0) }
            .filter { found in
                let next = found.rest.first { $0 != " " }
                return (next == ")" || next == "|") && !optional.contains(found.word)
            }
            .map(\.word) + files(areNeeded: true)
    }

    /// Each word behind `opening` in a line, and what follows it.
    private static func words(
        after opening: String,
        in line: Substring
    ) -> [(word: String, rest: Substring)] {
        line.ranges(of: opening).map { range in
            let rest = line[range.upperBound...]
            let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            return (String(word), rest.dropFirst(word.count))
        }
    }

    /// What a script uses to send mail by this host; nil when nothing is seen.
    ///
    /// Only words where the shell expects a command count: "mail" is a word of many messages.
    static func localMailer(in text: String) -> String? {
        for line in text.split(separator: "\n") where !isComment(line) {
            if line.contains("smtplib") { return "smtplib" }
            if line.contains("smtp://localhost") || line.contains("smtp://127.") { return "smtp" }
            for part in line.split(whereSeparator: { "|;&()`{}".contains($0) }) {
                let words = part.split(whereSeparator: { $0 == " " || $0 == "\t" })
                let first = words.first { !openers.contains(String($0)) && !$0.contains("=") }
                guard let program = first?.split(separator: "/").last.map(String.init) else {
                    continue
                }
                if mailers.contains(program) { return program }
            }
        }
        return nil
    }

    private static func isComment(_ line: Substring) -> Bool {
        line.first { $0 != " " && $0 != "\t" } == "#"
    }
}
