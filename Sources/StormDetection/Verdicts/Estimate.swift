// SPDX-License-Identifier: Apache-2.0
//
// What the test believes about the storm: how probable it is, and how many replies a reply
// breeds. R given the delay is Gamma distributed (Cori et al. 2013); its shape is a whole number,
// so its distribution is a sum of Poisson terms and needs no special functions.

import EventTime

/// Beliefs of one list's test at one moment.
struct Estimate: Sendable, Equatable {
    /// Storms a year that a list has: one in five years.
    private static let stormsPerYear = 0.2
    /// The interval of more arrivals is worked out as for so many, which is wider by a little.
    private static let mostArrivals = 400.0

    /// P(storm), 0 to 1.
    var probability: Double
    /// Expected R, and the ends of its 90 % interval.
    var reproduction: Double
    var low: Double
    var high: Double
    /// Expected delay of a reply, seconds.
    var delay: Double
    /// Replies still due at R = 1.
    var pending: Double

    init(_ test: StormTest) {
        let odds = test.logMarked + logarithm(Self.stormsPerYear / test.baseline.arrivalsPerYear)
        probability = 1 / (1 + exponential(-max(-50, min(50, odds))))
        var weights = SIMD4<Double>()
        for row in 0..<8 {
            for column in 0..<4 { weights[column] += Double(test.marked[4 * row + column]) }
        }
        let total = weights.sum()
        weights = total > 0 ? weights / total : SIMD4(repeating: 0.25)
        let arrivals = 1 + Double(test.episode.arrivals)
        var rates = SIMD4<Double>()
        reproduction = 0
        delay = 0
        pending = 0
        for column in 0..<4 {
            rates[column] = 1 + Double(test.episode.exposure[column])
            reproduction += weights[column] * arrivals / rates[column]
            delay += weights[column] * StormTest.delays[column]
            pending += weights[column] * Double(test.excitement[column])
        }
        let shape = Int(min(arrivals, Self.mostArrivals))
        rates *= Double(shape) / arrivals
        low = Self.quantile(0.05, shape: shape, rates: rates, weights: weights)
        high = Self.quantile(0.95, shape: shape, rates: rates, weights: weights)
    }

    /// P(X > x) of a Gamma with whole `shape` and rate 1.
    static func upperTail(shape: Int, at x: Double) -> Double {
        guard x > 0 else { return 1 }
        var logTerm = -x
        var sum = exponential(logTerm)
        let step = logarithm(x)
        for count in 1..<max(1, shape) {
            logTerm += step - logarithm(Double(count))
            sum += exponential(logTerm)
        }
        return min(1, sum)
    }

    /// The point that the mixture stays below with probability `share`.
    private static func quantile(
        _ share: Double,
        shape: Int,
        rates: SIMD4<Double>,
        weights: SIMD4<Double>
    ) -> Double {
        func below(_ point: Double) -> Double {
            var sum = 0.0
            for column in 0..<4 where weights[column] > 1e-6 {
                let tail = upperTail(shape: shape, at: rates[column] * point)
                sum += weights[column] * (1 - tail)
            }
            return sum
        }
        var lower = 0.0
        var upper = Double(2 * shape + 20) / max(1e-12, rates.min())
        for _ in 0..<60 {
            let middle = (lower + upper) / 2
            if below(middle) < share { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }
}
