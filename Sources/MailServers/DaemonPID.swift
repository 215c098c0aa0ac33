// SPDX-License-Identifier: Apache-2.0
//
// The pid file of a mail server's daemon. The mistake to avoid: taking one that cannot be read, or that
// names no process, for a daemon that does not run. It may run, and deliver.

internal import Glibc
internal import HaltWire

/// Who a pid file names.
enum DaemonPID {
    /// The running process that the first line of `path` names; nil where there is no such file, or the
    /// process has ended, or another program has its number now.
    ///
    /// - Parameter names: what the daemon may be called, as /proc has it.
    /// - Throws: ``HaltError`` when there is no telling.
    static func running(
        _ path: String,
        named names: Set<String>
    ) throws(HaltError) -> HostProcess? {
        // Empty for the moment in which a daemon that starts has made it, and not written it yet.
        guard let content = try StateFile.read(path), !content.isEmpty else { return nil }
        let line = content.split(separator: UInt8(ascii: "\n")).first ?? []
        let word = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
        guard let pid = pid_t(word), pid > 1 else {
            throw HaltError(
                code: .failed,
                operation: "find the daemon of",
                path: path,
                reason: "it holds no process id"
            )
        }
        guard let process = ProcessTable.process(pid), names.contains(process.name),
            process.state != "Z"
        else { return nil }
        return process
    }
}
