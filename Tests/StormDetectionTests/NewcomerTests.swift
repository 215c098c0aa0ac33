// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import Testing

@testable import StormDetection

struct NewcomerTests {
    /// Settings in which nothing but the newcomers speaks.
    static var newcomersOnly: DetectionSettings {
        var settings = DetectionSettings()
        settings.stormTestMargin = 50
        settings.policyPosters = BySize(parsing: "0") ?? settings.policyPosters
        settings.learnedAnnounceAction = .off
        return settings
    }

    /// Newcomers an hour apart by `step` seconds, each in a mail of his own; which one tripped.
    static func flood(_ list: inout Watched, step: Int64, of count: Int = 40) -> Int? {
        for newcomer in 1...count {
            let verdict = list.post(
                "n\(newcomer)@example.net",
                at: Int64(newcomer) * step,
                kind: .unknown,
                headers: false
            )
            if verdict?.action == .trip { return newcomer }
        }
        return nil
    }

    @Test(arguments: [(900, 8), (6000, 12)] as [(Int64, Int)])
    func `newcomers who each write a new mail trip at 8 in six hours, 12 in a day`(
        _ row: (step: Int64, newcomer: Int)
    ) {
        var list = Watched(Self.newcomersOnly, address: "talk@example.org")
        list.live(days: 60, regulars: 10, perDay: 2, seed: 7)
        #expect(Self.flood(&list, step: row.step) == row.newcomer)
        // Where its busiest six hours had three, the limit of the hold is that of the trip.
        #expect(list.verdicts.first?.action == .softHold || row.step == 900)
        #expect(list.verdicts.last?.rule == .storm)
        #expect(
            list.verdicts.last?.evidence.summary.hasPrefix(
                "\(row.newcomer) people who never posted to talk@example.org did so within"
            ) == true
        )
    }

    @Test func `a list on which five newcomers a day are usual waits for more`() {
        var list = Watched(Self.newcomersOnly, address: "help@example.org")
        for day in -100..<(-60) as Range<Int64> {
            for asker in 0..<5 as Range<Int64> {
                list.post(
                    "a\(day)-\(asker)@example.net",
                    at: day * 86400 + 30_000 + asker * 900,
                    kind: .newThread
                )
            }
        }
        list.live(days: 60, regulars: 10, perDay: 4, seed: 7)
        let tripped = Self.flood(&list, step: 900) ?? 0
        #expect((10...13).contains(tripped), "twice five, decayed, and three")
    }

    @Test func `in a list's first fortnight everybody is new, which says nothing`() {
        var list = Watched(Self.newcomersOnly, address: "young@example.org")
        list.post("boss@example.org", at: -86_400, kind: .newThread)
        #expect(Self.flood(&list, step: 900) == nil)
    }

    @Test func `an attacker with new addresses every week raises the limit tenfold at most`() {
        #expect(NewcomerWatch.limit(least: 8, busiest: 128, factor: 1000) == 80)
        #expect(NewcomerWatch.limit(least: 8, busiest: 0, factor: 2) == 8)
        var list = Watched(Self.newcomersOnly, address: "talk@example.org")
        list.post("boss@example.org", at: -30 * 604_800, kind: .newThread)
        for week in (10...29 as ClosedRange<Int64>).reversed() {
            for sock in 0..<30 as Range<Int64> {
                list.post(
                    "w\(week)-\(sock)@example.net",
                    at: -week * 604_800 + sock * 300,
                    kind: .newThread
                )
            }
        }
        list.live(days: 60, regulars: 10, perDay: 8, seed: 7)
        let tripped = Self.flood(&list, step: 60, of: 120) ?? 999
        #expect(tripped <= 80)
    }

    @Test func `three strangers in a thread and the test at its threshold confirm each other`() {
        var (list, thread) = StrangerTests.discussion()
        for answer in 1...3 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 120, thread: thread)
        }
        #expect(list.verdicts.map(\.action) == [.trip])
        #expect(list.verdicts.last?.rule == .strangersInThread)
    }

    @Test func `on a list a week old four strangers trip only where one poster had it for himself`()
    {
        func tripped(by first: [String]) -> Int? {
            var list = Watched(address: "new@example.org", members: 7500)
            for (day, poster) in first.enumerated() {
                list.post(poster, at: Int64(day - 8) * 86_400, kind: .newThread)
            }
            let thread = list.latest
            for answer in 1...8 {
                let verdict = list.post(
                    "s\(answer)@example.net",
                    at: Int64(answer) * 400,
                    thread: thread
                )
                if verdict?.action == .trip { return answer }
            }
            return nil
        }
        let desk = tripped(by: Array(repeating: "desk@example.org", count: 8)) ?? 99
        let many = tripped(by: (1...8).map { "m\($0)@example.org" }) ?? 99
        #expect(desk <= 4)
        #expect((5...8).contains(many))
    }
}
