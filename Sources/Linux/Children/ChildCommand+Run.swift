// SPDX-License-Identifier: Apache-2.0
//
// Runs a child to its end: feeds it, reads it, kills its group at the deadline, and reaps it. It
// blocks. The end of the process counts, never the end of its pipes: what it had written by then is
// in them, and is read.

internal import CLinux
internal import Glibc

extension ChildCommand {
    /// Gets standard output as it comes; false ends the child.
    public typealias Reader = (ArraySlice<UInt8>) -> Bool
    /// Appends the next part of standard input; false with the last one, or without any.
    public typealias Writer = (inout [UInt8]) -> Bool

    /// Runs it; a status other than 0 is a value.
    ///
    /// - Parameters:
    ///   - time: how long it may take; then its whole group is killed, and the outcome is hung.
    ///   - writer: standard input as it is made, instead of ``input``. It may be called while the
    ///     child waits.
    ///   - reader: gets standard output instead of ``Outcome/output``.
    /// - Returns: how it ended, and what it said.
    /// - Throws: ``Errno`` when it cannot be started; then nothing runs.
    public func run(
        within time: Duration,
        writer: Writer? = nil,
        reader: Reader? = nil
    ) throws(Errno) -> Outcome {
        let deadline = ContinuousClock.now + time
        var talk = try Talk(self, hasWriter: writer != nil)
        return talk.go(until: deadline, writer, reader)
    }
}

/// Our side of a child: its number, its end, and our ends of its pipes; -1 is closed or not ours.
private struct Talk {
    private let command: ChildCommand
    private let child: ChildProcess
    private let end: Int32
    private var input: Int32 = -1
    private var output: Int32 = -1
    private var messages: Int32 = -1
    private var outcome = ChildCommand.Outcome(end: ExitStatus(raw: 0))
    private var chunk: [UInt8] = []
    private var written = 0
    /// Whether the writer has given all.
    private var isFed = false
    private var isWanted = true
    private var room = [UInt8](repeating: 0, count: 64 << 10)

    /// Starts the child.
    init(_ command: ChildCommand, hasWriter: Bool) throws(Errno) {
        self.command = command
        // Ours, closed unless all goes well, and the child's, closed in any case.
        var ours: [Int32] = []
        var theirs: [Int32] = []
        var isStarted = false
        defer {
            for descriptor in theirs + (isStarted ? [] : ours) { close(descriptor) }
        }
        let fed: Int32
        if hasWriter {
            let pipe = try PipeEnds()
            (input, fed) = (pipe.writing, pipe.reading)
            ours.append(input)
            theirs.append(fed)
        } else {
            switch command.input {
            case .descriptor(let open): fed = open
            case .bytes(let bytes):
                fed = unsafe bytes.withUnsafeBytes {
                    unsafe clinux_memory_file($0.baseAddress, $0.count)
                }
                guard fed >= 0 else { throw Errno(-fed) }
                theirs.append(fed)
            }
        }
        func kept(_ place: ChildCommand.Output, _ ours: inout [Int32], _ theirs: inout [Int32])
            throws(Errno) -> (ours: Int32, theirs: Int32)
        {
            if case .descriptor(let open) = place { return (-1, open) }
            let pipe = try PipeEnds()
            ours.append(pipe.reading)
            theirs.append(pipe.writing)
            return (pipe.reading, pipe.writing)
        }
        let said = try kept(command.output, &ours, &theirs)
        let complained = try kept(command.messages, &ours, &theirs)
        (output, messages) = (said.ours, complained.ours)
        for descriptor in ours { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        child = try ChildProcess(
            command,
            input: fed,
            output: said.theirs,
            messages: complained.theirs
        )
        end = child.watch()
        isStarted = true
    }

    mutating func go(
        until deadline: ContinuousClock.Instant,
        _ writer: ChildCommand.Writer?,
        _ reader: ChildCommand.Reader?
    ) -> ChildCommand.Outcome {
        var limit = deadline
        var signals = command.grace == nil ? [SIGKILL] : [SIGTERM, SIGKILL]
        while true {
            if input >= 0, written == chunk.count, !refill(writer) { Self.shut(&input) }
            if !outcome.isHung, let sooner = command.hurry?() { limit = min(limit, sooner) }
            wait(until: limit)
            feed()
            // The end is looked at before the last read, so that nothing it said is missed.
            let isOver = child.hasEnded
            if !read(reader), !isOver { child.signal(SIGKILL) }
            if isOver { break }
            guard ContinuousClock.now >= limit else { continue }
            outcome.isHung = true
            let signal = signals.isEmpty ? SIGKILL : signals.removeFirst()
            child.signal(signal)
            // After SIGKILL a child may still hang in the kernel, in a dead file system say.
            limit = .now + (signal == SIGTERM ? command.grace ?? .zero : .seconds(60))
        }
        if command.endsLeftovers {
            child.signal(SIGKILL)
            _ = read(reader)
        }
        outcome.end = child.reap().end
        for descriptor in [input, output, messages, end] where descriptor >= 0 { close(descriptor) }
        return outcome
    }

    /// Waits until something can be read or written, the child has ended, or `limit` is near.
    private func wait(until limit: ContinuousClock.Instant) {
        let slice: Duration = end < 0 ? .milliseconds(5) : .milliseconds(250)
        var time = max(.zero, limit - .now)
        if end < 0 || command.hurry != nil { time = min(time, slice) }
        let (seconds, attoseconds) = min(time, .seconds(3600)).components
        // poll(2) passes over negative descriptors.
        var places = [
            pollfd(fd: end, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: messages, events: Int16(POLLIN), revents: 0),
            pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
        ]
        // Rounded up: a wait that ends a moment too early would be repeated, and busy.
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        _ = unsafe poll(&places, nfds_t(places.count), Int32(milliseconds))
    }

    private mutating func refill(_ writer: ChildCommand.Writer?) -> Bool {
        chunk.removeAll(keepingCapacity: true)
        written = 0
        guard !isFed, let writer else { return false }
        isFed = !writer(&chunk)
        return !isFed || !chunk.isEmpty
    }

    /// Writes what the pipe takes.
    ///
    /// A child that closed its input wants no more of it; its exit status tells the rest.
    private mutating func feed() {
        guard input >= 0, written < chunk.count else { return }
        let count = withoutBrokenPipe {
            unsafe chunk.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                return unsafe Glibc.write(input, rest.baseAddress, rest.count)
            }
        }
        if count >= 0 {
            written += count
        } else if errno != EAGAIN, errno != EINTR {
            Self.shut(&input)
        }
    }

    /// Takes what both pipes hold; false when the reader has had enough.
    private mutating func read(_ reader: ChildCommand.Reader?) -> Bool {
        take(\.output) { talk, bytes in
            guard let reader else { return talk.keep(bytes, \.output) }
            talk.isWanted = talk.isWanted && reader(bytes)
        }
        take(\.messages) { talk, bytes in talk.keep(bytes, \.messages) }
        return isWanted
    }

    private mutating func take(
        _ pipe: WritableKeyPath<Talk, Int32>,
        _ body: (inout Talk, ArraySlice<UInt8>) -> Void
    ) {
        // Not without end: a child may write as fast as we read, and its deadline has to come. 1 MiB is
        // the most that a pipe may hold, pipe(7).
        for _ in 0..<16 where self[keyPath: pipe] >= 0 {
            let count = unsafe Glibc.read(self[keyPath: pipe], &room, room.count)
            // Nobody writes to it any more: it would be ready at every look, and the wait busy.
            if count == 0 { Self.shut(&self[keyPath: pipe]) }
            guard count > 0 else { return }
            body(&self, room[..<count])
        }
    }

    private mutating func keep(
        _ bytes: ArraySlice<UInt8>,
        _ place: WritableKeyPath<ChildCommand.Outcome, [UInt8]>
    ) {
        let free = command.outputLimit - outcome[keyPath: place].count
        outcome[keyPath: place] += bytes.prefix(max(0, free))
    }

    private static func shut(_ descriptor: inout Int32) {
        close(descriptor)
        descriptor = -1
    }
}

/// What `body` makes, with errno as it left it; a SIGPIPE that it causes is not delivered.
private func withoutBrokenPipe(_ body: () -> Int) -> Int {
    var signals = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, &before)
    let result = body()
    let why = errno
    if result < 0, why == EPIPE {
        var now = timespec()
        _ = unsafe sigtimedwait(&signals, nil, &now)
    }
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    errno = why
    return result
}
