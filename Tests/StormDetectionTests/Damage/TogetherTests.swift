// SPDX-License-Identifier: Apache-2.0
//
// Without headers: people who come at one moment are a batch, not people who answer.

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

struct TogetherTests {
    /// A list of talk, and the answer of `count` strangers, `gap` seconds apart, ten minutes after one.
    private static func strangers(_ count: Int, gap: Int64, members: Int64 = 50_000) -> Watched {
        var list = Watched(address: "talk@example.org", members: members)
        list.live(days: 100, regulars: 12, perDay: 8, seed: 3)
        list.post("first@example.net", at: 0, kind: .unknown, headers: false)
        for number in 0..<count {
            list.post(
                "robot+\(number)@example.net",
                at: 600 + Int64(number) * gap,
                kind: .unknown,
                headers: false
            )
        }
        return list
    }

    private static func trips(_ list: Watched) -> [Verdict] {
        list.verdicts.filter { $0.action == .trip }
    }

    /// As a robot does that reports bugs, each from an address of its own; eight newcomers within six hours
    /// are another rule's.
    @Test(arguments: [5000, 50_000] as [Int64])
    func `a batch from many new addresses trips nothing`(_ members: Int64) {
        #expect(Self.trips(Self.strangers(6, gap: 0, members: members)).isEmpty)
    }

    /// As many as the policy rule wants, half of them new.
    @Test func `a batch of members and strangers is no crowd to the policy rule`() {
        var list = Watched(address: "talk@example.org", members: 50_000)
        list.live(days: 100, regulars: 12, perDay: 1, seed: 3)
        for number in 0..<12 {
            let who =
                number.isMultiple(of: 2)
                ? "s\(number)@example.net" : "regular\(number % 12)@example.org"
            list.post(who, at: 600, kind: .unknown, headers: false)
        }
        #expect(Self.trips(list).isEmpty)
    }

    @Test(arguments: [6, 12, 60] as [Int64])
    func `as many who answer one after the other are a storm`(_ gap: Int64) {
        #expect(Self.trips(Self.strangers(12, gap: gap)).count == 1)
    }

    /// Until the clock is where it was, all come at one moment.
    @Test func `after a clock was put back who answers one after the other is no batch`() {
        var list = Watched(address: "talk@example.org", members: 50_000)
        list.live(days: 100, regulars: 12, perDay: 1, seed: 3)
        list.post("regular1@example.org", at: 3000, kind: .unknown, headers: false)
        for number in 0..<14 {
            // Too few strangers for the rule that counts newcomers.
            let who =
                number.isMultiple(of: 2)
                ? "s\(number)@example.net" : "regular\(number % 12)@example.org"
            list.post(who, at: 600 + Int64(number) * 60, kind: .unknown, headers: false)
        }
        #expect(Self.trips(list).count == 1)
    }

    /// Faster than anybody reads: a batch counts for one person every five seconds.
    @Test func `strangers who come without end trip all the same`() {
        #expect(Self.trips(Self.strangers(60, gap: 1)).count == 1)
    }

    /// A batch of three, then strangers and members one by one.
    @Test func `who reads status, explain or a page is told that a batch is one`() {
        var list = Self.strangers(3, gap: 1)
        let near = list.detector.figures(of: list.address, at: Watched.time(620))?.nearMisses
            .first { $0.rule == .policy }
        // The question, and the batch.
        #expect(near?.figure == 2)
        let reasons = list.detector.explain(list: list.address).suffix(3).map(\.reason)
        #expect(
            reasons.filter { $0.hasPrefix("counted as one with the mail just before it") }
                .count == 2
        )
        #expect(!reasons[0].contains("just before it"))
        for number in 0..<8 {
            let who =
                number.isMultiple(of: 2)
                ? "s\(number)@example.net" : "regular\(number % 12)@example.org"
            list.post(who, at: 700 + Int64(number) * 30, kind: .unknown, headers: false)
        }
        let trip = Self.trips(list).first
        #expect(
            trip?.evidence.summary.contains(
                "(not counting 2 who came within 5 s of another: without header lines that is one batch)"
            ) == true,
            "\(trip?.evidence.summary ?? "no trip")"
        )
    }
}
