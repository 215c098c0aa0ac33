// SPDX-License-Identifier: Apache-2.0
//
// What a tired person types: spans without a unit, bare names, no copies, blanks for a reason; and the first
// line of a screen that is narrower than it.

import ArgumentParser
import Breaker
import Reports
import Testing

@testable import listbreaker

@Suite struct `Words of a tired person` {
    private func holdOff(_ span: String) throws -> String? {
        do {
            _ = try HoldOffCommand.parse(["a@b.example", "--for=\(span)"])
            return nil
        } catch {
            return HoldOffCommand.message(for: error)
        }
    }

    @Test(arguments: ["0", "2h", "90min", "1h 30min", "1d", "90s"])
    func `a span with its unit is taken`(span: String) throws {
        #expect(try holdOff(span) == nil)
    }

    @Test(arguments: [
        ("2", "such as: 2h, 2min, 2s"), ("90", "such as: 90h, 90min, 90s"),
        ("25h", "more than a day"), ("1d 1s", "more than a day"), ("-1h", "no span of time"),
        ("18:00", "no span of time"), ("inf", "no span of time"),
    ])
    func `a bare number is not taken for seconds, and each refusal says why`(
        span: String,
        why: String
    ) throws {
        let said = try holdOff(span)
        #expect(said?.contains(why) == true, "\(said ?? "taken")")
    }

    @Test(arguments: ["0", "-1"])
    func `a mailing of no copies is refused by its option`(copies: String) {
        #expect {
            _ = try ExpectCommand.parse(["a@b.example", "--copies=\(copies)", "--until", "2h"])
        } throws: { error in
            ExpectCommand.message(for: error).contains("--copies is 1 or more")
        }
    }

    @Test func `a refused time names forms that lead where the option asks for`() {
        #expect(!TimeArgument.forms(.ahead).contains("yesterday"))
        #expect(!TimeArgument.forms(.back).contains("tomorrow"))
    }

    @Test func `a bare name is a list's, unless it is nearly a verb`() throws {
        #expect(try StatusCommand.parse(["annonce"]).list == "annonce")
        #expect {
            _ = try StatusCommand.parse(["stauts"])
        } throws: { error in
            StatusCommand.message(for: error).contains("did you mean 'status'?")
        }
    }
}

@Test(arguments: [40, 60, 80, 100, 120])
func `the first line of status breaks between its parts, and loses none`(width: Int) {
    for var report in [StatusReport.quiet, .storm, .trouble] {
        report.mode = .known(.observe)
        report.journal.blind =
            "the journal cannot be read, and that is a sentence of some length; see doctor"
        report.queue.remark =
            "a remark that is longer than what a terminal of eighty columns shows on a line"
        let text = StatusText(report: report, console: Console(width: width)).opening
        let head = text.prefix { $0 != "\n" }
        #expect(columns(String(head)) <= width, "\(head)")
        let beginning = text.components(before: "BLIND")
        #expect(beginning.contains("observe mode:"))
        #expect(beginning.contains("2026-11-24 "))
        for line in text.split(separator: "\n").prefix(8) where line.contains(" ") {
            #expect(columns(String(line)) <= max(width, 72), "\(line)")
        }
    }
}

extension String {
    /// What stands before `word`.
    fileprivate func components(before word: String) -> Substring {
        firstRange(of: word).map { self[..<$0.lowerBound] } ?? self[...]
    }
}
