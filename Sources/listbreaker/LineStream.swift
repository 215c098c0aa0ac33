// SPDX-License-Identifier: Apache-2.0
//
// The lines of a file, through the decompressor that its name asks for. The decompressor is run
// directly, with the file as its standard input: no shell, and no name of a file as an argument.

internal import Control
internal import Glibc
internal import MailLog

/// Lines of a plain or compressed file.
final class LineStream {
    /// Longest line that is kept; the rest of a longer one is left out.
    static let longest = EntryBatch.longestField + 1024

    private let descriptor: Int32
    private let child: pid_t?
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var start = 0
    private var end = 0
    private var line: [UInt8] = []

    private static let decompressors = [
        (".gz", "gzip"), (".xz", "xz"), (".bz2", "bzip2"), (".zst", "zstd"),
    ]

    /// Opens `path`; throws ``Failure`` when that cannot be done.
    init(path: String) throws {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else { throw Self.failure("open", path) }
        guard let tool = Self.decompressors.first(where: { path.hasSuffix($0.0) })?.1 else {
            descriptor = file
            child = nil
            return
        }
        defer { close(file) }
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw Self.failure("read", path) }
        descriptor = ends[0]
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        defer { close(ends[1]) }
        child = try Self.spawn(tool, input: file, output: ends[1], path: path)
    }

    deinit {
        close(descriptor)
        if let child { waitpid(child, nil, 0) }
    }

    /// The next line without its newline, valid until the next call; nil at the end.
    func next() throws -> ArraySlice<UInt8>? {
        line.removeAll(keepingCapacity: true)
        while true {
            if start == end {
                guard try fill() else { return line.isEmpty ? nil : line[...] }
            }
            let stop = buffer[start..<end].firstIndex(of: UInt8(ascii: "\n"))
            let part = buffer[start..<(stop ?? end)]
            start = (stop ?? end - 1) + 1
            if stop != nil, line.isEmpty { return part.prefix(Self.longest) }
            line.append(contentsOf: part.prefix(max(0, Self.longest - line.count)))
            if stop != nil { return line[...] }
        }
    }

    private func fill() throws -> Bool {
        var count: Int
        repeat {
            count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe read(descriptor, bytes.baseAddress, bytes.count)
            }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw Self.failure("read", "the log") }
        start = 0
        end = count
        return count > 0
    }

    private static func spawn(
        _ tool: String,
        input: Int32,
        output: Int32,
        path: String
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var child: pid_t = 0
        let name = unsafe strdup(tool)
        let option = unsafe strdup("-dc")
        defer {
            unsafe free(name)
            unsafe free(option)
        }
        var arguments = unsafe [name, option, nil]
        let outcome = unsafe posix_spawnp(&child, tool, &actions, nil, &arguments, environ)
        guard outcome == 0 else {
            throw Failure(
                code: ControlCode.failed,
                message: "cannot read '\(shown(path))': \(tool) is not installed"
            )
        }
        return child
    }

    private static func failure(_ operation: String, _ path: String) -> Failure {
        let code = errno
        let reason = unsafe String(cString: strerror(code))
        return Failure(
            code: code == EACCES ? ControlCode.noPermission : ControlCode.failed,
            message: "cannot \(operation) '\(shown(path))': \(reason)"
        )
    }
}
