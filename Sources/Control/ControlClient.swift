// SPDX-License-Identifier: Apache-2.0
//
// The command line's side: one request, one response, or why there is none. The time limit is
// longer than any command of the actuator: a reset is answered when it was ordered, not when done.

internal import FoundationEssentials
internal import LocalSocket

/// Why no response came.
public struct ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Exit status, of ``ControlCode``.
    public var code: Int32
    /// What was tried, why it failed, what to do.
    public var description: String

    /// An error that ends the program with `code`.
    public init(code: Int32, description: String) {
        self.code = code
        self.description = description
    }

    /// The socket's error, as an exit status: 77 when we were kept out, else 4.
    init(_ error: SocketError) {
        code = error.code == .denied ? ControlCode.noPermission : ControlCode.unknown
        description = "\(error)"
    }
}

/// Asks the daemon.
public enum ControlClient {
    /// Where the daemon listens unless told otherwise.
    public static let defaultPath = "/run/listbreaker/control.sock"

    /// Sends `request` and returns the response; blocks for at most `timeout` of silence.
    ///
    /// For a program's main thread only.
    public static func ask(
        _ request: ControlRequest,
        path: String = defaultPath,
        timeout: Duration = .seconds(30)
    ) throws(ControlError) -> ControlResponse {
        guard let line = try? JSONEncoder().encode(request) else {
            throw ControlError(code: ControlCode.failed, description: "cannot write the request")
        }
        let answer: [UInt8]
        do throws(SocketError) {
            answer = try LineClient.exchange(path: path, line: Array(line), timeout: timeout)
        } catch {
            throw ControlError(error)
        }
        guard let response = try? JSONDecoder().decode(ControlResponse.self, from: Data(answer))
        else {
            throw ControlError(
                code: ControlCode.unknown,
                description: "cannot understand the answer of '\(path)'; are listbreaker and "
                    + "listbreakerd of one version?"
            )
        }
        return response
    }
}
