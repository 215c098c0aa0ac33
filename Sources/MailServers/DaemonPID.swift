// SPDX-License-Identifier: Apache-2.0
//
// The pid file of a mail server's daemon. The mistake to avoid: taking one that cannot be read, or that
// names no process, for a daemon that does not run. It may run, and deliver.

internal import Glibc
internal import HaltWire

/// Who a pid file names.
enum DaemonPID {
    /// Who the first line of a pid file names.
    ///
    /// - Parameters:
    ///   - path: the pid file.
    ///   - names: what the daemon may be called, as /proc has it.
    /// - Returns: the running process; nil where there is no such file, or the process has ended, or
    ///   another program has its number now.
    /// - Throws: ``HaltError`` when there is no telling.
    static func running(
        _ path: String,
        named names: Set<String>
    ) throws(HaltError) -> HostProcess? {
        // Empty for the moment in which a daemon that starts has made it, and not written it yet.
        guard let content = try StateFile.read(path), !content.isEmpty else { return nil }
        let line = content.split(separator: UInt8(ascii: "\n")).first ?? []
        let word = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
        guard let pid = pid_t(word), pid > 0 else {
            throw unknown(path, "it holds no process id")
        }
        if let process = ProcessTable.process(pid), names.contains(process.name),
            process.state != "Z"
        {
            return process
        }
        // In a container the daemon may be process 1, as none is outside of one.
        guard pid > 1 else {
            throw unknown(path, "process 1 is another here: the daemon may run in a container")
        }
        return nil
    }

    private static func unknown(_ path: String, _ reason: String) -> HaltError {
        HaltError(code: .failed, operation: "find the daemon of", path: path, reason: reason)
    }
}
