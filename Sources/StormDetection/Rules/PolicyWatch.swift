// SPDX-License-Identifier: Apache-2.0
//
// The rule anybody can check with a pencil: so many people answered within the hour. It works
// from the first post and without headers in the log. What a list has borne before without harm
// raises its limit, but never what reached the limit itself.

internal import Archive
import EventTime

/// Distinct repliers of one list within the policy window.
struct PolicyWatch: Sendable, Equatable {
    static let cap = Replier.cap
    /// Half-life of the learned maximum.
    private static let halfLife = 180.0 * 86400
    /// Somebody who answered.
    struct Replier: Ringed {
        static let kind = Rings.Kind.repliers
        static let width = 2
        static let cap = 128
        var second: UInt32
        var isStranger: Bool

        init(second: UInt32, isStranger: Bool) {
            self.second = second
            self.isStranger = isStranger
        }

        init(from words: Rings.Words, at place: Int) {
            second = words[place]
            isStranger = words[place + 1] != 0
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = second
            words[place + 1] = isStranger ? 1 : 0
        }
    }

    /// Decayed maximum of repliers below the limit.
    private(set) var busiest: Float = 0
    /// Second of the last decay; 0: none.
    private var learned: UInt32 = 0

    /// The limit for a list of `arrivals` so far, where `table` is the configured one.
    func limit(table: Int64, hasHistory: Bool) -> Int64 {
        guard hasHistory else { return table }
        // Beyond the cap nothing more could be learned; the ring would never reach the limit.
        return max(table, min(Int64(Self.cap), Int64(1.5 * busiest) + 1))
    }

    /// Learns what was borne: `count` repliers, below `limit`.
    mutating func learn(_ count: Int64, below limit: Int64, at time: Timestamp) {
        let now = UInt32(time)
        if learned > 0 {
            let seconds = Double(now - min(now, learned))
            busiest *= Float(halved(seconds, halfLife: Self.halfLife))
        }
        learned = now
        if count < limit { busiest = max(busiest, Float(count)) }
    }
}

extension Rings {
    private typealias Replier = PolicyWatch.Replier

    /// Notes a person who posted, as a reply or not, and gives the repliers within the window.
    mutating func note(
        isReply: Bool,
        isStranger: Bool,
        at time: Timestamp,
        window: TimeSpan
    ) -> Int64 {
        if isReply { append(Replier(second: UInt32(time), isStranger: isStranger)) }
        let start = UInt32(time - window)
        removePast(Replier.self) { $0.second < start }
        return Int64(count(Replier.self))
    }

    /// Repliers within `window` at `time`.
    func repliers(at time: Timestamp, window: TimeSpan) -> Int64 {
        let start = UInt32(time - window)
        return Int64(all(Replier.self).count { $0.second >= start })
    }

    /// When the first of the counted repliers posted.
    var firstReplier: Timestamp? {
        all(Replier.self).first.map { Timestamp(seconds: Int64($0.second)) }
    }

    /// How many of them were new to the list.
    var strangersAmongRepliers: Int64 { Int64(all(Replier.self).count { $0.isStranger }) }
}

extension PolicyWatch: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.float(&busiest)
        try stream.number(&learned)
        busiest = min(Float(Self.cap), busiest)
    }
}
