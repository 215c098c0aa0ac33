// SPDX-License-Identifier: Apache-2.0
//
// What somebody outside can cause at most. Each test is a row of docs/security.md, by its name.

import EventTime
import ListTraffic
import StormDetection
import Testing

struct TrickTests {
    /// Two strangers trip an announce-only list of 8,000.
    private static func breach(_ list: inout Watched, day: Int64) -> Verdict? {
        let second = day * 86_400
        list.post("a\(day)@throwaway.example", at: second, kind: .newThread)
        return list.post("b\(day)@throwaway.example", at: second + 60, kind: .newThread)
    }

    @Test func `who trips a list again within a week of its reset halts nobody else's mail`() {
        var list = Watched(AnnounceTests.announceOnly, members: 8000)
        list.post("boss@example.org", at: -86_400, kind: .newThread)
        #expect(Self.breach(&list, day: 0)?.reach == .queue)
        list.detector.noteReset(list: list.address, time: Watched.time(3600))
        for day in [2, 4, 6] as [Int64] {
            let again = Self.breach(&list, day: day)
            #expect(again?.action == .trip)
            #expect(again?.reach == .list, "day \(day)")
            list.detector.noteReset(list: list.address, time: Watched.time(day * 86_400 + 3600))
        }
        #expect(Self.breach(&list, day: 20)?.reach == .queue, "two weeks of peace")
    }

    @Test func `a trip that was read too late is no reset, and narrows nothing`() {
        var list = Watched(AnnounceTests.announceOnly, members: 8000)
        list.post("boss@example.org", at: -86_400, kind: .newThread)
        _ = Self.breach(&list, day: 0)
        list.detector.noteReset(
            list: list.address,
            time: Watched.time(3600),
            isByPerson: false
        )
        #expect(Self.breach(&list, day: 2)?.reach == .queue)
    }

    @Test func `nobody teaches a busiest day of more than 4,000 mails`() {
        var settings = DetectionSettings()
        settings.burdenTrip = BySize(parsing: "0") ?? settings.burdenTrip
        settings.burdenHold = BySize(parsing: "0") ?? settings.burdenHold
        settings.echoPosts = 0
        settings.policyPosters = BySize(parsing: "0") ?? settings.policyPosters
        settings.stormTestMargin = 50
        settings.pingPongPosts = 0
        settings.chainHops = 0
        var rules = ListRules()
        rules.isCeilingExempt = true
        settings.perList["talk@example.org"] = rules
        var list = Watched(settings, address: "talk@example.org")
        list.live(days: 30, regulars: 10, perDay: 2, seed: 5)
        for day in 1...5 as ClosedRange<Int64> {
            for post in 0..<5000 as Range<Int64> {
                let second = day * 86_400 + post * 17
                list.post("regular\(post % 10)@example.org", at: second, kind: .newThread)
            }
        }
        list.post("regular1@example.org", at: 9 * 86_400, kind: .newThread)
        let figures = list.detector.figures(of: list.address, at: Watched.time(10 * 86_400))
        #expect(figures?.burden?.busiestDay == 4000)
    }

    @Test func `Dates that are spread over days buy a storm 60 posts, and no more`() {
        var list = BurdenTests.list()
        let thread = list.latest
        let came = list.run(90) { list, number in
            list.post(
                "s\(number)@throwaway.example",
                at: 5 * 86_400 + Int64(number) * 120,
                thread: thread,
                // As if one had been written each hour of four days.
                age: .hours(Int64(number * 37 % 96))
            )
        }
        #expect(came.hold ?? .max <= 41, "its busiest day had ten")
        #expect(came.trip ?? .max <= 71)
    }

    @Test func `what a robot may repeat is taught to 60 at most`() {
        var (list, _) = StrangerTests.discussion()
        for day in 1...8 as ClosedRange<Int64> {
            // As long a run as the last one allows, never a trip.
            for post in 0..<(14 + day * 6) {
                list.post("robot@example.org", at: day * 4 * 86_400 + post * 60, kind: .newThread)
            }
        }
        list.detector.noteReset(list: list.address, time: Watched.time(40 * 86_400))
        let came = list.run(200) { list, number in
            list.post(
                "robot@example.org",
                at: 60 * 86_400 + Int64(number) * 60,
                kind: .newThread
            )
        }
        #expect(came.trip ?? .max <= 91)
    }
}
