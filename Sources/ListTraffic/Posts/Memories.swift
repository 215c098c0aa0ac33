// SPDX-License-Identifier: Apache-2.0
//
// The two memories that all lists share: who ever posted, and who lately received a copy. Both
// answer with a yes that may rarely be wrong once they are full, and never with a wrong no. The
// mistake to avoid: rotating the first one; forgotten posters multiply false alarms by six
// (measured on 66 public lists).

internal import Archive

/// Everybody who ever posted to a list: exact up to a limit, then a Bloom filter, never rotated.
struct KnownPosters {
    /// Bits of the filter: 2 MiB.
    ///
    /// Chosen: with 7 probes, 1.7 million posters at 1 % error.
    static let filterBits: UInt64 = 1 << 24
    /// Posters that the filter takes before it is full.
    ///
    /// Bloom 1970: bits * ln 2 / probes.
    static let filterLimit = 1_661_000

    private(set) var exact: Set<UInt64> = []
    private(set) var filter: [UInt64] = []
    private(set) var filtered = 0
    /// Posters that found no room; they stay strangers.
    private(set) var refused: Int64 = 0
    var limit: Int

    init(limit: Int) { self.limit = limit }

    /// Number of posters remembered.
    var count: Int { exact.count + filtered }

    /// Whether `key` was inserted.
    func contains(_ key: UInt64) -> Bool {
        exact.contains(key) || (!filter.isEmpty && probe(key))
    }

    /// Remembers `key`.
    mutating func insert(_ key: UInt64) {
        if exact.count < limit {
            exact.insert(key)
        } else if !contains(key) {
            guard filtered < Self.filterLimit else {
                refused += 1
                return
            }
            if filter.isEmpty { filter = Array(repeating: 0, count: Int(Self.filterBits / 64)) }
            for index: UInt64 in 0..<7 {
                let bit = Self.bit(key, index)
                filter[Int(bit >> 6)] |= 1 << (bit & 63)
            }
            filtered += 1
        }
    }

    /// Takes the filter of `older`, unless both together would be too full to say anything.
    ///
    /// The posters of both are counted twice: it fills up the sooner, and never says a wrong no.
    mutating func join(_ older: KnownPosters) {
        guard filtered + older.filtered <= Self.filterLimit else {
            refused += Int64(older.filtered)
            return
        }
        if filter.isEmpty { filter = Array(repeating: 0, count: older.filter.count) }
        guard filter.count == older.filter.count else { return }
        for place in filter.indices { filter[place] |= older.filter[place] }
        filtered += older.filtered
    }

    private func probe(_ key: UInt64) -> Bool {
        for index: UInt64 in 0..<7 {
            let bit = Self.bit(key, index)
            if filter[Int(bit >> 6)] & (1 << (bit & 63)) == 0 { return false }
        }
        return true
    }

    /// Writes all posters, or reads them in the place of those here.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        let sorted = parts.isReading ? [] : exact.sorted()
        var count = sorted.count
        let words = Int(Self.filterBits / 64)
        try parts.part(TrafficPart.posterFilter) { (stream) throws(ArchiveDamage) in
            try stream.number(&count, from: 0)
            try stream.bits(&filter, most: words)
            try stream.check(filter.isEmpty || filter.count == words, "the filter is too short")
            try stream.number(&filtered, from: 0)
            try stream.number(&refused)
        }
        if parts.isReading { exact = [] }
        try parts.buckets(TrafficPart.posters, sorted, count: count) {
            (key, stream) throws(ArchiveDamage) in
            guard stream.isReading else { return }
            guard exact.insert(key).inserted else { throw ArchiveDamage("a poster is there twice") }
        }
    }

    /// Kirsch and Mitzenmacher 2006: two hashes make any number of them.
    private static func bit(_ key: UInt64, _ index: UInt64) -> UInt64 {
        (key &+ index &* (mix(key, 1) | 1)) >> 40 & (filterBits - 1)
    }
}

/// Who received a copy lately, in two Bloom filters.
///
/// The older one is dropped when the newer is full. 128 KiB each at the default limit, allocated
/// with the first copy.
struct RecentRecipients {
    private(set) var newer: [UInt64] = []
    private(set) var older: [UInt64] = []
    private(set) var inserted = 0
    /// Copies that one filter takes.
    private(set) var limit: Int
    private var mask: UInt64

    init(limit: Int) {
        self.limit = limit
        mask = Self.bits(limit) - 1
    }

    /// Writes both filters, or reads them in the place of those here; of another size than the
    /// limit asks for, they are dropped.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        try parts.part(TrafficPart.newerRecipients) { (stream) throws(ArchiveDamage) in
            try stream.bits(&newer, most: Self.mostWords)
            try stream.number(&inserted, from: 0)
        }
        try parts.part(TrafficPart.olderRecipients) { (stream) throws(ArchiveDamage) in
            try stream.bits(&older, most: Self.mostWords)
        }
        let words = Int((mask + 1) / 64)
        if older.count != words { older = [] }
        guard newer.count != words else { return }
        newer = []
        inserted = 0
    }

    /// Takes another limit; what is remembered is dropped when the size changes with it.
    mutating func setLimit(_ limit: Int) {
        guard limit != self.limit else { return }
        self = RecentRecipients(limit: limit)
    }

    /// Words of the largest filter.
    private static let mostWords = 1 << 24

    /// Ten bits a copy, rounded up to a power of two: under 2 % error with 3 probes.
    private static func bits(_ limit: Int) -> UInt64 {
        var bits: UInt64 = 1024
        while bits < UInt64(max(limit, 1)) * 10, bits < 1 << 30 { bits <<= 1 }
        return bits
    }

    /// Remembers `key`.
    @inline(__always)
    mutating func insert(_ key: UInt64) {
        if newer.isEmpty { newer = Array(repeating: 0, count: Int((mask + 1) / 64)) }
        if inserted >= limit {
            swap(&newer, &older)
            newer = Array(repeating: 0, count: Int((mask + 1) / 64))
            inserted = 0
        }
        for index: UInt64 in 0..<3 {
            let bit = (key >> (index &* 20)) & mask
            newer[Int(bit >> 6)] |= 1 << (bit & 63)
        }
        inserted += 1
    }

    /// Whether `key` was inserted lately.
    func contains(_ key: UInt64) -> Bool {
        Self.probe(newer, key, mask) || Self.probe(older, key, mask)
    }

    private static func probe(_ filter: [UInt64], _ key: UInt64, _ mask: UInt64) -> Bool {
        guard !filter.isEmpty else { return false }
        for index: UInt64 in 0..<3 {
            let bit = (key >> (index &* 20)) & mask
            if filter[Int(bit >> 6)] & (1 << (bit & 63)) == 0 { return false }
        }
        return true
    }
}
