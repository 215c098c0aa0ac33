// SPDX-License-Identifier: Apache-2.0
//
// The file behind the store: looked at without writing, created whole or not at all, set aside
// when damaged. It never overwrites or deletes a state file. The mistake to avoid: opening a
// suspect file for writing first; SQLite would fold the write-ahead log into it and destroy
// what a person may want to rescue.

internal import CSQLite
internal import FoundationEssentials
import Glibc
import Linux

struct StoreFile {
    let directory: String
    var path: String { directory + "/state.db" }
    private var draft: String { directory + "/state.db.new" }

    private var reserve: String { directory + "/state.db.reserve" }

    /// Space kept back for the day the disk is full: enough for the shared-memory file of an
    /// opening (32 KiB), and for a board with its incidents and pages.
    ///
    /// Chosen.
    private static let reserveBytes = 1 << 20

    /// SQLite's companions of a database file.
    private static let companions = ["", "-wal", "-shm", "-journal"]

    enum Finding {
        case absent, sound
        /// Damaged: why, and the highest incident number that it still shows.
        case damaged(String, highestIncident: Int64 = 0)
    }

    // MARK: Looking

    /// Says which permission is missing before SQLite says less.
    func checkAccess() throws(StoreError) {
        var status = stat()
        guard unsafe stat(directory, &status) == 0 else { throw accessError(directory, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw accessError(directory, ENOTDIR) }
        guard unsafe access(directory, R_OK | W_OK | X_OK) == 0 else {
            throw accessError(directory, errno)
        }
        for companion in Self.companions where exists(path + companion) {
            guard unsafe access(path + companion, R_OK | W_OK) == 0 else {
                throw accessError(path + companion, errno)
            }
        }
    }

    private func accessError(_ path: String, _ code: Int32) -> StoreError {
        var status = stat()
        var advice = "; running as uid \(geteuid())"
        if unsafe stat(path, &status) == 0 {
            advice += ", and it belongs to uid \(status.st_uid), mode 0"
            advice += String(status.st_mode & 0o7777, radix: 8)
        } else if code == ENOENT {
            advice += "; create it: install -d -o _listbreaker -g _listbreaker -m 0700 '\(path)'"
        }
        return Attempt.open.error(errno: code, path, advice: advice)
    }

    private func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Whether there is such a file; one that cannot be looked at is not absent, and no other is to be
    /// put in its place.
    private func isThere(_ path: String) throws(StoreError) -> Bool {
        var status = stat()
        if unsafe lstat(path, &status) == 0 { return true }
        if errno == ENOENT { return false }
        throw accessError(path, errno)
    }

    /// Reads the whole file without writing to it, with the reserve when the disk is full.
    ///
    /// Throws when that is impossible for another reason than damage, or when it is newer than us.
    ///
    /// Damage is believed when it is seen twice: a read that fails once, for want of a descriptor or by
    /// a disk that hiccups, looks like it (SQLite's quick_check reports both in one way).
    func check() throws(StoreError) -> Finding {
        do {
            let finding = try look()
            if case .damaged = finding { return try look() }
            return finding
        } catch let error where error.code == .full && giveUpReserve() {
            return try look()
        }
    }

    private func look() throws(StoreError) -> Finding {
        guard try isThere(path) else {
            // A log without its database: the rest of an interrupted setting aside, or a loss.
            return try isThere(path + "-wal")
                ? .damaged("the file is gone, its log is here") : .absent
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw accessError(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .damaged("not a regular file") }
        // A new file is moved here complete, so an empty one is a loss, not a beginning.
        guard status.st_size > 0 else { return .damaged("the file is empty") }
        // What a damaged file shows last is still used: incident numbers are never given twice.
        var highest: Int64 = 0
        do {
            let database = try Database(path, isReadOnly: true)
            return try database.read { db in
                highest = (try? Self.highestIncident(db)) ?? 0
                return try inspect(db, highest)
            }
        } catch let error as SQLiteError where error.isDamage {
            return .damaged("\(error)", highestIncident: highest)
        } catch {
            throw Attempt.open.error(from: error, path)
        }
    }

    /// The highest incident number in the tables; 0 when there is none.
    static func highestIncident(_ db: Database) throws -> Int64 {
        try db.value(
            """
            SELECT MAX(
                (SELECT COALESCE(MAX(number), 0) FROM incident),
                (SELECT COALESCE(MAX(highestIncident), 0) FROM setAside))
            """
        )?.integer ?? 0
    }

    private func inspect(_ db: Database, _ highest: Int64) throws -> Finding {
        let identifier = try db.value("PRAGMA application_id")?.integer
        guard identifier == Schema.applicationID else { return .damaged("not a listbreaker state") }
        let report = try db.value("PRAGMA quick_check(1)")?.text
        guard report == "ok" else {
            return .damaged(report ?? "quick_check is silent", highestIncident: highest)
        }
        if try Schema.isNewer(db) {
            throw Attempt.open.error(
                .newer,
                path,
                "a newer version of listbreaker wrote it; install that one again"
            )
        }
        guard try Schema.isIntact(db) else {
            return .damaged("its tables are not as they were made", highestIncident: highest)
        }
        // A file of an older version lacks what came later; that it has its own was seen above.
        for table in Schema.Table.allCases where try db.has(table: table.rawValue) {
            let rows = try db.statement(table.select)
            while try rows.step() {
                guard table.fields(rows.columns) != nil else {
                    return .damaged(
                        "a row of \(table) fails its checksum",
                        highestIncident: highest
                    )
                }
            }
        }
        return .sound
    }

    // MARK: The reserve

    /// Takes the reserve if it is not there; without it when the disk is too full.
    func takeReserve() {
        guard !exists(reserve) else { return }
        let descriptor = unsafe Glibc.open(reserve, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { _ = close(descriptor) }
        if posix_fallocate(descriptor, 0, off_t(Self.reserveBytes)) != 0 { giveUpReserve() }
    }

    /// Frees the reserve; false when there was none.
    @discardableResult func giveUpReserve() -> Bool {
        unsafe unlink(reserve) == 0
    }

    // MARK: Creating, opening, setting aside

    /// Opens the file for writing.
    ///
    /// EXCLUSIVE: one daemon at a time, and no shared-memory file to be damaged.
    func connect() throws(StoreError) -> Database {
        do {
            let database = try Database(path)
            try database.plainly { db in
                try db.execute(
                    """
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA trusted_schema = OFF;
                    """
                )
            }
            try Schema.migrate(database)
            try? giveBackSpace(database)
            return database
        } catch {
            throw Attempt.open.error(from: error, path)
        }
    }

    /// Rewrites a file that is mostly unused, as after a migration; one that stays as it is, for
    /// want of room, is only larger.
    private func giveBackSpace(_ database: Database) throws {
        try database.plainly { db in
            let pages = try db.value("PRAGMA page_count")?.integer ?? 0
            let free = try db.value("PRAGMA freelist_count")?.integer ?? 0
            // 1,000 pages are 4 MiB; chosen.
            if free > 1000 && free * 2 > pages { try db.execute("VACUUM") }
        }
    }

    /// Creates the file: beside its place, complete and synced, then moved in.
    func create(
        afterDamage damagedCopy: String?,
        highestIncident: Int64 = 0
    ) throws(StoreError) {
        do {
            for companion in Self.companions { _ = unsafe unlink(draft + companion) }
            let database = try Database(draft)
            // Now rather than at the first opening: that would write to the file by way of a
            // rollback journal, which a kill leaves behind and a reader cannot play back.
            try database.plainly { db in
                try db.execute(
                    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL"
                )
            }
            try Schema.migrate(database)
            if let damagedCopy {
                try database.write { db in
                    try db.execute(
                        "INSERT INTO setAside VALUES (?, ?, ?)",
                        [
                            damagedCopy, highestIncident,
                            Checksum([damagedCopy, String(highestIncident)]).stored,
                        ]
                    )
                }
            }
            // Closing would do it, and not say that it could not: the file would then be moved to its
            // place without what is still in its log.
            try database.plainly { db in
                guard try db.value("PRAGMA wal_checkpoint(TRUNCATE)")?.integer == 0 else {
                    throw SQLiteError(extended: SQLITE_BUSY, message: "the log was not folded")
                }
            }
            database.close()
        } catch {
            throw Attempt.open.error(from: error, path)
        }
        guard unsafe chmod(draft, 0o600) == 0, unsafe rename(draft, path) == 0 else {
            throw Attempt.open.error(errno: errno, path)
        }
        syncDirectory()
    }

    /// Moves the damaged file and its companions away, and returns where to.
    func setAside() throws(StoreError) -> String {
        var number = 1
        while Self.companions.contains(where: { exists("\(path).damaged-\(number)\($0)") }) {
            number += 1
        }
        let copy = "\(path).damaged-\(number)"
        for companion in Self.companions where exists(path + companion) {
            guard unsafe rename(path + companion, copy + companion) == 0 else {
                throw Attempt.open.error(
                    .damaged,
                    path,
                    "it is damaged and cannot be set aside: \(Errno.last)"
                )
            }
        }
        syncDirectory()
        return copy
    }

    /// The newest file that was set aside; nil when there is none.
    func newestSetAside() -> String? {
        let prefix = "state.db.damaged-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let numbers = names.compactMap { name -> Int? in
            guard name.hasPrefix(prefix) else { return nil }
            return Int(name.dropFirst(prefix.count).prefix { $0 != "-" })
        }
        return numbers.max().map { directory + "/" + prefix + String($0) }
    }

    // A file system that cannot sync a directory has no better way to offer.
    private func syncDirectory() { Folder.sync(of: path) }
}
