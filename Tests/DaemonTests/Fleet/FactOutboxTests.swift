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
        outbox.add(Self.facts(0..<100))
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
        outbox.add(Self.facts(0..<6000))
        outbox.add(Self.facts(6000..<12_000))
        #expect(outbox.next(of: "mx1", at: Self.now).facts.first == Self.facts(2000..<2001).first)
    }
}
