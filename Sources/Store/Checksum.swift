// SPDX-License-Identifier: Apache-2.0
//
// A checksum for each row. SQLite checks the structure of its pages but not what stands in them:
// a flipped digit in a stored breaker would be believed. This finds accidents, not forgery; who
// can write the state file can write the checksum too.

internal import Words

/// ``FNV1a`` over the fields in order, kept apart.
struct Checksum {
    private var hash = FNV1a()

    /// Over the fields in order, each ended by a byte that UTF-8 never contains.
    init(_ fields: [String]) {
        for field in fields { hash.add(field: field) }
    }

    /// As SQLite stores it.
    var stored: Int64 { Int64(bitPattern: hash.value) }
}
