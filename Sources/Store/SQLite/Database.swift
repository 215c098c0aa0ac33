// SPDX-License-Identifier: Apache-2.0
//
// One connection to one SQLite file, for one caller at a time: all that the store needs of SQLite's C
// interface, and nothing of what it does not. The mistake to avoid: a transaction that an error
// leaves open; the next one would fail, and a trip not be saved.

internal import CSQLite
internal import Linux

/// An open SQLite file.
///
/// Unchecked Sendable: the connection is used with the lock held, or by whom ``read(_:)`` and its kin
/// have given the value to.
@safe final class Database: @unchecked Sendable {
    private let connection: OpaquePointer
    private let isClosed = Guarded(false)

    /// Opens the file at `path`, made when it is not there, unless it `isReadOnly`.
    ///
    /// `:memory:` is a database without a file. A file that another process locks is waited for, 2 s:
    /// a predecessor that is shutting down gets this long to let go; chosen.
    init(_ path: String, isReadOnly: Bool = false) throws(SQLiteError) {
        var opened: OpaquePointer?
        let way = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = unsafe sqlite3_open_v2(path, &opened, way | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let connection = unsafe opened else {
            let error = unsafe Self.error(code, opened)
            unsafe sqlite3_close_v2(opened)
            throw error
        }
        unsafe self.connection = unsafe connection
        unsafe sqlite3_extended_result_codes(connection, 1)
        unsafe sqlite3_busy_timeout(connection, 2000)
    }

    deinit { close() }

    /// Closes the file; calls after it fail.
    func close() {
        isClosed.withLock { isClosed in
            if !isClosed { unsafe sqlite3_close_v2(connection) }
            isClosed = true
        }
    }

    // MARK: Transactions

    /// What `body` reads, all of it of one moment.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try transaction("BEGIN DEFERRED", body)
    }

    /// Writes all that `body` writes, or nothing when it throws.
    @discardableResult
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try transaction("BEGIN IMMEDIATE", body)
    }

    /// Runs `body` outside any transaction: some pragmas ask for it.
    func plainly<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try isClosed.withLock { isClosed in
            guard !isClosed else {
                throw SQLiteError(extended: SQLITE_MISUSE, message: "it is closed")
            }
            return try body(self)
        }
    }

    private func transaction<Value>(
        _ begin: String,
        _ body: (Database) throws -> Value
    ) throws -> Value {
        try plainly { _ in
            try execute(begin)
            do {
                let value = try body(self)
                try execute("COMMIT")
                return value
            } catch {
                // A full disk may have rolled it back already.
                if unsafe sqlite3_get_autocommit(connection) == 0 { try? execute("ROLLBACK") }
                throw error
            }
        }
    }

    // MARK: Statements

    /// Runs each statement of `sql`; `values` go to the places of the first, and only, one.
    func execute(_ sql: String, _ values: [any SQLValue] = []) throws(SQLiteError) {
        var rest = Array(sql.utf8)
        while !rest.isEmpty {
            let (statement, end) = try statement(rest)
            if let statement {
                try statement.bind(values)
                while try statement.step() {}
            }
            rest.removeFirst(end)
        }
    }

    /// A statement that may run more than once.
    func statement(_ sql: String) throws(SQLiteError) -> Statement {
        guard let statement = try statement(Array(sql.utf8)).statement else {
            throw SQLiteError(extended: SQLITE_MISUSE, message: "an empty statement")
        }
        return statement
    }

    /// All rows that `sql` gives.
    func rows(_ sql: String, _ values: [any SQLValue] = []) throws(SQLiteError) -> [[Column]] {
        let statement = try statement(sql)
        try statement.bind(values)
        var rows: [[Column]] = []
        while try statement.step() { rows.append(statement.columns) }
        return rows
    }

    /// The first column of the first row; nil when there is none, or it is NULL.
    func value(_ sql: String, _ values: [any SQLValue] = []) throws(SQLiteError) -> Column? {
        let statement = try statement(sql)
        try statement.bind(values)
        guard try statement.step(), let first = statement.columns.first, first != .null else {
            return nil
        }
        return first
    }

    /// Whether there is a table of that name.
    func has(table: String) throws(SQLiteError) -> Bool {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
        return try value(sql, [table]) != nil
    }

    /// The first statement of `sql` and where the next one begins; nil when there is only a blank.
    private func statement(
        _ sql: [UInt8]
    ) throws(SQLiteError) -> (statement: Statement?, end: Int) {
        var prepared: OpaquePointer?
        var end = sql.count
        let code = unsafe sql.withUnsafeBytes { bytes in
            let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress
            var tail: UnsafePointer<CChar>?
            let code = unsafe sqlite3_prepare_v2(
                connection,
                start,
                Int32(clamping: sql.count),
                &prepared,
                &tail
            )
            if let start = unsafe start, let tail = unsafe tail { unsafe end = tail - start }
            return code
        }
        guard code == SQLITE_OK else { throw unsafe Self.error(code, connection) }
        guard let prepared = unsafe prepared else { return (nil, sql.count) }
        return (unsafe Statement(prepared, of: self), end)
    }

    /// The error of a call that gave `code`.
    func error(_ code: Int32) -> SQLiteError { unsafe Self.error(code, connection) }

    private static func error(_ code: Int32, _ connection: OpaquePointer?) -> SQLiteError {
        let extended = unsafe connection.map { unsafe sqlite3_extended_errcode($0) } ?? code
        let text = unsafe connection.map { unsafe String(cString: sqlite3_errmsg($0)) }
        return SQLiteError(
            extended: extended & 0xff == code & 0xff ? extended : code,
            message: unsafe text ?? String(cString: sqlite3_errstr(code))
        )
    }
}
