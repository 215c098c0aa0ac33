// SPDX-License-Identifier: Apache-2.0
//
// Starting a program, and a file for what it prints. It is reaped by wait4(2), since the peak memory
// of a child is only told there.

internal import Glibc
internal import Linux

/// A program that runs.
struct Child {
    private let process: ChildProcess

    /// Starts `words`, the first an absolute path, with the given descriptors as its input and
    /// output; ours otherwise.
    init(_ words: [String], input: Int32?, output: Int32?) throws {
        let command = ChildCommand(words[0], Array(words.dropFirst()))
        do throws(Errno) {
            process = try ChildProcess(
                command,
                input: input ?? STDIN_FILENO,
                output: output ?? STDOUT_FILENO,
                messages: STDERR_FILENO
            )
        } catch {
            throw BenchError(text: "cannot start '\(words[0])': \(error)")
        }
    }

    /// Waits for its end: the exit status, 128 and the number when a signal ended it.
    func wait() -> (status: Int32, usage: rusage) {
        let (end, usage) = process.reap()
        return (end.code, usage)
    }
}

/// A nameless file that takes a program's output.
final class TemporaryFile {
    /// To write to.
    let descriptor: Int32

    /// Opens one.
    init() throws {
        var template = Array("/tmp/listbreaker-bench-XXXXXX".utf8CString)
        descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw BenchError(text: "cannot make a file in /tmp") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unsafe unlink(template)
    }

    deinit { close(descriptor) }

    /// The last 4 KiB of it.
    var tail: String {
        let size = lseek(descriptor, 0, SEEK_END)
        var room = [UInt8](repeating: 0, count: 4096)
        let count = unsafe pread(descriptor, &room, room.count, max(0, size - 4096))
        return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
    }
}
