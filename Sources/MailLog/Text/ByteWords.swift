// SPDX-License-Identifier: Apache-2.0
//
// Several bytes at once, as one number: what the loops over text are made of. Every place is checked
// against the bytes that there are; only the number's alignment is not. The mistake to avoid: a loop
// over single bytes where lines come by the million; 700 instructions of 2,700 that parsing a line took,
// measured.

extension RawSpan {
    /// The eight bytes at `place` as a little-endian number; traps where they are not there.
    @inlinable
    @inline(__always)
    func word(_ place: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    /// The four bytes at `place` as a little-endian number; traps where they are not there.
    @inlinable
    @inline(__always)
    func half(_ place: Int) -> UInt32 {
        UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self))
    }

    /// The byte at `place`; traps where it is not there.
    @inlinable
    @inline(__always)
    func byte(_ place: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: place, as: UInt8.self)
    }
}

/// Eight bytes in a number, looked at together.
enum EightBytes {
    /// A number that has `byte` eight times.
    @inline(__always)
    static func all(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    /// The highest bit of each byte of `word` that is zero; above the first of them it may be wrong,
    /// as the difference borrows.
    @inline(__always)
    static func zeros(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// The highest bit of each byte of `word` that is one of `low` to `high`, both below 128.
    @inline(__always)
    static func within(_ low: UInt8, _ high: UInt8, _ word: UInt64) -> UInt64 {
        // Seven bits of each, so that no sum reaches into the next byte.
        let bits = word & all(0x7f)
        let atLeastLow = bits &+ all(0x80 - low)
        let aboveHigh = bits &+ all(0x7f - high)
        return atLeastLow & ~aboveHigh & ~word & all(0x80)
    }
}
