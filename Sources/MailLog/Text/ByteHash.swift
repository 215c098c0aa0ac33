// SPDX-License-Identifier: Apache-2.0
//
// A stable hash over bytes, for tables keyed by text that is not kept: addresses, Message-IDs,
// queue ids. The same bytes give the same number in every run, since saved state holds such
// numbers; Swift's own `Hasher` is seeded anew in each process. The mistake to avoid: taking two
// texts for one because their hashes agree where an attacker picks both; the key is public.

/// SipHash-1-3 with a fixed key over a range of bytes.
///
/// Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; one round a word and three at
/// the end, as Rust and Swift use it for tables. Linear in the length of the range.
public enum ByteHash {
    /// The hash of the bytes at `range`.
    ///
    /// A range that lies outside `bytes` counts as empty.
    @inlinable
    public static func hash(_ bytes: [UInt8], _ range: ByteRange) -> UInt64 {
        digest(bytes, range, seed: 0, folded: false)
    }

    /// The hash of the bytes at `range` with ASCII letters taken as lower case, for addresses.
    ///
    /// Letters outside ASCII are taken as they are: folding them needs tables, and mail systems
    /// compare them as bytes.
    @inlinable
    public static func foldedHash(_ bytes: [UInt8], _ range: ByteRange) -> UInt64 {
        digest(bytes, range, seed: 0, folded: true)
    }

    /// The hash of the bytes at `range` under `seed`, to tie a text to another number, such as an
    /// instance or a host.
    @inlinable
    public static func hash(_ bytes: [UInt8], _ range: ByteRange, seed: UInt64) -> UInt64 {
        digest(bytes, range, seed: seed, folded: false)
    }

    /// First half of the key: the digits of pi after the point, as in Blowfish's tables.
    @usableFromInline static let keyLow: UInt64 = 0x243f_6a88_85a3_08d3
    /// Second half of the key.
    @usableFromInline static let keyHigh: UInt64 = 0x1319_8a2e_0370_7344

    @inlinable
    static func digest(
        _ bytes: [UInt8],
        _ range: ByteRange,
        seed: UInt64,
        folded: Bool
    ) -> UInt64 {
        let text = unsafe bytes.span.bytes
        let end = min(Int(range.end), text.byteCount)
        var position = Int(range.start)
        if position >= end { position = end }
        var state = SipState(low: keyLow, high: keyHigh ^ seed)
        let length = UInt64(truncatingIfNeeded: end - position)
        while end - position >= 8 {
            let word = text.word(position)
            state.absorb(folded ? lowercased(word) : word)
            position += 8
        }
        var last: UInt64 = 0
        if end >= 8, position < end {
            // The last eight bytes of them all, without those that were taken already.
            last = text.word(end - 8) >> UInt64(8 * (8 - (end - position)))
        } else {
            var shift: UInt64 = 0
            while position < end {
                last |= UInt64(text.byte(position)) << shift
                shift += 8
                position += 1
            }
        }
        state.absorb((folded ? lowercased(last) : last) | (length << 56))
        return state.finish()
    }

    /// Turns ASCII capitals into small letters, eight bytes at once.
    @inlinable
    static func lowercased(_ word: UInt64) -> UInt64 {
        let sevenBits = word & 0x7f7f_7f7f_7f7f_7f7f
        let atLeastA = sevenBits &+ 0x3f3f_3f3f_3f3f_3f3f
        let aboveZ = sevenBits &+ 0x2525_2525_2525_2525
        let isLetter = (atLeastA ^ aboveZ) & ~word & 0x8080_8080_8080_8080
        return word | (isLetter >> 2)
    }
}

/// The four words that SipHash works on.
@usableFromInline
struct SipState {
    @usableFromInline var v0: UInt64
    @usableFromInline var v1: UInt64
    @usableFromInline var v2: UInt64
    @usableFromInline var v3: UInt64

    @inlinable
    init(low: UInt64, high: UInt64) {
        v0 = low ^ 0x736f_6d65_7073_6575
        v1 = high ^ 0x646f_7261_6e64_6f6d
        v2 = low ^ 0x6c79_6765_6e65_7261
        v3 = high ^ 0x7465_6462_7974_6573
    }

    @inlinable
    @inline(__always)
    mutating func round() {
        v0 = v0 &+ v1
        v1 = ((v1 << 13) | (v1 >> 51)) ^ v0
        v0 = (v0 << 32) | (v0 >> 32)
        v2 = v2 &+ v3
        v3 = ((v3 << 16) | (v3 >> 48)) ^ v2
        v0 = v0 &+ v3
        v3 = ((v3 << 21) | (v3 >> 43)) ^ v0
        v2 = v2 &+ v1
        v1 = ((v1 << 17) | (v1 >> 47)) ^ v2
        v2 = (v2 << 32) | (v2 >> 32)
    }

    @inlinable
    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    @inlinable
    @inline(__always)
    mutating func finish() -> UInt64 {
        v2 ^= 0xff
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }
}
