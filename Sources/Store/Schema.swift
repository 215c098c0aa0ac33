// SPDX-License-Identifier: Apache-2.0
//
// The tables and their versions. A migration that has shipped is never edited: add another. The
// mistake to avoid: a table without a checksum column, or one that `StoreFile.check` forgets.

import GRDB

enum Schema {
    /// "LBRK": SQLite's application_id, so that someone else's database is not taken for ours.
    static let applicationID: Int64 = 0x4c42_524b

    /// Incidents kept after their reset; with at most some 10 KiB each this bounds the file.
    ///
    /// Chosen.
    static let incidentsKept: Int64 = 2_000

    /// Moments kept of one incident; what comes after the first so many is left out.
    ///
    /// Chosen: a week of hourly reminders to three targets.
    static let momentsKept: Int64 = 2_000

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(
                sql: """
                    PRAGMA application_id = \(applicationID);
                    CREATE TABLE board (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        body TEXT NOT NULL, checksum INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE incident (
                        number INTEGER PRIMARY KEY, isClosed INTEGER NOT NULL,
                        body TEXT NOT NULL, checksum INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE snapshot (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        cursor TEXT NOT NULL, time INTEGER NOT NULL,
                        body TEXT NOT NULL, checksum INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE page (
                        key TEXT PRIMARY KEY,
                        body TEXT NOT NULL, checksum INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE setAside (
                        path TEXT PRIMARY KEY, highestIncident INTEGER NOT NULL,
                        checksum INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """
            )
        }
        migrator.registerMigration("2") { db in
            try db.execute(
                sql: """
                    CREATE TABLE timeline (
                        id INTEGER PRIMARY KEY, incident INTEGER NOT NULL, time INTEGER NOT NULL,
                        event TEXT NOT NULL, target TEXT NOT NULL, text TEXT NOT NULL,
                        checksum INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX timelineOfIncident ON timeline (incident);
                    """
            )
        }
        // What was learned has its own file now, Habits; of before it is learned anew.
        migrator.registerMigration("3") { db in try db.execute(sql: "DROP TABLE snapshot") }
        return migrator
    }

    /// Each table's columns before its checksum, in order; the checksum covers them as text.
    enum Table: String, CaseIterable {
        case board, incident, page, setAside, timeline

        var columns: [String] {
            switch self {
            case .board: ["body"]
            case .incident: ["number", "isClosed", "body"]
            case .page: ["key", "body"]
            case .setAside: ["path", "highestIncident"]
            case .timeline: ["incident", "time", "event", "target", "text"]
            }
        }

        /// Columns by name and in our order: GRDB ends the process when a name is missing from a
        /// row, as it is when a damaged schema renames a column.
        ///
        /// SQLite only refuses.
        var select: String {
            "SELECT \(columns.joined(separator: ", ")), checksum FROM \(rawValue)"
        }

        /// The fields of a row of ``select`` as text, if it carries their checksum; nil when not.
        func fields(_ row: Row) -> [String]? {
            let texts = columns.indices.map { index in
                switch (row[index] as DatabaseValue).storage {
                case .int64(let number): String(number)
                case .string(let text): text
                case .null, .double, .blob: ""
                }
            }
            let checksum = Int64.fromDatabaseValue(row[columns.count])
            return checksum == Checksum(texts).stored ? texts : nil
        }
    }

    /// Whether all tables and indices of `db` are as its version made them.
    static func isIntact(_ db: Database) throws -> Bool {
        let model = try DatabaseQueue()
        guard let version = try migrator.appliedIdentifiers(db).max(by: isOlder) else {
            return false
        }
        try migrator.migrate(model, upTo: version)
        return try text(db) == model.read(text)
    }

    private static func isOlder(_ left: String, _ right: String) -> Bool {
        (Int(left) ?? 0) < (Int(right) ?? 0)
    }

    private static func text(_ db: Database) throws -> [DatabaseValue] {
        try Row.fetchAll(
            db,
            sql: "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
        ).flatMap(\.databaseValues)
    }
}
