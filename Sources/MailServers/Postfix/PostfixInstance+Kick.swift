// SPDX-License-Identifier: Apache-2.0
//
// Asking a running Postfix to try mail now, which it would do by itself some minutes later.

internal import Glibc
internal import HaltWire

extension PostfixInstance {
    /// Asks qmgr(8) to try now what is due.
    ///
    /// What was released a moment ago is. Services that it had given up are tried again. Not
    /// `postqueue -f`: that tries everybody's deferred mail, which other hosts put off.
    ///
    /// - Returns: false when it could not be asked; it looks by itself within `queue_run_delay`.
    func kick(requeued: Bool, _ patience: Patience) -> Bool {
        // F, D, I: forget dead services, scan the deferred and the incoming queue, qmgr(8).
        let isAsked = isRun("postkick", ["public", "qmgr", "FDI"], patience)
        return requeued
            ? isRun("postkick", ["public", "pickup", "W"], patience) && isAsked : isAsked
    }

    /// Asks qmgr(8) for a look at what has come in, and so has master(8) start one where none runs;
    /// nothing is tried that is not due.
    ///
    /// - Returns: false when it could not be asked.
    func call(_ patience: Patience) -> Bool {
        isRun("postkick", ["public", "qmgr", "I"], patience)
    }

    /// Asks qmgr(8) to try the message `id` now.
    func tryNow(_ id: QueueID, _ patience: Patience) {
        _ = isRun("postqueue", ["-i", id.text], patience)
    }

    private func isRun(_ name: String, _ arguments: [String], _ patience: Patience) -> Bool {
        let program = Program(
            "\(Self.commands)/\(name)",
            ["-c", configuration] + arguments
        )
        for _ in 1...3 {
            guard let outcome = try? program.run(deadline: patience.left()) else { return false }
            // postkick writes the request and then a terminator; a service that was quick has
            // hung up in between, and the second write is a SIGPIPE. Seen with Postfix 3.7.
            if outcome.status == 0 || outcome.status == 128 + SIGPIPE { return true }
            usleep(50_000)
        }
        return false
    }
}
