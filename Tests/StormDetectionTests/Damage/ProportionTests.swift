// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import Testing

/// What is at stake decides how far a verdict reaches.
struct ProportionTests {
    /// Strangers who answer in one thread of a list of `members`.
    static func storm(_ members: Int64, _ count: Int = 20) -> Watched {
        var list = Watched(address: "sales@example.org", members: members)
        list.live(days: 60, regulars: 10, perDay: 2, seed: 7)
        list.post("regular1@example.org", at: 0, kind: .newThread)
        let thread = list.latest
        for answer in 1...count {
            list.post("s\(answer)@example.net", at: Int64(answer) * 600, thread: thread)
        }
        return list
    }

    @Test(arguments: [3, 8, 24] as [Int64])
    func `an address for a few people is held at most`(_ members: Int64) {
        let list = Self.storm(members)
        #expect(!list.verdicts.isEmpty)
        #expect(list.verdicts.allSatisfy { $0.action == .softHold })
    }

    @Test func `people who answer a list of hundreds hold it and do not trip it`() {
        let list = Self.storm(800)
        #expect(list.verdicts.map(\.action) == [.softHold])
    }

    /// A breach of a list that is said to be for announcements, where no doubt is left.
    @Test(arguments: [(1_000_000, .list), (6000, .queue)] as [(Int64, Reach)])
    func `a trip carries its stake, and reaches as far as that is worth`(_ row: (Int64, Reach)) {
        var settings = DetectionSettings()
        var rules = ListRules()
        rules.announceOnly = true
        settings.perList["annonce@example.org"] = rules
        settings.queueStake = row.0
        var list = Watched(settings, members: 5000)
        list.post("boss@example.org", at: 0, kind: .newThread)
        for answer in 1...2 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 600, thread: 1)
        }
        let trip = list.verdicts.last
        #expect(trip?.action == .trip)
        #expect(trip?.reach == row.1)
        #expect(trip?.stake?.members == 5000)
        #expect(trip?.stake?.copiesAnnounced == 15_000)
    }

    /// Of 5,000 members: what stays in this host's mailboxes threatens nobody.
    @Test(
        arguments: [(0, .queue), (1500, .queue), (2500, .list), (5000, .list), (9000, .list)]
            as [(Int64, Reach)]
    )
    func `other people's mail stands still for copies that leave this host`(_ row: (Int64, Reach)) {
        var settings = DetectionSettings()
        var rules = ListRules()
        rules.announceOnly = true
        settings.perList["annonce@example.org"] = rules
        var list = Watched(settings, members: 5000)
        list.membersHere = row.0
        list.post("boss@example.org", at: 0, kind: .newThread)
        for answer in 1...2 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 600, thread: 1)
        }
        let trip = list.verdicts.last
        #expect(trip?.action == .trip)
        #expect(trip?.reach == row.1)
        #expect(trip?.stake?.members == 5000)
        #expect(trip?.stake?.membersHere == (row.0 == 0 ? nil : min(row.0, 5000)))
    }

    /// 15,000 copies, of which 3 of 8 leave.
    @Test func `copies at stake are those of the members elsewhere`() {
        let stake = Stake(
            members: 8000,
            copiesAnnounced: 15_000,
            copiesSent: 0,
            membersHere: 5000
        )
        #expect(stake.membersElsewhere == 3000)
        #expect(stake.copies == 5625)
    }

    /// Where a manager sends one message a copy, a post has one copy when it is judged.
    @Test func `a list said to be for announcements trips before its size is known`() {
        var settings = DetectionSettings()
        var rules = ListRules()
        rules.announceOnly = true
        settings.perList["annonce@example.org"] = rules
        var list = Watched(settings, members: nil)
        list.post("boss@example.org", at: 0, kind: .newThread, copies: 1)
        for answer in 1...2 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 600, thread: 1, copies: 1)
        }
        #expect(list.verdicts.map(\.action) == [.trip])
        #expect(list.verdicts.last?.reach == .list)
    }

    @Test func `one rule that counts people does not reach the queue by itself`() {
        var settings = DetectionSettings()
        settings.stormTestMargin = 50
        settings.policyPosters = BySize(parsing: "0") ?? settings.policyPosters
        settings.newcomerFactor = 0
        var list = Watched(settings, address: "talk@example.org", members: 50_000)
        list.live(days: 60, regulars: 10, perDay: 2, seed: 7)
        list.post("regular1@example.org", at: 0, kind: .newThread)
        let thread = list.latest
        for answer in 1...4 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 600, thread: thread)
        }
        #expect(list.verdicts.last?.rule == .strangersInThread)
        #expect(list.verdicts.last?.action == .trip)
        #expect(list.verdicts.last?.reach == .list)
    }

    @Test func `a list of which nothing is known is held at the third stranger, trips at 25`() {
        var list = Watched(members: 8000)
        // Friday evening: nobody is there.
        let friday: Int64 = 3 * 86_400 + 30_000
        list.post("info@example.org", at: friday, kind: .newThread)
        let came = list.run(40) { list, number in
            list.post(
                "angry\(number)@example.net",
                at: friday + 9000 + Int64(number) * 700,
                kind: .newThread
            )
        }
        #expect(came.hold == 3)
        #expect(came.trip == 25)
        #expect(list.verdicts.first?.rule == .announceBreach)
    }

    @Test
    func `a hold goes on with each further post, and ends when they stop or somebody is there`() {
        var list = Self.storm(800, 3)
        #expect(list.verdicts.map(\.action) == [.softHold])
        let begun = list.continued
        // Tuesday, 10:00 to 12:00: somebody is there, half an hour is enough.
        for answer in 4...12 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 600, kind: .newThread)
        }
        #expect(list.continued - begun <= 3)
        // The evening: it may be held again, and stays so while they write.
        let evening: Int64 = 10 * 3600
        for answer in 0..<10 as Range<Int64> {
            list.post("t\(answer)@example.net", at: evening + answer * 1200, kind: .newThread)
        }
        #expect(list.verdicts.map(\.action) == [.softHold, .softHold])
        #expect(list.continued >= begun + 5)
    }
}
