// SPDX-License-Identifier: Apache-2.0
//
// The tables and their versions. A migration that has shipped is never edited: add another. The
// mistake to avoid: a table without a checksum column, or one that `StoreFile.check` forgets.

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

    /// What each version adds, in order; their names stand in the file.
    private static let migrations: [(version: String, sql: String)] = [
        (
            "1",
            """
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
        ),
        (
            "2",
            """
            CREATE TABLE timeline (
                id INTEGER PRIMARY KEY, incident INTEGER NOT NULL, time INTEGER NOT NULL,
                event TEXT NOT NULL, target TEXT NOT NULL, text TEXT NOT NULL,
                checksum INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX timelineOfIncident ON timeline (incident);
            """
        ),
        // What was learned has its own file now, Habits; of before it is learned anew.
        ("3", "DROP TABLE snapshot"),
        (
            "4",
            """
            CREATE TABLE fleet (
                record TEXT PRIMARY KEY,
                note TEXT NOT NULL, checksum INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            """
        ),
    ]

    /// Where a file says which versions it has been through; the name is GRDB's, which kept it first.
    private static let applied = "grdb_migrations"

    /// Brings the tables of `database` to `last`, or to the newest version: each in one transaction.
    static func migrate(_ database: Database, upTo last: String? = nil) throws {
        try database.plainly { db in
            try db.execute(
                "CREATE TABLE IF NOT EXISTS \(applied) (identifier TEXT NOT NULL PRIMARY KEY)"
            )
        }
        let old = try versions(database)
        for (version, sql) in migrations where !old.contains(version) {
            try database.write { db in
                try db.execute(sql)
                try db.execute("INSERT INTO \(applied) (identifier) VALUES (?)", [version])
            }
            if version == last { return }
        }
    }

    /// The versions that `db` has been through.
    private static func versions(_ db: Database) throws -> Set<String> {
        guard try db.has(table: applied) else { return [] }
        return Set(try db.rows("SELECT identifier FROM \(applied)").compactMap { $0[0].text })
    }

    /// Whether a newer program has changed the tables.
    static func isNewer(_ db: Database) throws -> Bool {
        !(try versions(db)).isSubset(of: migrations.map(\.version))
    }

    /// Each table's columns before its checksum, in order; the checksum covers them as text.
    enum Table: String, CaseIterable {
        case board, incident, page, setAside, timeline, fleet

        var columns: [String] {
            switch self {
            case .board: ["body"]
            case .incident: ["number", "isClosed", "body"]
            case .page: ["key", "body"]
            case .setAside: ["path", "highestIncident"]
            case .fleet: ["record", "note"]
            case .timeline: ["incident", "time", "event", "target", "text"]
            }
        }

        /// Columns by name and in our order.
        var select: String {
            "SELECT \(columns.joined(separator: ", ")), checksum FROM \(rawValue)"
        }

        /// The fields of a row of ``select`` as text, if it carries their checksum; nil when not.
        func fields(_ row: [Column]) -> [String]? {
            let texts = row.prefix(columns.count).map { column in
                switch column {
                case .integer(let number): String(number)
                case .text(let text): text
                case .null, .real, .blob: ""
                }
            }
            let checksum = row.last?.integer
            return checksum == Checksum(texts).stored ? texts : nil
        }
    }

    /// Whether all tables and indices of `db` are as its version made them.
    static func isIntact(_ db: Database) throws -> Bool {
        guard let version = try versions(db).max(by: isOlder) else { return false }
        let model = try Database(":memory:")
        try migrate(model, upTo: version)
        return try text(db) == text(model)
    }

    private static func isOlder(_ left: String, _ right: String) -> Bool {
        (Int(left) ?? 0) < (Int(right) ?? 0)
    }

    private static func text(_ db: Database) throws -> [[Column]] {
        try db.rows("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
    }
}
