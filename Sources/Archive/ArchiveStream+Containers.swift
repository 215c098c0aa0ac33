// SPDX-License-Identifier: Apache-2.0
//
// Values that consist of others. A set has no order of its own: it is written sorted, so that the
// same state always makes the same bytes.

extension ArchiveStream {
    /// A value that names its own fields.
    @inlinable
    public mutating func value(_ value: inout some Archived) throws(ArchiveDamage) {
        try value.fields(&self)
    }

    /// A value or nothing.
    @inlinable
    public mutating func optional<Value: Archived>(
        _ value: inout Value?
    ) throws(ArchiveDamage) {
        var isThere = value != nil
        try flag(&isThere)
        guard isThere else { return value = nil }
        var it = value ?? Value()
        try it.fields(&self)
        if isReading { value = it }
    }

    /// Values, at most `most`.
    @inlinable
    public mutating func list<Value: Archived>(
        _ values: inout [Value],
        most: Int = .max
    ) throws(ArchiveDamage) {
        var count = values.count
        try self.count(&count, most: most)
        if isReading { values = [] }
        for place in 0..<count {
            var value = isReading ? Value() : values[place]
            try value.fields(&self)
            if isReading { values.append(value) }
        }
    }

    /// Texts, at most `most`.
    public mutating func texts(_ values: inout [String], most: Int = .max) throws(ArchiveDamage) {
        var count = values.count
        try self.count(&count, most: most)
        if isReading { values = [] }
        for place in 0..<count {
            var value = isReading ? "" : values[place]
            try text(&value)
            if isReading { values.append(value) }
        }
    }

    /// Small numbers, at most `most`.
    @inlinable
    public mutating func numbers<Number: FixedWidthInteger>(
        _ values: inout [Number],
        most: Int = .max
    ) throws(ArchiveDamage) {
        var count = values.count
        try self.count(&count, most: most)
        if isReading { values = [] }
        for place in 0..<count {
            var value = isReading ? 0 : values[place]
            try number(&value)
            if isReading { values.append(value) }
        }
    }

    /// Words of eight bytes, at most `most`.
    public mutating func words(_ values: inout [UInt64], most: Int = .max) throws(ArchiveDamage) {
        var count = values.count
        try self.count(&count, of: 8, most: most)
        if isReading { values = Array(repeating: 0, count: count) }
        for place in 0..<count {
            // A copy: what is written is not changed, and must not be copied as a whole.
            var value = values[place]
            try word(&value)
            if isReading { values[place] = value }
        }
    }

    /// A set of words, in rising order.
    public mutating func set(_ values: inout Set<UInt64>) throws(ArchiveDamage) {
        var sorted = isReading ? [] : values.sorted()
        try words(&sorted)
        if isReading { values = Set(sorted) }
    }

    /// Figures from 0 on.
    @inlinable
    public mutating func floats<let count: Int>(
        _ values: inout InlineArray<count, Float>
    ) throws(ArchiveDamage) {
        for place in 0..<count { try float(&values[place]) }
    }

    /// A bit map of at most `most` words: the distances between its set bits, or its words when
    /// there are many.
    public mutating func bits(_ words: inout [UInt64], most: Int) throws(ArchiveDamage) {
        var count = words.count
        // Not bounded by the bytes that follow: a map without a set bit has none.
        try number(&count)
        try check(count >= 0 && count <= most, "a bit map has \(count) words")
        if isReading { words = Array(repeating: 0, count: count) }
        var set = words.reduce(0) { $0 + $1.nonzeroBitCount }
        var isSparse = set < count * 4
        try flag(&isSparse)
        guard isSparse else {
            for place in 0..<count {
                var value = words[place]
                try word(&value)
                if isReading { words[place] = value }
            }
            return
        }
        try self.count(&set)
        if isReading { try readBits(&words, set) } else { try writeBits(words) }
    }

    private mutating func writeBits(_ words: [UInt64]) throws(ArchiveDamage) {
        var last = 0
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                let bit = place * 64 + rest.trailingZeroBitCount
                var step = bit - last
                try number(&step)
                last = bit
                rest &= rest - 1
            }
        }
    }

    private mutating func readBits(_ words: inout [UInt64], _ set: Int) throws(ArchiveDamage) {
        var last = 0
        for _ in 0..<set {
            var step = 0
            try number(&step)
            guard step >= 0, step < words.count * 64 - last else {
                throw ArchiveDamage("a bit lies behind its map")
            }
            last += step
            words[last / 64] |= 1 << UInt64(last % 64)
        }
    }
}
