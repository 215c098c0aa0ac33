// SPDX-License-Identifier: Apache-2.0
//
// Are the other lists of this server surging too? Then a queue was flushed or a clock stepped, and
// one list's burst means less. The second best guard, for posts whose Date the log does not show:
// it removes most of the false trips by flushes, and nothing on a server with one list.

internal import Archive
import EventTime

/// How busy all lists together are.
struct FleetGuard: Sendable {
    /// Seconds over which arrivals are compared.
    static let horizon = 900.0
    /// So many times busier than usual are the other lists in a queue flush, for the rules that
    /// cannot weigh it; chosen.
    static let flush = 3.0
    /// Seconds over which the usual rate is learned.
    private static let memory = 30.0 * 86400
    /// A silence of the whole server in which this many posts were due is an outage.
    private static let missed = 8.0
    private static let silence = 1800.0
    /// Mail that waited longer was returned to its sender: RFC 5321 section 4.5.4.1, 4 to 5 days.
    private static let longestOutage = 5.0 * 86400
    /// Pseudo-count of both sides of the comparison; bounds of the result.
    private static let weight = 3.0
    private static let outageSurge = 20.0
    private static let highest = 50.0

    /// Arrivals of one list: its part of `recent` and of `usual`, with the same decay.
    ///
    /// Its usual rate as the storm test knows it would not do: that leaves storms out, and what the
    /// list itself once did would count as the others'.
    struct Share: Sendable, Equatable {
        var count: Float = 0
        var usual: Float = 0
        var time = Timestamp.distantPast
    }

    private var clock = SteadyClock()
    private var recent = 0.0
    private var usual = 0.0
    private var last = Timestamp.distantPast
    private var start = Timestamp.distantPast
    /// Arrivals by hour of the week, in UTC, of about a month; and the day they were decayed.
    private var hours = [48 of Float](repeating: 0)
    private var day: Int64 = 0
    /// The latest silence: usual seconds that it was worth, and until when it excuses a burst.
    private var silent = 0.0
    private var outageEnds = Timestamp.distantPast

    /// Notes a person's post of the list that `share` belongs to.
    ///
    /// Only one whom the list knew is busyness: strangers on several lists at once are a storm that
    /// goes to all of them, and must not excuse each other. Silence ends with anybody.
    mutating func note(_ share: inout Share, isUsual: Bool, at stamp: Timestamp) {
        let time = clock.advance(to: stamp)
        if last == .distantPast {
            last = time
            start = time
        }
        let gap = max(0, (time - last).seconds)
        if gap > Self.silence && gap <= Self.longestOutage {
            silent = worth(from: last, gap: gap)
            outageEnds = time + .seconds(Int64(min(gap / 4, 3600)))
        }
        let one = isUsual ? 1.0 : 0
        recent = recent * exponential(-gap / Self.horizon) + one
        usual = usual * exponential(-gap / Self.memory) + one
        last = max(last, time)
        if time.seconds / 86400 != day {
            let days = Double(time.seconds / 86400) - Double(day)
            let left = Float(exponential(-max(0, days) * 86400 / Self.memory))
            for hour in 0..<48 { hours[hour] *= left }
            day = time.seconds / 86400
        }
        hours[LocalWeek.bin(time, utcOffset: .hours(0))] += 1
        let own = share.time == .distantPast ? 0 : max(0, (time - share.time).seconds)
        share.count = share.count * Float(exponential(-own / Self.horizon)) + Float(one)
        share.usual = share.usual * Float(exponential(-own / Self.memory)) + Float(one)
        share.time = time
    }

    /// How many seconds of an average hour a silence is worth: a quiet night is no outage.
    private func worth(from time: Timestamp, gap: Double) -> Double {
        var total = 1e-9
        for hour in 0..<48 { total += Double(hours[hour]) }
        var sum = 0.0
        var passed = 0.0
        while passed < gap {
            let bin = LocalWeek.bin(time + .seconds(Int64(passed)), utcOffset: .hours(0))
            let width = (bin < 24 ? 5.0 : 2.0) / 7 / 24
            let season = (Double(hours[bin]) + 1) / (total * width + 1)
            sum += min(4, season) * min(3600, gap - passed)
            passed += 3600
        }
        return sum
    }

    /// Seconds behind `usual`.
    private func span(at time: Timestamp) -> Double {
        let watched = max(86400, (time - start).seconds)
        return Self.memory * (1 - exponential(-watched / Self.memory))
    }

    /// How much busier than usual the lists other than `share`'s are, right after its post.
    ///
    /// Only the others' silence tells of an outage: the only busy list of a server may be quiet
    /// for a day of its own accord.
    @inline(__always)
    func surge(without share: Share, at time: Timestamp) -> Double {
        let others = max(0, usual - Double(share.usual)) / span(at: time)
        let ratio =
            (max(0, recent - Double(share.count)) + Self.weight)
            / (others * Self.horizon + Self.weight)
        let surge = min(Self.highest, max(1, ratio))
        let isFlush = time < outageEnds && others * silent > Self.missed
        return isFlush ? max(surge, Self.outageSurge) : surge
    }
}

extension FleetGuard: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.amount(&recent, limit: 1e18)
        try stream.amount(&usual, limit: 1e18)
        try stream.amount(&silent, limit: 1e18)
        try stream.value(&clock)
        try stream.value(&last)
        try stream.value(&start)
        try stream.value(&outageEnds)
        try stream.floats(&hours)
        try stream.signed(&day)
    }
}

extension FleetGuard.Share: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.float(&count)
        try stream.float(&usual)
        try stream.value(&time)
    }
}
