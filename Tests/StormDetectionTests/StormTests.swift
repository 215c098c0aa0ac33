// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import Testing

struct StormTests {
    @Test func `without headers a storm on a discussion list trips, after a hold`() {
        var list = Watched(address: "talk@example.org", members: 5000)
        list.live(days: 200, regulars: 12, perDay: 1, seed: 3)
        #expect(list.verdicts.isEmpty, "an innocent half-year")
        var tripped: Int?
        for answer in 1...30 where tripped == nil {
            let verdict = list.post(
                "s\(answer)@example.net",
                at: Int64(answer) * 240,
                kind: .unknown,
                headers: false
            )
            if verdict?.action == .trip { tripped = answer }
        }
        #expect(tripped.map { $0 <= 10 } == true)
        #expect(list.verdicts.first?.action == .softHold)
        let evidence = list.verdicts.last?.evidence
        #expect(evidence?.probability.map { $0 > 0.9 } == true)
        let low = evidence?.reproductionLow ?? 0
        let middle = evidence?.reproduction ?? 0
        let high = evidence?.reproductionHigh ?? 0
        #expect(low < middle && middle < high && low > 0)
        let forecast = evidence?.forecast
        #expect((forecast?.low ?? 1) <= (forecast?.middle ?? 0))
        #expect((forecast?.middle ?? 1) <= (forecast?.high ?? 0))
        #expect(forecast?.until == Watched.time(23 * 3600), "Wednesday 09:00")
    }

    @Test func `ten vacation replies in a minute on a small list trip nothing`() {
        var list = Watched(members: 90)
        list.post("boss@example.org", at: 0, kind: .newThread)
        for robot in 1...10 {
            list.post("v\(robot)@example.net", at: Int64(robot) * 5, kind: .unknown, headers: false)
        }
        #expect(list.verdicts.filter { $0.action == .trip }.isEmpty)
    }

    @Test func `the budget of false trips moves the threshold`() {
        func answers(budget: Double) -> Int? {
            var settings = DetectionSettings()
            settings.falseTripsPerListYear = budget
            settings.policyPosters = BySize(parsing: "0") ?? settings.policyPosters
            settings.stormTestFloor = BySize(parsing: "1") ?? settings.stormTestFloor
            var list = Watched(settings, address: "talk@example.org", members: 5000)
            list.live(days: 100, regulars: 12, perDay: 1, seed: 3)
            for answer in 1...60 {
                let verdict = list.post(
                    "s\(answer)@example.net",
                    at: Int64(answer) * 400,
                    kind: .unknown,
                    headers: false
                )
                if verdict?.action == .trip { return answer }
            }
            return nil
        }
        let strict = answers(budget: 0.0001) ?? 99
        let usual = answers(budget: 0.1) ?? 99
        let lax = answers(budget: 10) ?? 99
        #expect(strict >= usual)
        #expect(usual >= lax && strict > lax)
    }

    @Test func `the second storm of a server's only list trips like the first`() {
        var list = Watched(address: "customers@example.org", members: 12_000)
        func storm(_ name: String, at start: Int64) -> Int? {
            for answer in 0..<12 {
                let verdict = list.post(
                    "\(name)\(answer)@example.net",
                    at: start + Int64(answer) * 260,
                    kind: .unknown,
                    headers: false
                )
                if verdict?.action == .trip { return answer + 1 }
            }
            return nil
        }
        for day in 0..<4 as Range<Int64> {
            list.post("news@example.org", at: day * 86_400, kind: .unknown, headers: false)
        }
        #expect(storm("customer", at: 4 * 86_400) == 8)
        list.detector.noteReset(list: list.address, time: Watched.time(5 * 86_400))
        // Three quiet days: an outage of this list's own storm is not one of the others'.
        #expect(storm("late", at: 7 * 86_400 + 3120) == 8)
    }

    @Test func `a queue flush whose age is known is no storm`() {
        var list = Watched(address: "talk@example.org", members: 5000)
        list.live(days: 100, regulars: 30, perDay: 3, seed: 5)
        for post in 0..<80 {
            list.post(
                "regular\(post % 30)@example.org",
                at: Int64(post) * 4,
                age: .seconds(40_000 - 400 * Int64(post))
            )
        }
        // Sixty mails above its busiest day are a burden to its members, whatever brought them.
        #expect(list.verdicts.allSatisfy { $0.rule == .burden })
    }

    @Test func `twelve regulars, sixty posts in two hours, are a heated thread`() {
        var list = Watched(address: "talk@example.org", members: 3000)
        list.live(days: 200, regulars: 12, perDay: 3, seed: 9)
        list.post("regular0@example.org", at: 0, kind: .newThread)
        let thread = list.latest
        for post in 1...60 {
            list.post("regular\(post * 5 % 12)@example.org", at: Int64(post) * 120, thread: thread)
        }
        #expect(list.verdicts.filter { $0.action == .trip }.isEmpty)
    }
}
