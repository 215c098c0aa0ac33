// SPDX-License-Identifier: Apache-2.0
//
// At which hours of the week people post to a list: a count for each hour of working days and of
// weekends, decayed. Kept are only the hours in which anybody ever did, under a mask of 48 bits: on
// most lists the nights are empty.

/// Decayed arrivals by hour of the week.
struct WeekHours: Sendable {
    /// What an hour's count keeps at each arrival: half-life 1,000 arrivals.
    private static let kept = Float(exponential(logarithm(0.5) / 1000))

    /// 24 hours of working days, then 24 of weekends.
    fileprivate(set) var counts = [48 of Float](repeating: 0)

    /// How busy an hour of the week is, 1 on average, 0.1 to 4.
    func season(_ bin: Int) -> Double {
        var total = 1e-9
        for hour in 0..<48 { total += Double(counts[hour]) }
        let width = (bin < 24 ? 5.0 : 2.0) / 7 / 24
        return min(4, max(0.1, (Double(counts[bin]) + 5) / (total * width + 5)))
    }

    /// Learns an arrival in the hour `bin`.
    mutating func learn(_ bin: Int) {
        for hour in 0..<48 { counts[hour] *= Self.kept }
        counts[bin] += 1
    }
}

extension Rings {
    /// Words of the mask before the counts.
    private static let maskWords = 2

    /// The hours of the week: a mask, then the counts of the hours in it.
    var hours: WeekHours {
        get {
            var hours = WeekHours()
            var place = range(.hours).lowerBound + Self.maskWords
            var mask = hourMask
            while mask != 0 {
                hours.counts[mask.trailingZeroBitCount] = Float(bitPattern: words[place])
                place += 1
                mask &= mask - 1
            }
            return hours
        }
        set {
            var mask = hourMask
            if range(.hours).isEmpty { _ = open(.hours, at: 0, Self.maskWords) }
            for hour in 0..<48 where newValue.counts[hour] > 0 && mask & 1 << UInt64(hour) == 0 {
                let before = mask & (1 << UInt64(hour) - 1)
                _ = open(.hours, at: Self.maskWords + before.nonzeroBitCount, 1)
                mask |= 1 << UInt64(hour)
            }
            var place = range(.hours).lowerBound
            set(place, UInt32(truncatingIfNeeded: mask))
            set(place + 1, UInt32(truncatingIfNeeded: mask >> 32))
            place += Self.maskWords
            while mask != 0 {
                set(place, newValue.counts[mask.trailingZeroBitCount].bitPattern)
                place += 1
                mask &= mask - 1
            }
        }
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
