// SPDX-License-Identifier: Apache-2.0
//
// How many people who never posted to a list before do so within six hours and within a day,
// against the busiest such day it ever had. In a storm nearly everybody is new; on a real list
// hardly anybody is, and how many are is a steady figure of that list. It needs neither headers
// nor threads nor ages, so it sees the storm in which everybody starts a mail of his own. What
// is learned is two days old: a storm of a weekend must not teach itself.

internal import Archive
import EventTime

/// First posts of newcomers of one list, and the busiest day before.
struct NewcomerWatch: Sendable, Equatable {
    /// Newcomers within the last six hours and within the last day.
    struct Counts: Sendable, Equatable {
        var sixHours: Int64 = 0
        var day: Int64 = 0
    }

    /// What makes a list's first fortnight unfit to judge by: everybody is new.
    static let youth = TimeSpan.days(14)
    /// Newcomers within six hours that the rule wants in any case; five would cost 0.01 false trips
    /// a list-year, eight cost 0.002.
    static let fewest: Int64 = 8
    /// Share of newcomers among a list's posts above which the rule says nothing; chosen.
    static let mostUsual = 0.6
    private static let memory: UInt32 = 2 * 86_400
    private static let halfLife = 180.0 * 86400
    /// Decayed maxima of the counts that are older than two days.
    private var sixHours: Float = 0
    private var day: Float = 0
    /// Second of the last decay.
    private var decayed: UInt32 = 0

    /// The busiest six hours and the busiest day, decayed, as far as they are older than two days.
    var busiestSixHours: Double { Double(sixHours) }
    var busiestDay: Double { Double(day) }

    /// Notes a newcomer who answered in the thread of `root`, nil: in none, at a time that never
    /// runs backwards, and gives the counts with him.
    mutating func note(
        in root: UInt64?,
        at time: Timestamp,
        written: Timestamp,
        _ rings: inout Rings
    ) -> Counts {
        let now = UInt32(time)
        learn(until: now, &rings)
        let moment = UInt32(written)
        var six = Around(moment, span: .hours(6))
        var day = Around(moment, span: .days(1))
        for index in 0..<rings.count(Stranger.self) {
            let written = rings[Stranger.self, index].written
            six.add(written)
            day.add(written)
        }
        let counts = Counts(sixHours: six.most, day: day.most)
        rings.append(
            Stranger(
                thread: root.map(Stranger.thread) ?? 0,
                second: now,
                written: moment,
                sixHours: UInt16(clamping: counts.sixHours),
                day: UInt16(clamping: counts.day)
            )
        )
        return counts
    }

    /// Takes the busiest times of older logs where they were busier.
    mutating func learn(from older: NewcomerWatch) {
        sixHours = max(sixHours, older.sixHours)
        day = max(day, older.day)
        decayed = max(decayed, older.decayed)
    }

    /// Moves what is over two days old into the maxima.
    private mutating func learn(until now: UInt32, _ rings: inout Rings) {
        let left = Float(halved(Double(now - min(now, decayed)), halfLife: Self.halfLife))
        sixHours *= left
        day *= left
        decayed = now
        var highest = (sixHours: Float(0), day: Float(0))
        rings.removePast(Stranger.self) { stranger in
            guard stranger.second.addingSaturated(Self.memory) < now else { return false }
            highest.sixHours = max(highest.sixHours, Float(stranger.sixHours))
            highest.day = max(highest.day, Float(stranger.day))
            return true
        }
        sixHours = max(sixHours, highest.sixHours)
        day = max(day, highest.day)
    }

    /// The limit where `least` always passes and `busiest` was the busiest time so far.
    ///
    /// At most ten times `least`: bounds what an attacker can teach.
    static func limit(least: Int64, busiest: Double, factor: Double) -> Double {
        let most = 10 * Double(least)
        return min(max(Double(least), factor * busiest + 3), max(most, Double(least)))
    }
}

extension Rings {
    /// When the first newcomer within `span` before `time` came.
    func firstNewcomer(within span: TimeSpan, of time: Timestamp) -> Timestamp? {
        let start = UInt32(time - span)
        return all(Stranger.self).first { $0.second >= start }
            .map { Timestamp(seconds: Int64($0.second)) }
    }
}

extension NewcomerWatch: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.float(&sixHours)
        try stream.float(&day)
        try stream.number(&decayed)
        // More strangers than the ring holds cannot have been counted.
        sixHours = min(Float(Stranger.cap), sixHours)
        day = min(Float(Stranger.cap), day)
    }
}
