// SPDX-License-Identifier: Apache-2.0
//
// What SQLite says when it cannot. Codes: https://www.sqlite.org/rescode.html

internal import CSQLite

/// A call of SQLite that failed.
struct SQLiteError: Error, Equatable, CustomStringConvertible {
    /// The extended result code.
    var extended: Int32
    /// In SQLite's words.
    var message: String

    /// The primary result code: the lowest eight bits.
    var code: Int32 { extended & 0xff }

    /// Such as `database disk image is malformed (11)`.
    var description: String { "\(message) (\(extended))" }

    /// Whether the shared-memory file could not be made long enough: SQLITE_IOERR_SHMSIZE, a macro
    /// that is not imported.
    var isRoomMissing: Bool { extended == SQLITE_IOERR | 19 << 8 }

    /// Whether the content of the file is not what SQLite or we wrote.
    var isDamage: Bool {
        [
            SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_FORMAT,
            SQLITE_TOOBIG, SQLITE_CONSTRAINT,
        ].contains(code)
    }
}
