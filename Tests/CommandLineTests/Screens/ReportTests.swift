// SPDX-License-Identifier: Apache-2.0
//
// Reports of incidents and replays: what they tell, and that a stranger's words are only words in them.

import Breaker
import EventTime
import Glibc
import Linux
import Reports
import StormDetection
import TestSupport
import Testing
import Words

@testable import listbreaker

private func explained(
    _ incident: IncidentStatus,
    posters: [String] = ["ines@a.example", "jo@b.example", "ines@a.example"]
) -> ExplainReport {
    var number = 0
    return ExplainReport(
        scope: incident.scope,
        state: .open,
        incident: incident,
        figures: [
            "members": "3000", "copies_announced": "6000", "copies_sent": "812", "mails_day": "4",
        ],
        posts: posters.map { poster in
            number += 1
            return ExplainReport.Post(
                time: "2026-11-24T07:2\(number):00Z",
                poster: poster,
                kind: "reply",
                queueID: "Q\(number)",
                copies: 3000,
                reason: "a stranger"
            )
        }
    )
}

private func document(_ incident: IncidentStatus, addresses: Bool = false) -> Document {
    let account = IncidentAccount(incident, explained(incident), showsAddresses: addresses)
    return IncidentReport(account: account).document
}

@Suite struct `Reports for those who were not there` {
    @Test func `an incident as Markdown`() {
        var incident = IncidentStatus.afterReset
        incident.reach = .known(.narrow)
        incident.forecast =
            "5995 / 8390 / 123305 copies (low / middle / high) by 2026-11-30T09:00:00Z"
        incident.timeline = [
            MomentStatus(
                time: "2026-11-24T07:28:03Z",
                event: "verified",
                target: nil,
                text: "ines@a.example's copies stand still, 1204 held"
            )
        ]
        let text = LocalTime.$zone.withValue(.utc) {
            DocumentMarkdown(document: document(incident)).text
        }
        for words in [
            "# Incident 7: annonce@example.org\n", "- Members: 3,000\n",
            "- Copies sent, at the trip: 812\n", "- Messages held: 1,204\n",
            "- Deliveries that began after the halt: 3\n",
            "| i…@a.example | 2 | 6,000 | reply | 2026-11-24 07:21:00 UTC |\n",
            "| j…@b.example | 1 | 3,000 | reply | 2026-11-24 07:22:00 UTC |\n",
            "The list's own mail was stopped, other mail flowed.",
            "It was reset 2026-11-24 07:31:00 UTC by uid 0: the list is closed to strangers now.",
            "5,995 / 8,390 / 123,305 copies", "i…@a.example's copies stand still, 1,204 held",
            "## Why the list could do this\n\n(to be filled in)\n",
            "    Dear members of annonce@example.org,\n", "    Dear owner,\n",
        ] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        #expect(!text.contains("ines@"))
        let whole = DocumentMarkdown(document: document(incident, addresses: true)).text
        #expect(whole.contains("| ines@a.example | 2 |"))
    }

    @Test func `where mail flowed on, the trip's figures are not told as the last`() throws {
        var incident = IncidentStatus.storm
        incident.mode = .known(.observe)
        var status = StatusReport.storm
        status.lists[0].burden = BurdenStatus(
            hour: 15,
            sixHours: 90,
            day: 237,
            week: 240,
            since: nil,
            busiestDay: 1
        )
        func text(_ incident: IncidentStatus, _ status: StatusReport?) -> String {
            let account = IncidentAccount(
                incident,
                explained(incident),
                showsAddresses: false,
                status: status
            )
            return DocumentMarkdown(document: IncidentReport(account: account).document).text
        }
        let open = text(incident, status)
        #expect(open.contains("Mail flowed on, and by now it is 237 mails."))
        #expect(open.contains("Each of you may have got at least 237 mails"))
        #expect(open.contains("within 24 h, until 2026-11-24 07:31:11 UTC: 237"))
        // Reset: what came in the days since is another matter; how many it were is not known.
        incident.reset = "2026-11-24T09:00:00Z"
        let closed = text(incident, status)
        #expect(!closed.contains("237") && closed.contains("may have got at least 4 mails"))
        #expect(text(.afterReset, nil).contains("may have got at least 4 mails"), "three leaked")
        incident.mode = .known(.armed)
        incident.leaked = 0
        #expect(text(incident, status).contains("may have got 4 mails"))
    }

    @Test func `what went on behind the trip is told until the reset, and no post twice`() {
        var incident = IncidentStatus.afterReset
        incident.course = CourseStatus(
            start: incident.tripped,
            stepSeconds: 60,
            posts: [2, 0, 1],
            copiesAnnounced: [6000, 0, 3000],
            copiesSent: [40, 2, 0]
        )
        func account(_ incident: IncidentStatus) -> IncidentAccount {
            IncidentAccount(incident, explained(incident), showsAddresses: false)
        }
        func text(_ incident: IncidentStatus) -> String {
            LocalTime.$zone.withValue(.utc) {
                DocumentMarkdown(document: IncidentReport(account: account(incident)).document).text
            }
        }
        let armed = text(incident)
        for words in [
            "- Posts, from the trip until the reset: 3\n",
            "- Copies announced, from the trip until the reset: 9,000\n",
            "- Copies that left, from the trip until the reset: 42\n",
            // 6,000 announced and 812 sent at the trip, 9,000 and 42 since.
            "- Copies announced and kept back, until the reset: 14,146\n",
            "there came 3 further posts with 9,000 copies; 42 copies left in that time.",
            "Posts, from the first that is remembered until the reset, 6 in all:",
            "Copies announced, from the first that is remembered until the reset, 18,000 in all:",
            "    trip: 2026-11-24 07:28:02 UTC\n", "    reset: 2026-11-24 07:31:00 UTC\n",
        ] {
            #expect(armed.contains(words), "\(words) in \(armed)")
        }
        // The last step ends with the reset, and nothing is drawn behind it.
        let curves = account(incident).curves
        #expect(curves.map { $0.points.last?.height } == [6, 18_000, 42])
        for curve in curves {
            #expect(curve.points.map(\.time).max() == Timestamp(rfc3339: "2026-11-24T07:31:00Z"))
        }
        // A trip behind the trip: what was remembered of it is in the course already.
        var again = incident
        again.course?.start = "2026-11-24T07:22:30Z"
        #expect(account(again).curves.first?.points.last?.height == 5)
        incident.mode = .known(.observe)
        let observed = text(incident)
        #expect(observed.contains("would have kept back what was announced behind the trip: 9,000"))
        #expect(!observed.contains("kept back, until"))
        #expect(observed.contains("at the reset it was 7 mails"))
    }

    @Test func `on a telephone each cell says what it is`() {
        let page = DocumentPage(document: document(.afterReset)).text
        #expect(page.contains("<td data-title=\"Poster\">i…@a.example</td>"))
        #expect(page.contains("<td class=\"n\" data-title=\"Copies\">6,000</td>"))
        #expect(page.contains("content:attr(data-title)"))
        // Names and values one below the other wherever cells are: a long name left the value three letters.
        let narrow = page.firstRange(of: "@media screen and (max-width:40rem)")
        let rules = narrow.map { page[$0.upperBound...] } ?? ""
        #expect(rules.contains("dl{grid-template-columns:1fr"))
    }

    @Test func `a stranger's words are no markup and load nothing`() {
        var incident = IncidentStatus.storm
        let nasty = "\"><script src=//x.example>'&amp;|`*_[a](b)\u{1B}[2J\u{202E}\n# x"
        incident.summary = nasty
        incident.timeline = [
            MomentStatus(time: nasty, event: nasty, target: nasty, text: nasty)
        ]
        var report = explained(incident, posters: [nasty, nasty + "@x"])
        report.figures["members"] = nasty
        let account = IncidentAccount(incident, report, showsAddresses: true)
        let document = IncidentReport(account: account).document
        let page = DocumentPage(document: document).text
        #expect(!page.contains("<script"))
        #expect(page.contains("&lt;script"))
        // Every tag is one of ours, and each is closed.
        var open: [Substring] = []
        for tag in page.split(separator: "<").dropFirst().map({ $0.prefix { $0 != ">" } }) {
            #expect(!tag.contains(" src=") && !tag.contains("href") && !tag.contains("://"))
            let name = tag.prefix { $0.isLetter || $0.isNumber || $0 == "/" }
            if name.hasPrefix("/") {
                #expect(open.popLast() == name.dropFirst())
            } else if !tag.hasSuffix("/"), !["meta", "", "!DOCTYPE"].contains(name) {
                open.append(name)
            }
        }
        #expect(open.isEmpty)
        let text = DocumentMarkdown(document: document).text
        for whole in [page, text] {
            #expect(!whole.unicodeScalars.contains { $0.isUnsafe && $0 != "\n" })
        }
        #expect(!text.contains("\n# x"))
        #expect(text.contains("\\[a\\](b)"))
    }

    /// Root writes a report into /tmp, where a stranger was first.
    @Test func `what is asked for as a file follows no link`() throws {
        let scratch = try Scratch("links")
        let (link, target) = (scratch.path + "/report.html", scratch.path + "/precious")
        try TextFile.put("precious", into: target)
        try #require(unsafe symlink(target, link) == 0)
        try TextFile.put("a report", into: link)
        #expect(try WholeFile.read(target, atMost: 99) == Array("precious".utf8))
        #expect(try WholeFile.read(link, atMost: 99, followsLinks: false) == Array("a report".utf8))
    }

    @Test func `counts beyond all bounds stay counts`() {
        var report = explained(.storm)
        for place in report.posts.indices { report.posts[place].copies = .max }
        let account = IncidentAccount(.storm, report, showsAddresses: false)
        let text = DocumentMarkdown(document: IncidentReport(account: account).document).text
        #expect(text.contains(Int64.max.grouped))
        #expect(!text.contains("-9,"))
    }

    @Test(arguments: [
        ("ines@a.example wrote", "i…@a.example wrote"),
        ("to annonce@example.org.", "to annonce@example.org."),
        ("Annonce@Example.ORG", "Annonce@Example.ORG"),
        ("sender:jo+x@b.example, é@c.example", "sender:j…@b.example, é…@c.example"),
        ("@all and a@", "@all and a…@"), ("no address", "no address"), ("", ""),
    ])
    func `people's addresses are shortened, lists are named`(text: String, masked: String) {
        #expect(AddressMask(kept: ["annonce@example.org"])(text) == masked)
        #expect(AddressMask(kept: [], isOff: true)(text) == text)
    }

    @Test func `a curve stays in its frame, whatever the times and heights are`() {
        let huge = Timestamp(microseconds: .max)
        for points in [
            [(time: Timestamp.distantPast, height: Int64.max), (time: huge, height: Int64.max)],
            [(time: huge, height: Int64(0)), (time: huge, height: Int64(0))],
        ] {
            let curve = Document.Curve(
                title: "x",
                points: points,
                marks: [.init(time: .distantPast, word: "trip", tone: .trip)]
            )
            let drawing = CurveDrawing(curve: curve).svg
            let numbers = drawing.matches(of: /[ML] (-?[0-9.]+) (-?[0-9.]+)/)
            #expect(numbers.count > 4)
            for number in numbers {
                #expect((0...720).contains(Double(number.1) ?? -1), "\(number.0)")
                #expect((0...240).contains(Double(number.2) ?? -1), "\(number.0)")
            }
        }
        #expect(CurveDrawing(curve: .init(title: "x", points: [], marks: [])).svg.isEmpty)
    }
}
