// SPDX-License-Identifier: Apache-2.0
//
// A prepared statement, what is bound to it and what it gives. Values never become part of the SQL.

internal import CSQLite

/// A value of a row.
enum Column: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// The number; nil when it is none.
    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The text; nil when it is none.
    var text: String? { if case .text(let value) = self { value } else { nil } }
    /// The bytes; nil when it is none.
    var blob: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
}

/// What may be bound to a place of a statement.
protocol SQLValue: Sendable {
    /// As SQLite keeps it.
    var column: Column { get }
}

extension Int64: SQLValue { var column: Column { .integer(self) } }
extension String: SQLValue { var column: Column { .text(self) } }
extension [UInt8]: SQLValue { var column: Column { .blob(self) } }

/// A prepared statement; used by one caller at a time, as its database is.
@safe final class Statement {
    private let statement: OpaquePointer
    private let database: Database

    init(_ statement: OpaquePointer, of database: Database) {
        unsafe self.statement = unsafe statement
        self.database = database
    }

    deinit { unsafe sqlite3_finalize(statement) }

    /// Begins anew, with `values` in its places.
    func bind(_ values: [any SQLValue]) throws(SQLiteError) {
        unsafe sqlite3_reset(statement)
        for (index, value) in values.enumerated() {
            let place = Int32(clamping: index + 1)
            let code =
                switch value.column {
                case .null: unsafe sqlite3_bind_null(statement, place)
                case .integer(let number): unsafe sqlite3_bind_int64(statement, place, number)
                case .real(let number): unsafe sqlite3_bind_double(statement, place, number)
                case .text(let text):
                    unsafe csqlite_bind_text(
                        statement,
                        place,
                        text,
                        Int32(clamping: text.utf8.count)
                    )
                case .blob(let bytes): bind(bytes, place)
                }
            guard code == SQLITE_OK else { throw database.error(code) }
        }
    }

    private func bind(_ bytes: [UInt8], _ place: Int32) -> Int32 {
        guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(statement, place, 0) }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe csqlite_bind_blob(
                statement,
                place,
                bytes.baseAddress,
                Int32(clamping: bytes.count)
            )
        }
    }

    /// Runs on to the next row; false at the end.
    func step() throws(SQLiteError) -> Bool {
        switch unsafe sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = database.error(code)
            unsafe sqlite3_reset(statement)
            throw error
        }
    }

    /// Runs it once, for what it does.
    func run(_ values: [any SQLValue]) throws(SQLiteError) {
        try bind(values)
        while try step() {}
        unsafe sqlite3_reset(statement)
    }

    /// The values of this row.
    var columns: [Column] {
        let count = unsafe sqlite3_column_count(statement)
        return (0..<count).map { column($0) }
    }

    private func column(_ place: Int32) -> Column {
        switch unsafe sqlite3_column_type(statement, place) {
        case SQLITE_INTEGER: .integer(unsafe sqlite3_column_int64(statement, place))
        case SQLITE_FLOAT: .real(unsafe sqlite3_column_double(statement, place))
        case SQLITE_TEXT: .text(String(decoding: bytes(place), as: UTF8.self))
        case SQLITE_BLOB: .blob(bytes(place))
        default: .null
        }
    }

    private func bytes(_ place: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(statement, place) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(statement, place))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
