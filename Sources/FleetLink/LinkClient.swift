// SPDX-License-Identifier: Apache-2.0
//
// The carrier's side. It blocks; the carrier has threads of its own for it.

internal import LocalSocket

/// Why no answer came, or what the daemon refused.
public struct LinkError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, and why not.
    public let description: String

    /// An error in these words.
    public init(_ description: String) { self.description = description }
}

/// Asks the daemon.
public struct LinkClient: Sendable {
    /// The daemon's socket.
    public var path: String

    /// A client of the daemon at `path`.
    public init(path: String) { self.path = path }

    /// Sends `request` and returns the answer; blocks for at most `timeout` of silence.
    public func ask(
        _ request: LinkRequest,
        timeout: Duration = .seconds(30)
    ) throws(LinkError) -> LinkAnswer {
        guard let line = try? JSONLine.write(request) else {
            throw LinkError("cannot write a request for '\(path)'")
        }
        let answer: [UInt8]
        do throws(SocketError) {
            answer = try LineClient.exchange(path: path, line: line, timeout: timeout)
        } catch {
            throw LinkError("\(error)")
        }
        guard let read = try? JSONLine.read(LinkAnswer.self, answer) else {
            throw LinkError("cannot understand the answer of '\(path)'")
        }
        if let refusal = read.refusal {
            throw LinkError("'\(path)' refuses: \(refusal)")
        }
        return read
    }
}
