// SPDX-License-Identifier: Apache-2.0
//
// At which hours of the week people post to a list: a count for each hour of working days and of
// weekends, decayed. Kept are only the hours in which anybody ever did, under a mask of 48 bits: on
// most lists the nights are empty.

/// How busy the hours of the week are.
protocol WeekHoursKept {
    /// How busy an hour of the week is, 1 on average, 0.1 to 4.
    func season(_ bin: Int) -> Double
    /// Learns an arrival in the hour `bin`.
    mutating func learn(_ bin: Int)
}

/// Decayed arrivals by hour of the week.
struct WeekHours: WeekHoursKept, Sendable {
    /// What an hour's count keeps at each arrival: half-life 1,000 arrivals.
    fileprivate static let kept = Float(exponential(logarithm(0.5) / 1000))

    /// 24 hours of working days, then 24 of weekends.
    fileprivate(set) var counts = [48 of Float](repeating: 0)

    func season(_ bin: Int) -> Double {
        var total = 1e-9
        for hour in 0..<48 { total += Double(counts[hour]) }
        return Self.season(of: counts[bin], total, bin)
    }

    fileprivate static func season(of count: Float, _ total: Double, _ bin: Int) -> Double {
        let width = (bin < 24 ? 5.0 : 2.0) / 7 / 24
        return min(4, max(0.1, (Double(count) + 5) / (total * width + 5)))
    }

    mutating func learn(_ bin: Int) {
        for hour in 0..<48 { counts[hour] *= Self.kept }
        counts[bin] += 1
    }
}

/// The hours of the week: a mask, then the counts of the hours in it. An hour that has none is zero, and
/// stays zero as it decays: the figures are those of ``WeekHours``.
extension Rings: WeekHoursKept {
    /// Words of the mask before the counts.
    private static let maskWords = 2

    func season(_ bin: Int) -> Double {
        let range = range(.hours)
        var total = 1e-9
        var place = range.lowerBound + Self.maskWords
        while place < range.upperBound {
            total += Double(Float(bitPattern: words[place]))
            place += 1
        }
        let bit: UInt64 = 1 << UInt64(bin)
        let mask = hourMask
        guard mask & bit != 0 else { return WeekHours.season(of: 0, total, bin) }
        let own = range.lowerBound + Self.maskWords + (mask & (bit - 1)).nonzeroBitCount
        return WeekHours.season(of: Float(bitPattern: words[own]), total, bin)
    }

    mutating func learn(_ bin: Int) {
        if range(.hours).isEmpty { _ = open(.hours, at: 0, Self.maskWords) }
        let bit: UInt64 = 1 << UInt64(bin)
        var mask = hourMask
        let own = Self.maskWords + (mask & (bit - 1)).nonzeroBitCount
        if mask & bit == 0 {
            _ = open(.hours, at: own, 1)
            mask |= bit
        }
        let range = range(.hours)
        set(range.lowerBound, UInt32(truncatingIfNeeded: mask))
        set(range.lowerBound + 1, UInt32(truncatingIfNeeded: mask >> 32))
        var place = range.lowerBound + Self.maskWords
        while place < range.upperBound {
            set(place, (Float(bitPattern: words[place]) * WeekHours.kept).bitPattern)
            place += 1
        }
        place = range.lowerBound + own
        set(place, (Float(bitPattern: words[place]) + 1).bitPattern)
    }

    private var hourMask: UInt64 {
        let range = range(.hours)
        guard range.count >= Self.maskWords else { return 0 }
        return UInt64(words[range.lowerBound]) | UInt64(words[range.lowerBound + 1]) << 32
    }

    /// Whether the mask fits the counts, and these are counts.
    var areHoursSound: Bool {
        let range = range(.hours)
        guard !range.isEmpty else { return true }
        return range.count >= Self.maskWords && hourMask >> 48 == 0
            && range.count == Self.maskWords + hourMask.nonzeroBitCount
            && words[range.dropFirst(Self.maskWords)].allSatisfy {
                let count = Float(bitPattern: $0)
                return count.isFinite && count >= 0
            }
    }
}
