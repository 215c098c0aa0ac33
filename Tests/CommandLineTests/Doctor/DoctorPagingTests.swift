// SPDX-License-Identifier: Apache-2.0
//
// `doctor` on paging: scripts, their secrets, and who would be woken.

import Foundation
import Settings
import Testing

@testable import listbreaker

@Suite struct `What doctor finds of paging` {
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
            .deletingLastPathComponent()
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
            .deletingLastPathComponent()
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
}
