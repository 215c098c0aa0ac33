// SPDX-License-Identifier: Apache-2.0
//
// What was learned of the lists, in a file of its own beside the breakers' state. Damage to it costs
// learning again, and nothing else; and a trip's save never waits behind the megabytes of this one.
// The mistake to avoid: one transaction for both; then a flipped bit in a poster's habits would open
// the queue's breaker.

public import Archive
internal import CSQLite
public import EventTime
import Glibc

/// The engine's parts with the journal cursor that they belong to: one SQLite file, `habits.db`; or those
/// of a judge of a fleet, `judge.db`, which have no cursor.
///
/// NAME
///   Habits - what was learned, in a file that may be lost
///
/// SUMMARY
///   `Habits(directory:)`, then ``save(cursor:time:_:)`` now and then, and ``load(_:)`` at a start.
///
/// DESCRIPTION
///   One table holds a row for each part of the archive, a few lists each, and one row the cursor.
///   All of a save is one transaction, and a part that stands in the file as it is is not written
///   again. No more than one part is in memory at a time. The file is opened for each call and closed
///   after it, so that between saves it costs no memory and has no log beside it. A save does not wait for the disk at its commit: after a power cut an older one
///   may be found.
///
/// LIMITS
///   About 1 KiB for each list and 8 bytes for each known poster; twice that while it is saved.
///
/// SECURITY
///   Touches `habits.db`, or `judge.db`, its companions and what was set aside as `.damaged`. The file is
///   0600; it holds addresses of lists and posters.
///
/// DIAGNOSTICS
///   `StoreError`; whatever it is, the breakers are not concerned.
///
/// BUGS
///   A part is taken for unchanged when its checksum of 64 bits is. One that changed to the same
///   checksum would be missed, and what it holds be as old as its last write.
public struct Habits: Sendable {
    /// "LBHA": SQLite's application_id.
    private static let applicationID: Int64 = 0x4c42_4841
    /// Version of the tables, in SQLite's user_version; another one is learned anew.
    private static let version: Int64 = 2

    /// Whose memory it is.
    public enum Owner: Sendable {
        /// The engine's: what it learned of this host's log.
        case engine
        /// A judge's: what other hosts told.
        case judge
    }

    /// Path of the file.
    public let path: String
    private let owner: Owner
    /// What the file holds, as far as this value and its copies wrote or read it.
    private let known = WrittenParts()

    /// Habits of `owner`, kept in `directory`, which need not be there yet.
    public init(directory: String, of owner: Owner = .engine) {
        self.owner = owner
        path = directory + (owner == .engine ? "/habits.db" : "/judge.db")
    }

    private var saving: Attempt { owner == .engine ? .saveHabits : .saveJudge }
    private var reading: Attempt { owner == .engine ? .readHabits : .readJudge }

    /// Saves what `write` gives, together with the cursor of the last entry that is in it.
    ///
    /// Call it off the main loop. A damaged file is replaced; `write` may then be called twice.
    public func save(
        cursor: String,
        time: Timestamp,
        _ write: (inout ArchiveParts) throws -> Void
    ) throws(StoreError) {
        do throws(StoreError) {
            try replace(cursor, time, write)
        } catch {
            guard error.code == .damaged else { throw error }
            setAside()
            try replace(cursor, time, write)
        }
    }

    /// Lets `read` take the parts last saved; gives the cursor and the event time of that entry,
    /// or nil when none were saved.
    ///
    /// Throws when they cannot be read or understood, and has then set the file aside: read the
    /// journal from further back.
    public func load(
        _ read: (inout ArchiveParts) throws -> Void
    ) throws(StoreError) -> (cursor: String, time: Timestamp)? {
        guard unsafe access(path, F_OK) == 0 else { return nil }
        do {
            let database = try connect()
            defer { database.close() }
            return try database.read { db in
                guard let head = try Self.head(db) else { return nil }
                let select = try db.statement("SELECT body FROM part WHERE id = ?")
                var found = WrittenParts.Content(stamp: try Self.stamp(db))
                var parts = ArchiveParts(reading: { key in
                    try select.bind([key.packed])
                    guard try select.step(), let bytes = select.columns[0].blob else { return nil }
                    found.take(key, bytes)
                    return bytes
                })
                try read(&parts)
                known.become(found)
                return head
            }
        } catch {
            let found = failure(reading, error)
            if found.code == .damaged { setAside() }
            throw found
        }
    }

    // MARK: Writing

    private func replace(
        _ cursor: String,
        _ time: Timestamp,
        _ write: (inout ArchiveParts) throws -> Void
    ) throws(StoreError) {
        // Taken away until all has gone well: what a failed save left of it is not known.
        let before = known.take()
        do {
            let database = try connect()
            defer { database.close() }
            let written = try database.write { db in
                let insert = try db.statement("INSERT OR REPLACE INTO part VALUES (?, ?)")
                // Another file in its place, or another writer: all of it is written.
                let old = try Self.stamp(db) == before.stamp ? before : WrittenParts.Content()
                let stamp = Int64.random(in: 1 ... .max)
                var new = WrittenParts.Content(stamp: stamp)
                var last: [Int32: Int32] = [:]
                var parts = ArchiveParts(writing: { key, bytes in
                    if new.take(key, bytes) != old.sum(key) {
                        try insert.run([key.packed, bytes])
                    }
                    last[key.kind] = max(last[key.kind] ?? 0, key.number)
                })
                try write(&parts)
                try Self.removeAllBut(last, in: db)
                let cursor = Codec.storable(cursor)
                let checksum = Checksum([cursor, String(time.microseconds)]).stored
                try db.execute(
                    "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?)",
                    [cursor, time.microseconds, checksum, stamp]
                )
                return new
            }
            known.become(written)
        } catch {
            throw failure(saving, error)
        }
    }

    /// Removes parts of kinds that are no more, and those behind the last of each kind.
    private static func removeAllBut(_ last: [Int32: Int32], in db: Database) throws {
        var next: Int64 = 0
        for (kind, number) in last.sorted(by: { $0.key < $1.key }) {
            let first = ArchiveKey(kind: kind, number: 0).packed
            try remove(next..<first, in: db)
            next = ArchiveKey(kind: kind, number: number).packed + 1
        }
        try remove(next..<Int64.max, in: db)
    }

    private static func remove(_ range: Range<Int64>, in db: Database) throws {
        try db.execute(
            "DELETE FROM part WHERE id >= ? AND id < ?",
            [range.lowerBound, range.upperBound]
        )
    }

    // MARK: The file

    /// Names the last save; nil when there was none.
    private static func stamp(_ db: Database) throws -> Int64? {
        try db.value("SELECT stamp FROM head")?.integer
    }

    private static func head(_ db: Database) throws -> (cursor: String, time: Timestamp)? {
        let rows = try db.rows("SELECT cursor, time, checksum FROM head")
        guard let row = rows.first else { return nil }
        guard let cursor = row[0].text, let time = row[1].integer,
            row[2].integer == Checksum([cursor, String(time)]).stored
        else { throw ArchiveDamage("the journal cursor fails its checksum") }
        return (cursor, Timestamp(microseconds: time))
    }

    /// Opens the file, made when it is not there.
    private func connect() throws -> Database {
        // Before SQLite makes it, which would let others read it.
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw saving.error(errno: errno, path) }
        _ = Glibc.close(descriptor)
        let database = try Database(path)
        try database.plainly { db in
            // EXCLUSIVE: no shared-memory file. NORMAL: no waiting for the disk. 1 KiB a page: the parts
            // that change lie scattered, and each changed page is written whole.
            try db.execute(
                """
                PRAGMA page_size = 1024;
                PRAGMA locking_mode = EXCLUSIVE;
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                PRAGMA trusted_schema = OFF;
                PRAGMA cache_size = -256;
                """
            )
        }
        try database.write { db in
            let version = try db.value("PRAGMA user_version")?.integer
            let identifier = try db.value("PRAGMA application_id")?.integer
            if version == Self.version, identifier == Self.applicationID { return }
            let tables = try db.value("SELECT count(*) FROM sqlite_schema")?.integer
            guard tables == 0 else { throw ArchiveDamage("its tables are of another version") }
            try Self.create(db)
        }
        return database
    }

    private static func create(_ db: Database) throws {
        try db.execute(
            """
            PRAGMA application_id = \(applicationID);
            PRAGMA user_version = \(version);
            CREATE TABLE head (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                cursor TEXT NOT NULL, time INTEGER NOT NULL, checksum INTEGER NOT NULL,
                stamp INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE part (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
            """
        )
    }

    private func failure(_ attempt: Attempt, _ error: any Error) -> StoreError {
        switch error {
        case let damage as ArchiveDamage: attempt.error(.damaged, path, "\(damage)")
        case let error as SQLiteError where isDamage(error):
            attempt.error(.damaged, path, "\(error)")
        default: attempt.error(from: error, path)
        }
    }

    /// Whether damage to the tables or to the file's header shows in this way.
    private func isDamage(_ error: SQLiteError) -> Bool {
        if error.code == SQLITE_READONLY { return unsafe access(path, W_OK) == 0 }
        return error.isDamage
    }

    /// Moves the file away, in the place of the one that was moved before.
    private func setAside() {
        for companion in ["", "-wal", "-shm", "-journal"] {
            _ = unsafe unlink(path + ".damaged" + companion)
            _ = unsafe rename(path + companion, path + ".damaged" + companion)
        }
    }
}
