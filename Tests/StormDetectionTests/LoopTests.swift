// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

struct LoopTests {
    @Test func `a message that comes back trips at its fifth arrival`() {
        var list = Watched()
        list.post("boss@example.org", at: 0, kind: .newThread)
        var rules: [Rule?] = []
        for arrival in 2...5 {
            let event = TrafficEvent.returned(
                list: list.id,
                messageID: 1,
                time: Watched.time(Int64(arrival) * 20)
            )
            rules.append(list.detector.observe(event, list: list.identity)?.rule)
        }
        #expect(rules == [nil, nil, nil, .loop])
    }

    /// Arrivals of one message; which one tripped.
    static func arrivals(
        _ count: Int,
        every seconds: Int64,
        age: TimeSpan? = nil,
        by poster: (Int) -> UInt64 = { _ in 7 }
    ) -> Int? {
        var list = Watched()
        list.post("boss@example.org", at: 0, kind: .newThread)
        for arrival in 2...count {
            let event = TrafficEvent.returned(
                list: list.id,
                messageID: 1,
                time: Watched.time(Int64(arrival - 1) * seconds),
                poster: poster(arrival),
                age: age
            )
            let verdict = list.detector.observe(event, list: list.identity)
            if verdict?.rule == .loop, verdict?.action == .trip { return arrival }
        }
        return nil
    }

    @Test func `a sender's queue that sends again and again is no loop for eight arrivals`() {
        #expect(Self.arrivals(40, every: 20) == 5)
        #expect(Self.arrivals(8, every: 360) == nil)
        #expect(Self.arrivals(40, every: 360) == 9, "but it must end")
        #expect(Self.arrivals(8, every: 20, age: .hours(6)) == nil)
        #expect(Self.arrivals(40, every: 20, age: .hours(6)) == 9)
    }

    @Test func `one Message-ID of many senders is a poor mailer, not a loop, up to a point`() {
        #expect(Self.arrivals(14, every: 20) { UInt64($0 / 3) } == nil)
        #expect(Self.arrivals(40, every: 20) { UInt64($0 / 3) } == 15)
    }

    @Test func `arrivals of different messages are no loop, and a burden all the same`() {
        var list = Watched()
        list.post("boss@example.org", at: 0, kind: .newThread)
        for arrival in 0..<60 {
            let event = TrafficEvent.returned(
                list: list.id,
                messageID: UInt64(arrival % 24),
                time: Watched.time(Int64(arrival) * 62)
            )
            let verdict = list.detector.observe(event, list: list.identity)
            #expect(verdict == nil || verdict?.rule == .burden && arrival >= 29)
        }
    }

    @Test func `two robots in alternation trip at the twelfth post, or ninth where ids are logged`()
    {
        for (hasParents, expected) in [(false, 12), (true, 9)] {
            var list = Watched(members: 500)
            var tripped: Int?
            for post in 1...60 where tripped == nil {
                let verdict = list.post(
                    ["a@example.org", "b@example.org"][post % 2],
                    at: Int64(post) * 12,
                    kind: .robot,
                    parent: hasParents && post > 1 ? list.latest : nil
                )
                if verdict?.rule == .loop, verdict?.action == .trip { tripped = post }
            }
            #expect(tripped == expected)
        }
    }

    /// Each passes on what it got from the one before; people do not take turns like that.
    @Test(arguments: [3, 4, 5])
    func `robots of a ring of three or four trip at the twelfth post of all`(_ count: Int) {
        var list = Watched(members: 500)
        list.live(days: 60, regulars: 12, perDay: 2, seed: 8)
        let came = list.run(13) { list, number in
            list.post("robot\(number % count)@example.org", at: Int64(number) * 7, kind: .robot)
        }
        #expect(came.trip == (count < 5 ? 12 : nil))
        guard count < 5 else { return }
        #expect(list.verdicts.last?.rule == .loop)
        #expect(
            list.verdicts.last?.evidence.summary.hasPrefix("\(count) posters took turns") == true
        )
    }

    @Test func `three people who discuss within minutes take no turns`() {
        var list = Watched(members: 500)
        list.live(days: 60, regulars: 12, perDay: 2, seed: 8)
        var random = SplitMix64(seed: 4)
        var second: Int64 = 0
        let came = list.run(24) { list, _ in
            let who = Int.random(in: 0..<3, using: &random)
            second += Int64.random(in: 30...110, using: &random)
            list.post("regular\(who)@example.org", at: second)
        }
        #expect(came.trip == nil)
    }

    @Test func `one robot that answers itself trips at its 15th post`() {
        var settings = DetectionSettings()
        settings.posterPerHour = BySize(parsing: "0") ?? settings.posterPerHour
        var list = Watched(settings, members: 500)
        var tripped: Int?
        for post in 1...200 where tripped == nil {
            let parent = post > 1 ? list.latest : nil
            let verdict = list.post("a@example.org", at: Int64(post) * 8, parent: parent)
            if verdict?.rule == .loop, verdict?.action == .trip { tripped = post }
        }
        #expect(tripped == 15)
    }

    @Test func `two people arguing for two hours and a patch series are no loop`() {
        var settings = DetectionSettings()
        settings.learnedAnnounceAction = .off
        var list = Watched(settings, members: 500)
        // People's gaps vary; robots' do not.
        var second: Int64 = 0
        for post in 0..<40 {
            second += [60, 400, 130, 20, 700, 45, 250][post % 7]
            list.post(["a@example.org", "b@example.org"][post % 2], at: second)
        }
        list.post("c@example.org", at: 10_000, kind: .newThread)
        let cover = list.latest
        for patch in 0..<55 {
            list.post(
                "c@example.org",
                at: 10_000 + Int64(patch) / 2,
                thread: cover,
                parent: cover
            )
        }
        #expect(!list.verdicts.contains { $0.action == .trip })
    }
}
