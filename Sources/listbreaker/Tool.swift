// SPDX-License-Identifier: Apache-2.0
//
// Runs one program of the system: absolute path, fixed words, clean environment, no shell, with a
// deadline and a cap on what it may print. A non-zero exit is a value. The mistake to avoid: writing
// all of the input before reading any output, which blocks for ever when both pipes are full.

internal import Control
internal import Glibc
internal import Words

/// One run of a program.
struct Tool {
    /// How it ended, and what it printed.
    struct Outcome: Equatable {
        /// Exit status; 128 + signal when a signal ended it.
        var status: Int32 = 0
        /// Standard output, at most ``Tool/outputLimit`` bytes.
        var output: [UInt8] = []
        /// Standard error, at most ``Tool/outputLimit`` bytes.
        var messages: [UInt8] = []

        /// Standard output as text, without the last line break.
        var text: String {
            String(
                decoding: output.last == UInt8(ascii: "\n") ? output.dropLast() : output[...],
                as: UTF8.self
            )
        }
        /// The last line of standard error, for people.
        var complaint: String {
            let last = messages.split(separator: UInt8(ascii: "\n")).last ?? []
            return last.isEmpty
                ? "exit status \(status)" : shown(String(decoding: last.prefix(300), as: UTF8.self))
        }
    }

    /// Bytes of each stream that are kept: 1 MiB; chosen, `postconf` prints 50 KiB at most.
    static let outputLimit = 1 << 20
    /// What a program gets as its environment.
    static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]

    let path: String
    var words: [String]
    /// Longest that it may take; a question to postconf(1) takes 10 ms.
    var deadline = Duration.seconds(20)

    init(_ path: String, _ words: [String]) {
        self.path = path
        self.words = words
    }

    /// Whether the program is there and may be run.
    var exists: Bool { unsafe access(path, X_OK) == 0 }

    /// Runs it with `input` on its standard input.
    func run(input: [UInt8] = []) throws -> Outcome {
        var rest: [UInt8]? = input
        return try run { bytes in
            guard let chunk = rest else { return false }
            bytes += chunk
            rest = nil
            return true
        }
    }

    /// Runs it; `next` appends the next part of its standard input, and is false at the end.
    ///
    /// Throws ``Failure`` when it cannot be started or was killed at the deadline.
    func run(next: (inout [UInt8]) -> Bool) throws -> Outcome {
        // A program that goes away early must not take us with it.
        let before = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, before) }
        var pipes: [Int32] = []
        for _ in 0..<3 {
            var pair: [Int32] = [-1, -1]
            guard unsafe pipe(&pair) == 0 else {
                pipes.forEach { close($0) }
                throw failure("no pipe (errno \(errno))")
            }
            pair.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
            pipes += pair
        }
        var child: pid_t = 0
        let refused = spawn(&child, input: pipes[0], output: pipes[3], messages: pipes[5])
        for end in [pipes[0], pipes[3], pipes[5]] { close(end) }
        guard refused == 0 else {
            for end in [pipes[1], pipes[2], pipes[4]] { close(end) }
            throw failure(unsafe String(cString: strerror(refused)))
        }
        var talk = Talk(input: pipes[1], output: pipes[2], messages: pipes[4])
        let isHung = !talk.go(until: ContinuousClock.now + deadline, next: next)
        if isHung { kill(child, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        if isHung { throw failure("no end after \(deadline); it was killed") }
        let signal = status & 0x7f  // WTERMSIG, WEXITSTATUS of wait(2), which are C macros
        talk.outcome.status = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        return talk.outcome
    }

    private func failure(_ reason: String) -> Failure {
        Failure(code: ControlCode.failed, message: "cannot run '\(path)': \(reason)")
    }

    private func spawn(
        _ child: inout pid_t,
        input: Int32,
        output: Int32,
        messages: Int32
    ) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, messages, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] =
            unsafe ([path] + words).map { unsafe strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            unsafe Self.environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
        return unsafe posix_spawn(&child, path, &actions, &attributes, &arguments, &variables)
    }
}

/// Our ends of a program's three pipes.
private struct Talk {
    var input: Int32
    var output: Int32
    var messages: Int32
    var outcome = Tool.Outcome()
    private var chunk: [UInt8] = []
    private var written = 0

    init(input: Int32, output: Int32, messages: Int32) {
        (self.input, self.output, self.messages) = (input, output, messages)
        for end in [input, output, messages] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    /// Feeds and reads until both outputs end; false when the deadline came first.
    mutating func go(
        until deadline: ContinuousClock.Instant,
        next: (inout [UInt8]) -> Bool
    ) -> Bool {
        defer { for end in [input, output, messages] where end >= 0 { close(end) } }
        while output >= 0 || messages >= 0 {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            if input >= 0, written == chunk.count, !refill(next) { shut(&input) }
            // poll(2) passes over negative descriptors.
            var entries = [
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: messages, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            ]
            _ = unsafe poll(&entries, 3, Int32(min(left.components.seconds, 3600)) * 1000 + 999)
            if entries[0].revents != 0, !read(output, \.output) { shut(&output) }
            if entries[1].revents != 0, !read(messages, \.messages) { shut(&messages) }
            if entries[2].revents != 0 { feed() }
        }
        return true
    }

    private mutating func refill(_ next: (inout [UInt8]) -> Bool) -> Bool {
        chunk.removeAll(keepingCapacity: true)
        written = 0
        return next(&chunk) || !chunk.isEmpty
    }

    private mutating func feed() {
        let count = unsafe chunk.withUnsafeBytes { bytes in
            unsafe Glibc.write(
                input,
                bytes.baseAddress.map { base in unsafe base + written },
                bytes.count - written
            )
        }
        if count >= 0 { written += count } else if errno != EAGAIN { shut(&input) }
    }

    /// Takes what is there; false at the end of the stream.
    private mutating func read(
        _ descriptor: Int32,
        _ stream: WritableKeyPath<Tool.Outcome, [UInt8]>
    ) -> Bool {
        var room = [UInt8](repeating: 0, count: 65536)
        let count = unsafe Glibc.read(descriptor, &room, room.count)
        guard count > 0 else { return count < 0 && errno == EAGAIN }
        let free = Tool.outputLimit - outcome[keyPath: stream].count
        outcome[keyPath: stream] += room[..<min(count, free)]
        return true
    }

    private func shut(_ descriptor: inout Int32) {
        close(descriptor)
        descriptor = -1
    }
}
