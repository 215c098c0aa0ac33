// SPDX-License-Identifier: Apache-2.0
//
// What people see, against golden files: help texts and rendered reports. The files are written
// anew with LISTBREAKER_UPDATE_GOLDEN=1; read the diff before committing it.

import ArgumentParser
import Breaker
import FoundationEssentials
import Reports
import Testing

@testable import listbreaker

private let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/cli")

/// Compares `text` with the golden file `name`.
private func expectGolden(_ name: String, _ given: @autoclosure () throws -> String) throws {
    let text = try LocalTime.$zone.withValue(.utc) { try given() }
    let file = folder.appending(path: name + ".txt")
    if ProcessInfo.processInfo.environment["LISTBREAKER_UPDATE_GOLDEN"] == "1" {
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(name)")
}

@Suite struct `Help texts` {
    /// Every verb with the words that call it: what the command line itself says there is.
    static let verbs = below(ListbreakerCommand.self, [])

    private static func below(
        _ parent: any ParsableCommand.Type,
        _ words: [String]
    ) -> [(words: [String], type: any ParsableCommand.Type)] {
        parent.configuration.subcommands.flatMap { verb in
            let path = words + [verb.configuration.commandName ?? "?"]
            return [(path, verb)] + below(verb, path)
        }
    }

    @Test func `the help of every verb is as reviewed`() throws {
        try expectGolden("help/listbreaker", ListbreakerCommand.helpMessage(columns: 80))
        #expect(Self.verbs.count >= 29)
        for (words, verb) in Self.verbs {
            let text = ListbreakerCommand.helpMessage(for: verb, columns: 80)
            try expectGolden("help/\(words.last ?? "?")", text)
        }
    }
}

@Suite struct `Manual page` {
    @Test func `listbreaker(1) describes every verb and every option`() throws {
        let file = folder.appending(path: "../../../docs/man/listbreaker.1")
        let page = try String(contentsOf: file, encoding: .utf8)
        let common: Set = ["help", "version", "socket"]
        for (words, verb) in `Help texts`.verbs {
            // What a group does without a verb is described with the group.
            let name = words.joined(separator: " ").replacing("held show", with: "held")
            #expect(page.contains("\n.It Cm \(name)"), "\(name)")
            let help = ListbreakerCommand.helpMessage(for: verb, columns: 200)
            for match in help.matches(of: /\n +--([a-z-]+)/) {
                let option = String(match.output.1)
                if !common.contains(option) {
                    #expect(page.contains("Fl -\(option)"), "\(name) --\(option)")
                }
            }
        }
    }
}

@Suite struct `Rendered reports` {
    private func status(_ report: StatusReport, _ console: Console = Console()) -> String {
        StatusText(report: report, console: console).text()
    }

    @Test func `status is as reviewed`() throws {
        try expectGolden("status-quiet", status(.quiet))
        try expectGolden("status-storm", status(.storm))
        try expectGolden("status-narrow", status(.storm, Console(width: 72)))
        try expectGolden("status-trouble", status(.trouble))
        try expectGolden("status-doubtful", status(.doubtful))
        var one = StatusReport.quiet
        one.lists = [
            .list("annonce@example.org", .closed, incident: nil, members: 3000, posts: 4)
        ]
        one.lists[0].kind = KindStatus(
            kind: "announce",
            saidBy: "uid 0 at 2026-11-20T08:00:00Z: the board says so",
            learned: "discussion",
            evidence: "many posters, 31 posts so far"
        )
        one.lists[0].burden = BurdenStatus(
            hour: 1,
            sixHours: 4,
            day: 14,
            week: 17,
            since: "2026-11-23T17:00:00Z",
            busiestDay: 3
        )
        try expectGolden(
            "status-one",
            StatusText(report: one, console: Console(width: 80), isOfOne: true).text()
        )
        var observed = StatusReport.storm
        observed.mode = .known(.observe)
        observed.queue = StatusReport.quiet.queue
        observed.incidents[0].halt = .known(.observed)
        try expectGolden("status-observe", status(observed))
        var reset = StatusReport.storm
        reset.queue = StatusReport.quiet.queue
        reset.incidents = [.afterReset]
        reset.lists[0].state = .known(.halfOpen)
        try expectGolden("status-half-open", status(reset))
    }

    @Test func `history and explanations are as reviewed`() throws {
        let incidents = [IncidentStatus.afterReset, .storm]
        try expectGolden(
            "incidents",
            IncidentsText(incidents: incidents, console: Console()).text
        )
        try expectGolden("incidents-none", IncidentsText(incidents: [], console: Console()).text)
        let report = try Wire.read(ExplainReport.self, from: Self.explanation)
        try expectGolden("explain", ExplainText(report: report, console: Console(width: 120)).text)
        try expectGolden(
            "explain-narrow",
            ExplainText(report: report, console: Console(width: 80)).text
        )
    }

    @Test func `nothing a stranger wrote reaches the terminal raw`() {
        let text = status(.trouble)
        let bad = text.unicodeScalars.filter {
            $0 != "\n" && $0.properties.generalCategory == .control
        }
        #expect(bad.isEmpty)
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        #expect(text.contains("\\u{202e}"))
    }

    @Test func `colour adds nothing that is not in the words`() {
        let plain = status(.trouble)
        let coloured = status(.trouble, Console(hasColour: true))
        #expect(coloured.contains("\u{1B}[1;31m"))
        var stripped = ""
        var isEscape = false
        for character in coloured {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { stripped.append(character) }
            if isEscape, character == "m" { isEscape = false }
        }
        #expect(stripped == plain)
    }

    @Test(arguments: [40, 60, 72, 80, 100, 200])
    func `prose and numbers are never cut to make room`(width: Int) {
        let text = status(.storm, Console(width: width))
        #expect(text.contains("6,000"))
        let title = text.split(separator: "\n").first { $0.hasPrefix("LIST ") } ?? ""
        let named = ["POSTS/H", "REPLIES/H", "COPIES/H", "SENT/H", "NEAREST RULE"]
        #expect(text.contains("36,000") == title.contains("COPIES/H"))
        for column in named {
            // What is not shown is named.
            #expect(text.contains(column), "\(column)")
        }
        #expect(text.contains("listbreaker reset annonce@example.org --reason TEXT"))
    }

    @Test(
        arguments: [
            ("loop 1 of 12", nil), ("loop 3 of 12", "loop 3 of 12"),
            ("strangers-in-thread 24 of 4", ""),
            ("a newer daemon's words", ""), ("loop x of 12", ""), ("loop 0 of 0", ""),
        ] as [(String, String?)]
    )
    func `only what is near is a near-miss`(words: String, said: String?) {
        #expect(StateWords.nearMiss(words) == (said == "" ? words : said))
    }

    /// An explanation as the daemon writes it.
    static let explanation = """
        {"version":1,"scope":"annonce@example.org","state":"open","incident":{"number":7,\
        "scope":"annonce@example.org","mode":"armed","state":"open","rule":"announce-breach",\
        "tripped":"2026-11-24T07:28:02Z","halt":"leaking 12/min","held":10,"leaked":24,\
        "summary":"two strangers posted"},"figures":{"copies_announced":"6000",\
        "reproduction":"3.2","window_seconds":"86400","forecast_copies":"82454 / 438846 / 635440",\
        "forecast_until":"2026-11-30T09:00:00Z","zz_new":"7000"},"posts":[{"time":"2026-11-24T07:20:00Z",\
        "poster":"press@example.org","kind":"new thread","queue_id":"4B1","copies":3000,\
        "reason":"not counted: a regular poster"},{"time":"2026-11-24T07:27:59Z",\
        "poster":"eve\\u001b@example.net","kind":"reply (by who posted)","queue_id":"4B2",\
        "copies":3000,"reason":"counted: a stranger"}]}
        """
}
