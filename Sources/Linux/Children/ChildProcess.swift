// SPDX-License-Identifier: Apache-2.0
//
// A process that runs. It leads a process group of its own, so that the deadline also ends what it
// started. Signals go to the group, and always before the child is reaped: until then its number
// cannot belong to anybody else. Its end is seen by a pidfd. The mistake to avoid: waiting for end
// of file on its pipes, which a child of its own can hold open for ever.

internal import CLinux
public import Glibc

/// A child under way; the caller ends it with ``reap()``.
public struct ChildProcess: Sendable {
    /// Its number, which is also its group's.
    public let pid: Int32

    /// Starts `command` with these descriptors as its first three; they stay the caller's.
    ///
    /// - Throws: the ``Errno`` of posix_spawn(3); then nothing runs.
    public init(
        _ command: ChildCommand,
        input: Int32,
        output: Int32,
        messages: Int32
    ) throws(Errno) {
        let words = CStrings([command.path] + command.arguments)
        let variables = CStrings(command.environment)
        let standard = [input, output, messages]
        var child: pid_t = 0
        // The lists hold copies, which go with them: not before the call has returned.
        let why = withExtendedLifetime((words, variables)) {
            unsafe clinux_spawn(
                command.path,
                words.pointers,
                variables.pointers,
                command.directory,
                standard,
                &child
            )
        }
        guard why == 0 else { throw Errno(why) }
        pid = child
    }

    /// Whether it has ended; it stays to be reaped.
    public var hasEnded: Bool { clinux_has_ended(pid) != 0 }

    /// Sends `number` to it and to what it started, unless that left its group.
    public func signal(_ number: Int32) { kill(-pid, number) }

    /// Waits for its end, once; how it ended, and what it and its children used.
    public func reap() -> (end: ExitStatus, usage: rusage) {
        var status: Int32 = 0
        var usage = rusage()
        while unsafe wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
        return (ExitStatus(raw: status), usage)
    }

    /// A descriptor that is readable once it has ended, closed by the caller; -1 on kernels and in
    /// containers without pidfd_open(2), where one has to look again and again.
    func watch() -> Int32 { max(-1, clinux_pidfd(pid)) }
}

/// The two ends of a pipe, closed on exec.
public struct PipeEnds: Sendable {
    /// What the reader has.
    public let reading: Int32
    /// What the writer has.
    public let writing: Int32

    /// A new pipe.
    public init() throws(Errno) {
        var ends: [Int32] = [-1, -1]
        guard unsafe clinux_pipe(&ends) == 0 else { throw .last }
        (reading, writing) = (ends[0], ends[1])
    }
}

/// Strings as exec(3) wants them: a list of C strings that ends in NULL.
@safe private final class CStrings {
    private(set) var pointers: [UnsafeMutablePointer<CChar>?]

    /// Copies the texts; what follows a NUL is lost.
    init(_ texts: [String]) {
        unsafe pointers = unsafe texts.map { text in unsafe strdup(text) }
        unsafe pointers.append(nil)
    }

    deinit {
        unsafe pointers.forEach { text in unsafe free(text) }
    }
}
