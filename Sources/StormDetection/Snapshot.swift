// SPDX-License-Identifier: Apache-2.0
//
// State as bytes: exact (doubles by their bits), compact (10,000 lists fit a few megabytes) and
// quick. What is read back is checked: a damaged snapshot is an error, never a strange detector.
// The layout is private to one version of the program; a changed layout gets a new version byte.

/// Why a snapshot could not be read.
struct SnapshotError: Error, Equatable {
    /// What was found, in words.
    var reason: String
}

/// A part of the state that can be written and read back.
protocol Snapshotted {
    func write(to writer: inout SnapshotWriter)
    init(from reader: inout SnapshotReader) throws(SnapshotError)
}

/// Appends values to bytes.
struct SnapshotWriter {
    var bytes: [UInt8] = []

    mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Zigzag, seven bits a byte.
    mutating func write(_ value: Int64) { write(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    private mutating func write(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Eight bytes, for hashes.
    mutating func write(hash value: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    /// One byte for small numbers, at most five.
    mutating func write(word value: UInt32) { write(UInt64(value)) }

    /// One byte when zero, else nine.
    mutating func write(_ value: Double) {
        write(value != 0)
        if value != 0 { write(hash: value.bitPattern) }
    }

    /// One byte when zero, else five.
    mutating func write(float value: Float) {
        write(value != 0)
        guard value != 0 else { return }
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
        }
    }

    mutating func write(_ value: Int64?) {
        write(value != nil)
        if let value { write(value) }
    }

    mutating func write(_ text: String) {
        // Addresses have at most 254 bytes, queue ids far fewer; whatever else comes is cut.
        let count = min(512, text.utf8.count)
        write(Int64(count))
        if count < 512 {
            bytes.append(contentsOf: text.utf8)
        } else {
            bytes.append(contentsOf: text.utf8.prefix(count))
        }
    }

    mutating func write(_ values: some Sequence<Double>) {
        for value in values { write(value) }
    }
}

/// Takes values from bytes, in the order they were written.
struct SnapshotReader {
    private let bytes: [UInt8]
    /// Bytes taken so far.
    private(set) var place = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { place == bytes.count }

    private mutating func readByte() throws(SnapshotError) -> UInt8 {
        guard place < bytes.count else { throw SnapshotError(reason: "it ends too early") }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func readBool() throws(SnapshotError) -> Bool {
        let byte = try readByte()
        guard byte < 2 else { throw SnapshotError(reason: "a truth value is \(byte)") }
        return byte == 1
    }

    mutating func readInt() throws(SnapshotError) -> Int64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            let byte = try readByte()
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 {
                return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
            }
        }
        throw SnapshotError(reason: "a number is too long")
    }

    mutating func readWord() throws(SnapshotError) -> UInt32 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = try readByte()
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            guard byte < 0x80 else { continue }
            guard let word = UInt32(exactly: value) else { break }
            return word
        }
        throw SnapshotError(reason: "a word is too long")
    }

    /// A count of words.
    mutating func readCount(words limit: Int) throws(SnapshotError) -> Int {
        let count = Int(try readWord())
        guard count <= limit else {
            throw SnapshotError(reason: "\(count) words are over the limit of \(limit)")
        }
        return count
    }

    /// A count of things that the limits allow.
    mutating func readCount(limit: Int) throws(SnapshotError) -> Int {
        let count = try readInt()
        guard count >= 0, count <= Int64(limit) else {
            throw SnapshotError(reason: "a count of \(count) is over the limit of \(limit)")
        }
        return Int(count)
    }

    mutating func readHash() throws(SnapshotError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 8) {
            value |= UInt64(try readByte()) << UInt64(shift)
        }
        return value
    }

    /// A finite number.
    mutating func readDouble() throws(SnapshotError) -> Double {
        guard try readBool() else { return 0 }
        let value = Double(bitPattern: try readHash())
        guard value.isFinite else { throw SnapshotError(reason: "a figure is not finite") }
        return value
    }

    /// A finite number from 0 to `limit`.
    mutating func readAmount(limit: Double) throws(SnapshotError) -> Double {
        let value = try readDouble()
        guard value >= 0, value <= limit else {
            throw SnapshotError(reason: "a figure is \(value), not 0 to \(limit)")
        }
        return value
    }

    /// A finite number of at least 0.
    mutating func readFloat() throws(SnapshotError) -> Float {
        guard try readBool() else { return 0 }
        var bits: UInt32 = 0
        for shift in stride(from: 0, to: 32, by: 8) {
            bits |= UInt32(try readByte()) << UInt32(shift)
        }
        let value = Float(bitPattern: bits)
        guard value.isFinite, value >= 0 else {
            throw SnapshotError(reason: "a figure is not finite")
        }
        return value
    }

    mutating func readOptionalInt() throws(SnapshotError) -> Int64? {
        try readBool() ? try readInt() : nil
    }

    mutating func readText() throws(SnapshotError) -> String {
        let count = try readCount(limit: 4096)
        guard bytes.count - place >= count else {
            throw SnapshotError(reason: "it ends within a text")
        }
        defer { place += count }
        return String(decoding: bytes[place..<place + count], as: UTF8.self)
    }
}
