// SPDX-License-Identifier: Apache-2.0
//
// The rule anybody can check with a pencil: so many people answered within the hour. It works
// from the first post and without headers in the log. What a list has borne before without harm
// raises its limit, but never what reached the limit itself.

import EventTime

/// Distinct repliers of one list within the policy window.
struct PolicyWatch: Sendable, Equatable {
    static let cap = 128
    /// Half-life of the learned maximum.
    private static let halfLife = 180.0 * 86400
    /// Somebody who answered.
    struct Replier: Sendable, Equatable {
        /// Second since 1970, to 2106.
        var second: UInt32
        var isStranger: Bool
    }

    private var repliers = ContiguousArray<Replier>()
    /// Decayed maximum of repliers below the limit.
    private(set) var busiest = 0.0
    private var learned = Timestamp.distantPast

    /// Notes a person who posted, as a reply or not, and gives the repliers within the window.
    mutating func note(
        isReply: Bool,
        isStranger: Bool,
        at time: Timestamp,
        window: Span
    ) -> Int64 {
        if isReply {
            if repliers.count == Self.cap { repliers.removeFirst() }
            let second = UInt32(clamping: time.seconds)
            repliers.append(Replier(second: second, isStranger: isStranger))
        }
        let start = UInt32(clamping: (time - window).seconds)
        let past = repliers.prefix { $0.second < start }.count
        if past > 0 { repliers.removeFirst(past) }
        return Int64(repliers.count)
    }

    /// The limit for a list of `arrivals` so far, where `table` is the configured one.
    func limit(table: Int64, hasHistory: Bool) -> Int64 {
        guard hasHistory else { return table }
        // Beyond the cap nothing more could be learned; the ring would never reach the limit.
        return max(table, min(Int64(Self.cap), Int64(1.5 * busiest) + 1))
    }

    /// Learns what was borne: `count` repliers, below `limit`.
    mutating func learn(_ count: Int64, below limit: Int64, at time: Timestamp) {
        if learned != .distantPast {
            busiest *= halved((time - learned).seconds, halfLife: Self.halfLife)
        }
        learned = time
        if count < limit { busiest = max(busiest, Double(count)) }
    }

    /// Repliers within `window` at `time`.
    func count(at time: Timestamp, window: Span) -> Int64 {
        let start = UInt32(clamping: (time - window).seconds)
        return Int64(repliers.count { $0.second >= start })
    }

    /// When the first of the counted repliers posted.
    var first: Timestamp? { repliers.first.map { Timestamp(seconds: Int64($0.second)) } }

    /// How many of them were new to the list.
    var strangers: Int64 { Int64(repliers.count { $0.isStranger }) }

    /// Forgets the repliers, keeps what was learned.
    mutating func clear() {
        repliers.removeAll()
    }
}

extension PolicyWatch: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(repliers.count))
        for replier in repliers {
            writer.write(Int64(replier.second))
            writer.write(replier.isStranger)
        }
        writer.write(busiest)
        writer.write(learned.microseconds)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            let second = UInt32(clamping: try reader.readInt())
            repliers.append(Replier(second: second, isStranger: try reader.readBool()))
        }
        busiest = min(Double(Self.cap), max(0, try reader.readDouble()))
        learned = Timestamp(microseconds: try reader.readInt())
    }
}
