// SPDX-License-Identifier: Apache-2.0
//
// The daemon's side: one question over the actuator's socket, with a deadline. An answer that
// never came is not a "no": the command may have been carried out. Ask again; every verb may be
// repeated.

internal import FoundationEssentials
internal import LocalSocket

extension ActuatorRequest.Verb {
    /// What is wished for, after "cannot".
    var wish: String {
        switch self {
        case .halt: "halt mail"
        case .rehold: "assert the halt of mail"
        case .resume: "let mail flow again"
        case .release: "release held mail"
        case .holdIDs, .holdList: "hold a list's mail"
        case .pass: "let a post of a stopped list go"
        case .blockLists: "say which lists Postfix is to hold"
        case .narrow: "narrow Postfix to all but a list's mail"
        case .held, .heldPosts: "list held mail"
        case .discard: "discard held mail"
        case .restore: "send discarded mail again"
        case .savedPosts: "list discarded mail"
        case .prune: "delete old discarded mail"
        case .stop: "stop the mail server"
        case .status: "learn how mail stands"
        case .probe: "learn whether mail could be halted"
        case .version: "learn the actuator's version"
        }
    }
}

/// Asks the actuator.
public struct ActuatorClient: Sendable {
    /// The actuator's socket.
    public var path: String
    /// Longest wait for an answer.
    public var timeout: Duration

    /// A client of the actuator at `path`.
    public init(path: String, timeout: Duration = .seconds(30)) {
        self.path = path
        self.timeout = timeout
    }

    /// Sends `request` and waits for the report, off the cooperative pool.
    ///
    /// - Returns: the report; read its `isHalted` and `errors`.
    /// - Throws: ``HaltError``: `unreachable` when there was no answer in time, `refused` when the
    ///   actuator would not obey.
    public func send(_ request: ActuatorRequest) async throws(HaltError) -> HaltReport {
        var request = request
        // A quarter less than we wait: what hangs there must be told here.
        request.within = request.within ?? max(1, Int(timeout.components.seconds * 3 / 4))
        guard let line = try? JSONEncoder().encode(request) else {
            preconditionFailure("a request of plain values can always be encoded")
        }
        let answer: [UInt8]
        do throws(SocketError) {
            answer = try await LineClient.ask(
                path: path,
                line: Array(line),
                timeout: timeout,
                service: "listbreaker-actuator.socket"
            )
        } catch {
            throw HaltError(
                code: .unreachable,
                operation: "\(request.verb.wish) through",
                path: error.path.isEmpty ? path : error.path,
                reason: error.reason,
                next: error.next
            )
        }
        guard let report = HaltReport.read(answer) else {
            throw HaltError(
                code: .unreachable,
                operation: "understand the actuator at",
                path: path,
                reason: "its answer is no report; is it of another version?"
            )
        }
        guard report.verb == .asked(request.verb) else {
            throw HaltError(
                code: .refused,
                operation: "\(request.verb.wish) through",
                path: path,
                reason: report.errors.first ?? "the actuator refused"
            )
        }
        return report
    }
}
