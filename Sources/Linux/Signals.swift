// SPDX-License-Identifier: Apache-2.0
//
// Signals as something to read: for a program of one thread that has to put the terminal right before it
// ends, and may do nothing in a handler.

internal import CLinux
internal import Glibc

/// Signals that wait to be read, signalfd(2).
public final class Signals: Sendable {
    /// Readable when one waits; for poll(2).
    public let descriptor: Int32

    /// Blocks `numbers` on the calling thread, and threads that it starts from now on.
    public init(_ numbers: [Int32]) throws(Errno) {
        let opened = unsafe clinux_signals(numbers, numbers.count)
        guard opened >= 0 else { throw Errno(-opened) }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// The next one, for which it blocks.
    public func wait() -> Int32 {
        var place = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        while true {
            if let number = next() { return number }
            _ = poll(&place, nanoseconds: .max)
        }
    }

    /// The next one that waits; nil: none.
    public func next() -> Int32? {
        let number = clinux_next_signal(descriptor)
        return number > 0 ? number : nil
    }
}
