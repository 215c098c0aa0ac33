// SPDX-License-Identifier: Apache-2.0
//
// `doctor` on the log: the road of a line into the journal, what is read of it, and the server that runs.

import EventTime
import Foundation
import Journal
import MailLog
import Settings
import Testing

@testable import listbreaker

@Suite struct `What doctor finds of the log` {
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

    @Test func `the rate limit is that of the server which runs`() {
        func limit(_ servers: [(Dialect, String)]) -> RateLimit {
            RateLimit.of(servers.map { .init(dialect: $0, unit: $1, program: "/x") })
        }
        #expect(limit([]) == .postfix)
        #expect(limit([(.exim, "exim4.service"), (.postfix, "postfix.service")]) == .postfix)
        let exim = limit([(.exim, ""), (.exim, "exim4.service")])
        #expect(exim.unit == "exim4.service")
        #expect(exim.dropInPath == "/etc/systemd/system/exim4.service.d/listbreaker-log.conf")
        #expect(exim.fix.hasSuffix("systemctl daemon-reload && systemctl restart exim4"))
        let instance = RateLimit(unit: "postfix@-.service")
        #expect(
            instance.dropInPath == "/etc/systemd/system/postfix@.service.d/listbreaker-log.conf"
        )
        #expect(instance.fix.hasSuffix("systemctl restart postfix"))
        let none = limit([(.exim, "session-7.scope"), (.exim, "user@1000.service")])
        #expect(none.unit == nil && none.dropInPath == nil)
        #expect(none.fix.contains("/etc/systemd/journald.conf.d/listbreaker.conf"))
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
        // Debian's Exim runs as a service and, for its queue, beside it: that is one finding.
        var debian = ServerExam(servers: [
            .init(dialect: .exim, unit: "", program: "/usr/sbin/exim4"),
            .init(dialect: .exim, unit: "exim4.service", program: "/usr/sbin/exim4"),
        ])
        debian.eximMacros = "/etc/exim4/exim4.conf.localmacros"
        let one = debian.findings(lines: [:])
        #expect(one.map(\.level) == [.problem])
        #expect(one.first?.text.hasPrefix("Exim runs in exim4.service, and not one line") == true)
        #expect(
            one.first?.fix
                == "echo 'log_file_path = syslog' >>/etc/exim4/exim4.conf.localmacros "
                + "&& update-exim4.conf && systemctl restart exim4"
        )
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
}
