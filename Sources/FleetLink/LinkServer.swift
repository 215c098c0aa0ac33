// SPDX-License-Identifier: Apache-2.0
//
// The daemon's side: who may speak, and what is not understood is answered here.

public import LocalSocket

/// Serves the carrier on a Unix socket.
public final class LinkServer: Sendable {
    /// Carries out a request that is sound and allowed.
    public typealias Answer = @Sendable (LinkRequest) async -> LinkAnswer

    /// Longest request: 32 records of 8 KiB, and what JSON adds.
    static let longestRequest = 1 << 20

    private let server: LineServer

    /// Binds `path`; nothing is served before ``start()``.
    ///
    /// Users of `allowed` and root are answered.
    public init(
        path: String,
        allowed: Set<UInt32>,
        answer: @escaping Answer
    ) throws(SocketError) {
        var limits = LineLimits()
        limits.requestBytes = Self.longestRequest
        server = try LineServer(path: path, mode: 0o666, limits: limits) { peer, line in
            Self.encoded(await Self.response(to: line, peer, allowed, answer))
        }
    }

    /// Serves on a thread of its own until ``stop()``.
    public func start() throws(SocketError) { try server.start() }

    /// Ends serving and unlinks the path; returns at once.
    public func stop() { server.stop() }

    /// The answer to one line.
    static func response(
        to line: [UInt8],
        _ peer: Peer,
        _ allowed: Set<UInt32>,
        _ answer: Answer
    ) async -> LinkAnswer {
        guard peer.uid == 0 || allowed.contains(peer.uid) else {
            return LinkAnswer(
                refusal:
                    "uid \(peer.uid) is not the user of listbreaker-fleetd (User= of fleet.conf)"
            )
        }
        guard let request = try? JSONLine.read(LinkRequest.self, line) else {
            return LinkAnswer(
                refusal:
                    "the request was not understood; are listbreakerd and listbreaker-fleetd of "
                    + "one version?"
            )
        }
        if let problem = request.problem { return LinkAnswer(refusal: problem) }
        return await answer(request)
    }

    private static func encoded(_ answer: LinkAnswer) -> [UInt8] {
        (try? JSONLine.write(answer))
            ?? Array(#"{"refusal":"the answer could not be written"}"#.utf8)
    }
}
