// SPDX-License-Identifier: Apache-2.0
//
// The engine's snapshot and the journal cursor it belongs to: one row, replaced whole, so that
// the two can never disagree. The mistake to avoid: waiting for the disk here. The save of a
// trip queues behind this one.

public import EventTime
import GRDB

extension Store {
    /// Saves the engine's state together with the cursor of the last entry that is in it.
    ///
    /// Encoding happens in the caller's thread, outside the transaction; call it off the main
    /// loop. Does not wait for the disk: after a power cut an older snapshot may be found.
    public func save(
        snapshot: some Encodable & Sendable,
        cursor: String,
        time: Timestamp
    ) throws(StoreError) {
        let body = try encoded(.saveSnapshot, snapshot)
        let cursor = Codec.storable(cursor)
        let checksum = Checksum([cursor, String(time.microseconds), body]).stored
        do {
            try queue.writeWithoutTransaction { db in
                // Not settable within a transaction; sqlite.org/pragma.html#pragma_synchronous.
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                defer { try? db.execute(sql: "PRAGMA synchronous = FULL") }
                try db.inTransaction {
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?)",
                        arguments: [cursor, time.microseconds, body, checksum]
                    )
                    return .commit
                }
            }
        } catch {
            throw Attempt.saveSnapshot.error(from: error, path)
        }
    }

    /// The last snapshot with its cursor and the event time of that entry; nil when there is none.
    ///
    /// Throws when it cannot be read or understood: read the journal from further back.
    public func loadSnapshot<Snapshot: Decodable>(
        _ type: Snapshot.Type
    ) throws(StoreError) -> (snapshot: Snapshot, cursor: String, time: Timestamp)? {
        guard let fields = try rows(.readSnapshot, .snapshot).first else { return nil }
        let value = try decoded(.readSnapshot, type, fields[2])
        return (value, fields[0], Timestamp(microseconds: Int64(fields[1]) ?? 0))
    }
}
