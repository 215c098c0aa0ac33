// SPDX-License-Identifier: Apache-2.0
//
// Waits for one child: its end, its output, its deadline. Signals go to the whole process group,
// and always before the child is reaped: until then its number cannot belong to anybody else.

import CLinux
import EventTime
import Glibc

struct ChildWatch {
    private let child: clinux_child
    private let deadline: Timestamp
    private let stop: StopFlag
    private(set) var output: [UInt8] = []
    private(set) var error: [UInt8] = []
    private var isEnded = false
    private var isOutputOpen = true
    private var isErrorOpen = true

    init(child: clinux_child, deadline: Timestamp, stop: StopFlag) {
        self.child = child
        self.deadline = deadline
        self.stop = stop
    }

    /// What made the child end.
    enum End { case own, deadline, stop }

    /// Waits until the child has ended, by itself or by us; closes the descriptors.
    ///
    /// Returns the status of waitpid(2), and what made it end.
    mutating func wait() -> (status: Int32, end: End) {
        var limit = deadline
        var end = End.own
        var signals = [SIGTERM, SIGKILL]
        while !isEnded(by: limit) {
            // After SIGKILL a child may still hang in the kernel, in a dead file system say. The
            // daemon then waits for its end, and this target only, not forever: a minute each time.
            if end == .own { end = ScriptRunner.monotonic() < deadline ? .stop : .deadline }
            let signal = signals.isEmpty ? SIGKILL : signals.removeFirst()
            _ = kill(-child.pid, signal)
            limit =
                ScriptRunner.monotonic() + (signal == SIGTERM ? ScriptRunner.grace : .minutes(1))
        }
        // What it has left behind goes with it.
        _ = kill(-child.pid, SIGKILL)
        let drained = ScriptRunner.monotonic() + ScriptRunner.drain
        while isOutputOpen || isErrorOpen, ScriptRunner.monotonic() < drained {
            poll(until: drained)
        }
        var status: Int32 = 0
        while unsafe waitpid(child.pid, &status, 0) < 0, errno == EINTR {}
        for descriptor in [child.pidfd, child.output, child.error] { _ = close(descriptor) }
        return (status, end)
    }

    private mutating func isEnded(by limit: Timestamp) -> Bool {
        var limit = limit
        while true {
            let now = ScriptRunner.monotonic()
            if stop.isSet { limit = min(limit, stop.limit(from: now)) }
            if poll(until: min(limit, now + ScriptRunner.slice)) { return true }
            if ScriptRunner.monotonic() >= limit { return false }
        }
    }

    /// Waits for something to happen, reads what there is, and returns whether the child ended.
    @discardableResult
    private mutating func poll(until limit: Timestamp) -> Bool {
        let left = (limit - ScriptRunner.monotonic()).microseconds
        var watched = [
            pollfd(fd: isEnded ? -1 : child.pidfd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isOutputOpen ? child.output : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isErrorOpen ? child.error : -1, events: Int16(POLLIN), revents: 0),
        ]
        let milliseconds = Int32(clamping: max(0, left / 1000 + 1))
        guard unsafe Glibc.poll(&watched, 3, milliseconds) > 0 else { return false }
        if watched[1].revents != 0 { isOutputOpen = read(child.output, into: \.output) }
        if watched[2].revents != 0 { isErrorOpen = read(child.error, into: \.error) }
        isEnded = isEnded || watched[0].revents != 0
        return isEnded
    }

    /// Reads what is there; false at the end of the output.
    private mutating func read(
        _ descriptor: Int32,
        into place: WritableKeyPath<ChildWatch, [UInt8]>
    ) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        let room = max(0, ScriptRunner.outputBytes - output.count - error.count)
        self[keyPath: place] += buffer.prefix(min(count, room))
        return true
    }
}
