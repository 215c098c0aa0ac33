// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong around a halt, made to go wrong for real: a program that is stopped in the
// moment it starts, a disk with no room.

import Glibc
import Linux
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

/// Stops (SIGSTOP) every process of one name and one Postfix configuration as soon as it is there.
final class ProcessStopper {
    private let state = Guarded((isOver: false, hasEnded: false, count: 0))

    /// Starts to watch for `name` with `configuration` among its arguments.
    init(_ name: String, of configuration: String) throws {
        let state = state
        let code = startThread(named: "stopper") {
            // Before whatever else runs here: what it looks for is soon over.
            setpriority(Int32(PRIO_PROCESS.rawValue), 0, -20)
            var stopped: Set<pid_t> = []
            while !state.withLock({ $0.isOver }) {
                // Only the youngest: a scan of all takes longer than the program runs.
                let last = Self.lastPID
                for pid in max(2, last - 40)...max(2, last) where !stopped.contains(pid) {
                    guard Self.name(of: pid) == name,
                        Self.arguments(of: pid).contains(configuration)
                    else { continue }
                    kill(pid, SIGSTOP)
                    stopped.insert(pid)
                    state.withLock { $0.count += 1 }
                }
                usleep(200)
            }
            state.withLock { $0.hasEnded = true }
        }
        try #require(code == 0)
    }

    /// Ends the watch; how many were stopped.
    func end() -> Int {
        state.withLock { $0.isOver = true }
        _ = eventually { state.withLock { $0.hasEnded } }
        return state.withLock { $0.count }
    }

    /// Processes called `name` whose parent is `parent`.
    static func all(_ name: String, of parent: pid_t) -> [pid_t] {
        StateFile.names(below: "/proc").compactMap { pid_t($0) }.filter { pid in
            guard Self.name(of: pid) == name,
                let status = try? StateFile.read("/proc/\(pid)/status")
            else { return false }
            return String(decoding: status, as: UTF8.self).contains("\nPPid:\t\(parent)\n")
        }
    }

    private static var lastPID: pid_t {
        let load = (try? StateFile.read("/proc/loadavg")) ?? nil
        let words = String(decoding: load ?? [], as: UTF8.self).split { $0.isWhitespace }
        return words.last.flatMap { pid_t($0) } ?? 2
    }

    private static func name(of pid: pid_t) -> String {
        let bytes = (try? StateFile.read("/proc/\(pid)/comm")) ?? nil
        return String(decoding: (bytes ?? []).dropLast(), as: UTF8.self)
    }

    private static func arguments(of pid: pid_t) -> String {
        let bytes = (try? StateFile.read("/proc/\(pid)/cmdline")) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self)
    }
}

/// A file system of 4 MiB in memory, mounted over a directory.
final class SmallDisk {
    private let path: String

    /// Whether one may be mounted here; tried, since a container's root may not.
    static let isPossible: Bool = {
        guard let scratch = try? Scratch(), let disk = try? SmallDisk(at: scratch.path) else {
            return false
        }
        disk.remove()
        return true
    }()

    /// - Throws: when nothing may be mounted.
    init(at path: String) throws {
        self.path = path
        _ = try Program("/bin/mount", ["-t", "tmpfs", "-o", "size=4m", "none", path])
            .check(deadline: .seconds(10))
    }

    /// Writes until nothing more fits.
    func fill() throws {
        let descriptor = unsafe open("\(path)/filler", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        while StateFile.write(descriptor, [UInt8](repeating: 0, count: 4096)) {}
        try #require(errno == ENOSPC)
        while StateFile.write(descriptor, [0]) {}
    }

    /// Makes room again.
    func clear() throws { try #require(unsafe unlink("\(path)/filler") == 0) }

    /// Takes it away with all that is on it.
    func remove() { _ = try? Program("/bin/umount", ["-l", path]).run(deadline: .seconds(10)) }
}
