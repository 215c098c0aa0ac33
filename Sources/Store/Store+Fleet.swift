// SPDX-License-Identifier: Apache-2.0
//
// What is known of the fleet: trips and resets of all hosts as rows that are only ever added. What a row
// says is the fleet's business; here it is a text that names itself, and a note. The mistake to
// avoid: to remove a row because its trip is over; the next broker that remembers it would open it again.

/// One row of the fleet's two sets.
public struct FleetRow: Sendable, Equatable {
    /// The record, unique.
    public var record: String
    /// What this host made of it; a later row of the same record replaces it.
    public var note: String

    /// A row; NUL, which SQLite cannot keep, becomes U+FFFD.
    public init(record: String, note: String) {
        self.record = Codec.storable(record)
        self.note = Codec.storable(note)
    }
}

extension Store {
    /// Saves rows in one transaction that is on the disk when this returns.
    ///
    /// Unless it `folds`, call ``fold()`` as soon as what the save allowed is done.
    public func save(fleet rows: [FleetRow], folds: Bool = true) throws(StoreError) {
        guard !rows.isEmpty else { return }
        try write(.saveFleet, folds: folds) { db in
            for row in rows {
                try db.execute(
                    "INSERT OR REPLACE INTO fleet VALUES (?, ?, ?)",
                    [row.record, row.note, Checksum([row.record, row.note]).stored]
                )
            }
        }
    }

    /// All rows, by record.
    public func fleet() throws(StoreError) -> [FleetRow] {
        try rows(.readFleet, .fleet, "ORDER BY record").map {
            FleetRow(record: $0[0], note: $0[1])
        }
    }
}
