// SPDX-License-Identifier: Apache-2.0
//
// Runs one program of the system: absolute path, fixed words, clean environment, no shell, with a
// deadline and a cap on what it may print. A non-zero exit is a value.

internal import Control
internal import Linux
internal import Words

/// One run of a program.
struct Tool {
    /// How it ended, and what it printed.
    struct Outcome: Equatable {
        /// Exit status; 128 + signal when a signal ended it.
        var status: Int32 = 0
        /// Standard output, at most 1 MiB.
        var output: [UInt8] = []
        /// Standard error, at most 1 MiB.
        var messages: [UInt8] = []

        /// Standard output as text, without the last line break.
        var text: String {
            String(
                decoding: output.last == UInt8(ascii: "\n") ? output.dropLast() : output[...],
                as: UTF8.self
            )
        }
        /// The last line of standard error, for people.
        var complaint: String {
            let last = messages.split(separator: UInt8(ascii: "\n")).last ?? []
            return last.isEmpty
                ? "exit status \(status)" : shown(String(decoding: last.prefix(300), as: UTF8.self))
        }
    }

    private var command: ChildCommand
    /// Longest that it may take; a question to postconf(1) takes 10 ms.
    var deadline = Duration.seconds(20)

    init(_ path: String, _ words: [String]) {
        command = ChildCommand(path, words)
    }

    /// Whether the program is there and may be run.
    var exists: Bool { command.exists }

    /// Runs it with `input` on its standard input.
    ///
    /// Throws ``Failure`` when it cannot be started or was killed at the deadline.
    func run(input: [UInt8] = []) throws -> Outcome {
        var command = command
        command.input = .bytes(input)
        return try run(command, nil)
    }

    /// Runs it; `next` appends the next part of its standard input, and is false at the end.
    ///
    /// Throws as ``run(input:)``.
    func run(next: @escaping (inout [UInt8]) -> Bool) throws -> Outcome {
        // withoutActuallyEscaping would put the length of this folder's path into the program.
        try run(command, next)
    }

    private func run(_ command: ChildCommand, _ writer: ChildCommand.Writer?) throws -> Outcome {
        let ended: ChildCommand.Outcome
        do throws(Errno) { ended = try command.run(within: deadline, writer: writer) } catch {
            throw failure("\(error)")
        }
        if ended.isHung { throw failure("no end after \(deadline); it was killed") }
        return Outcome(status: ended.end.code, output: ended.output, messages: ended.messages)
    }

    private func failure(_ reason: String) -> Failure {
        Failure(code: ControlCode.failed, message: "cannot run '\(command.path)': \(reason)")
    }
}
