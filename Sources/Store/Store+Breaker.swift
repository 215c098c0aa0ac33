// SPDX-License-Identifier: Apache-2.0
//
// The breakers' board, the incidents, and the pages that belong to them: saved together, before
// any effect. The mistake to avoid: splitting this into two transactions. A crash between them
// would leave a halted queue that nobody is told about.

public import Breaker

extension Store {
    /// Saves the board, the incidents that changed, the pages of both and what happened, in one
    /// transaction that is on the disk when this returns.
    ///
    /// Incidents replace those of the same number, pages those of the same key. Unless it `folds`, call
    /// ``fold()`` as soon as what the save allowed is done. Throws when the
    /// disk is full or fails; then nothing of it is saved, and the trip goes on anyway.
    public func save<Board: Codable & Sendable>(
        board: Board,
        incidents: [Incident] = [],
        pages: [PageRow] = [],
        moments: [Moment] = [],
        folds: Bool = true
    ) throws(StoreError) {
        let text = try encoded(.saveBreaker, board)
        var rows: [(number: Int64, isClosed: Bool, body: String)] = []
        for incident in incidents {
            let body = try encoded(.saveBreaker, incident)
            rows.append((incident.number, incident.resetBy != nil, body))
        }
        try write(.saveBreaker, folds: folds) { db in
            try db.execute(
                "INSERT OR REPLACE INTO board VALUES (1, ?, ?)",
                [text, Checksum([text]).stored]
            )
            for row in rows { try Self.put(row, in: db) }
            for page in pages { try page.put(in: db) }
            for moment in moments { try moment.put(in: db) }
            let highest = try StoreFile.highestIncident(db)
            // The board that follows from the damage is saved: the note of it has done its work.
            try db.execute("DELETE FROM setAside")
            try db.execute(
                "DELETE FROM incident WHERE isClosed = 1 AND number <= ?",
                [highest - Schema.incidentsKept]
            )
            try db.execute(
                """
                DELETE FROM timeline WHERE incident <= ?
                AND incident NOT IN (SELECT number FROM incident)
                """,
                [highest - Schema.incidentsKept]
            )
        }
    }

    private static func put(
        _ row: (number: Int64, isClosed: Bool, body: String),
        in db: Database
    ) throws {
        let closed: Int64 = row.isClosed ? 1 : 0
        let checksum = Checksum([String(row.number), String(closed), row.body]).stored
        try db.execute(
            "INSERT OR REPLACE INTO incident VALUES (?, ?, ?, ?)",
            [row.number, closed, row.body, checksum]
        )
    }

    /// The board as last saved; nil when none was.
    ///
    /// Throws when it cannot be read or understood: treat the breaker as open.
    public func loadBoard<Board: Codable & Sendable>(
        _ type: Board.Type
    ) throws(StoreError) -> Board? {
        guard let fields = try rows(.readBreaker, .board).first else { return nil }
        return try decoded(.readBreaker, type, fields[0])
    }

    /// The newest incidents first, at most `limit`, with numbers below `before` when given.
    public func incidents(limit: Int, before: Int64? = nil) throws(StoreError) -> [Incident] {
        let rows = try rows(
            .readIncidents,
            .incident,
            "WHERE number < ? ORDER BY number DESC LIMIT ?",
            [before ?? .max, Int64(max(0, limit))]
        )
        var incidents: [Incident] = []
        for fields in rows {
            incidents.append(try decoded(.readIncidents, Incident.self, fields[2]))
        }
        return incidents
    }

    /// The incident of that number; nil when there is none, or it was long ago.
    public func incident(_ number: Int64) throws(StoreError) -> Incident? {
        let rows = try rows(.readIncidents, .incident, "WHERE number = ?", [number])
        guard let fields = rows.first else { return nil }
        return try decoded(.readIncidents, Incident.self, fields[2])
    }

    // MARK: Bodies

    /// JSON text of `value`, or why it has none.
    func encoded(_ attempt: Attempt, _ value: some Encodable) throws(StoreError) -> String {
        do { return try Codec.text(value) } catch { throw attempt.error(from: error, path) }
    }

    /// The value in a body.
    func decoded<Value: Decodable>(
        _ attempt: Attempt,
        _ type: Value.Type,
        _ body: String
    ) throws(StoreError) -> Value {
        do {
            return try Codec.value(type, body)
        } catch {
            throw attempt.error(.content, path, "\(error)")
        }
    }

    /// Rows of a table as text; throws when one is not as it was written.
    func rows(
        _ attempt: Attempt,
        _ table: Schema.Table,
        _ condition: String = "",
        _ arguments: [Int64] = []
    ) throws(StoreError) -> [[String]] {
        try read(attempt) { db in
            try db.rows("\(table.select) \(condition)", arguments).map { row in
                guard let fields = table.fields(row) else {
                    throw attempt.error(.damaged, path, "a row fails its checksum")
                }
                return fields
            }
        }
    }
}
