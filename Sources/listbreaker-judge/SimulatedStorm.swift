// SPDX-License-Identifier: Apache-2.0
//
// A reply-all storm: each post makes a Poisson number of members answer, after a log-normal delay
// of active time (people sleep, and work on weekdays). 8 of 100 answers are not flagged as
// replies, 8 of 100 come from somebody who answered before, and people have had enough when a
// tenth of the members has answered.

import Glibc

/// A generator with a stated seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// Standard normal, by Box and Muller.
    mutating func normal() -> Double {
        let radius = Double.random(in: 1e-300..<1, using: &self)
        let angle = Double.random(in: 0..<1, using: &self)
        return sqrt(-2 * log(radius)) * cos(2 * .pi * angle)
    }

    /// Poisson, for a mean of at most a few hundred.
    mutating func poisson(_ mean: Double) -> Int {
        var product = Double.random(in: 0..<1, using: &self)
        var count = 0
        let limit = exp(-mean)
        while product > limit {
            count += 1
            product *= Double.random(in: 0..<1, using: &self)
        }
        return count
    }
}

/// Wall time and time in which people are at their mail.
struct ActiveTime {
    private static let step = 900.0
    private static let week = 604_800.0
    /// Active seconds since Monday 00:00 UTC, per quarter of an hour.
    private let cumulated: [Double]

    init() {
        var sum = 0.0
        cumulated =
            [0]
            + (0..<672).map { quarter in
                let hour = quarter / 4 % 24
                let isWeekend = quarter >= 480
                let share =
                    isWeekend
                    ? ((9..<22).contains(hour) ? 0.25 : 0.05)
                    : (8..<18).contains(hour) ? 1 : (6..<23).contains(hour) ? 0.35 : 0.06
                sum += share * Self.step
                return sum
            }
    }

    func active(_ wall: Double) -> Double {
        let since = wall - 4 * 86400
        let weeks = floor(since / Self.week)
        let rest = (since - weeks * Self.week) / Self.step
        let place = min(671, Int(rest))
        let inside = cumulated[place + 1] - cumulated[place]
        return weeks * cumulated[672] + cumulated[place] + inside * (rest - Double(place))
    }

    func wall(_ active: Double) -> Double {
        let weeks = floor(active / cumulated[672])
        let rest = active - weeks * cumulated[672]
        var low = 0
        var high = 672
        while high - low > 1 {
            let middle = (low + high) / 2
            if cumulated[middle] <= rest { low = middle } else { high = middle }
        }
        let inside = (rest - cumulated[low]) / (cumulated[low + 1] - cumulated[low])
        return 4 * 86400 + weeks * Self.week + (Double(low) + inside) * Self.step
    }
}

/// How a storm is made.
struct SimulatedStorm {
    var members: Int64
    var reproduction: Double
    /// Median delay of an answer, seconds of active time.
    var delay: Double
    static let horizon = 4.0 * 86400
    static let most = 200
    static let sigma = 1.2

    /// Seed post and answers from `start` on; `known` are the list's posters.
    func rows(
        at start: Int64,
        known: [UInt64],
        clock: ActiveTime,
        random: inout SplitMix64
    ) -> [Row] {
        let cap = max(5, 0.1 * Double(members))
        let knownShare = min(0.8, Double(known.count) / Double(members))
        var waiting: [(time: Double, parent: UInt64)] = []
        let seed = random.next()
        var rows = [
            Row(
                time: start,
                sender: known.isEmpty
                    ? random.next() : known[Int(random.next() % UInt64(known.count))],
                message: seed,
                parent: nil,
                isReply: false,
                lag: 2
            )
        ]
        func breed(_ time: Double, _ parent: UInt64, _ random: inout SplitMix64) {
            for _ in 0..<random.poisson(reproduction) {
                let wait = delay * exp(Self.sigma * random.normal())
                waiting.append((clock.wall(clock.active(time) + wait), parent))
            }
        }
        breed(Double(start), seed, &random)
        while rows.count <= Self.most,
            let next = waiting.indices.min(by: { waiting[$0].time < waiting[$1].time })
        {
            let (time, parent) = waiting[next]
            waiting.swapAt(next, waiting.count - 1)
            waiting.removeLast()
            if time > Double(start) + Self.horizon { break }
            let made = rows.count - 1
            if Double.random(in: 0..<1, using: &random) < Double(made) / cap { continue }
            var sender = random.next()
            if made > 3, Double.random(in: 0..<1, using: &random) < 0.08 {
                sender = rows[Int.random(in: 1..<rows.count, using: &random)].sender
            } else if !known.isEmpty, Double.random(in: 0..<1, using: &random) < knownShare {
                sender = known[Int.random(in: 0..<known.count, using: &random)]
            }
            let message = random.next()
            let isReply = Double.random(in: 0..<1, using: &random) < 0.92
            rows.append(
                Row(
                    time: Int64(time),
                    sender: sender,
                    message: message,
                    parent: isReply ? parent : nil,
                    isReply: isReply,
                    lag: 2
                )
            )
            breed(time, message, &random)
        }
        return rows
    }
}
