// SPDX-License-Identifier: Apache-2.0
//
// The stream that values are written to or read from. Small numbers take one byte, a double its
// bits, a hash eight. The mistake to avoid: a count from the bytes that decides how much memory is
// taken; what follows it has to bound it.

/// Writes values one after another, or reads them in the same order.
///
/// Every method takes the value `inout`: it is left alone where the stream writes.
public struct ArchiveStream {
    /// Whether values are read; only ``Archived/fields(_:)`` of a container has to know.
    public let isReading: Bool
    /// What was written, or what is read.
    public private(set) var bytes: [UInt8]
    /// Version of the layout that is written or read, where ``ArchiveParts/layout`` says one.
    public internal(set) var layout = Int64.max
    private var place = 0
    private var end: Int

    /// A stream that writes, into the memory of `buffer`.
    public init(writingInto buffer: [UInt8] = []) {
        isReading = false
        bytes = buffer
        bytes.removeAll(keepingCapacity: true)
        end = 0
    }

    /// A stream that reads `bytes`.
    public init(reading bytes: [UInt8]) {
        isReading = true
        self.bytes = bytes
        end = bytes.count
    }

    // MARK: Whole archives

    /// Ends what is written with the checksum of it and of `seed`.
    public mutating func seal(seed: UInt64 = 0) {
        var sum = Self.checksum(bytes, end: bytes.count, seed: seed)
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: sum))
            sum >>= 8
        }
    }

    /// Checks the checksum that ``seal(seed:)`` put there, and leaves it out of what is read.
    public mutating func unseal(seed: UInt64 = 0) throws(ArchiveDamage) {
        guard end >= 8 else { throw ArchiveDamage("it ends too early") }
        var sum: UInt64 = 0
        for back in 1...8 { sum = sum << 8 | UInt64(bytes[end - back]) }
        end -= 8
        guard sum == Self.checksum(bytes, end: end, seed: seed) else {
            throw ArchiveDamage("it fails its checksum")
        }
    }

    /// `payload` with the checksum that ``seal(seed:)`` would give it.
    static func sealed(_ payload: [UInt8], seed: UInt64) -> [UInt8] {
        var stream = ArchiveStream()
        stream.bytes = payload
        stream.seal(seed: seed)
        return stream.bytes
    }

    /// FNV-1a, 64 bits: any single changed byte changes it.
    ///
    /// Constants: draft-eastlake-fnv.
    private static func checksum(_ bytes: [UInt8], end: Int, seed: UInt64) -> UInt64 {
        var sum = 0xcbf2_9ce4_8422_2325 ^ seed
        for place in 0..<end { sum = (sum ^ UInt64(bytes[place])) &* 0x0000_0100_0000_01b3 }
        return sum
    }

    /// Checks that nothing follows, where it reads.
    public func finish() throws(ArchiveDamage) {
        guard !isReading || place == end else { throw ArchiveDamage("it goes on after its end") }
    }

    /// Refuses what was read unless `isSound`.
    @inlinable
    public func check(
        _ isSound: @autoclosure () -> Bool,
        _ what: @autoclosure () -> String
    ) throws(ArchiveDamage) {
        if isReading && !isSound() { throw ArchiveDamage(what()) }
    }

    // MARK: Bytes

    private mutating func next() throws(ArchiveDamage) -> UInt8 {
        guard place < end else { throw ArchiveDamage("it ends too early") }
        place += 1
        return bytes[place - 1]
    }

    /// Seven bits a byte, the lowest first.
    private mutating func write(packed value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func readPacked() throws(ArchiveDamage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try next()
            guard shift < 63 || byte < 2 else { break }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw ArchiveDamage("a number is too long")
    }

    private mutating func write(_ value: UInt64, bytes count: UInt64) {
        for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (byte * 8))) }
    }

    private mutating func read(bytes count: UInt64) throws(ArchiveDamage) -> UInt64 {
        guard end - place >= Int(count) else { throw ArchiveDamage("it ends too early") }
        var value: UInt64 = 0
        for byte in 0..<count { value |= UInt64(bytes[place + Int(byte)]) << (byte * 8) }
        place += Int(count)
        return value
    }

    // MARK: Values

    /// A truth value: one byte.
    public mutating func flag(_ value: inout Bool) throws(ArchiveDamage) {
        guard isReading else { return bytes.append(value ? 1 : 0) }
        let byte = try next()
        guard byte < 2 else { throw ArchiveDamage("a truth value is \(byte)") }
        value = byte == 1
    }

    /// A number of at most 64 bits that is usually near 0.
    public mutating func signed(_ value: inout Int64) throws(ArchiveDamage) {
        guard isReading else {
            return write(packed: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
        }
        let packed = try readPacked()
        value = Int64(bitPattern: packed >> 1) ^ -Int64(bitPattern: packed & 1)
    }

    /// A number from 0 on that is usually small.
    public mutating func unsigned(_ value: inout UInt64) throws(ArchiveDamage) {
        guard isReading else { return write(packed: value) }
        value = try readPacked()
    }

    /// A number of any type, refused when it does not fit.
    @inlinable
    public mutating func number<Number: FixedWidthInteger>(
        _ value: inout Number
    ) throws(ArchiveDamage) {
        if Number.isSigned {
            var wide = Int64(truncatingIfNeeded: value)
            try signed(&wide)
            guard isReading else { return }
            value = try fitting(wide)
        } else {
            var wide = UInt64(truncatingIfNeeded: value)
            try unsigned(&wide)
            guard isReading else { return }
            value = try fitting(wide)
        }
    }

    /// The number in another type.
    @inlinable
    func fitting<Number: FixedWidthInteger>(
        _ wide: some FixedWidthInteger
    ) throws(ArchiveDamage) -> Number {
        guard let number = Number(exactly: wide) else { throw ArchiveDamage("\(wide) is too much") }
        return number
    }

    /// A number of at least `least`.
    @inlinable
    public mutating func number<Number: FixedWidthInteger>(
        _ value: inout Number,
        from least: Number
    ) throws(ArchiveDamage) {
        try number(&value)
        guard !isReading || value >= least else {
            throw ArchiveDamage("\(value) is below \(least)")
        }
    }

    /// A number or nothing.
    public mutating func optional(_ value: inout Int64?) throws(ArchiveDamage) {
        var isThere = value != nil
        try flag(&isThere)
        var number = value ?? 0
        if isThere { try signed(&number) }
        value = isThere ? number : nil
    }

    /// The raw value of a choice or of a set of options; one that is unknown is refused.
    @inlinable
    public mutating func raw<Value: RawRepresentable>(
        _ value: inout Value
    ) throws(ArchiveDamage) where Value.RawValue: FixedWidthInteger {
        var number = value.rawValue
        try self.number(&number)
        guard isReading else { return }
        guard let read = Value(rawValue: number) else {
            throw ArchiveDamage("there is no choice \(number)")
        }
        value = read
    }

    /// Eight bytes.
    public mutating func word(_ value: inout UInt64) throws(ArchiveDamage) {
        guard isReading else { return write(value, bytes: 8) }
        value = try read(bytes: 8)
    }

    /// A hash that may be missing: one byte when it is 0, else nine.
    public mutating func hash(_ value: inout UInt64) throws(ArchiveDamage) {
        var isThere = value != 0
        try flag(&isThere)
        if isThere { try word(&value) } else { value = 0 }
    }

    /// A finite figure: one byte when it is 0, else nine.
    public mutating func double(_ value: inout Double) throws(ArchiveDamage) {
        var bits = value.bitPattern
        try hash(&bits)
        value = Double(bitPattern: bits)
        try check(value.isFinite, "a figure is not finite")
    }

    /// A figure from 0 to `limit`.
    public mutating func amount(_ value: inout Double, limit: Double) throws(ArchiveDamage) {
        try double(&value)
        try check(value >= 0 && value <= limit, "a figure is \(value), not 0 to \(limit)")
    }

    /// A figure from 0 on: one byte when it is 0, else five.
    public mutating func float(_ value: inout Float) throws(ArchiveDamage) {
        var isThere = value != 0
        try flag(&isThere)
        guard isThere else { return value = 0 }
        guard isReading else { return write(UInt64(value.bitPattern), bytes: 4) }
        value = Float(bitPattern: UInt32(truncatingIfNeeded: try read(bytes: 4)))
        try check(value.isFinite && value >= 0, "a figure is not finite")
    }

    /// Longest text in bytes; chosen, addresses have at most 254.
    public static let longestText = 4096

    /// Text, cut at ``longestText``.
    public mutating func text(_ value: inout String) throws(ArchiveDamage) {
        var count = min(value.utf8.count, Self.longestText)
        try self.count(&count, most: Self.longestText)
        if isReading {
            value = String(decoding: bytes[place..<place + count], as: UTF8.self)
            place += count
        } else if count < Self.longestText {
            bytes.append(contentsOf: value.utf8)
        } else {
            bytes.append(contentsOf: value.utf8.prefix(count))
        }
    }

    /// Bytes of any kind, at most `most`.
    public mutating func bytes(_ value: inout [UInt8], most: Int) throws(ArchiveDamage) {
        var count = value.count
        try self.count(&count, most: most)
        guard isReading else { return bytes.append(contentsOf: value) }
        value = Array(bytes[place..<place + count])
        place += count
    }

    /// How many things follow: at most `most`, and no more than bytes of `size` are there for.
    public mutating func count(
        _ value: inout Int,
        of size: Int = 1,
        most: Int = .max
    ) throws(ArchiveDamage) {
        try number(&value)
        guard isReading else { return }
        guard value >= 0, value <= min(most, (end - place) / max(size, 1)) else {
            throw ArchiveDamage("a count of \(value) is too high")
        }
    }
}
