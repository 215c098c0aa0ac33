// SPDX-License-Identifier: Apache-2.0
//
// Two lists of one host that send each other's mail back, and two that only talk with each other.

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

struct OwnListsTests {
    private struct Pair {
        var detector = StormDetector(settings: DetectionSettings())
        var known: Set<String> = []
        var count: UInt64 = 0
        /// Posts of both up to the first hold and the first trip since the talk was over.
        var rounds = 0
        var hold: Int?
        var trip: Int?

        mutating func post(_ list: Int32, by poster: String, at seconds: Int64) {
            count += 1
            let address = list == 1 ? "board@example.org" : "active@example.org"
            let post = Post(
                list: ListID(index: list),
                time: Watched.time(seconds),
                poster: Watched.hash("\(poster) \(list)"),
                posterAddress: poster,
                messageID: count,
                thread: count,
                kind: .unknown,
                isStranger: known.insert("\(poster) \(list)").inserted,
                hasHeaders: false,
                age: nil,
                copies: list == 1 ? 40 : 900,
                queueID: "Q\(count)",
                parent: nil
            )
            let identity = ListIdentity(
                address: address,
                members: list == 1 ? 40 : 900,
                membersHere: 0,
                knownPosters: 12
            )
            let verdict = detector.observe(.post(post), list: identity)
            guard seconds >= 0 else { return }
            rounds += 1
            guard let verdict else { return }
            hold = hold ?? rounds
            if verdict.action == .trip { trip = trip ?? rounds }
        }

        /// Fifty days in which the members of both write, four mails a day.
        mutating func talk(_ random: inout SplitMix64) {
            var second: Int64 = -50 * 86_400
            while second < -3 * 3600 {
                let writer = Int.random(in: 0..<12, using: &random)
                post(second % 2 == 0 ? 1 : 2, by: "member\(writer)@example.org", at: second)
                second += Int64.random(in: 3600...40_000, using: &random)
            }
        }
    }

    private static let senders = ["active-bounces@example.org", "board-bounces@example.org"]

    /// Headers show nothing, and each list sees every other round.
    @Test(arguments: [20, 60, 720] as [Int64])
    func `two lists of one host that answer each other are held by round 8, trip by 15`(
        _ pace: Int64
    ) {
        var random = SplitMix64(seed: 7)
        var pair = Pair()
        pair.talk(&random)
        var second: Int64 = 0
        for round in 0..<40 where pair.trip == nil {
            pair.post(round % 2 == 0 ? 2 : 1, by: Self.senders[round % 2 == 0 ? 1 : 0], at: second)
            second += Int64(Double(pace) * Double.random(in: 0.7...1.5, using: &random))
        }
        #expect(pair.hold ?? .max <= 9 && pair.trip ?? .max <= 16)
    }

    /// What one list says to the other comes from a member, and is not sent back.
    @Test func `two lists that pass each other's talk on once count it once`() {
        var random = SplitMix64(seed: 8)
        var pair = Pair()
        pair.talk(&random)
        var second: Int64 = 0
        for number in 0..<12 {
            let from = number % 2
            pair.post(from == 0 ? 1 : 2, by: "member\(number)@example.org", at: second)
            pair.post(from == 0 ? 2 : 1, by: Self.senders[1 - from], at: second + 60)
            second += Int64.random(in: 600...9000, using: &random)
        }
        #expect(pair.trip == nil)
    }

    /// One that passes the other's talk on, at whatever pace, sends nothing back.
    @Test func `what one list passes on at one pace counts once, not twice`() {
        var random = SplitMix64(seed: 9)
        var pair = Pair()
        pair.talk(&random)
        var second: Int64 = 0
        for number in 0..<10 {
            pair.post(1, by: "member\(number)@example.org", at: second)
            pair.post(2, by: Self.senders[1], at: second + 5)
            second += 600 + Int64.random(in: 0..<60, using: &random)
        }
        #expect(pair.trip == nil)
    }
}
