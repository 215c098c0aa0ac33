// SPDX-License-Identifier: Apache-2.0
//
// Who runs on this host, as far as everyone may see it in /proc: name, arguments, parent, users,
// start. And who holds which lock, from /proc/locks. No right to trace is needed for any of it.
// A process can be gone, or be another, a moment later: check its start before a signal.

internal import Glibc
internal import HaltWire
internal import Linux

/// One process as /proc showed it.
struct HostProcess: Equatable {
    var pid: pid_t
    var parent: pid_t
    /// The program's name, at most 15 bytes.
    var name: String
    /// The arguments, the program's own name first.
    var arguments: [String]
    /// The effective user.
    var uid: uid_t
    /// Clock ticks since boot at its start.
    var started: UInt64
    /// The letter of its state; `Z` when it has ended and nobody asked.
    var state: Character
}

/// The processes of this host.
enum ProcessTable {
    /// Bytes of a process's file that are read: 64 KiB.
    ///
    /// Chosen; arguments beyond it are not looked at.
    private static let limit = 64 << 10
    /// Bytes of /proc/locks that are read: 4 MiB, about 60,000 locks.
    ///
    /// Chosen.
    private static let lockLimit = 4 << 20

    /// This boot's identity.
    static var boot: String {
        (try? StateFile.read("/proc/sys/kernel/random/boot_id"))
            .map { String(decoding: $0.prefix(36), as: UTF8.self) } ?? ""
    }

    /// Clock ticks since boot.
    static var now: UInt64 {
        let ticks = UInt64(sysconf(Int32(_SC_CLK_TCK)))
        let (seconds, rest) = UInt64(SystemClock.sinceBoot).quotientAndRemainder(
            dividingBy: 1_000_000_000
        )
        return seconds * ticks + rest * ticks / 1_000_000_000
    }

    /// Every process whose name is one of `names`.
    static func named(_ names: Set<String>) -> [HostProcess] {
        var found: [HostProcess] = []
        for name in (try? Folder.names(in: "/proc")) ?? [] {
            guard let pid = pid_t(name), let process = process(pid), names.contains(process.name)
            else { continue }
            found.append(process)
        }
        return found
    }

    /// The name alone of the process `pid`; nil when there is none.
    static func name(of pid: pid_t) -> String? {
        text("/proc/\(pid)/comm").map { String($0.prefix { $0 != "\n" }) }
    }

    /// The process `pid`; nil when there is none.
    static func process(_ pid: pid_t) -> HostProcess? {
        // pid (name) state ppid ... starttime is the 22nd field, proc(5); the name may hold blanks.
        guard let stat = text("/proc/\(pid)/stat"), let open = stat.firstIndex(of: "("),
            let close = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 20, let state = fields[0].first, let parent = pid_t(fields[1]),
            let started = UInt64(fields[19])
        else { return nil }
        var uid: uid_t?
        for line in (text("/proc/\(pid)/status") ?? "").split(separator: "\n")
        where line.hasPrefix("Uid:") {
            let users = line.split { $0 == "\t" || $0 == " " }
            if users.count > 2 { uid = uid_t(users[2]) }
        }
        guard let uid else { return nil }
        let words = (text("/proc/\(pid)/cmdline") ?? "").split(separator: "\0")
        return HostProcess(
            pid: pid,
            parent: parent,
            name: String(stat[stat.index(after: open)..<close]),
            arguments: words.map(String.init),
            uid: uid,
            started: started,
            state: state
        )
    }

    /// Process ids that hold a POSIX write lock, by the inode that they hold.
    static func writeLocks() -> [UInt64: pid_t] {
        var holders: [UInt64: pid_t] = [:]
        for line in (text("/proc/locks", limit: lockLimit) ?? "").split(separator: "\n") {
            // 13: POSIX  ADVISORY  WRITE 829 fe:00:5695985 0 18; a waiting one has "->" second.
            let words = line.split(separator: " ")
            guard words.count >= 8, words[1] == "POSIX", words[3] == "WRITE",
                let pid = pid_t(words[4]), pid > 0,
                let inode = words[5].split(separator: ":").last.flatMap({ UInt64($0) })
            else { continue }
            holders[inode] = pid
        }
        return holders
    }

    /// Inodes that somebody has locked for writing, by whichever call.
    static func locked() -> Set<UInt64> {
        var found: Set<UInt64> = []
        for line in (text("/proc/locks", limit: lockLimit) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 8, words[1] == "POSIX" || words[1] == "FLOCK",
                words[3] == "WRITE",
                let inode = words[5].split(separator: ":").last.flatMap({ UInt64($0) })
            else { continue }
            found.insert(inode)
        }
        return found
    }

    /// Process ids that hold a shared lock of flock(2).
    static func sharedLocks() -> Set<pid_t> {
        var holders: Set<pid_t> = []
        for line in (text("/proc/locks", limit: lockLimit) ?? "").split(separator: "\n") {
            // 2: FLOCK  ADVISORY  READ 829 fe:00:5695985 0 EOF
            let words = line.split(separator: " ")
            guard words.count >= 8, words[1] == "FLOCK", words[3] == "READ",
                let pid = pid_t(words[4]), pid > 0
            else { continue }
            holders.insert(pid)
        }
        return holders
    }

    private static func text(_ path: String, limit: Int = limit) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 8 << 10)
        while content.count < limit {
            let count = unsafe Glibc.read(descriptor, &room, room.count)
            guard count > 0 else { break }
            content += room[..<count]
        }
        return content.isEmpty ? nil : String(decoding: content, as: UTF8.self)
    }
}
