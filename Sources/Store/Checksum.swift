// SPDX-License-Identifier: Apache-2.0
//
// A checksum for each row. SQLite checks the structure of its pages but not what stands in them:
// a flipped digit in a stored breaker would be believed. This finds accidents, not forgery; who
// can write the state file can write the checksum too.

/// FNV-1a, 64 bits: small, no tables, and any single changed byte changes it.
///
/// Constants: draft-eastlake-fnv, "FNV-1a 64-bit".
struct Checksum {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Over the fields in order, each ended by a byte that UTF-8 never contains.
    init(_ fields: [String]) {
        for field in fields {
            for byte in field.utf8 { add(byte) }
            add(0xff)
        }
    }

    private mutating func add(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// As SQLite stores it.
    var stored: Int64 { Int64(bitPattern: state) }
}
