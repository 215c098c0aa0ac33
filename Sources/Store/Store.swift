// SPDX-License-Identifier: Apache-2.0
//
// Overview of the target, and the opening of the store. It decides whether a state file may be
// believed; what the breaker does with that is the caller's. The mistake to avoid: treating
// `damagedCopy` or an error as a fresh start. Both mean: open until a person decides.

/// What must survive a crash, in one SQLite file.
///
/// NAME
///   Store - what must survive a crash, in one SQLite file
///
/// SUMMARY
///   `Store.open(directory:)`, then `save` and `load` of breaker, incidents and pages.
///
/// DESCRIPTION
///   `state.db` holds six tables: the breakers' board (one row), incidents by number with their
///   timelines, the outbox of pages, trips and resets of the fleet, and a note about a damaged predecessor. Bodies are JSON, so
///   that a person can read them. Each row carries a checksum of its own, since SQLite has none for
///   the content of pages. What is learned of the lists stands in a file of its own, ``Habits``.
///
///   A save of breaker, incidents and pages is one transaction that is on the disk when the call
///   returns (`synchronous=FULL`): two waits for the disk, the first for the beginning of the log
///   (strace). Then, or at ``fold()`` where something more urgent comes first, it is folded into the
///   file and the write-ahead log emptied, which waits twice more, so that damage to the log cannot quietly bring back an older state.
///
///   Opening reads the whole file without writing to it first. A damaged file is moved to
///   `state.db.damaged-N` with its companions, unchanged, and a fresh file notes that until the
///   first save of a breaker; so a crash right after the discovery does not turn it into a clean
///   start. A new file is completed beside its place and then moved in: an empty `state.db` is
///   therefore damage.
///
///   Calls block for as long as the disk takes. They may come from any thread.
///
/// LIMITS
///   2,000 incidents after their reset; older ones go. 2,000 moments of an incident. Pages:
///   whatever Paging bounds them to. 1 MiB of reserve (`state.db.reserve`), which is given up to
///   save a trip on a full disk, or to open on one. 2 s of waiting for a predecessor that still has
///   the file open.
///
/// SECURITY
///   Touches files in its directory whose names begin with `state.db`, and nothing else. The file
///   is 0600. It holds addresses of posters (in the evidence of incidents).
///
/// DIAGNOSTICS
///   `StoreError`: 77 and whose permission is missing; 75 when another daemon has the file; 78
///   for a missing directory or a file of a newer version; 74 for the disk.
///
/// BUGS
///   The checksums find accidents, not forgery. A second fault is not found: the power fails
///   between the commit and the folding of the log, and the log is then damaged as well.
public final class Store: Sendable {
    /// What opening found.
    public struct Opened: Sendable {
        /// The open store.
        public var store: Store
        /// Where a damaged file was set aside since a breaker was last saved; nil normally.
        ///
        /// When set, the breaker must be treated as open until a person decides.
        public var damagedCopy: String?
        /// What was wrong with it, when it was found just now.
        public var damage: String?
        /// Whether the file was created just now.
        public var isNew: Bool
        /// The highest incident number seen, in a damaged file too; 0 when there is none.
        public var highestIncident: Int64
    }

    let database: Database
    private let file: StoreFile
    /// Path of the state file.
    public var path: String { file.path }

    private init(database: Database, file: StoreFile) {
        self.database = database
        self.file = file
    }

    /// Opens `state.db` in `directory`, creating it or setting a damaged one aside.
    ///
    /// Throws when a permission is missing, the disk is full, another daemon has the file, a newer
    /// version wrote it, or a damaged file cannot be moved away. Linear in the size of the file.
    public static func open(directory: String) throws(StoreError) -> Opened {
        let file = StoreFile(directory: directory)
        try file.checkAccess()
        var damage: String?
        var isNew = false
        switch try file.check() {
        case .sound: break
        case .absent:
            isNew = true
            // Set aside, and stopped before the fresh file was in place: still damage.
            try file.create(afterDamage: file.newestSetAside())
        case .damaged(let reason, let highest):
            isNew = true
            damage = reason
            let copy = try file.setAside()
            try file.create(afterDamage: copy, highestIncident: highest)
        }
        let store = Store(database: try file.connect(), file: file)
        file.takeReserve()
        let damagedCopy = try store.read(.open) { db in
            try db.value("SELECT path FROM setAside ORDER BY path DESC LIMIT 1")?.text
        }
        let highest = try store.read(.open, StoreFile.highestIncident)
        return Opened(
            store: store,
            damagedCopy: damagedCopy,
            damage: damage,
            isNew: isNew,
            highestIncident: highest
        )
    }

    /// Reads, and turns what is thrown into a `StoreError`.
    func read<Value>(
        _ attempt: Attempt,
        _ body: (Database) throws -> Value
    ) throws(StoreError) -> Value {
        do { return try database.read(body) } catch { throw attempt.error(from: error, path) }
    }

    /// Writes in one transaction that is on the disk when this returns; on a full disk with the
    /// reserve.
    func write(
        _ attempt: Attempt,
        folds: Bool = true,
        _ body: (Database) throws -> Void
    ) throws(StoreError) {
        do {
            try commit(attempt, body)
        } catch let error where error.code == .full && file.giveUpReserve() {
            try commit(attempt, body)
        }
        if folds { fold() }
    }

    /// Folds the write-ahead log into the file and empties it, and takes the reserve again.
    ///
    /// What was saved is safe before; a log that is not folded is only less convenient.
    public func fold() {
        try? database.plainly { db in
            try db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        file.takeReserve()
    }

    private func commit(
        _ attempt: Attempt,
        _ body: (Database) throws -> Void
    ) throws(StoreError) {
        do { try database.write(body) } catch { throw attempt.error(from: error, path) }
    }

    /// Closes the file; further calls fail.
    ///
    /// Without it, closing happens when the store goes away.
    public func close() {
        database.close()
    }
}
