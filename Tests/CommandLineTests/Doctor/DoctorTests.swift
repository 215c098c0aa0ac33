// SPDX-License-Identifier: Apache-2.0
//
// `doctor`: what the daemon says becomes findings, each with a command that changes it.

import Control
import EventTime
import Foundation
import Linux
import Reports
import Settings
import Testing

@testable import listbreaker

@Suite struct `What doctor finds` {
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
