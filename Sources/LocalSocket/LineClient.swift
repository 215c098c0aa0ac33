// SPDX-License-Identifier: Apache-2.0
//
// The asking side: one connection, one line out, lines back until the server closes. The timeout
// is for silence: each whole line starts it anew, a byte does not, so that nobody can hold a
// caller for ever by dripping.

internal import Glibc
internal import Linux

/// Asks a ``LineServer``.
public enum LineClient {
    /// Sends `line` and returns the last line that came back, without its newline.
    ///
    /// Blocks: call it from a program's main thread or a thread of your own; in a task use
    /// ``ask(path:line:timeout:service:progress:)``.
    ///
    /// - Parameters:
    ///   - path: the socket.
    ///   - line: the request; must hold no newline.
    ///   - timeout: longest silence, from the start and from each line that came.
    ///   - service: the unit named in advice.
    ///   - progress: gets each line as it comes, the last one too.
    /// - Returns: the answer.
    /// - Throws: ``SocketError``: `notRunning`, `denied`, `timedOut`, `cut`, `tooLong`, `system`.
    public static func exchange(
        path: String,
        line: [UInt8],
        timeout: Duration,
        service: String = "listbreakerd",
        progress: ([UInt8]) -> Void = { _ in }
    ) throws(SocketError) -> [UInt8] {
        precondition(!line.contains(newline), "a request is one line")
        let descriptor = try connect(path: path, service: service, timeout: timeout)
        defer { close(descriptor) }
        var talk = Talk(descriptor: descriptor, path: path, timeout: timeout)
        try talk.send(line + [newline])
        return try talk.lines(progress)
    }

    /// Sends `line` and returns the last line that came back; the wait is on a thread of its own.
    ///
    /// Cancelling the task does not cut the exchange short: the request may have been carried out.
    ///
    /// - Parameters:
    ///   - path: the socket.
    ///   - line: the request; must hold no newline.
    ///   - timeout: longest silence, from the start and from each line that came.
    ///   - service: the unit named in advice.
    ///   - progress: gets each line as it comes, the last one too, on that thread.
    /// - Returns: the answer.
    /// - Throws: ``SocketError`` as ``exchange(path:line:timeout:service:progress:)``.
    public static func ask(
        path: String,
        line: [UInt8],
        timeout: Duration,
        service: String = "listbreakerd",
        progress: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) async throws(SocketError) -> [UInt8] {
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<[UInt8], SocketError>, Never>) in
            let code = startThread(named: "line-client", isUrgent: true) {
                do throws(SocketError) {
                    let answer = try exchange(
                        path: path,
                        line: line,
                        timeout: timeout,
                        service: service,
                        progress: progress
                    )
                    continuation.resume(returning: .success(answer))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if code != 0 {
                let error = SocketError(
                    code: .system,
                    operation: "start a thread for",
                    path: path,
                    errno: code,
                    next: ""
                )
                continuation.resume(returning: .failure(error))
            }
        }
        return try outcome.get()
    }

    private static func connect(
        path: String,
        service: String,
        timeout: Duration
    ) throws(SocketError) -> Int32 {
        let deadline = ContinuousClock.now + timeout
        while true {
            let descriptor: Int32
            switch Descriptor.stream() {
            case .success(let made): descriptor = made
            case .failure(let why):
                throw .connecting(to: path, service: service, why: why)
            }
            let outcome = unsafe Descriptor.withAddress(of: path) { address, length in
                unsafe Glibc.connect(descriptor, address, length)
            }
            if outcome == 0 { return descriptor }
            let why = Errno.last
            close(descriptor)
            guard outcome != nil else {
                throw SocketError(
                    code: .tooLong,
                    operation: "connect to",
                    path: path,
                    errno: 0,
                    next: "a socket's path has 1 to 107 bytes"
                )
            }
            // A full listen queue: connect(2) on a non-blocking Unix socket says EAGAIN and
            // poll(2) cannot wait for room, so we ask again.
            guard why.number == EAGAIN || why.number == EINTR, ContinuousClock.now < deadline
            else { throw .connecting(to: path, service: service, why: why) }
            usleep(5000)
        }
    }
}

let newline = UInt8(ascii: "\n")

/// One exchange under way.
private struct Talk {
    let descriptor: Int32
    let path: String
    let timeout: Duration
    private let limits = LineLimits()

    init(descriptor: Int32, path: String, timeout: Duration) {
        self.descriptor = descriptor
        self.path = path
        self.timeout = timeout
    }

    mutating func send(_ bytes: [UInt8]) throws(SocketError) {
        let deadline = ContinuousClock.now + timeout
        var left = bytes[...]
        while !left.isEmpty {
            switch Descriptor.transmit(descriptor, left) {
            case .success(let count): left = left.dropFirst(count)
            case .failure(let why) where why.number == EAGAIN:
                guard Descriptor.wait(descriptor, for: Int32(POLLOUT), until: deadline) else {
                    throw failure(.timedOut, "send a request to")
                }
            case .failure(let why):
                let gone = why.number == EPIPE || why.number == ECONNRESET
                throw failure(gone ? .cut : .system, "send a request to", why.number)
            }
        }
    }

    mutating func lines(_ progress: ([UInt8]) -> Void) throws(SocketError) -> [UInt8] {
        var pending: [UInt8] = []
        var last: [UInt8]?
        var total = 0
        var deadline = ContinuousClock.now + timeout
        while let chunk = try receive(until: deadline) {
            total += chunk.count
            guard total <= limits.answerBytes else {
                throw failure(.tooLong, "read the answer of")
            }
            var rest = chunk[...]
            while let end = rest.firstIndex(of: newline) {
                let line = pending + rest[..<end]
                pending = []
                rest = rest[(end + 1)...]
                last = line
                progress(line)
                deadline = ContinuousClock.now + timeout
            }
            pending += rest
        }
        guard pending.isEmpty, let last else { throw failure(.cut, "read the answer of") }
        return last
    }

    private func receive(until deadline: ContinuousClock.Instant) throws(SocketError) -> [UInt8]? {
        while true {
            switch Descriptor.receive(descriptor) {
            case .success(let chunk): return chunk.isEmpty ? nil : chunk
            case .failure(let why) where why.number == EAGAIN:
                guard Descriptor.wait(descriptor, for: Int32(POLLIN), until: deadline) else {
                    throw failure(.timedOut, "read the answer of")
                }
            case .failure(let why) where why.number == ECONNRESET: return nil
            case .failure(let why): throw failure(.system, "read the answer of", why.number)
            }
        }
    }

    private func failure(
        _ code: SocketError.Code,
        _ operation: String,
        _ number: Int32 = 0
    ) -> SocketError {
        SocketError(code: code, operation: operation, path: path, errno: number, next: "")
    }
}
