// SPDX-License-Identifier: Apache-2.0
//
// What waits for the carrier: nothing twice, nothing without a bound, and stamped as it leaves.

import EventTime
import FleetJudging
import ListTraffic
import Testing

@testable import Daemon

struct FactOutboxTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func facts(_ numbers: Range<Int>) -> [TrafficFact] {
        numbers.map { number in
            TrafficFact(
                list: "annonce@example.org",
                time: now,
                role: .home,
                .copies(MessageDigest(of: Array("\(number)".utf8)), 1)
            )
        }
    }

    @Test func `each fact leaves once and in order, in numbered batches`() {
        var outbox = FactOutbox()
        let isOver = outbox.add(Self.facts(0..<100))
        #expect(!isOver)
        var left: [TrafficFact] = []
        var batches: [FactBatch] = []
        while !outbox.isEmpty {
            let later = Self.now + .seconds(Int64(batches.count))
            batches.append(outbox.next(of: "mx1", at: later))
            left += batches.last?.facts ?? []
        }
        #expect(left == Self.facts(0..<100))
        #expect(batches.map(\.number) == Array(1...UInt64(batches.count)))
        #expect(Set(batches.map(\.start)).count == 1)
        #expect(batches.last?.sent == Self.now + .seconds(Int64(batches.count - 1)))
        #expect(batches.allSatisfy { $0.text.utf8.count <= FactBatch.longest })
        // Then it says only that it is there.
        #expect(outbox.next(of: "mx1", at: Self.now).facts.isEmpty)
    }

    @Test func `of what nobody fetches the newest stays`() {
        var outbox = FactOutbox()
        var isOver = outbox.add(Self.facts(0..<6000))
        #expect(!isOver)
        isOver = outbox.add(Self.facts(6000..<12_000))
        #expect(isOver)
        #expect(outbox.leftOut == 2000)
        #expect(outbox.next(of: "mx1", at: Self.now).facts.first == Self.facts(2000..<2001).first)
    }

    @Test func `each time that the room runs out is said once, and all that is lost is counted`() {
        var outbox = FactOutbox()
        for round in 1...3 {
            var isOver = outbox.add(Self.facts(0..<10_001))
            #expect(isOver)
            isOver = outbox.add(Self.facts(0..<5))
            #expect(!isOver)
            #expect(outbox.leftOut == Int64(round * 6))
            while !outbox.isEmpty { _ = outbox.next(of: "mx1", at: Self.now) }
        }
    }
}
