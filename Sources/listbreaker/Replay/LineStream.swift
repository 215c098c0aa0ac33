// SPDX-License-Identifier: Apache-2.0
//
// The lines of a file, through the decompressor that its first bytes ask for. The decompressor is run
// directly, with the file as its standard input: no shell, no name of a file as an argument, nothing
// of our environment; and with a bound on its memory. A file that ends in damage is not an error: what could be read counts,
// and ``damage`` says what was lost.

internal import Control
internal import Glibc
internal import Linux
internal import MailLog
internal import Words

/// Lines of a plain or compressed file.
final class LineStream {
    /// Longest line that is kept; the rest of a longer one is left out.
    static let longest = EntryBatch.longestField + 1024

    /// Bytes without the end of a line after which it is no log: 64 MiB.
    ///
    /// Chosen: a thousand times what any logger writes in a line.
    static let endless = 64 << 20
    static let endlessWords = "no line ends within 64 MiB; that is no log"

    private let path: String
    /// The file itself; its offset is how far it was read, also by a decompressor.
    private let file: Int32
    private let descriptor: Int32
    private var child: ChildProcess?
    /// What the decompressor complains about; -1 without one.
    private var complaints: Int32 = -1
    /// Lines that were given.
    private var lines: Int64 = 0
    /// What could not be read of the file, once its end was met; nil: all could.
    private(set) var damage: String?
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var start = 0
    private var end = 0
    private var line: [UInt8] = []
    /// What ends a line.
    private var newline = UInt8(ascii: "\n")
    /// Whether each letter has two bytes (UTF-16, as Windows saves text): the zeros are left out, so that
    /// what is ASCII reads as such.
    private var isWide = false
    private var isFirst = true
    /// Whether reading was given up.
    private var isOver = false

    /// Programs by the first bytes of what they have packed, with their words; 256 MiB at most, where a file may ask for
    /// more: xz(1), zstd(1); chosen, `xz -9` asks for 65.
    private static let decompressors: [(start: [UInt8], ending: String, words: [String])] = [
        ([0x1f, 0x8b], ".gz", ["gzip", "-dc"]),
        (
            [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], ".xz",
            ["xz", "-dc", "--memlimit-decompress=256MiB"]
        ),
        ([0x42, 0x5a, 0x68], ".bz2", ["bzip2", "-dc"]),
        ([0x28, 0xb5, 0x2f, 0xfd], ".zst", ["zstd", "-dcq", "--memory=256MB"]),
    ]

    /// The words of the program that unpacks `file`, called `name`; nil: it is not packed.
    ///
    /// A name that promises what is not there leaves it to the program to say so.
    private static func decompressor(of file: Int32, _ name: String) -> [String]? {
        var start = [UInt8](repeating: 0, count: 6)
        let count = max(0, unsafe pread(file, &start, start.count, 0))
        let byContent = decompressors.first { start[..<count].starts(with: $0.start) }
        return (byContent ?? decompressors.first { name.hasSuffix($0.ending) })?.words
    }

    /// What stands on standard input.
    convenience init() throws {
        try self.init(dup(STDIN_FILENO), name: "standard input")
    }

    /// Opens `path`, called `name`; throws ``Failure`` when that cannot be done.
    convenience init(path: String, name: String? = nil) throws {
        try self.init(unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), name: name ?? path)
    }

    private init(_ descriptor: Int32, name: String) throws {
        path = name
        file = descriptor
        guard file >= 0 else { throw Self.failure("open", self.path) }
        guard let words = Self.decompressor(of: file, self.path) else {
            self.descriptor = file
            return
        }
        guard let command = ChildCommand(named: words[0], Array(words.dropFirst())) else {
            close(file)
            throw Failure(
                code: ControlCode.failed,
                message: "cannot read '\(shown(self.path))': \(words[0]) is not installed"
            )
        }
        var ours: [Int32] = [file]
        var theirs: [Int32] = []
        defer { for end in theirs { close(end) } }
        do throws(Errno) {
            for _ in 0..<2 {
                let pipe = try PipeEnds()
                ours.append(pipe.reading)
                theirs.append(pipe.writing)
            }
            child = try ChildProcess(command, input: file, output: theirs[0], messages: theirs[1])
        } catch {
            for end in ours { close(end) }
            throw Failure(
                code: ControlCode.failed,
                message: "cannot read '\(shown(self.path))': \(words[0]): \(error)"
            )
        }
        self.descriptor = ours[1]
        complaints = ours[2]
        // It is asked once the child has ended; by then there may be nothing.
        _ = fcntl(complaints, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(file)
        if complaints >= 0 {
            close(descriptor)
            close(complaints)
        }
        if let child {
            child.signal(SIGKILL)
            _ = child.reap()
        }
    }

    /// Bytes of the file that were read so far, compressed ones of a compressed file.
    var position: Int64 { Int64(lseek(file, 0, SEEK_CUR)) }

    /// The next line without its newline, valid until the next call; nil at the end.
    ///
    /// Of a line of docker's json-file driver, what the container printed.
    func next() -> ArraySlice<UInt8>? {
        guard let next = nextRaw() else { return nil }
        guard next.first == UInt8(ascii: "{"), let text = DockerLine.text(next) else { return next }
        line = text
        return line[...]
    }

    private func nextRaw() -> ArraySlice<UInt8>? {
        line.removeAll(keepingCapacity: true)
        var length = 0
        while true {
            if start == end, !fill() {
                guard !line.isEmpty else {
                    finish()
                    return nil
                }
                lines += 1
                return line[...]
            }
            let stop = buffer[start..<end].firstIndex(of: newline)
            let part = buffer[start..<(stop ?? end)]
            length += part.count
            guard length <= Self.endless else {
                note(Self.endlessWords)
                isOver = true
                (start, end) = (0, 0)
                return nil
            }
            start = (stop ?? end - 1) + 1
            if stop != nil { lines += 1 }
            if stop != nil, line.isEmpty { return part.prefix(Self.longest) }
            line.append(contentsOf: part.prefix(max(0, Self.longest - line.count)))
            if stop != nil { return line[...] }
        }
    }

    private func fill() -> Bool {
        guard !isOver else { return false }
        var count: Int
        repeat {
            count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe read(descriptor, bytes.baseAddress, bytes.count)
            }
        } while count < 0 && errno == EINTR
        if count < 0 { note("\(Errno.last)") }
        start = 0
        end = max(0, count)
        if isFirst { look() }
        if isWide { dropZeros() }
        return count > 0
    }

    /// Looks at the first bytes for what is written otherwise than text on Unix is.
    private func look() {
        isFirst = false
        guard end >= 4 else { return }
        let head = Array(buffer[..<4])
        isWide =
            head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff])
            || head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0
            || head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0
        if isWide, head[0] >= 0xfe { start = 2 }
        let (feed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        if !buffer[..<end].contains(feed), buffer[..<end].contains(carriageReturn) {
            newline = carriageReturn
        }
    }

    private func dropZeros() {
        var kept = start
        for index in start..<end where buffer[index] != 0 {
            buffer[kept] = buffer[index]
            kept += 1
        }
        end = kept
    }

    /// Asks how the decompressor ended, once.
    private func finish() {
        guard let ended = child else { return }
        child = nil
        let status = ended.reap().end.code
        // It has ended: a pipe holds all that it may have said, pipe(7).
        var room = [UInt8](repeating: 0, count: 2048)
        let count = unsafe read(complaints, &room, room.count)
        guard status != 0 else { return }
        let words = String(decoding: room.prefix(max(0, count)), as: UTF8.self)
            .split(whereSeparator: \.isNewline)
        let reason = words.first { !$0.allSatisfy(\.isWhitespace) } ?? "the decompressor failed"
        note(shown(String(reason.prefix(200))))
    }

    private func note(_ reason: String) {
        damage =
            damage ?? "cannot read all of '\(shown(path))': \(reason); what follows line \(lines) "
            + "is lost"
    }

    private static func failure(_ operation: String, _ path: String) -> Failure {
        let code = errno
        return Failure(
            code: code == EACCES ? ControlCode.noPermission : ControlCode.failed,
            message: "cannot \(operation) '\(shown(path))': \(Errno(code))"
        )
    }
}
