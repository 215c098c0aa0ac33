// SPDX-License-Identifier: Apache-2.0
//
// Exit statuses, arguments, and the pieces of text.

import ArgumentParser
import Breaker
import Control
import Engine
import EventTime
import FoundationEssentials
import Reports
import StormDetection
import Testing
import Words

@testable import listbreaker

@Suite struct `Exit statuses` {
    @Test func `an open breaker is 3 whatever else is wrong`() {
        #expect(StatusCommand.code(of: .storm, list: nil) == 3)
        #expect(StatusCommand.code(of: .trouble, list: nil) == 3)
    }

    @Test func `closed is 0 and blind is cannot tell`() {
        #expect(StatusCommand.code(of: .quiet, list: nil) == 0)
        var blind = StatusReport.quiet
        blind.journal.blind = "no journal"
        #expect(StatusCommand.code(of: blind, list: nil) == 4)
    }

    @Test func `half-open is not open`() {
        var report = StatusReport.quiet
        report.incidents = [.afterReset]
        #expect(StatusCommand.code(of: report, list: nil) == 0)
    }

    @Test func `a newer daemon's word for a state is shown as it is, and is cannot tell`() throws {
        let json = try Wire.write(StatusReport.storm)
            .replacing("\"open\"", with: "\"latched\\u001b\"")
            .replacing("\"verified\"", with: "\"frozen\"")
            .replacing("\"armed\"", with: "\"rehearsal\"")
            .replacing("\"announce-breach\"", with: "\"tides\"")
        let report = try Wire.read(StatusReport.self, from: json)
        #expect(report.lists.first?.state == .other("latched\u{1B}"))
        #expect(StatusCommand.code(of: report, list: nil) == 4)
        let text = StatusText(report: report, console: Console()).text()
        #expect(text.hasPrefix("OPEN (mail halted, frozen); rehearsal"))
        #expect(text.contains("latched\\u{1b}") && text.contains("tides, since"))
        #expect(try Wire.write(report) == json, "and is written again as it was")
    }

    @Test func `of one list only its own breaker counts`() {
        var report = StatusReport.storm
        report.lists.removeFirst()
        #expect(StatusCommand.code(of: report, list: "talk@example.org") == 0)
        #expect(StatusCommand.code(of: report, list: nil) == 3)
    }
}

@Suite struct `Arguments` {
    private func code(_ words: [String]) -> Int32? {
        do {
            _ = try ListbreakerCommand.parseAsRoot(words)
            return nil
        } catch {
            return ListbreakerCommand.exitCode(for: error).rawValue
        }
    }

    @Test(arguments: [
        ["trip", "a@example.org"],
        ["trip", "--reason", "x"],
        ["trip", "a@example.org", "--queue", "--reason", "x"],
        ["reset", "--queue"],
        ["reset", "--queue", "--reason", "x", "--held", "burn"],
        ["ack"],
        ["page"],
        ["expect", "a@example.org", "--copies", "5", "--until", "some day"],
        ["replay", "--directory", "a", "--file", "b"],
        ["replay", "--assume-reset", "infinity"],
        ["replay", "--since", "the day before"],
        ["simulate"], ["simulate", "x", "--list"], ["simulate", "x", "--headers", "maybe"],
        ["simulate", "x", "--output", "a", "--directory", "b"], ["simulate", "x", "--json"],
        ["setup", "postfix", "--apply", "--undo"],
        ["stauts"],
        ["--nonsense"],
    ])
    func `what makes no sense is 64`(words: [String]) {
        #expect(code(words) == 64)
    }

    @Test(arguments: [
        [], ["status"], ["status", "a@example.org", "--json"], ["a@example.org"],
        ["trip", "--queue", "--reason", "x"],
        ["reset", "a@example.org", "--reason", "x", "--held", "keep", "--yes"],
        ["page", "--test"], ["page", "--test", "webhook"],
        ["replay", "--file", "a", "--file", "b", "--assume-reset", "1h 30min", "--mta-uid", "101"],
        ["replay", "--syslog", "mail.log", "mail.log.1", "--since", "2026-11-01"],
        ["expect", "a@example.org", "--copies", "5", "--until", "2026-12-01"],
        ["simulate", "--list"], ["simulate", "x", "--seed", "9", "--start", "2026-11-01"],
        ["simulate", "x", "--headers", "off", "--directory", "d", "--json"],
        ["setup", "postfix"], ["setup", "postfix", "--undo", "--json"], ["doctor", "--page"],
        ["show-config", "--origin"], ["check-config", "--root", "/"], ["version"],
    ])
    func `what makes sense is accepted`(words: [String]) {
        #expect(code(words) == nil)
    }
}

@Suite struct `Text for terminals` {
    @Test func `JSON is safe on a terminal, and says the same`() throws {
        var report = StatusReport.quiet
        report.journal.blind = "a\u{9B}2J\u{202E}\u{2067}\u{61C}\u{FEFF}\u{E0041}é"
        let json = try Wire.write(report)
        #expect(!json.unicodeScalars.contains { $0.isUnsafe }, "\(json)")
        #expect(try Wire.read(StatusReport.self, from: json).journal.blind == report.journal.blind)
    }

    @Test func `a list's name cannot steer who reads metrics`() throws {
        var report = StatusReport.storm
        var list = try #require(report.lists.first)
        list.list = "a\u{9B}2J\u{202E}\u{2067}\u{200F}\u{FEFF}\"\\\n\u{1B}é@example.org"
        report.lists = [list]
        report.journal.forged = [list.list: 1]
        let lines = Metrics.text(of: report).split(separator: "\n")
        #expect(lines.allSatisfy { !$0.unicodeScalars.contains { $0.isUnsafe } })
        #expect(lines.count { $0.contains("é@example.org\"} ") } == 11)
    }

    @Test func `wide letters take two columns and marks none`() {
        #expect(columns("漢字") == 4)
        #expect(columns("e\u{301}") == 1)
        #expect(clipped("漢字漢字", to: 5) == "漢字…")
        #expect(clipped("abc", to: 3) == "abc")
        #expect(clipped("abcd", to: 3) == "ab…")
        #expect(clipped("abcd", to: 0) == "")
    }

    @Test func `wrapping breaks between words only`() {
        #expect(wrapped("one two three", width: 7) == "one two\nthree")
        #expect(
            wrapped("one two three", width: 9, first: "  ", rest: "    ")
                == "  one two\n    three"
        )
        #expect(wrapped("unbreakable", width: 3) == "unbreakable")
    }

    @Test(
        arguments: [
            ("open", nil, "open (mail halted)"),
            ("open", "verified", "open (mail halted, verified)"),
            ("open", "leaking 3/min", "open (mail halted, leaking 3/min)"),
            ("open", "halting", "open (halting mail)"),
            ("open", "NOT HALTED", "open (MAIL NOT HALTED)"),
            ("open", "observe: mail flows", "open (observe: mail flows)"),
            ("half-open", "verified", "half-open (mail flows)"),
            ("closed", nil, "closed (mail flows)"),
            ("\u{1B}c", nil, "\\u{1b}c"),
        ] as [(String, String?, String)]
    )
    func `both words are printed for every state`(state: String, halt: String?, text: String) {
        #expect(StateWords.breaker(Word(state), halt: halt.map { Word($0) }).text == text)
    }
}

@Suite struct `Reset asks` {
    private func plan(_ words: [String], _ report: StatusReport) throws -> String {
        let command = try ListbreakerCommand.parseAsRoot(["reset"] + words)
        return try #require(command as? ResetCommand).plan(report)
    }

    @Test func `it says what becomes of held mail`() throws {
        let words = ["annonce@example.org", "--reason", "x"]
        #expect(
            try plan(words + ["--held", "release"], .storm)
                .contains("1,204 held messages go out, and mail flows again.")
        )
        #expect(try plan(words + ["--held", "keep"], .storm).contains("stay on hold"))
        #expect(try plan(words, .storm).contains("say --held release, --held keep or"))
    }

    @Test func `it says when another incident keeps the queue halted`() throws {
        var report = StatusReport.storm
        var other = IncidentStatus.storm
        other.number = 9
        other.scope = .list("talk@example.org")
        report.incidents.append(other)
        #expect(
            try plan(["annonce@example.org", "--reason", "x"], report)
                .contains("The queue stays halted by incident 9.")
        )
    }

    @Test func `an incident's number stands for its list`() throws {
        let number = "\(IncidentStatus.storm.number)"
        #expect(
            try plan([number, "--reason", "x", "--held", "keep"], .storm)
                .hasPrefix("Reset annonce@example.org: incident \(number), ")
        )
    }

    @Test func `it says how much is on hold, of the list and of others`() throws {
        let words = [
            "reset", "\(IncidentStatus.storm.number)", "--reason", "x", "--held", "discard",
        ]
        let command = try #require(
            try ListbreakerCommand.parseAsRoot(words) as? ResetCommand
        )
        func post(_ list: String?) -> HeldReport.Post {
            HeldReport.Post(
                post: "4B1A2C89A5",
                list: list,
                messageID: "",
                from: "",
                subject: "",
                sender: "",
                firstSeen: "2026-11-24T07:28:02Z",
                messages: 2,
                copies: 800
            )
        }
        let mail = HeldReport(
            posts: [post("annonce@example.org"), post(nil), post("annonce@example.org")],
            more: 3,
            held: 9,
            foreign: 0
        )
        let lines = command.numbers(of: .storm, mail)
        #expect(lines.first == "Of the list: 2 posts in 4 messages to 1,600 recipients.")
        #expect(lines.dropFirst().first == "Of others: 1 post in 2 messages to 800 recipients.")
        #expect(lines.last?.hasPrefix("3 messages of further posts") == true)
    }

    @Test func `it says when there is nothing to reset`() throws {
        #expect(try plan(["--queue", "--reason", "x"], .storm).contains("nothing is to be reset"))
    }
}

@Suite struct `A drill's outcome` {
    @Test func `each step has a line of its own, and the end has as many as it needs`() {
        var outcome = DrillOutcome(list: "listbreaker-drill@mx.example.org")
        outcome.steps = [
            .init(name: "look", milliseconds: 1.5, found: "armed"),
            .init(name: "trip", milliseconds: 120, found: "failed"),
        ]
        outcome.end = "the drill failed: no answer\nby hand: listbreaker reset"
        #expect(
            outcome.text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } } == [
                "1.50 ms  look    armed", "120.00 ms  trip    failed",
                "the drill failed: no answer", "by hand: listbreaker reset",
            ]
        )
        #expect(!outcome.text.contains("\\n"))
    }
}

@Suite struct `Commands that others print` {
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The commands of ours that stand in lines of their own in `file`.
    private static func commands(in file: String) throws -> [[String]] {
        let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            guard let found = line.firstMatch(of: /^ {4,}listbreaker( .*)?$/) else { return nil }
            let own = String(found.output.1 ?? "").prefix { $0 != "#" }
            // Two blanks begin what is said about it.
            let end = own.ranges(of: "  ").first?.lowerBound ?? own.endIndex
            return words(String(own[..<end])).map { word in
                ["N": "7", "LIST": "a@example.org"][word] ?? word
            }
        }
    }

    /// The words of `command` as a shell reads them: what stands in quotes is one.
    private static func words(_ command: String) -> [String] {
        var words: [String] = []
        for (place, part) in command.split(whereSeparator: { "'\"".contains($0) }).enumerated() {
            if place.isMultiple(of: 2) {
                // Of a second command on the line we are not asked.
                let own = part.prefix { $0 != "&" && $0 != "|" && $0 != ">" }
                words += own.split(separator: " ").map(String.init)
                if own.count < part.count { break }
            } else {
                words.append(String(part))
            }
        }
        return words
    }

    @Test(arguments: [
        "debian/prerm", "README.md", "docs/paged.md", "docs/handbook.md",
        "systemd/listbreaker.catalog",
    ])
    func `each of them is understood`(file: String) throws {
        let commands = try Self.commands(in: file)
        #expect(!commands.isEmpty)
        for words in commands {
            let plain = words.map { $0.replacing(/@LISTBREAKER_[A-Z]+@/, with: "7") }
            #expect(throws: Never.self, "\(words)") {
                _ = try ListbreakerCommand.parseAsRoot(plain)
            }
        }
    }
}
