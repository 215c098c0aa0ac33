// SPDX-License-Identifier: Apache-2.0
//
// What this host saw of its lists, until the carrier fetches it; and the numbers of its batches. The
// mistake to avoid: a batch that is stamped before it leaves; its age is told from that stamp.

internal import EventTime
internal import FleetJudging
internal import ListTraffic

/// Facts on their way to the carrier.
struct FactOutbox: Sendable {
    /// Facts that may wait; the oldest make room.
    ///
    /// Chosen: three hours of a post a second, for a host that is cut off; 3 MiB.
    static let most = 10_000

    private let start = UInt64.random(in: 1 ... .max)
    private var number: UInt64 = 0
    private var waiting: [TrafficFact] = []
    private var isOverflowing = false
    /// Facts that had to make room, and reached nobody.
    private(set) var leftOut: Int64 = 0

    /// Whether nothing waits.
    var isEmpty: Bool { waiting.isEmpty }

    /// Adds what was seen; whether something had to make room for the first time since all had left.
    mutating func add(_ facts: [TrafficFact]) -> Bool {
        waiting += facts
        guard waiting.count > Self.most else { return false }
        leftOut += Int64(waiting.count - Self.most)
        waiting.removeFirst(waiting.count - Self.most)
        defer { isOverflowing = true }
        return !isOverflowing
    }

    /// The next batch of `host`, which leaves at `now`; an empty one says that the host is there.
    mutating func next(of host: String, at now: Timestamp) -> FactBatch {
        let facts = FactBatch.fitting(waiting)
        waiting.removeFirst(facts.count)
        if waiting.isEmpty { isOverflowing = false }
        number += 1
        return FactBatch(host: host, start: start, number: number, sent: now, facts: facts)
    }
}
