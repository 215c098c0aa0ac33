// SPDX-License-Identifier: Apache-2.0
//
// Runs one of the mail server's programs, with a deadline and a cap on what it may print. It blocks;
// the actuator has nothing else to do. A non-zero exit is a value.

internal import Linux

/// One run of a program.
package struct Program {
    /// How it ended, and what it printed.
    package struct Outcome: Equatable {
        /// Exit status; 128 + signal when a signal ended it.
        package var status: Int32
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
        var command = ChildCommand(path, arguments)
        command.input = inputFrom.map { .descriptor($0) } ?? .bytes(input)
        command.messages = messagesTo.map { .descriptor($0) } ?? .kept
        command.outputLimit = Self.outputLimit
        let ended: ChildCommand.Outcome
        do { ended = try command.run(within: deadline, reader: stream) } catch {
            throw HaltError(code: .missing, operation: "run", path: path, reason: "\(error)")
        }
        if ended.isHung {
            throw HaltError(
                code: .hung,
                operation: "run",
                path: path,
                reason: "no end after \(deadline); it was killed"
            )
        }
        let status = ended.end.code
        let isMute = status != 0 && ended.messages.isEmpty
        return Outcome(
            status: status,
            output: ended.output,
            messages: isMute ? ended.output : ended.messages
        )
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
}
