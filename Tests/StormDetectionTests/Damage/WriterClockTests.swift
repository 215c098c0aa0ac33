// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

/// Order and pace are the writers', and no stamp drops evidence.
struct WriterClockTests {
    /// A storm of strangers in one thread, 30 an hour, each with an age; posts to hold and trip.
    static func storm(_ age: (inout SplitMix64, Int) -> TimeSpan?) -> (hold: Int?, trip: Int?) {
        var (list, thread) = StrangerTests.discussion()
        var random = SplitMix64(seed: 11)
        return list.run(30) { list, number in
            list.post(
                "s\(number)@example.net",
                at: Int64(number) * 120,
                thread: thread,
                age: age(&random, number)
            )
        }
    }

    /// Minutes of age: none, the host's clock or a filter, a zone, ahead, greylisting, half of it,
    /// one host of five.
    @Test(arguments: ["fresh", "clock", "zone", "ahead", "grey", "half", "fifth"])
    func `a storm behind any delay shows itself two posts later at most`(_ kind: String) {
        let came = Self.storm { random, number in
            switch kind {
            case "clock": .minutes(20)
            case "zone": .hours(2)
            case "ahead": .minutes(-50)
            case "grey": .seconds(Int64.random(in: 960...2400, using: &random))
            case "half": .seconds(number % 2 == 0 ? 30 : 1800)
            case "fifth": .minutes(number % 5 == 0 ? 90 : 0)
            default: .seconds(30)
            }
        }
        #expect(came.hold ?? .max <= 5, "3 when fresh")
        #expect(came.trip ?? .max <= 6, "4 when fresh")
    }

    @Test func `a flushed queue shows the usual pace of its writers`() {
        var list = Watched(address: "talk@example.org")
        list.live(days: 60, regulars: 40, perDay: 30, seed: 7)
        list.post("regular1@example.org", at: 0, kind: .newThread)
        let thread = list.latest
        var random = SplitMix64(seed: 5)
        // Eight hours of forty people's mail, some of it by strangers, within three minutes.
        for number in 0..<40 {
            let isStranger = number % 10 == 0
            list.post(
                isStranger ? "s\(number)@example.net" : "regular\(number)@example.org",
                at: 28_800 + Int64(number) * 4,
                kind: number % 2 == 0 ? .newThread : .replyByHeader,
                thread: number % 2 == 0 ? nil : thread,
                age: .seconds(Int64.random(in: 600..<28_800, using: &random))
            )
        }
        #expect(list.verdicts.isEmpty)
    }

    @Test func `a clock that steps back by hours drops nothing`() {
        var (list, thread) = StrangerTests.discussion()
        let came = list.run(8) { list, number in
            // Put back by three hours after the second.
            let second = Int64(number) * 300 - (number > 2 ? 10_800 : 0)
            list.post("s\(number)@example.net", at: second, thread: thread, age: .seconds(5))
        }
        #expect(came.trip ?? .max <= 6)
    }

    @Test func `of five hosts in one log one may be an hour and a half ahead`() {
        var (list, thread) = StrangerTests.discussion()
        let came = list.run(12) { list, number in
            let second = Int64(number) * 120 + (number % 5 == 0 ? 5400 : 0)
            list.post(
                "s\(number)@example.net",
                at: second,
                thread: thread,
                age: .seconds(5 + (number % 5 == 0 ? 5400 : 0))
            )
        }
        #expect(came.trip ?? .max <= 6)
    }

    @Test func `explain says when a post was written`() {
        var (list, thread) = StrangerTests.discussion()
        list.post("s@example.net", at: 60, thread: thread, age: .hours(3))
        #expect(
            list.detector.explain(list: list.address).last?.reason
                == "counted when it was written, 3 h before it came"
        )
    }
}
