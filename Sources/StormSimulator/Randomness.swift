// SPDX-License-Identifier: Apache-2.0
//
// All the chance there is: one seeded generator and the distributions drawn from it. Plain IEEE
// arithmetic and no C library, so that a seed gives the same log on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014), with the distributions that scenarios need.
struct Randomness: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The generator of `seed`.
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, 1.
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    /// A whole number in `range`.
    mutating func whole(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True with `probability`.
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// A waiting time of mean `mean`, exponentially distributed.
    mutating func exponential(mean: Double) -> Double {
        -mean * Self.logarithm(1 - unit())
    }

    /// A log-normal value around `median`; `sigma` is the deviation of its logarithm.
    mutating func logNormal(median: Double, sigma: Double) -> Double {
        // Twelve uniforms make a normal one: Irwin and Hall, 1927.
        var normal = -6.0
        for _ in 0..<12 { normal += unit() }
        return median * Self.exponent(sigma * normal)
    }

    /// How many events of a Poisson process of `mean` there are, at most 100,000.
    mutating func poisson(mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        var count = 0
        var left = mean
        while count < 100_000 {
            left -= exponential(mean: 1)
            if left < 0 { return count }
            count += 1
        }
        return count
    }

    /// The natural logarithm of a positive number.
    static func logarithm(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return value > 0 ? 700 : -700 }
        let ratio = (value.significand - 1) / (value.significand + 1)
        let square = ratio * ratio
        var term = ratio
        var sum = 0.0
        for odd in stride(from: 1.0, through: 31, by: 2) {
            sum += term / odd
            term *= square
        }
        return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
    }

    /// e to the power of `value`, between e^-700 and e^700.
    static func exponent(_ value: Double) -> Double {
        let bounded = min(max(value, -700), 700)
        let power = (bounded / 0.693_147_180_559_945_3).rounded()
        let rest = bounded - power * 0.693_147_180_559_945_3
        var term = 1.0
        var sum = 1.0
        for step in 1...16 {
            term *= rest / Double(step)
            sum += term
        }
        return sum * Double(sign: .plus, exponent: Int(power), significand: 1)
    }
}
