// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import Testing

struct AnnounceTests {
    static func settings(_ rules: ListRules) -> DetectionSettings {
        var settings = DetectionSettings()
        settings.perList["annonce@example.org"] = rules
        return settings
    }

    static var announceOnly: DetectionSettings {
        var rules = ListRules()
        rules.announceOnly = true
        return settings(rules)
    }

    @Test func `an announce-only list trips at the second post of others`() {
        var list = Watched(Self.announceOnly)
        #expect(list.post("boss@example.org", at: 0, kind: .newThread) == nil)
        #expect(list.post("a@example.net", at: 300) == nil)
        let verdict = list.post("b@example.net", at: 420)
        #expect(verdict?.rule == .announceBreach)
        #expect(verdict?.action == .trip)
        #expect(verdict?.isSure == true)
        #expect(
            verdict?.evidence.summary
                == "annonce@example.org is announce-only but redistributed 2 posts of others "
                + "within 2 min; 9,000 copies announced in the last 24 h."
        )
        #expect(verdict?.evidence.trail.map(\.poster) == ["a@example.net", "b@example.net"])
    }

    @Test func `seven announcements by three people are enough to know it`() {
        var list = Watched()
        for number in 0..<7 as Range<Int64> {
            let poster = ["info", "support", "sales"][Int(number % 3)]
            list.post("\(poster)@example.org", at: (number - 7) * 14 * 86_400, kind: .newThread)
        }
        let came = list.run(5) { list, number in
            list.post("s\(number)@example.net", at: Int64(number) * 9000, kind: .newThread)
        }
        #expect(came.hold == 3)
        #expect(list.verdicts.last?.rule == .announceBreach)
    }

    @Test func `the same stranger twice is two posts of others`() {
        var list = Watched(Self.announceOnly)
        list.post("boss@example.org", at: 0, kind: .newThread)
        list.post("a@example.net", at: 300)
        #expect(list.post("a@example.net", at: 360)?.rule == .announceBreach)
    }

    @Test func `the log needs no headers for it, and a stranger's wrong clock is no excuse`() {
        var list = Watched(Self.announceOnly)
        list.post("boss@example.org", at: 0, kind: .unknown, headers: false)
        list.post("a@example.net", at: 300, kind: .replyByPoster, headers: false)
        let verdict = list.post(
            "b@example.net",
            at: 420,
            kind: .replyByPoster,
            headers: false,
            age: .hours(26)
        )
        #expect(verdict?.rule == .announceBreach)
    }

    @Test func `those whom the operator names may post, and nobody else, whoever came first`() {
        var rules = ListRules()
        rules.announceOnly = true
        rules.regularPosters = ["boss@example.org", "deputy@example.org"]
        var list = Watched(Self.settings(rules))
        for hour in 0..<30 {
            let who = hour.isMultiple(of: 2) ? "boss@example.org" : "Deputy@example.org"
            #expect(list.post(who, at: Int64(hour) * 7200, kind: .newThread) == nil)
        }
        #expect(list.post("a@example.net", at: 300_000) == nil)
        #expect(list.post("b@example.net", at: 300_100)?.rule == .announceBreach)
    }

    @Test func `robots whose answers the list redistributes breach it like anybody`() {
        var list = Watched(Self.announceOnly)
        list.post("boss@example.org", at: 0, kind: .newThread)
        #expect(list.post("r1@example.net", at: 200, kind: .robot) == nil)
        #expect(list.post("r2@example.net", at: 400, kind: .robot)?.action == .trip)
    }

    @Test func `a stranger whom nobody minded for three days belongs`() {
        var list = Watched(Self.announceOnly)
        list.post("boss@example.org", at: 0, kind: .newThread)
        list.post("deputy@example.org", at: 1000, kind: .newThread)
        #expect(list.post("deputy@example.org", at: 5 * 86400, kind: .newThread) == nil)
        #expect(list.post("boss@example.org", at: 5 * 86400 + 60, kind: .newThread) == nil)
        #expect(list.post("a@example.net", at: 5 * 86400 + 600) == nil)
        #expect(list.post("b@example.net", at: 5 * 86400 + 900)?.rule == .announceBreach)
    }

    @Test(arguments: [
        (LearnedAnnounceAction.trip, Verdict.Action.trip as Verdict.Action?),
        (.softHold, .softHold),
        (.off, nil),
    ])
    func `a list that only ever had one poster does as told at its second stranger`(
        _ row: (LearnedAnnounceAction, Verdict.Action?)
    ) {
        var settings = DetectionSettings()
        settings.learnedAnnounceAction = row.0
        var list = Watched(settings)
        for week in 0..<4 {
            list.post("boss@example.org", at: Int64(week) * 604_800, kind: .newThread)
        }
        #expect(list.post("a@example.net", at: 4 * 604_800) == nil)
        #expect(list.post("b@example.net", at: 4 * 604_800 + 90)?.action == row.1)
    }

    @Test func `a list with two posters, or declared open, is not announce-like`() {
        var list = Watched()
        for week in 0..<8 {
            let who = week.isMultiple(of: 2) ? "boss@example.org" : "deputy@example.org"
            list.post(who, at: Int64(week) * 604_800, kind: .newThread)
        }
        list.post("a@example.net", at: 8 * 604_800)
        #expect(list.post("b@example.net", at: 8 * 604_800 + 90) == nil)

        var rules = ListRules()
        rules.announceOnly = false
        var open = Watched(Self.settings(rules))
        for week in 0..<8 {
            open.post("boss@example.org", at: Int64(week) * 604_800, kind: .newThread)
        }
        open.post("a@example.net", at: 8 * 604_800)
        #expect(open.post("b@example.net", at: 8 * 604_800 + 90) == nil)
    }

    @Test func `after a reset the count begins anew and the list may trip again at once`() {
        var list = Watched(Self.announceOnly)
        list.post("boss@example.org", at: 0, kind: .newThread)
        list.post("a@example.net", at: 300)
        list.post("b@example.net", at: 420)
        #expect(list.post("c@example.net", at: 430) == nil, "one verdict a trip")
        list.detector.noteReset(list: list.address, time: Watched.time(600))
        #expect(list.post("d@example.net", at: 700) == nil)
        #expect(list.post("e@example.net", at: 800)?.rule == .announceBreach)
    }
}
