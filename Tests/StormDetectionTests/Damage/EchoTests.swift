// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

/// Machines that answer: marked or not, one or many.
struct EchoTests {
    /// Seconds between two rounds; faster than 45 s may be a series, so its limits are twice as high.
    @Test(arguments: [(5, 2), (20, 2), (61, 1), (180, 1), (600, 1), (1800, 1)] as [(Int64, Int)])
    func `a poster who goes on at one pace is held and trips`(_ pace: Int64, _ factor: Int) {
        var (list, _) = StrangerTests.discussion()
        var random = SplitMix64(seed: UInt64(pace))
        var second: Int64 = 600
        let came = list.run(40) { list, _ in
            second += Int64(Double(pace) * Double.random(in: 0.85...1.25, using: &random))
            list.post("regular3@example.org", at: second, kind: .newThread)
        }
        #expect(came.hold ?? .max <= 8 * factor)
        #expect(came.trip ?? .max <= 15 * factor)
    }

    @Test func `a help desk that answers its own copies trips, and a series of patches does not`() {
        var (desk, thread) = StrangerTests.discussion()
        let came = desk.run(40) { list, number in
            list.post(
                "desk@example.net",
                at: Int64(number) * 180,
                thread: thread,
                parent: list.latest
            )
        }
        #expect(came.trip ?? .max <= 15)
        var (patches, _) = StrangerTests.discussion()
        patches.post("regular4@example.org", at: 60, kind: .newThread)
        let cover = patches.latest
        for part in 1...30 as ClosedRange<Int64> {
            patches.post(
                "regular4@example.org",
                at: 60 + part * 6,
                thread: cover,
                parent: cover
            )
        }
        #expect(!patches.verdicts.contains { $0.action == .trip })
    }

    @Test func `another list that writes in its members' names is held by round 8, trips by 15`() {
        var (list, _) = StrangerTests.discussion()
        var random = SplitMix64(seed: 11)
        var second: Int64 = 600
        let came = list.run(30) { list, _ in
            second += Int64(20 * Double.random(in: 0.7...1.5, using: &random))
            list.post("regular3@example.org", at: second, kind: .newThread, isFromList: true)
        }
        #expect(came.hold ?? .max <= 8)
        #expect(came.trip ?? .max <= 15)
    }

    @Test func `a robot's longest run is learned, also when its pace stumbled after it`() {
        var (list, _) = StrangerTests.discussion()
        // No quiet list: there a robot that goes on alone were too much at once.
        for post in 0..<20 as Range<Int64> {
            list.post("regular\(post % 10)@example.org", at: post * 2000 - 5 * 86_400)
        }
        func work(_ day: Int64) -> Int? {
            list.run(16) { list, number in
                // Ten at one pace, then nothing that could be called one.
                let stumble = Int64(max(0, number - 10))
                let second = day * 86_400 + Int64(number) * 60 + stumble * stumble * 45
                list.post("robot@example.org", at: second, kind: .newThread)
            }.hold
        }
        #expect(work(2) == 8)
        #expect(work(6) == nil, "it bore ten")
    }

    @Test func `one message that comes back every half hour is held at 8 and trips at 15`() {
        var list = Watched()
        list.post("boss@example.org", at: 0, kind: .newThread)
        var hold: Int?
        var trip: Int?
        for round in 1...20 where trip == nil {
            let event = TrafficEvent.returned(
                list: list.id,
                messageID: 1,
                time: Watched.time(Int64(round) * 1800),
                poster: 7
            )
            let verdict = list.detector.observe(event, list: list.identity)
            if verdict?.action == .softHold { hold = hold ?? round }
            if verdict?.action == .trip { trip = round }
        }
        #expect(hold ?? .max <= 8)
        #expect(trip ?? .max <= 15)
    }

    @Test func `a mark makes a responder doubtful, and hides none`() {
        var (list, thread) = StrangerTests.discussion()
        let came = list.run(20) { list, number in
            list.post(
                "away\(number)@example.net",
                at: Int64(number) * 40,
                kind: .robot,
                thread: thread,
                parent: thread
            )
        }
        #expect(came.hold ?? .max <= 6)
        #expect(came.trip ?? .max <= 12)
        #expect(list.verdicts.last?.isSure == false)
    }

    @Test func `an announce-only list is breached by a robot as by anybody`() {
        var settings = DetectionSettings()
        var rules = ListRules()
        rules.announceOnly = true
        settings.perList["annonce@example.org"] = rules
        var list = Watched(settings)
        list.post("boss@example.org", at: -86_400, kind: .newThread)
        list.post("boss@example.org", at: 0, kind: .newThread)
        let came = list.run(5) { list, number in
            list.post("away\(number)@example.net", at: Int64(number) * 60, kind: .robot)
        }
        #expect(came.trip == 2)
        #expect(list.verdicts.last?.rule == .announceBreach)
        #expect(list.verdicts.last?.isSure == true)
    }
}
