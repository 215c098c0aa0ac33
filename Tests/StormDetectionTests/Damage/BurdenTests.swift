// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import Testing

/// The backstop that no header can switch off.
struct BurdenTests {
    /// A list with a busiest day of ten posts, and two quiet days behind it.
    static func list(_ settings: DetectionSettings = DetectionSettings(), members: Int64 = 5000)
        -> Watched
    {
        var list = Watched(settings, address: "talk@example.org", members: members)
        list.live(days: 60, regulars: 10, perDay: 2, seed: 3)
        for post in 0..<10 as Range<Int64> {
            list.post("regular\(post)@example.org", at: 86_400 + post * 3000, kind: .newThread)
        }
        return list
    }

    /// What calls itself anything at all: a robot, days old, mails of their own.
    @Test(arguments: [0, 1, 2, 3])
    func `more than 30 posts a day above the busiest hold, more than 60 and twice it trip`(
        _ disguise: Int
    ) {
        var list = Self.list()
        let day: Int64 = 5 * 86_400
        let came = list.run(90) { list, number in
            // At no one pace, or it were an echo; and by seven, or it were a few among themselves.
            let who = 1 + number / 2 % 7
            let second = day + Int64(number / 2) * 1280 + Int64(number % 2) * 150
            switch disguise {
            case 0: list.post("regular\(who)@example.org", at: second, kind: .robot)
            case 1: list.post("regular\(who)@example.org", at: second, age: .hours(Int64(number)))
            case 2: list.post("regular\(number % 10)@example.org", at: second, kind: .newThread)
            default: list.post("regular\(who)@example.org", at: second, age: .days(-2))
            }
        }
        let hold = came.hold ?? .max
        #expect(hold <= 41, "its busiest day had ten")
        #expect(came.trip == 71)
        #expect(list.verdicts.last?.rule == .burden)
        #expect(
            list.verdicts.last?.evidence.summary.hasPrefix(
                "each member of talk@example.org got 71 mails within "
            ) == true
        )
        #expect(list.verdicts.last?.evidence.summary.contains("busiest day before had 10") == true)
    }

    @Test func `the busiest day counts, and a day teaches only when it is two days old`() {
        var list = Self.list()
        for day in 0..<3 as Range<Int64> {
            for post in 0..<38 as Range<Int64> {
                let second = (10 + day) * 86_400 + post * 2000 - (post % 3) * 700
                list.post("regular\(post % 10)@example.org", at: second, kind: .newThread)
            }
        }
        #expect(list.verdicts.isEmpty, "38 are less than ten and thirty")
        let came = list.run(140) { list, number in
            let second = 20 * 86_400 + Int64(number) * 500 + Int64(number % 3) * 120
            list.post("regular\(number % 10)@example.org", at: second, kind: .newThread)
        }
        #expect(came.hold == 69)
        #expect(came.trip == 99)
    }

    @Test func `what a person reset was borne, and does not trip again at once`() {
        var list = Self.list()
        func flood(_ day: Int64, _ count: Int) -> Int? {
            list.run(count) { list, number in
                let second = day * 86_400 + Int64(number) * 250 + Int64(number % 3) * 80
                list.post("regular\(number % 10)@example.org", at: second, kind: .newThread)
            }.trip
        }
        #expect(flood(5, 90) == 71)
        list.detector.noteReset(list: list.address, time: Watched.time(6 * 86_400))
        #expect(flood(8, 90) == nil)
        #expect(flood(12, 210) == 181, "more than twice what it bore")
    }

    @Test func `what was held and let go is held again when half as many more came`() {
        var list = Self.list()
        let came = list.run(60) { list, number in
            // A working day's morning, then its night, when nobody is there and the doubt of before is over.
            let second = number <= 41 ? Int64(number) * 100 : 50_400 + Int64(number) * 100
            let jitter = Int64(number % 3) * 30
            let day: Int64 = 6 * 86_400
            list.post(
                "regular\(number % 10)@example.org",
                at: day + second + jitter,
                kind: .newThread
            )
        }
        #expect(came.hold == 41)
        #expect(came.trip == nil)
        #expect(list.verdicts.map(\.rule) == [.burden, .burden])
        #expect(list.verdicts.last?.evidence.posts == 57)
    }

    @Test func `messages that come back weigh as much`() {
        var list = Self.list()
        var tripped: Int?
        for round in 1...80 where tripped == nil {
            let event = TrafficEvent.returned(
                list: list.id,
                messageID: UInt64(round % 20) + 1,
                time: Watched.time(5 * 86_400 + Int64(round) * 900)
            )
            if list.detector.observe(event, list: list.identity)?.action == .trip {
                tripped = round
            }
        }
        #expect(tripped == 71)
    }

    @Test func `small lists bear more, and zero switches it off`() {
        var small = Self.list(members: 300)
        let flood: (inout Watched, Int) -> Void = { list, number in
            let second = 5 * 86_400 + Int64(number) * 250 + Int64(number % 3) * 80
            list.post("regular\(number % 10)@example.org", at: second, kind: .newThread)
        }
        #expect(small.run(300, flood).trip == 251)
        var settings = DetectionSettings()
        settings.burdenTrip = BySize(parsing: "0") ?? settings.burdenTrip
        settings.burdenHold = BySize(parsing: "0") ?? settings.burdenHold
        var off = Self.list(settings)
        #expect(off.run(300, flood).trip == nil)
    }
}
