// SPDX-License-Identifier: Apache-2.0
//
// Starts the one thread that a journal handle lives on. sd-journal(3): a handle belongs to one thread
// for its whole life; tasks and dispatch queues move between threads, so neither will do.

internal import Linux

/// A detached thread with no signals, called `journal`.
enum JournalThread {
    /// Runs `body` on a thread of its own, which ends when `body` returns.
    static func start(_ body: @escaping @Sendable () -> Void) throws(JournalError) {
        // Not urgent: first it may have a month to read. Who judges on it says when a halt waits for it.
        let code = startThread(named: "journal", body)
        guard code != 0 else { return }
        throw JournalError(
            code: .openFailed,
            operation: "start the journal thread",
            path: "",
            errno: code,
            next: "nothing is watched"
        )
    }

    /// A bell between two threads.
    static func bell() throws(JournalError) -> Bell {
        do throws(Errno) { return try Bell() } catch { throw silent(error) }
    }

    /// What wakes the thread.
    static func jobs() throws(JournalError) -> JobQueue {
        do throws(Errno) { return try JobQueue() } catch { throw silent(error) }
    }

    private static func silent(_ error: Errno) -> JournalError {
        JournalError(
            code: .openFailed,
            operation: "make a bell for the journal thread",
            path: "",
            errno: error.number,
            next: "nothing is watched"
        )
    }
}
