// SPDX-License-Identifier: Apache-2.0
//
// The control chart that monitoring systems have: an exponentially weighted moving average of replies
// in ten minutes, against a slow mean and variance. It alarms at so many standard deviations.

import Glibc

/// An EWMA chart over replies; Roberts 1959.
struct MovingAverage {
    /// The usual three standard deviations.
    static let usualLimit = 3.0
    private static let bin: Int64 = 600
    private static let weight = 0.2
    private static let slowWeight = 0.0005
    /// Replies before the first alarm.
    private static let warmUp = 50

    private var current: Int64?
    private var count = 0.0
    private var average = 0.0
    private var mean = 0.02
    private var variance = 0.05
    private var replies = 0

    /// Takes a reply; how many standard deviations the average is above its mean, nil at first.
    mutating func score(_ time: Int64) -> Double? {
        let bin = time / Self.bin
        let last = current ?? bin
        if bin > last {
            close(count)
            for _ in 1..<min(max(bin - last, 1), 60) { close(0) }
            let silent = min(Double(max(bin - last - 60, 0)), 20_000)
            average *= pow(1 - Self.weight, silent)
            mean *= pow(1 - Self.slowWeight, silent)
            variance *= pow(1 - Self.slowWeight, silent)
            count = 0
        }
        current = max(bin, last)
        count += 1
        replies += 1
        let now = (1 - Self.weight) * average + Self.weight * count
        let spread = sqrt(max(variance, 0.01) * Self.weight / (2 - Self.weight))
        return replies > Self.warmUp ? (now - mean) / spread : nil
    }

    private mutating func close(_ value: Double) {
        average = (1 - Self.weight) * average + Self.weight * value
        let distance = value - mean
        mean += Self.slowWeight * distance
        variance += Self.slowWeight * (distance * distance - variance)
    }

    /// How often a chart with `limit` alarms on `rows`, at most once a day.
    static func alarms(_ rows: [Row], limit: Double) -> Int {
        count(scores(rows), limit)
    }

    /// The lowest limit that has at most one false alarm in ten years on `rows`.
    static func tuned(_ rows: [Row], years: Double) -> Double {
        let scores = scores(rows)
        var limit = usualLimit
        while Double(count(scores, limit)) > 0.1 * years, limit < 1e6 { limit *= 1.15 }
        return limit
    }

    private static func scores(_ rows: [Row]) -> [(time: Int64, score: Double)] {
        var chart = MovingAverage()
        return rows.compactMap { row in
            row.isReply ? chart.score(row.time).map { (row.time, $0) } : nil
        }
    }

    private static func count(_ scores: [(time: Int64, score: Double)], _ limit: Double) -> Int {
        var last = Int64.min / 2
        var count = 0
        for (time, score) in scores where score >= limit && time - last > 86400 {
            last = time
            count += 1
        }
        return count
    }

    /// Storm posts, of `rows` whose storm members are marked, until it alarms; nil: never.
    func stormPosts(_ rows: [(row: Row, isStorm: Bool)], limit: Double) -> Int? {
        var chart = self
        var made = 0
        for (row, isStorm) in rows {
            if isStorm { made += 1 }
            guard row.isReply, let score = chart.score(row.time) else { continue }
            if score >= limit, made > 0 { return made }
        }
        return nil
    }
}
