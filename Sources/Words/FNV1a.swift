// SPDX-License-Identifier: Apache-2.0
//
// A hash that is the same in every run and every version. The mistake to avoid: using it where a
// stranger chooses the bytes and gains by a collision; MailLog's keyed ByteHash is for that.

/// FNV-1a, 64 bits: small, no tables, and any single changed byte changes it.
///
/// Constants: draft-eastlake-fnv, "FNV-1a 64-bit".
public struct FNV1a: Sendable {
    /// The hash of what was added.
    public var value: UInt64 { state }
    @usableFromInline var state: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The hash of nothing.
    @inlinable
    public init() {}

    /// The hash of `bytes`.
    @inlinable
    public init(_ bytes: some Sequence<UInt8>) {
        add(bytes)
    }

    /// Adds one byte.
    @inlinable
    public mutating func add(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// Adds `bytes` in order.
    @inlinable
    public mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte) }
    }

    /// Adds `field` and a byte that UTF-8 never contains: `ab` and `c` are not `a` and `bc`.
    @inlinable
    public mutating func add(field: String) {
        add(field.utf8)
        add(0xFF)
    }
}
