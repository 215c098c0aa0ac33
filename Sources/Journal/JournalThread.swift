// SPDX-License-Identifier: Apache-2.0
//
// Starts the one thread that a journal handle lives on. sd-journal(3): a handle belongs to one thread
// for its whole life; tasks and dispatch queues move between threads, so neither will do.

internal import CLinux
internal import Glibc
internal import Threads

/// A detached thread with no signals, called `journal`.
enum JournalThread {
    /// Runs `body` on a thread of its own, which ends when `body` returns.
    static func start(_ body: @escaping @Sendable () -> Void) throws(JournalError) {
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
}

/// An eventfd: rung by one thread, waited for by another.
final class Bell: Sendable {
    /// What to poll.
    let descriptor: Int32

    init() throws(JournalError) {
        descriptor = clinux_eventfd()
        guard descriptor < 0 else { return }
        throw JournalError(
            code: .openFailed,
            operation: "make a bell for the journal thread",
            path: "",
            errno: -descriptor,
            next: "nothing is watched"
        )
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Wakes who waits, now or later.
    func ring() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Silences the bell; returns at once.
    func clear() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }

    /// Blocks until the bell is rung, and silences it.
    func wait() {
        var place = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&place, 1, -1) < 0, Glibc.errno == EINTR {}
        clear()
    }
}
