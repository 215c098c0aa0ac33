// SPDX-License-Identifier: Apache-2.0
//
// A started process with its three pipes. It has a process group of its own, so that the deadline
// also ends what it started. Its end is seen by a pidfd, not by end of file.

internal import CLinux
internal import Glibc

/// A process under way.
struct Child {
    private let pid: pid_t
    private let pidfd: Int32
    private var feed: Int32
    private var output: Int32
    private var messages: Int32

    init(_ program: Program) throws(HaltError) {
        var pipes: [Int32] = []
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            guard unsafe clinux_pipe(&pair) == 0 else {
                let number = errno
                pipes.forEach { close($0) }
                throw .file("make pipes for", program.path, errno: number)
            }
            pipes += pair
        }
        let theirs = (program.inputFrom ?? pipes[0], pipes[3], program.messagesTo ?? pipes[5])
        var child: pid_t = 0
        let failure = Self.spawn(&child, program, theirs)
        for descriptor in [pipes[0], pipes[3], pipes[5]] { close(descriptor) }
        guard failure == 0 else {
            for descriptor in [pipes[1], pipes[2], pipes[4]] { close(descriptor) }
            throw HaltError(
                code: .missing,
                operation: "run",
                path: program.path,
                reason: HaltError.words(failure)
            )
        }
        pid = child
        (feed, output, messages) = (pipes[1], pipes[2], pipes[4])
        for descriptor in [feed, output, messages] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        pidfd = clinux_pidfd(child)
    }

    /// Feeds it, reads it, and reaps it; kills its group at `deadline`.
    consuming func attend(
        _ program: Program,
        until deadline: ContinuousClock.Instant
    ) -> Program.Outcome {
        var outcome = Program.Outcome(status: 0)
        var left = program.input[...]
        var isOver = false
        while !isOver {
            if left.isEmpty, feed >= 0 {
                close(feed)
                feed = -1
            }
            var entries = [
                pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: messages, events: Int16(POLLIN), revents: 0),
                pollfd(fd: feed, events: Int16(POLLOUT), revents: 0),
            ]
            let wait = Self.milliseconds(until: deadline)
            let ready = unsafe poll(
                &entries,
                nfds_t(entries.count),
                pidfd < 0 ? min(wait, 5) : wait
            )
            if ready >= 0, wait == 0 {
                outcome.isHung = true
                kill(-pid, SIGKILL)
            }
            if entries[3].revents != 0 { write(&left) }
            // The end is looked at before the last read, so that nothing printed is missed.
            isOver = reap(&outcome)
            if !read(program, &outcome), !isOver { kill(-pid, SIGKILL) }
        }
        for descriptor in [output, messages, pidfd, feed] where descriptor >= 0 {
            close(descriptor)
        }
        return outcome
    }

    private func write(_ left: inout ArraySlice<UInt8>) {
        let count = unsafe left.withUnsafeBytes {
            unsafe Glibc.write(feed, $0.baseAddress, $0.count)
        }
        // A program that closed its input wants no more of it; its exit status tells the rest.
        left = count > 0 ? left.dropFirst(count) : (errno == EAGAIN ? left : [])
    }

    /// Takes what both pipes hold; false when the stream's reader has had enough.
    private mutating func read(_ program: Program, _ outcome: inout Program.Outcome) -> Bool {
        var room = [UInt8](repeating: 0, count: 64 << 10)
        var isWanted = true
        while output >= 0 {
            let count = unsafe Glibc.read(output, &room, room.count)
            if count == 0 { Self.end(&output) }
            guard count > 0 else { break }
            if let stream = program.stream {
                isWanted = isWanted && stream(room[..<count])
            } else {
                outcome.output += room[..<min(count, Program.outputLimit - outcome.output.count)]
            }
        }
        while messages >= 0 {
            let count = unsafe Glibc.read(messages, &room, room.count)
            if count == 0 { Self.end(&messages) }
            guard count > 0 else { break }
            outcome.messages += room[..<min(count, Program.outputLimit - outcome.messages.count)]
        }
        return isWanted
    }

    /// Closes a pipe that nobody writes to any more: it would be ready at every look, and the wait
    /// for the program's end, and for the deadline, a busy one.
    private static func end(_ pipe: inout Int32) {
        close(pipe)
        pipe = -1
    }

    private func reap(_ outcome: inout Program.Outcome) -> Bool {
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return false }
        let signal = status & 0x7f  // WTERMSIG, WEXITSTATUS of wait(2), which are C macros
        outcome.status = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        return true
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let (seconds, attoseconds) = max(.zero, deadline - .now).components
        let fraction = Int64(attoseconds / 1_000_000_000_000_000)
        return Int32(min(seconds, 3600)) * 1000 + Int32(fraction)
    }

    private static func spawn(
        _ child: inout pid_t,
        _ program: Program,
        _ descriptors: (Int32, Int32, Int32)
    ) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptors.0, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptors.1, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptors.2, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
        )
        var arguments: [UnsafeMutablePointer<CChar>?] =
            unsafe ([program.path] + program.arguments).map { unsafe strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            unsafe Program.environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
        return unsafe posix_spawn(
            &child,
            program.path,
            &actions,
            &attributes,
            &arguments,
            &variables
        )
    }
}
