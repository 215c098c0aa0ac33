// SPDX-License-Identifier: Apache-2.0
//
// Runs one of Postfix's programs: absolute path, fixed arguments, clean environment, no shell,
// with a deadline and a cap on what it may print. It blocks; the actuator has nothing else to do.
// A non-zero exit is a value. The mistake to avoid: waiting for end of file on the pipes, which a
// program's own background children can hold open for ever.

internal import CLinux
internal import Glibc

/// One run of a program.
package struct Program {
    /// How it ended, and what it printed.
    package struct Outcome: Equatable {
        /// Exit status; 128 + signal when a signal ended it.
        package var status: Int32
        /// Whether the deadline ended it.
        package var isHung = false
        /// Standard output, at most ``Program/outputLimit`` bytes; empty when streamed.
        package var output: [UInt8] = []
        /// Standard error, at most ``Program/outputLimit`` bytes; empty when it went to a file.
        package var messages: [UInt8] = []

        package var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// Bytes of output and of messages that are kept: 1 MiB each.
    ///
    /// Chosen: postconf -M prints 3 KiB.
    package static let outputLimit = 1 << 20

    package let path: String
    package var arguments: [String]
    /// Standard input.
    package var input: [UInt8] = []
    /// A descriptor that is standard input instead of ``input``.
    package var inputFrom: Int32?
    /// A descriptor that receives standard error instead of ``Outcome/messages``.
    package var messagesTo: Int32?
    /// Gets standard output as it comes instead of ``Outcome/output``; false ends the program.
    package var stream: ((ArraySlice<UInt8>) -> Bool)?

    package init(_ path: String, _ arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    /// Runs it to its end.
    ///
    /// - Throws: ``HaltError`` `missing` when it cannot be started, `hung` when it was killed at
    ///   the deadline.
    package func run(deadline: Duration) throws(HaltError) -> Outcome {
        let child = try Child(self)
        var outcome = child.attend(self, until: ContinuousClock.now + deadline)
        if outcome.isHung {
            throw HaltError(
                code: .hung,
                operation: "run",
                path: path,
                reason: "no end after \(deadline); it was killed"
            )
        }
        if outcome.status != 0, outcome.messages.isEmpty { outcome.messages = outcome.output }
        return outcome
    }

    /// Runs it and takes any exit status but 0 as a failure.
    ///
    /// - Throws: ``HaltError`` as ``run(deadline:)``, and `failed` with its last message.
    package func check(deadline: Duration) throws(HaltError) -> Outcome {
        let outcome = try run(deadline: deadline)
        guard outcome.status == 0 else {
            let lines = outcome.messages.split(separator: UInt8(ascii: "\n"))
            let last = lines.last.map { String(decoding: $0.prefix(300), as: UTF8.self) }
            throw HaltError(
                code: .failed,
                operation: "run",
                path: path,
                reason: "exit status \(outcome.status): \(last ?? "no message")"
            )
        }
        return outcome
    }

    /// What every program gets, and nothing else.
    package static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
}
