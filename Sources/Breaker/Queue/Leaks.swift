// SPDX-License-Identifier: Apache-2.0
//
// Copies that left although they were to be held: how many a minute, and whether that was paged.

import EventTime

/// Stamps of the copies of the last minute, oldest first.
struct Leaks: Sendable, Equatable {
    /// Most stamps that are remembered: so many a minute is the most that is ever said.
    ///
    /// Chosen: ten a second is far beyond what any step waits for.
    static let most = 600

    private(set) var stamps: [Timestamp] = []
    /// Whether a page told of them.
    var isPaged = false

    init() {}

    init(stamps: [Timestamp], isPaged: Bool) {
        self.stamps = stamps
        self.isPaged = isPaged
    }

    /// Counts one that left at `time`; returns those of the minute before it.
    mutating func note(_ time: Timestamp) -> Int64 {
        stamps.append(time)
        let old = stamps.prefix { time - $0 >= .minutes(1) }.count
        let excess = Swift.max(old, stamps.count - Self.most)
        if excess > 0 { stamps.removeFirst(excess) }
        return Int64(stamps.count { time - $0 < .minutes(1) })
    }
}
