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

    /// Of real people no two took more than eleven turns, three or four no more than nine.
    @Test(arguments: [2, 3, 4, 5])
    func `robots that take turns slowly are held at the twelfth post, and trip at the twentieth`(
        _ count: Int
    ) {
        var list = Watched(members: 3000)
        list.live(days: 60, regulars: 12, perDay: 2, seed: 8)
        var random = SplitMix64(seed: UInt64(count))
        var second: Int64 = 0
        let came = list.run(40) { list, number in
            second += Int64.random(in: 300...2400, using: &random)
            list.post(
                "robot\(number % count)@example.org",
                at: second,
                kind: .unknown,
                headers: false
            )
        }
        guard count < 5 else {
            #expect(!list.verdicts.contains { $0.rule == .loop })
            return
        }
        #expect(came.hold ?? .max <= 12)
        #expect(came.trip == 20)
        #expect(list.verdicts.last?.rule == .loop)
    }

    /// A turn that waits for two hours begins anew; so do people who sleep over it.
    @Test func `turns with a long pause in between are none`() {
        var list = Watched(members: 3000)
        list.live(days: 60, regulars: 12, perDay: 2, seed: 8)
        var second: Int64 = 0
        for number in 0..<33 {
            second += number % 11 == 0 ? 6000 : 1500 + Int64(number % 3) * 900
            list.post("regular\(number % 2)@example.org", at: second)
        }
        #expect(!list.verdicts.contains { $0.rule == .loop })
    }

    /// How many mails one who answers himself twice a second gets through on a list.
    private static func chain(perDay: Int64, kind: PostKind) -> Int? {
        var list = Watched(members: 3000)
        list.live(days: 60, regulars: 12, perDay: perDay, seed: 8)
        return list.run(60) { list, number in
            let parent = list.latest
            list.post(
                "desk@example.net",
                at: Int64(number / 2),
                kind: kind,
                thread: 1,
                parent: parent
            )
        }.trip
    }

    @Test func `who answers himself within seconds trips as a series would not have come`() {
        #expect(Self.chain(perDay: 2, kind: .replyByHeader) == 25, "a quiet list")
        #expect(Self.chain(perDay: 30, kind: .replyByHeader) == 41, "a busy one: maybe patches")
        #expect(Self.chain(perDay: 30, kind: .robot) == 16, "a machine by its own word")
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
        // Now and then one of them adds something, or somebody else does.
        var second: Int64 = 0
        for post in 0..<40 {
            second += [60, 400, 130, 20, 700, 45, 250][post % 7]
            let number = post % 11 == 10 ? 2 : post % 2
            list.post("\("abc".dropFirst(number).prefix(1))@example.org", at: second)
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
