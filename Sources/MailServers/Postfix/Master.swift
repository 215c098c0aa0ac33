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
    var pid: pid_t? {
        guard let content = try? StateFile.read("\(queue)/pid/master.pid") else { return nil }
        let word = String(decoding: content, as: UTF8.self).filter { $0.isASCII && $0.isNumber }
        guard let pid = pid_t(word), pid > 1, let status = try? StateFile.read("/proc/\(pid)/stat")
        else { return nil }
        // "PID (NAME) STATE ...", proc(5); Z and X: it has ended and nobody has asked how.
        let text = String(decoding: status, as: UTF8.self)
        guard text.contains(" (master) "), !text.contains(" (master) Z"),
            !text.contains(" (master) X")
        else { return nil }
        return pid
    }

    /// Waits until `gate` answers for every service, after a SIGHUP if it does not at once.
    ///
    /// - Returns: whether it does within five seconds; true when no master runs.
    func awaken(_ gate: Gate) -> Bool {
        guard let pid else { return true }
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
