// SPDX-License-Identifier: Apache-2.0
//
// The one error of this target. The text follows the pattern "cannot do X on 'Y': why; what
// happens now", because it ends in a page that someone reads at three in the morning.

public import Linux

/// Why something about the queue could not be done.
public struct HaltError: Fault {
    /// What kind of failure it is.
    public enum Code: String, Sendable, Codable {
        /// The actuator cannot be reached or did not answer in time.
        case unreachable
        /// The actuator refused: peer or arguments.
        case refused
        /// A program is missing or could not be started.
        case missing
        /// A program ran and failed.
        case failed
        /// A program was still running at its deadline and was killed.
        case hung
        /// A file could not be read or written.
        case file
    }

    /// What kind of failure it is.
    public var code: Code
    /// What was tried, after "cannot".
    public var operation: String
    /// The file, program or socket; empty when there is none.
    public var path: String
    /// Why not, in words, errno included where there was one.
    public var reason: String
    /// What happens now; empty when there is nothing to say.
    public var next: String

    /// An error with every field given.
    public init(code: Code, operation: String, path: String, reason: String, next: String = "") {
        self.code = code
        self.operation = operation
        self.path = path
        self.reason = reason
        self.next = next
    }

    /// A failed system call on a file.
    package static func file(_ operation: String, _ path: String, errno number: Int32) -> HaltError
    {
        HaltError(code: .file, operation: operation, path: path, reason: "\(Errno(number))")
    }
}
