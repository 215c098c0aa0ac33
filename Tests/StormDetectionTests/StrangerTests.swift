// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import Testing

struct StrangerTests {
    /// A discussion of ten regulars, and a new thread by one of them.
    static func discussion() -> (Watched, UInt64) {
        var list = Watched(address: "talk@example.org")
        list.live(days: 60, regulars: 10, perDay: 2, seed: 7)
        list.post("regular1@example.org", at: 0, kind: .newThread)
        return (list, list.latest)
    }

    @Test(arguments: [(600, 4), (4000, 6), (10_000, 9)] as [(Int64, Int)])
    func `strangers in one thread trip at 4 an hour, 6 in six, 9 a day`(_ row: (Int64, Int)) {
        var (list, thread) = Self.discussion()
        var tripped: Int?
        for answer in 1...12 where tripped == nil {
            let verdict = list.post(
                "s\(answer)@example.net",
                at: Int64(answer) * row.0,
                thread: thread
            )
            if verdict?.action == .trip { tripped = answer }
        }
        #expect(tripped == row.1)
        #expect(list.verdicts.first?.action == .softHold, "the doubtful stage comes first")
        #expect(list.verdicts.last?.rule == .strangersInThread)
        #expect(list.verdicts.last?.evidence.trail.count == row.1)
    }

    @Test func `nobody reads and answers within seconds, so the next one tells`() {
        // The storm test would speak as well.
        var settings = DetectionSettings()
        settings.stormTestMargin = 50
        var (list, thread) = Self.discussion()
        list.detector.update(settings: settings)
        let came = list.run(4) { list, number in
            let second = number < 4 ? 600 + Int64(number) * 5 : 660
            list.post("s\(number)@example.net", at: second, thread: thread)
        }
        #expect(came.hold == 4)
        #expect(came.trip == 4)
        var (slower, subject) = Self.discussion()
        slower.detector.update(settings: settings)
        let held = slower.run(3) { list, number in
            list.post("s\(number)@example.net", at: 600 + Int64(number) * 16, thread: subject)
        }
        #expect(held.hold == 3)
    }

    @Test func `a threshold beyond what is remembered is held at that, not waited for`() {
        var (list, thread) = Self.discussion()
        var settings = DetectionSettings()
        settings.strangers = StrangerThresholds(perHour: 1000, perSixHours: 0, perDay: 0)
        settings.softHoldStrangers = StrangerThresholds(perHour: 0, perSixHours: 0, perDay: 0)
        settings.policyPosters = BySize(parsing: "0") ?? settings.policyPosters
        settings.stormTestMargin = 50
        settings.stormTestFloor = BySize(parsing: "1000") ?? settings.stormTestFloor
        list.detector.update(settings: settings)
        var tripped: Int?
        for answer in 1...50 where tripped == nil {
            let verdict = list.post(
                "s\(answer)@example.net",
                at: Int64(answer) * 61,
                thread: thread
            )
            if verdict?.action == .trip { tripped = answer }
        }
        #expect(tripped == 32)
        #expect(list.verdicts.last?.rule == .strangersInThread)
    }

    @Test func `the verdict says what happened in one sentence`() {
        var (list, thread) = Self.discussion()
        for answer in 1...4 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 600, thread: thread)
        }
        #expect(
            list.verdicts.last?.evidence.summary
                == "4 people who never posted to talk@example.org answered in one thread within "
                + "30 min; 15,000 copies announced in the last 1 h."
        )
    }

    @Test func `strangers who each start a thread are a support address, not a storm`() {
        var list = Watched(address: "help@example.org")
        for day in -100..<(-60) as Range<Int64> {
            for asker in 0..<4 as Range<Int64> {
                list.post(
                    "a\(day)-\(asker)@example.net",
                    at: day * 86400 + 30_000 + asker * 3000,
                    kind: .newThread
                )
            }
        }
        list.live(days: 60, regulars: 10, perDay: 2, seed: 7)
        for question in 1...9 {
            list.post("s\(question)@example.net", at: Int64(question) * 3000, kind: .newThread)
        }
        #expect(list.verdicts.isEmpty)
    }

    @Test func `explain says of each post whether it counted and as what`() {
        var (list, thread) = Self.discussion()
        list.post("late@example.net", at: 60, thread: thread, age: .hours(3))
        list.post("bot@example.net", at: 61, kind: .robot)
        list.post("s@example.net", at: 900, thread: thread)
        list.post("s@example.net", at: 1800, thread: thread)
        let words = list.detector.explain(list: list.address).suffix(4).map(\.reason)
        #expect(
            words == [
                "counted when it was written, 3 h before it came",
                "counted, with doubt: it calls itself a machine",
                "counted: never posted here before",
                "not counted: the same poster wrote 15 min before",
            ]
        )
    }

    @Test func `known people in a heated thread trip nothing`() {
        var (list, thread) = Self.discussion()
        for answer in 1...60 {
            list.post(
                "regular\(answer * 3 % 10)@example.org",
                at: Int64(answer) * 120,
                thread: thread
            )
        }
        #expect(list.verdicts.allSatisfy { $0.action == .softHold && $0.rule == .burden })
    }
}
