// SPDX-License-Identifier: Apache-2.0
//
// Proves before opening that the journal can be read. sd-journal skips unreadable files without a
// word, sd_journal_open(3), so that a daemon without its group would start happily and see
// nothing. Never opens a file for writing. What a maintainer will get wrong: files of single users
// (`user-1000.journal`) may well be unreadable; the mail log is never in them.

internal import CSystemd
internal import Glibc
internal import Linux

/// The journal files behind a ``JournalSource``.
enum JournalFiles {
    /// Throws unless the files in which a mail log would be can be read.
    static func verify(_ source: JournalSource) throws(JournalError) {
        switch source {
        case .local:
            try verify(local, named: "/var/log/journal", mayMiss: true)
        case .directory(let path):
            try verify([path], named: path, mayMiss: false)
        case .files(let paths):
            if paths.isEmpty { throw nothing(at: "", errno: 0) }
            for path in paths {
                let failure = openFailure(path)
                if failure == ENOENT { throw nothing(at: path, errno: ENOENT) }
                if failure != 0 { throw refusal(path, errno: failure) }
            }
        }
    }

    /// The folders of this host's own journal.
    static var local: [String] {
        let id = machine
        return ["/var/log/journal/\(id)", "/run/log/journal/\(id)"]
    }

    /// The files in `folder`, as ``verify(_:)`` finds them; none when it cannot be read.
    static func paths(in folder: String) -> [String] {
        (try? files(in: folder, mayMiss: true)) ?? []
    }

    private static func verify(
        _ folders: [String],
        named name: String,
        mayMiss: Bool
    ) throws(JournalError) {
        var found = 0
        var readable = 0
        var refused: JournalError?
        for folder in folders {
            for path in try files(in: folder, mayMiss: mayMiss) {
                found += 1
                let failure = openFailure(path)
                switch failure {
                case 0: readable += 1
                case ENOENT: continue
                default:
                    refused = refusal(path, errno: failure)
                    if let refused, isActive(path) { throw refused }
                }
            }
        }
        if found == 0 { throw nothing(at: name, errno: 0) }
        if readable == 0, let refused { throw refused }
    }

    /// The files in `folder` and in its folders named by machine id, without those of users.
    private static func files(
        in folder: String,
        mayMiss: Bool,
        depth: Int = 0
    ) throws(JournalError) -> [String] {
        let names: [String]
        do throws(FileError) { names = try Folder.names(in: folder) } catch {
            let failure = error.errno.number
            if mayMiss || depth > 0, failure == ENOENT { return [] }
            if failure == ENOENT { throw nothing(at: folder, errno: ENOENT) }
            throw refusal(folder, errno: failure)
        }
        var paths: [String] = []
        for name in names.sorted() {
            if name.hasSuffix(".journal") || name.hasSuffix(".journal~") {
                if !name.hasPrefix("user-") { paths.append("\(folder)/\(name)") }
            } else if depth == 0, isMachineID(name) {
                paths += try files(in: "\(folder)/\(name)", mayMiss: mayMiss, depth: 1)
            }
        }
        return paths
    }

    /// Whether a file is written to now: archived ones carry an `@`, damaged ones end in `~`.
    private static func isActive(_ path: String) -> Bool {
        !path.contains("@") && !path.hasSuffix("~")
    }

    private static func isMachineID(_ name: String) -> Bool {
        name.utf8.count >= 32
            && name.utf8.prefix(32).allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            }
    }

    private static func openFailure(_ path: String) -> Int32 {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return Glibc.errno }
        close(descriptor)
        return 0
    }

    /// This machine's id; `unknown` where it has none.
    static var machine: String {
        var id = sd_id128_t()
        guard unsafe sd_id128_get_machine(&id) >= 0 else { return "unknown" }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 33) { text in
            guard let start = text.baseAddress else { return "" }
            return unsafe String(cString: sd_id128_to_string(id, start))
        }
    }

    private static func nothing(at path: String, errno: Int32) -> JournalError {
        JournalError(
            code: .noJournalFiles,
            operation: "read the journal",
            path: path,
            errno: errno,
            next: "check that systemd-journald runs and stores its journal, or name another "
                + "directory"
        )
    }

    private static func refusal(_ path: String, errno: Int32) -> JournalError {
        guard errno == EACCES || errno == EPERM else {
            return JournalError(
                code: .openFailed,
                operation: "read the journal",
                path: path,
                errno: errno,
                next: "nothing is watched until it can be read"
            )
        }
        return JournalError(
            code: .notReadable,
            operation: "read the journal",
            path: path,
            errno: errno,
            next: remedy(path)
        )
    }

    /// Which group would open `path`, in a sentence.
    private static func remedy(_ path: String) -> String {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            return "a folder above it is closed to this user; add the user to group "
                + "'systemd-journal' and start again"
        }
        guard status.st_mode & 0o040 != 0 else {
            return "only its owner may read it; give group 'systemd-journal' the right to read"
        }
        return "add this user to group '\(groupName(status.st_gid))' and start again"
    }

    private static func groupName(_ id: gid_t) -> String {
        var entry = unsafe group()
        var found: UnsafeMutablePointer<group>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { room in
            guard unsafe getgrgid_r(id, &entry, room.baseAddress, room.count, &found) == 0,
                unsafe found != nil, let name = unsafe entry.gr_name
            else { return String(id) }
            return unsafe String(cString: name)
        }
    }
}
