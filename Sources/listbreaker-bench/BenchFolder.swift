// SPDX-License-Identifier: Apache-2.0
//
// The folder with the benchmark's journal: simulated, and written by systemd-journal-remote, so that
// both programs read what a real host would have stored.

internal import Glibc
internal import Linux
internal import StormSimulator

/// A folder for the journal; removed at the end unless it was named.
final class BenchFolder {
    private static let remote = "/lib/systemd/systemd-journal-remote"

    /// Where it is.
    let path: String
    private let isTemporary: Bool

    /// The folder `named`, made when it is missing, or a temporary one.
    init(_ named: String?) throws {
        if let named {
            unsafe mkdir(named, 0o755)
            path = named
            isTemporary = false
            return
        }
        var template = Array("/tmp/listbreaker-bench-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw BenchError(text: "cannot make a folder in /tmp")
        }
        path = String(
            decoding: template.dropLast().map { byte in UInt8(bitPattern: byte) },
            as: UTF8.self
        )
        isTemporary = true
    }

    deinit {
        guard isTemporary,
            let child = try? Child(["/bin/rm", "-rf", path], input: nil, output: nil)
        else { return }
        _ = child.wait()
    }

    /// Whether there is a journal in it already.
    var hasJournal: Bool {
        get throws {
            do throws(FileError) {
                return try Folder.names(in: path).contains { $0.hasSuffix(".journal") }
            } catch { throw BenchError(text: "\(error)") }
        }
    }

    /// Writes the bulk scenario into a journal.
    func writeJournal(entries: Int, lists: Int) throws {
        guard unsafe access(Self.remote, X_OK) == 0 else {
            throw BenchError(text: "\(Self.remote) is missing: apt install systemd-journal-remote")
        }
        print("writing \(entries) entries over \(lists) lists to \(path)")
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw BenchError(text: "cannot make a pipe") }
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        let child = try Child(
            [Self.remote, "--output=\(path)/bench.journal", "-"],
            input: ends[0],
            output: nil
        )
        close(ends[0])
        var simulation = Simulation(.bulk(entries: entries, lists: lists))
        var bytes: [UInt8] = []
        while simulation.next(into: &bytes) {
            var sent = 0
            while sent < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { all in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: all[sent...])
                    return unsafe write(ends[1], rest.baseAddress, rest.count)
                }
                guard count > 0 else { throw BenchError(text: "\(Self.remote) has died") }
                sent += count
            }
            bytes.removeAll(keepingCapacity: true)
        }
        close(ends[1])
        let (status, _) = child.wait()
        guard status == 0 else {
            throw BenchError(text: "\(Self.remote) exited with \(status)")
        }
    }
}
