// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: each thing that can be wrong gives its finding, with a command that changes it.

import ArgumentParser
import Control
import EventTime
import Foundation
import Journal
import Linux
import MailLog
import Reports
import Settings
import Testing

@testable import listbreaker

@Suite struct `What doctor finds` {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/listbreaker-doctor-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ path: String, _ text: String, mode: Int) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func exam(_ folder: String, script: String, mode: Int = 0o755) throws -> [Finding] {
        try write("\(folder)/script", script, mode: mode)
        var settings = PagingSettings()
        settings.targets = [AlertTarget(name: "duty", script: "\(folder)/script")]
        settings.heartbeatScript = "\(folder)/script"
        return PagingExam(settings: settings, credentials: "\(folder)/credentials").findings
    }

    @Test func `a target whose script and secret are sound is ok`() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(
                atPath: "\(folder)/credentials",
                withIntermediateDirectories: true
            )
            for name in ["duty.url", "heartbeat.url"] {
                let file = "\(folder)/credentials/\(name)"
                try write(file, "https://x.example/\n", mode: 0o600)
            }
            let found = try exam(folder, script: "#!/bin/sh\nurl=$(secret url)\n")
            #expect(found.allSatisfy { $0.level == .ok }, "\(found)")
        }
    }

    @Test func `a host without a fleet has nothing to hear of one`() throws {
        try withFolder { folder in
            let control = try ControlOptions.parse(["--socket", "\(folder)/none.sock"])
            let exam = FleetExam(control: control, path: "\(folder)/fleet.conf")
            #expect(exam.findings.isEmpty)
            try write("\(folder)/fleet.conf", "[Fleet]\nHost=X\n", mode: 0o644)
            #expect(exam.findings.map(\.level) == [.problem])
            #expect(exam.findings.first?.text.contains("line 2: Host=") == true)
        }
    }

    @Test func `what the daemon says of the fleet is told, and no more`() {
        var status = FleetStatus(
            host: "mx1",
            alone: nil,
            brokers: [BrokerStatus(name: "b1:8883", isConnected: true, trouble: nil)],
            hosts: ["mx1", "mx2"]
        )
        var found: [Finding] { FleetExam.findings(of: status, as: "mx1") }
        #expect(found == [.ok("fleet", "mx1 hears 1 broker and 2 hosts")])
        status.judges = []
        #expect(found.map(\.level) == [.warning])
        #expect(found.first?.text.hasPrefix("no judge in this fleet") == true)
        status.judges = ["mx1"]
        status.judge = JudgeStatus(hosts: 2, clocks: [], late: 0, alone: 0)
        #expect(found.map(\.text) == ["mx1 hears 1 broker and 2 hosts; it judges what 2 hosts see"])
        status.judge?.lost = 1
        #expect(found.first?.text.hasPrefix("1 batch of what other hosts saw came faster") == true)
        #expect(status.lines.contains { $0.hasPrefix("FACTS LOST: 1 batch") })
        status.judge?.lost = 0
        status.judge?.clocks = ["the clock of mx2 is 90 s behind"]
        #expect(found.map(\.level) == [.warning])
        status.brokers[0] = BrokerStatus(name: "b1:8883", isConnected: false, trouble: "no such CA")
        status.alone = "no broker is connected"
        #expect(found.map(\.level) == [.warning, .problem, .warning])
        #expect(
            status.lines.contains(
                "THIS HOST IS ALONE: no broker is connected. It decides and halts by itself."
            )
        )
        #expect(found.first?.text == "b1:8883: no such CA")
        status.host = nil
        #expect(found.map(\.level) == [.problem])
    }

    /// Certificates by openssl itself, as listbreaker-fleet-ca makes them.
    @Test func `a certificate of another host, of another authority, or near its end is a finding`()
        throws
    {
        try withFolder { folder in
            let script = #"""
                set -e; cd "$1"
                for ca in ca other; do
                  openssl ecparam -name prime256v1 -genkey -noout -out $ca.key
                  openssl req -x509 -new -key $ca.key -subj "/CN=the $ca" -days 90 -out $ca.pem
                done
                openssl req -new -key other.key -subj /CN=mx1 -out csr
                openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 60 -out long.pem
                openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 13 -out short.pem
                """#
            let made = try Tool("/bin/sh", ["-c", script, "sh", folder]).run()
            try #require(made.status == 0, "\(made.complaint)")
            let control = try ControlOptions.parse(["--socket", "\(folder)/none.sock"])
            for (host, authority, file, level, word) in [
                ("mx1", "ca", "long", Finding.Level.ok, "mx1's, until"),
                ("mx1", "ca", "short", .warning, "within 14 days"),
                ("mx1", "other", "long", .problem, "is not of the authority"),
                ("mx2", "ca", "long", .problem, "is mx1's, and this host is mx2"),
                ("mx1", "ca", "none", .problem, "none.pem"),
            ] {
                try write(
                    "\(folder)/fleet.conf",
                    "[Fleet]\nHost=\(host)\nDomains=a.example\nBrokers=b\n"
                        + "Authority=\(folder)/\(authority).pem\nCertificate=\(folder)/\(file).pem\n",
                    mode: 0o644
                )
                let exam = FleetExam(control: control, path: "\(folder)/fleet.conf")
                let found = exam.findings.filter { $0.check == "certificate" }
                #expect(found.map(\.level) == [level], "\(host) \(authority) \(file): \(found)")
                #expect(found.first?.text.contains(word) == true, "\(found)")
            }
        }
    }

    @Test func `a list manager that cannot be asked is a problem, where it is wanted`() throws {
        try withFolder { folder in
            var settings = Settings()
            func found() -> [Finding] {
                FurtherExam(
                    settings: settings,
                    configDirectory: "/nonexistent",
                    credentials: folder
                ).findings
            }
            #expect(found() == [])
            let script = "\(folder)/manager"
            settings.manager.script = script
            #expect(found()[0].level == .problem && found()[0].text.contains("missing"))
            try write(script, "#!/bin/sh\necho 'no password' >&2\nexit 78\n", mode: 0o755)
            #expect(found()[0].level == .problem && found()[0].text.contains("no password"))
            try write(
                script,
                "#!/bin/sh\n[ \"$*\" = status ] && echo \"manager: $LISTBREAKER_TARGET 7\"\n",
                mode: 0o755
            )
            #expect(found()[0] == .ok("list manager", "manager 7 answers"))
        }
    }

    @Test func `a secret that is missing, readable or empty is a problem`() throws {
        try withFolder { folder in
            let script = "#!/bin/sh\nkey=$(secret key)\nurl=$(secret url https://x.example)\n"
            let without = try exam(folder, script: script)[0]
            #expect(without.level == .problem)
            #expect(without.text.hasSuffix("duty.key is missing"))
            #expect(without.fix?.hasPrefix("install -m 600 ") == true)
            try FileManager.default.createDirectory(
                atPath: "\(folder)/credentials",
                withIntermediateDirectories: true
            )
            try write("\(folder)/credentials/duty.key", "k\n", mode: 0o644)
            let open = try exam(folder, script: script)[0]
            #expect(open.level == .problem)
            #expect(open.fix?.hasPrefix("chmod 600 ") == true)
            try write("\(folder)/credentials/duty.key", "", mode: 0o600)
            #expect(try exam(folder, script: script)[0].text.hasSuffix("is empty"))
        }
    }

    @Test func `a script that cannot be run is a problem`() throws {
        try withFolder { folder in
            let found = try exam(folder, script: "#!/bin/sh\n", mode: 0o777)
            #expect(found[0].level == .problem)
            #expect(found[0].fix?.contains("chmod 755") == true)
        }
    }

    @Test(arguments: [
        ("printf x | mail -s storm root@example.org", "mail"),
        ("if true; then /usr/sbin/sendmail -t; fi", "sendmail"),
        ("exec mutt -s x y", "mutt"),
        ("x=$(echo y | mailx z)", "mailx"),
        ("import smtplib", "smtplib"),
        ("curl smtp://localhost --mail-from x", "smtp"),
    ])
    func `pages by mail of this host are seen`(line: String, program: String) {
        #expect(PagingExam.localMailer(in: "#!/bin/sh\n\(line)\n") == program)
    }

    @Test(arguments: [
        "# mail root", "printf 'no mail is sent'", "send POST \"$url\"", "curl --mail x",
        "echo mail halted", "",
    ])
    func `words of messages are no mailers`(line: String) {
        #expect(PagingExam.localMailer(in: line) == nil)
    }

    @Test func `the scripts that we ship are no mailers`() throws {
        let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "alerts").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count >= 8)
        for name in names {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            #expect(PagingExam.localMailer(in: text) == nil, "\(name)")
        }
    }

    @Test(
        arguments: [
            ("webhook", ["url"]), ("pagerduty", ["key"]), ("ntfy", ["url"]), ("exec-log", []),
            ("matrix", ["url", "token", "room"]), ("heartbeat", ["url"]),
            ("telegram", ["token", "chat"]), ("teams", ["url"]), ("apprise", ["urls"]),
        ] as [(String, [String])]
    )
    func `the secrets that a script needs are known`(name: String, secrets: [String]) throws {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "alerts/\(name)")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(PagingExam.requiredSecrets(in: text) == secrets)
    }

    @Test func `a log that nobody reads is no page`() throws {
        var settings = PagingSettings()
        settings.targets = [AlertTarget(name: "log", script: "/usr/share/x/alerts/exec-log")]
        let found = PagingExam(settings: settings, credentials: "/nonexistent").findings
        #expect(found.contains { $0.text.contains("nobody is woken") && $0.level == .problem })
    }

    @Test func `nobody to page is a problem`() {
        let found = PagingExam(settings: PagingSettings(), credentials: "/nonexistent").findings
        #expect(found.contains { $0.level == .problem && $0.text.contains("nobody is paged") })
        #expect(found.contains { $0.check == "heartbeat" && $0.level == .warning })
    }

    @Test func `what the daemon says becomes findings`() {
        func levels(_ report: StatusReport) -> [String: Finding.Level] {
            let found = DaemonExam.findings(of: report, lagLimit: .minutes(2))
            return Dictionary(found.map { ($0.check, $0.level) }) { first, _ in first }
        }
        #expect(levels(.quiet) == ["daemon": .ok, "mode": .warning])
        #expect(levels(.storm) == ["daemon": .ok, "mode": .ok])
        #expect(
            levels(.trouble) == [
                "daemon": .problem, "mode": .ok, "rate limit": .problem, "halt": .problem,
                "paging": .problem,
            ]
        )
        var late = StatusReport.quiet
        late.journal.lagSeconds = 121
        #expect(levels(late)["lag"] == .problem)
    }

    @Test func `large lists of unknown kind are named, with what to say`() {
        var report = StatusReport.quiet
        report.unknownLists = (1...4).map {
            UnknownListStatus(
                list: "alle\($0)@firm.example",
                members: 5000 - Int64($0),
                posts: Int64($0),
                since: "2026-11-20T17:05:00Z"
            )
        }
        let found = DaemonExam.findings(of: report, lagLimit: .minutes(2))
            .first { $0.check == "kinds" }
        #expect(found?.level == .warning)
        #expect(found?.text.contains("alle1@firm.example (4,999 members, 1 post)") == true)
        #expect(found?.text.contains("alle4@firm.example (4,996 members, 4 posts)") == true)
        #expect(found?.fix == "listbreaker kind alle1@firm.example announce|discussion|role")
        let status = StatusText(report: report, console: Console(width: 100, hasColour: false))
            .text()
        #expect(status.contains("of unknown kind: alle1@firm.example (4,999 members, 1 post)"))
        #expect(status.contains("and 1 other\n"))
        #expect(!status.contains("alle4@firm.example"))
    }

    @Test func `what happens to a line before it is in a journal is told`() throws {
        #expect(LogRoad.storage(["Storage": "none"])?.level == .problem)
        for value in ["auto", "volatile", "persistent"] {
            #expect(LogRoad.storage(["Storage": value]) == nil)
        }
        #expect(LogRoad.storage([:]) == nil)
        for value in ["warning", "notice", "3"] {
            #expect(LogRoad.level(["MaxLevelStore": value])?.level == .problem)
        }
        for value in ["info", "debug", "6", "7"] {
            #expect(LogRoad.level(["MaxLevelStore": value]) == nil)
        }
        #expect(LogRoad.level([:]) == nil)
        for name in ["mail host", "mx:1", "a\tb"] {
            let finding = LogRoad.name(name, at: "-c /etc/postfix")
            #expect(finding?.text.contains(name) == true && finding?.level == .problem)
            #expect(finding?.fix?.contains(name) == false)
        }
        for name in ["postfix", "mx[1]=a|b", "out/mx", ""] {
            #expect(LogRoad.name(name, at: "-c /etc/postfix") == nil)
        }
        try withFolder { folder in
            let socket = "\(folder)/dev-log"
            try write(socket, "", mode: 0o644)
            try write("\(folder)/other", "", mode: 0o644)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/log",
                withDestinationPath: socket
            )
            #expect(LogRoad.device("\(folder)/log", socket: socket) == nil)
            #expect(LogRoad.device("\(folder)/other", socket: socket)?.level == .problem)
            #expect(LogRoad.device("\(folder)/none", socket: socket)?.level == .problem)
            #expect(LogRoad.device("\(folder)/none", socket: "\(folder)/no") == nil)
        }
    }

    @Test func `a journal that is not there is a problem`() {
        let sight = SightExam(
            source: .directory("/nonexistent"),
            settings: Settings(),
            now: Timestamp(seconds: 0)
        )
        #expect(sight.findings.map(\.level) == [.problem])
    }

    @Test(.enabled(if: hasConverter, converterIsMissing))
    func `a real journal is read, and its time is judged`() async throws {
        let folder = "/tmp/listbreaker-doctor-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let story = Story()
        try write("\(folder)/export", story.export, mode: 0o644)
        let made = try await run(
            SimulateCommand.converter,
            ["-o", "\(folder)/x.journal", "\(folder)/export"]
        )
        try #require(made.code == 0, "\(made.errors)")
        let last = try #require(story.lines.last).time
        var settings = Settings()
        func exam(_ now: Timestamp) -> SightExam {
            SightExam(source: .directory(folder), settings: settings, now: now)
        }
        // The lines are of a user that this host does not know: as the daemon, it believes none.
        let blind = try #require(exam(last).findings.first { $0.check == "trust" })
        #expect(blind.level == .problem)
        #expect(blind.text.contains("is believed"))
        #expect(blind.fix?.contains("TrustedUsers=4711") == true)
        settings.journal.trustedUsers = ["4711"]
        #expect(exam(last).findings.map(\.level) == [.ok, .ok])
        #expect(exam(last).lines > 0)
        #expect(exam(last).headers == 0)
        #expect(exam(last + .days(2)).findings.map(\.level) == [.ok, .ok])
        #expect(exam(last + .days(5)).findings.map(\.level) == [.problem])
        #expect(exam(last - .days(1)).findings.map(\.check) == ["journal", "trust", "clock"])
    }

    @Test func `the server that runs is the one whose lines are read, or that is said`() throws {
        #expect(ServerExam.dialect(of: "/usr/lib/postfix/sbin/master") == .postfix)
        #expect(ServerExam.dialect(of: "/usr/libexec/postfix/master (deleted)") == .postfix)
        #expect(ServerExam.dialect(of: "/usr/sbin/exim4") == .exim)
        #expect(ServerExam.dialect(of: "/usr/sbin/smtpd") == .opensmtpd)
        #expect(ServerExam.dialect(of: "/usr/libexec/sendmail/sendmail") == .sendmail)
        #expect(ServerExam.dialect(of: "/usr/sbin/sendmail") == nil)
        #expect(ServerExam.dialect(of: "/opt/puppet/bin/master") == nil)
        let cgroup = "0::/system.slice/docker-0c0c.scope/system.slice/postfix@-.service\n"
        #expect(ServerExam.unit(of: cgroup) == "docker-0c0c.scope")
        #expect(
            ServerExam.unit(of: "0::/user.slice/user-0.slice/session-7.scope\n")
                == "session-7.scope"
        )
        let exam = ServerExam(servers: [
            .init(dialect: .exim, unit: "exim4.service", program: "/usr/sbin/exim4"),
            .init(dialect: .postfix, unit: "", program: "/usr/lib/postfix/sbin/master"),
        ])
        let found = exam.findings(lines: [.postfix: 3])
        #expect(found.map(\.level) == [.problem, .ok])
        #expect(found.first?.text.contains("Exim runs in exim4.service") == true)
        #expect(found.first?.fix?.contains("log_file_path") == true)
        try withFolder { folder in
            let process = "\(folder)/proc/4711"
            try FileManager.default.createDirectory(
                atPath: process,
                withIntermediateDirectories: true
            )
            try FileManager.default.createSymbolicLink(
                atPath: "\(process)/exe",
                withDestinationPath: "/usr/lib/postfix/sbin/master"
            )
            try write("\(process)/cgroup", "0::/system.slice/monit.service\n", mode: 0o644)
            let unit = ServerExam(proc: "\(folder)/proc").servers.map(\.unit)
            #expect(unit == ["monit.service"])
        }
    }

    @Test func `the whole verb says problem and fix, and is 1`() async throws {
        try await withDaemon({ _, _ in .done(body: try? Wire.write(StatusReport.trouble)) }) {
            path in
            let words = ["--socket", path, "--directory", "/nonexistent", "--config", "/dev/null"]
            let done = try await run(["doctor"] + words)
            #expect(done.code == 1)
            #expect(
                done.output.contains("PROBLEM  daemon: it is blind: the journal cannot be read")
            )
            let fix = try #require(HostStep.command("journalctl -u listbreakerd -n 20"))
            #expect(done.output.contains("fix: \(fix)"))
            #expect(!done.output.contains("\u{1B}"))
            #expect(!done.output.contains("\u{7}"))
            let json = try await run(["doctor", "--json", "--page"] + words)
            #expect(json.code == 1)
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
            let findings = try #require((object as? [String: Any])?["findings"] as? [[String: Any]])
            #expect(findings.contains { $0["check"] as? String == "trial page" })
            #expect(findings.allSatisfy { $0["level"] != nil && $0["text"] != nil })
            // Whatever host this is: what is offered can be typed on it.
            let fixes = findings.compactMap { $0["fix"] as? String }
            #expect(
                fixes.allSatisfy { HostStep.command($0) == $0 || !HostStep.hasSystemd },
                "\(fixes)"
            )
            #expect(HostStep.hasSystemd || !fixes.contains { $0.contains("systemctl") }, "\(fixes)")
        }
    }
}
