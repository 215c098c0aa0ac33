// SPDX-License-Identifier: Apache-2.0
//
// The listening side: makes or takes the socket, runs the loop, gives the path back. The order of
// binding is OpenSMTPD's: refuse when someone answers, unlink only a socket, umask before bind,
// mode after. An inherited socket belongs to systemd and is never unlinked.

internal import Glibc
internal import Linux

/// Serves one request line a connection, answered by an async closure.
///
/// One thread does the socket work; the closure runs as a task, so that it may ask an actor.
public final class LineServer: Sendable {
    /// Turns a request line of a peer into the answer line, both without newline.
    public typealias Answer = @Sendable (Peer, [UInt8]) async -> [UInt8]
    /// Sends a progress line; false when the client is gone and progress is pointless.
    public typealias Send = @Sendable ([UInt8]) -> Bool
    /// As ``Answer``, with progress lines sent meanwhile.
    public typealias StreamingAnswer = @Sendable (Peer, [UInt8], @escaping Send) async -> [UInt8]

    private let listener: Int32
    private let limits: LineLimits
    private let mailbox: Mailbox
    private let answer: StreamingAnswer
    private let bound: BoundPath?

    /// Binds `path` and listens; nothing is served before ``start()`` or ``run()``.
    ///
    /// - Parameters:
    ///   - path: at most 107 bytes; its directory must exist.
    ///   - mode: permission bits of the socket, for example 0o660.
    ///   - group: the group that `mode` lets in; nil leaves the process's own.
    ///   - limits: bounds.
    ///   - answer: makes the answer; lines it sends meanwhile are progress.
    /// - Throws: ``SocketError``: `inUse` when someone answers on `path`, `notASocket` when
    ///   something else has it, `tooLong`, `system`.
    public init(
        path: String,
        mode: UInt32,
        group: UInt32? = nil,
        limits: LineLimits = LineLimits(),
        streaming answer: @escaping StreamingAnswer
    ) throws(SocketError) {
        mailbox = try Mailbox()
        let bound = try BoundPath(path: path, mode: mode, group: group, waiting: limits.waiting)
        self.bound = bound
        listener = bound.descriptor
        self.limits = limits
        self.answer = answer
    }

    /// Binds `path` and listens, for answers without progress.
    ///
    /// - Throws: as ``init(path:mode:group:limits:streaming:)``.
    public convenience init(
        path: String,
        mode: UInt32,
        group: UInt32? = nil,
        limits: LineLimits = LineLimits(),
        answer: @escaping Answer
    ) throws(SocketError) {
        try self.init(path: path, mode: mode, group: group, limits: limits) { peer, line, _ in
            await answer(peer, line)
        }
    }

    /// Takes over `inherited`, a listening socket as ``Activation/descriptor()`` returns it.
    ///
    /// - Throws: ``SocketError`` with `notASocket` when it is not a listening Unix stream socket.
    public init(
        inherited: Int32,
        limits: LineLimits = LineLimits(),
        streaming answer: @escaping StreamingAnswer
    ) throws(SocketError) {
        guard Activation.isListener(inherited) else {
            throw SocketError(
                code: .notASocket,
                operation: "use the inherited socket",
                path: "",
                errno: 0,
                next: ""
            )
        }
        mailbox = try Mailbox()
        _ = fcntl(inherited, F_SETFL, O_NONBLOCK)
        bound = nil
        listener = inherited
        self.limits = limits
        self.answer = answer
    }

    deinit {
        bound?.remove()
        close(listener)
    }

    /// Serves on the calling thread until ``stop()`` or until idle; never from a task.
    public func run() {
        var loop = ServerLoop(
            listener: listener,
            limits: limits,
            mailbox: mailbox,
            answer: answer
        )
        loop.run()
        bound?.remove()
    }

    /// Serves on a thread of its own until ``stop()``.
    ///
    /// - Throws: ``SocketError`` when no thread can be made.
    public func start() throws(SocketError) {
        let code = startThread(named: "line-server", isUrgent: true) { self.run() }
        if code != 0 {
            throw SocketError(
                code: .system,
                operation: "start the thread of",
                path: bound?.path ?? "",
                errno: code,
                next: ""
            )
        }
    }

    /// Asks the loop to end: clients are closed, the path is unlinked.
    ///
    /// Returns at once. Requests under way are carried out to their end; their answers are lost.
    public func stop() { mailbox.stop() }
}
