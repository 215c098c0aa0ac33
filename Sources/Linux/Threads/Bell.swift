// SPDX-License-Identifier: Apache-2.0
//
// How one thread wakes another that waits in poll(2): an eventfd. The last owner closes it, so that
// a late ring never writes to a descriptor that someone else has meanwhile been given.

internal import CLinux
internal import Glibc

/// An eventfd: rung by one thread, waited for by another.
public final class Bell: Sendable {
    /// What to poll.
    public let descriptor: Int32

    /// A bell that is silent.
    public init() throws(Errno) {
        let made = clinux_eventfd()
        guard made >= 0 else { throw Errno(-made) }
        descriptor = made
    }

    deinit { close(descriptor) }

    /// Wakes who waits, now or later.
    public func ring() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Silences the bell; returns at once.
    public func clear() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }

    /// Blocks until the bell is rung, and silences it.
    public func wait() {
        var place = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&place, 1, -1) < 0, errno == EINTR {}
        clear()
    }

    /// Blocks until the bell is rung, and silences it, but for `nanoseconds` at most.
    ///
    /// - Returns: whether it was rung. A signal to this thread counts as the end of the time.
    public func wait(nanoseconds: Int64) -> Bool {
        var place = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        guard poll(&place, nanoseconds: nanoseconds) > 0 else { return false }
        clear()
        return true
    }
}
