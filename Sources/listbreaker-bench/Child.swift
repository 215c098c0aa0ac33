// SPDX-License-Identifier: Apache-2.0
//
// Starting a program, and a file for what it prints. posix_spawn(3) and wait4(2), since the peak
// memory of a child is only told there.

internal import Glibc

/// A program that runs.
struct Child {
    private let pid: pid_t

    /// Starts `words`, looked up in PATH, with the given descriptors as its input and output.
    init(_ words: [String], input: Int32?, output: Int32?) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let input { unsafe posix_spawn_file_actions_adddup2(&actions, input, 0) }
        if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, 1) }
        let copies = unsafe words.map { word in unsafe strdup(word) }
        defer { unsafe copies.forEach { copy in unsafe free(copy) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawnp(&pid, words[0], &actions, nil, copies + [nil], environ)
        guard code == 0 else {
            throw BenchError(
                text: "cannot start '\(words[0])': \(unsafe String(cString: strerror(code)))"
            )
        }
        self.pid = pid
    }

    /// Waits for its end: the exit status, 128 and the number when a signal ended it.
    func wait() -> (status: Int32, usage: rusage) {
        var status: Int32 = 0
        var usage = rusage()
        while unsafe wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return (signal == 0 ? (status >> 8) & 0xff : 128 + signal, usage)
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
