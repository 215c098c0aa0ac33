// SPDX-License-Identifier: Apache-2.0
//
// How many people who never posted to a list before do so within six hours and within a day,
// against the busiest such day it ever had. In a storm nearly everybody is new; on a real list
// hardly anybody is, and how many are is a steady figure of that list. It needs neither headers
// nor threads nor ages, so it sees the storm in which everybody starts a mail of his own. What
// is learned is two days old: a storm of a weekend must not teach itself.

import EventTime

/// First posts of newcomers of one list, of three days, and the busiest day before.
struct NewcomerWatch: Sendable, Equatable {
    /// One newcomer, and how many there were with him.
    struct Newcomer: Sendable, Equatable {
        /// Second since 1970.
        var time: UInt32
        /// Newcomers of the six hours and of the day that ended with him.
        var sixHours: UInt16
        var day: UInt16
    }

    /// Newcomers within the last six hours and within the last day.
    struct Counts: Sendable, Equatable {
        var sixHours: Int64 = 0
        var day: Int64 = 0
    }

    /// What makes a list's first fortnight unfit to judge by: everybody is new.
    static let youth = Span.days(14)
    static let cap = 128
    /// Newcomers within six hours that the rule wants in any case; five would cost 0.01 false trips
    /// a list-year, eight cost 0.002.
    static let fewest: Int64 = 8
    /// Share of newcomers among a list's posts above which the rule says nothing; chosen.
    static let mostUsual = 0.6
    private static let memory: UInt32 = 2 * 86_400
    private static let halfLife = 180.0 * 86400
    private var recent = ContiguousArray<Newcomer>()
    /// Decayed maxima of the counts that are older than two days.
    private(set) var busiestSixHours = 0.0
    private(set) var busiestDay = 0.0
    /// Second of the last decay.
    private var decayed: UInt32 = 0

    /// Notes a newcomer, at a time that never runs backwards, and gives the counts with him.
    mutating func note(at time: Timestamp) -> Counts {
        let now = UInt32(clamping: time.seconds)
        learn(until: now)
        var counts = Counts(sixHours: 1, day: 1)
        for newcomer in recent {
            if newcomer.time.addingSaturated(86_400) >= now { counts.day += 1 }
            if newcomer.time.addingSaturated(21_600) >= now { counts.sixHours += 1 }
        }
        if recent.count == Self.cap { recent.removeFirst() }
        recent.append(
            Newcomer(
                time: now,
                sixHours: UInt16(clamping: counts.sixHours),
                day: UInt16(clamping: counts.day)
            )
        )
        return counts
    }

    /// Moves what is over two days old into the maxima.
    private mutating func learn(until now: UInt32) {
        let left = halved(Double(now) - Double(min(now, decayed)), halfLife: Self.halfLife)
        busiestSixHours *= left
        busiestDay *= left
        decayed = now
        let past = recent.prefix { $0.time.addingSaturated(Self.memory) < now }
        for newcomer in past {
            busiestSixHours = max(busiestSixHours, Double(newcomer.sixHours))
            busiestDay = max(busiestDay, Double(newcomer.day))
        }
        if !past.isEmpty { recent.removeFirst(past.count) }
    }

    /// The limit where `least` always passes and `busiest` was the busiest time so far.
    ///
    /// At most ten times `least`: bounds what an attacker can teach.
    static func limit(least: Int64, busiest: Double, factor: Double) -> Double {
        let most = 10 * Double(least)
        return min(max(Double(least), factor * busiest + 3), max(most, Double(least)))
    }

    /// When the first newcomer within `span` before `time` came.
    func first(within span: Span, of time: Timestamp) -> Timestamp? {
        let start = UInt32(clamping: (time - span).seconds)
        return recent.first { $0.time >= start }.map { Timestamp(seconds: Int64($0.time)) }
    }

    /// Newcomers at `time`.
    func counts(at time: Timestamp) -> Counts {
        let now = UInt32(clamping: time.seconds)
        var counts = Counts()
        for newcomer in recent where newcomer.time.addingSaturated(86_400) >= now {
            counts.day += 1
            if newcomer.time.addingSaturated(21_600) >= now { counts.sixHours += 1 }
        }
        return counts
    }

    /// Forgets who came lately, keeps what was learned.
    mutating func clear() {
        recent.removeAll()
    }
}

extension NewcomerWatch: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(recent.count))
        for newcomer in recent {
            for value in [newcomer.time, UInt32(newcomer.sixHours), UInt32(newcomer.day)] {
                writer.write(Int64(value))
            }
        }
        writer.write([busiestSixHours, busiestDay])
        writer.write(Int64(decayed))
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            recent.append(
                Newcomer(
                    time: UInt32(clamping: try reader.readInt()),
                    sixHours: UInt16(clamping: try reader.readInt()),
                    day: UInt16(clamping: try reader.readInt())
                )
            )
        }
        busiestSixHours = try reader.readAmount(limit: Double(Self.cap))
        busiestDay = try reader.readAmount(limit: Double(Self.cap))
        decayed = UInt32(clamping: try reader.readInt())
    }
}
