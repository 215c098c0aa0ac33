// SPDX-License-Identifier: Apache-2.0
//
// The running master(8) of an instance: whether there is one, and SIGHUP. It is signalled only at
// resume, and only when it had re-read our block: a SIGHUP with a block that it did not know makes
// it kill deliveries in flight.

internal import Glibc
internal import HaltWire

/// The master process of one instance.
struct Master {
    let queue: String

    /// Its process id; nil when no master runs.
    ///
    /// - Throws: ``HaltError`` when there is no telling: a running Postfix that is taken for a stopped
    ///   one would go on delivering behind a list that is said to be stopped.
    func running() throws(HaltError) -> pid_t? {
        let path = "\(queue)/pid/master.pid"
        // Empty for the moment in which a master that starts has made it, and not written it yet.
        guard let content = try StateFile.read(path), !content.isEmpty else { return nil }
        let word = String(decoding: content, as: UTF8.self).filter { !$0.isWhitespace }
        guard let pid = pid_t(word), pid > 0 else { throw unknown("it holds no process id") }
        let status = try StateFile.read("/proc/\(pid)/stat") ?? []
        // "PID (NAME) STATE ...", proc(5); Z and X: it has ended and nobody has asked how.
        let text = String(decoding: status, as: UTF8.self)
        // In a container the master may be process 1 (postfix start-fg).
        let isHere =
            text.contains(" (master) ") && !text.contains(" (master) Z")
            && !text.contains(" (master) X")
        if isHere { return pid }
        // It locks its file as long as it runs, and a file that process 1 wrote is a container's.
        guard pid > 1, !isLocked(path) else {
            throw unknown(
                "process \(pid) is no master(8) here: Postfix may run in a container, where it is another"
            )
        }
        return nil
    }

    private func isLocked(_ path: String) -> Bool {
        guard let inode = StateFile.status(path)?.st_ino else { return false }
        return ProcessTable.locked().contains(UInt64(inode))
    }

    private func unknown(_ reason: String) -> HaltError {
        HaltError(
            code: .failed,
            operation: "find the master of",
            path: "\(queue)/pid/master.pid",
            reason: reason,
            next: "postfix status"
        )
    }

    /// Waits until `gate` answers for every service, after a SIGHUP if it does not at once.
    ///
    /// - Returns: whether it does within five seconds; true when no master runs.
    /// - Throws: ``HaltError`` when it is not known whether one does.
    func awaken(_ gate: Gate) throws(HaltError) -> Bool {
        guard let pid = try running() else { return true }
        if gate.services.allSatisfy(gate.answers) { return true }
        kill(pid, SIGHUP)
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            // The new socket is made with mode 0666; one that we closed stays as it was.
            _ = try? gate.reopen()
            if gate.services.allSatisfy(gate.answers) { return true }
            usleep(10_000)
        }
        return false
    }
}
