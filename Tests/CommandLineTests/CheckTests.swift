// SPDX-License-Identifier: Apache-2.0
//
// `status --nagios`, and what a mistyped verb is told.

import ArgumentParser
import Breaker
import Reports
import Testing

@testable import listbreaker

@Suite struct `As a plugin` {
    @Test func `a quiet host is OK`() {
        var report = StatusReport.quiet
        report.mode = .known(.armed)
        let text = CheckText(report)
        #expect(text.code == .ok)
        #expect(
            text.line
                == "LISTBREAKER OK - closed (mail flows) | open=0;;0;0 held=0;;;0 doubts=0;;0;0 "
                + "soft_holds=0;0;;0 lists=0;;;0 pages_waiting=0;0;;0 lag=0.04s;;;0"
        )
    }

    @Test func `a storm, a doubt and blindness are critical, a soft hold is a warning`() {
        let storm = CheckText(.storm)
        #expect(storm.code == .critical)
        #expect(
            storm.line.hasPrefix(
                "LISTBREAKER CRITICAL - outbound mail is halted; annonce@example.org is open (incident 7)"
            )
        )
        #expect(storm.line.contains(" | open=1;;0;0 held=1204;;;0 "))
        #expect(CheckText(.doubtful).code == .critical)
        var blind = StatusReport.quiet
        blind.journal.blind = "none of 9 lines | is\n believed"
        #expect(CheckText(blind).code == .critical)
        #expect(CheckText(blind).line.contains("blind: none of 9 lines / is  believed"))
        #expect(CheckText(blind).line.split(separator: "|").count == 2)
        var near = StatusReport.quiet
        near.lists = StatusReport.storm.lists
        near.lists[1].softHold = "2026-11-24T09:30:00Z"
        #expect(CheckText(near).code == .warning)
        #expect(CheckText(near).line.contains("1 list near a trip"))
    }

    @Test func `a daemon that does not answer is UNKNOWN`() throws {
        let command = try StatusCommand.parse(["--nagios", "--socket", "/nonexistent/socket"])
        #expect(throws: ExitCode(3)) { try command.run() }
        #expect(CheckText(failure: "a|b\nc").line == "LISTBREAKER UNKNOWN - a/b c")
    }

    @Test(arguments: [("stauts", "status"), ("ecplain", "explain"), ("reprot", "report")])
    func `a mistyped verb is told which is near`(typed: String, meant: String) {
        #expect(ListbreakerCommand.verb(near: typed) == meant)
        #expect(throws: (any Error).self) { try ListbreakerCommand.parseAsRoot([typed]) }
        #expect(ListbreakerCommand.verb(near: "xyzzy") == nil)
    }
}
