// SPDX-License-Identifier: Apache-2.0
//
// The form that memory is saved in: bytes, compact and exact, as one Base64 string with a check
// sum. JSON with a name for every field would be ten times as long and as slow. The mistake to
// avoid: trusting what is read; a saved state may be damaged, and a trap would kill the watchdog.

internal import MailLog

/// Writes values one after another.
struct SnapshotWriter {
    /// What was written.
    private(set) var bytes: [UInt8] = []

    /// Writes a number that is usually small.
    mutating func write(_ value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Writes a number that is usually small.
    mutating func write(_ value: some FixedWidthInteger) { write(Int64(truncatingIfNeeded: value)) }

    /// Writes a truth value.
    mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Writes a hash: nine bytes, or one when it is 0.
    mutating func write(hash: UInt64) {
        bytes.append(hash == 0 ? 0 : 1)
        if hash != 0 { write(word: hash) }
    }

    /// Writes eight bytes, the lowest first.
    mutating func write(word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
        }
    }

    /// Writes text.
    mutating func write(_ text: String) {
        write(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes texts.
    mutating func write(_ texts: [String]) {
        write(texts.count)
        for text in texts { write(text) }
    }

    /// Writes words.
    mutating func write(words: [UInt64]) {
        write(words.count)
        for word in words { write(word: word) }
    }

    /// Writes a bit map: the distances between its set bits, or its words when there are many.
    mutating func write(bits words: [UInt64]) {
        let set = words.reduce(0) { $0 + $1.nonzeroBitCount }
        let isSparse = set < words.count * 4
        write(words.count)
        write(isSparse)
        guard isSparse else {
            for word in words { write(word: word) }
            return
        }
        write(set)
        var last = 0
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                let bit = place * 64 + rest.trailingZeroBitCount
                write(bit - last)
                last = bit
                rest &= rest - 1
            }
        }
    }

    /// Everything with a check sum, as text.
    mutating func finished() -> String {
        write(word: ByteHash.hash(bytes, ByteRange(start: 0, end: bytes.count)))
        return Base64.text(bytes)
    }
}

/// Why a saved state cannot be read.
struct SnapshotDamage: Error {}

/// Reads what ``SnapshotWriter`` wrote, in the same order.
struct SnapshotReader {
    private let bytes: [UInt8]
    private var position = 0
    private let end: Int

    /// Checks the sum of `text` and stands at its first value.
    init(_ text: String) throws(SnapshotDamage) {
        guard let bytes = Base64.bytes(text), bytes.count >= 8, bytes.count < Int(UInt32.max) else {
            throw SnapshotDamage()
        }
        self.bytes = bytes
        end = bytes.count - 8
        var sum: UInt64 = 0
        for place in (0..<8).reversed() { sum = sum << 8 | UInt64(bytes[end + place]) }
        guard sum == ByteHash.hash(bytes, ByteRange(start: 0, end: end)) else {
            throw SnapshotDamage()
        }
    }

    /// Whether everything was read.
    var isAtEnd: Bool { position == end }

    private mutating func byte() throws(SnapshotDamage) -> UInt8 {
        guard position < end else { throw SnapshotDamage() }
        position += 1
        return bytes[position - 1]
    }

    /// Reads a number.
    mutating func number() throws(SnapshotDamage) -> Int64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte()
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }
        }
        throw SnapshotDamage()
    }

    /// Reads a number of another type.
    mutating func number<Number: FixedWidthInteger>() throws(SnapshotDamage) -> Number {
        let value: Int64 = try number()
        guard let number = Number(exactly: value) else { throw SnapshotDamage() }
        return number
    }

    /// Reads how many things of at least `size` bytes follow.
    mutating func count(of size: Int = 1) throws(SnapshotDamage) -> Int {
        let count: Int = try number()
        guard count >= 0, count <= (end - position) / max(size, 1) else { throw SnapshotDamage() }
        return count
    }

    /// Reads a truth value.
    mutating func flag() throws(SnapshotDamage) -> Bool { try byte() != 0 }

    /// Reads a hash.
    mutating func hash() throws(SnapshotDamage) -> UInt64 { try byte() == 0 ? 0 : word() }

    /// Reads eight bytes.
    mutating func word() throws(SnapshotDamage) -> UInt64 {
        guard end - position >= 8 else { throw SnapshotDamage() }
        var value: UInt64 = 0
        for place in (0..<8).reversed() { value = value << 8 | UInt64(bytes[position + place]) }
        position += 8
        return value
    }

    /// Reads text.
    mutating func text() throws(SnapshotDamage) -> String {
        let count = try count()
        position += count
        return String(decoding: bytes[(position - count)..<position], as: UTF8.self)
    }

    /// Reads texts.
    mutating func texts() throws(SnapshotDamage) -> [String] {
        var texts: [String] = []
        for _ in 0..<(try count()) { texts.append(try text()) }
        return texts
    }

    /// Reads a bit map of at most `most` words.
    mutating func bits(most: Int) throws(SnapshotDamage) -> [UInt64] {
        let count: Int = try number()
        guard count >= 0, count <= most else { throw SnapshotDamage() }
        var words = [UInt64](repeating: 0, count: count)
        guard try flag() else {
            for place in 0..<count { words[place] = try word() }
            return words
        }
        var last = 0
        for _ in 0..<(try self.count()) {
            let step: Int = try number()
            guard step >= 0, step < count * 64 - last else { throw SnapshotDamage() }
            last += step
            words[last / 64] |= 1 << UInt64(last % 64)
        }
        return words
    }

    /// Reads words.
    mutating func words() throws(SnapshotDamage) -> [UInt64] {
        let count = try count(of: 8)
        var words: [UInt64] = []
        words.reserveCapacity(count)
        for _ in 0..<count { words.append(try word()) }
        return words
    }
}
