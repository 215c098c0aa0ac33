// SPDX-License-Identifier: Apache-2.0
//
// The daemon's side: line to request, rights, answer to line. It never acts by itself: whatever is
// not understood or not allowed is answered here and never reaches the daemon.

internal import FoundationEssentials
public import LocalSocket

/// Serves control requests on a Unix socket.
public final class ControlServer: Sendable {
    /// Carries out a request that is sound and allowed.
    public typealias Answer = @Sendable (ControlRequest, Peer) async -> ControlResponse

    private let server: LineServer

    /// Binds `path`; everybody may connect, since rights are the peer's credentials.
    ///
    /// Nothing is served before ``start()``. The directory of `path` must exist.
    public init(
        path: String,
        access: ControlAccess,
        limits: LineLimits = LineLimits(),
        answer: @escaping Answer
    ) throws(SocketError) {
        server = try LineServer(path: path, mode: 0o666, limits: limits) { peer, line in
            await Self.answer(line, peer, access, answer)
        }
    }

    /// Takes over the listening socket that systemd passed.
    public init(
        inherited: Int32,
        access: ControlAccess,
        limits: LineLimits = LineLimits(),
        answer: @escaping Answer
    ) throws(SocketError) {
        server = try LineServer(inherited: inherited, limits: limits) { peer, line, _ in
            await Self.answer(line, peer, access, answer)
        }
    }

    /// Serves on a thread of its own until ``stop()``.
    public func start() throws(SocketError) { try server.start() }

    /// Ends serving and unlinks the path; returns at once.
    public func stop() { server.stop() }

    private static func answer(
        _ line: [UInt8],
        _ peer: Peer,
        _ access: ControlAccess,
        _ answer: Answer
    ) async -> [UInt8] {
        encode(await response(to: line, peer, access, answer))
    }

    /// The response to one line.
    static func response(
        to line: [UInt8],
        _ peer: Peer,
        _ access: ControlAccess,
        _ answer: Answer
    ) async -> ControlResponse {
        let request: ControlRequest
        do {
            request = try JSONDecoder().decode(ControlRequest.self, from: Data(line))
        } catch {
            return .refused(
                ControlCode.usage,
                "the request was not understood; are listbreaker and listbreakerd of one version?"
            )
        }
        // Rights come first: what a stranger's request lacks is not a stranger's to learn.
        if let refusal = access.refusal(of: request.verb, to: peer) {
            return .refused(ControlCode.noPermission, refusal)
        }
        if let problem = request.problem { return .refused(ControlCode.usage, problem) }
        return await answer(request, peer)
    }

    private static func encode(_ response: ControlResponse) -> [UInt8] {
        if let data = try? JSONEncoder().encode(response) { return Array(data) }
        return Array(#"{"ok":false,"code":1,"message":"the answer could not be written"}"#.utf8)
    }
}
