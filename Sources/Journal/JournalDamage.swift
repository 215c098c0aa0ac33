// SPDX-License-Identifier: Apache-2.0
//
// What cannot be read of journal files that are left to sd-journal; those that are read directly say it
// themselves. sd-journal passes over damaged files and entries without a word, so that half of a journal
// looks like a quiet week. This walks from object to object, as in
// systemd.io/JOURNAL_FILE_FORMAT, and compares what is there with what the header says. The
// mistake to avoid: mapping the file; one that is cut meanwhile would kill the process.

internal import Glibc

/// Something that a journal file has lost.
public struct JournalDamage: Sendable, Equatable {
    /// The file.
    public var path: String
    /// What was lost, in words.
    public var loss: String
    /// Whether nothing of the file can be read.
    public var isWhole: Bool

    /// What the files of `source` have lost; nothing of this host's own journal, which is written
    /// to while it is read.
    ///
    /// Reads the files once, in order. What is damaged inside an object is not seen.
    static func find(in source: JournalSource) -> [JournalDamage] {
        paths(source).compactMap { path in
            JournalWalk(path)?.loss.map { loss, isWhole in
                JournalDamage(path: path, loss: loss, isWhole: isWhole)
            }
        }
    }

    /// The files of `source`, this host's own journal too, that sd-journal leaves out.
    ///
    /// Looks at their headers only: what a daemon has time for at its start. With `readsFiles` they
    /// are read directly, which gives what is left of one that is cut off.
    public static func lostFiles(
        in source: JournalSource,
        readsFiles: Bool = false
    ) -> [JournalDamage] {
        let files =
            source == .local ? JournalFiles.local.flatMap(JournalFiles.paths) : paths(source)
        return files.compactMap { path in
            guard let walk = JournalWalk(path), let (loss, isWhole) = walk.headerLoss, isWhole
            else { return nil }
            if readsFiles, let cut = walk.cut, !walk.isOnline {
                return JournalDamage(
                    path: path,
                    loss: cut + "; what is left is read",
                    isWhole: false
                )
            }
            return JournalDamage(path: path, loss: loss, isWhole: true)
        }
    }

    /// Those of `paths` that are no journal files.
    static func headless(_ paths: [String]) -> [JournalDamage] {
        paths.compactMap { path in
            guard !hasHeader(path), let loss = JournalWalk(path)?.headerLoss else { return nil }
            return JournalDamage(path: path, loss: loss.words, isWhole: true)
        }
    }

    /// Whether `path` begins as a journal file does, or cannot be opened, which is for its reader to say.
    static func hasHeader(_ path: String) -> Bool {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return errno != ENOENT }
        defer { close(file) }
        return unsafe withUnsafeTemporaryAllocation(byteCount: 208, alignment: 8) { room in
            guard unsafe pread(file, room.baseAddress, 208, 0) == 208 else { return false }
            return unsafe room[..<8].elementsEqual("LPKSHHRH".utf8)
        }
    }

    private static func paths(_ source: JournalSource) -> [String] {
        switch source {
        case .local: []
        case .directory(let path): JournalFiles.paths(in: path)
        case .files(let files): files
        }
    }
}

/// One file that is walked through.
private final class JournalWalk {
    /// Bytes that are read at once.
    private static let window = 1 << 18
    /// Object types: entry is 3, the last one that there is 7.
    private static let entryType: UInt8 = 3
    private static let lastType: UInt8 = 7
    /// Bytes of an object's header.
    private static let objectHeader: UInt64 = 16
    /// Bytes of the oldest form of the file's header.
    private static let fileHeader = 208

    private let descriptor: Int32
    private let size: UInt64
    private var bytes = [UInt8](repeating: 0, count: window)
    private var start: UInt64 = 0
    private var count = 0

    /// Nil when the file cannot be opened: that is said by whoever reads it.
    init?(_ path: String) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        size = unsafe fstat(descriptor, &status) == 0 ? UInt64(clamping: status.st_size) : 0
    }

    deinit { close(descriptor) }

    /// What the header says is lost of the whole; nil when it says nothing.
    var headerLoss: (words: String, isWhole: Bool)? {
        guard size >= UInt64(Self.fileHeader), load(0), has(Self.fileHeader, at: 0),
            bytes[..<8].elementsEqual("LPKSHHRH".utf8)
        else { return ("it is no journal file (\(size) bytes); all of it is left out", true) }
        return cut.map { ("\($0); sd-journal leaves out all of it, \(word(152)) entries", true) }
    }

    /// That it ends before its header says it does; nil: it does not.
    ///
    /// Offsets in the header: state 16, header_size 88, arena_size 96, tail_object_offset 136,
    /// n_entries 152.
    var cut: String? {
        guard size >= UInt64(Self.fileHeader), load(0), has(Self.fileHeader, at: 0) else {
            return nil
        }
        let (end, overflow) = word(88).addingReportingOverflow(word(96))
        guard overflow || end > size else { return nil }
        return "it is cut off at \(size) of \(overflow ? .max : end) bytes"
    }

    /// Whether it is written to, or was when its writer died.
    var isOnline: Bool { load(0) && bytes[16] == 1 }

    /// What is lost, and whether that is all; nil when nothing is.
    var loss: (words: String, isWhole: Bool)? {
        if let loss = headerLoss { return loss }
        let isOnline = bytes[16] == 1
        let (begin, end) = (word(88), word(88) + word(96))
        let (tail, entries) = (word(136), word(152))
        guard entries > 0, tail > 0 else { return nil }
        let (found, stop) = walk(from: begin, to: min(tail, end))
        if let stop {
            let words =
                "it is damaged from byte \(stop) of \(end) on: "
                + "\(entries - min(found, entries)) of \(entries) entries lie behind that and may be "
                + "left out"
            return (words, false)
        }
        // The file of a host that runs may have been written to just now.
        guard !isOnline, found < entries else { return nil }
        return ("\(entries - found) of \(entries) entries are missing", false)
    }

    /// The entries up to the object at `tail`, and where the walk could not go on.
    private func walk(from begin: UInt64, to tail: UInt64) -> (entries: UInt64, stop: UInt64?) {
        var offset = begin
        var entries: UInt64 = 0
        while offset <= tail {
            guard has(16, at: offset) || (load(offset) && has(16, at: offset)) else {
                return (entries, offset)
            }
            let place = Int(offset - start)
            let type = bytes[place]
            let length = word(place + 8)
            guard (1...Self.lastType).contains(type), length >= Self.objectHeader,
                length <= size - offset
            else { return (entries, offset) }
            if type == Self.entryType { entries += 1 }
            // Objects begin at multiples of eight.
            offset += (length + 7) & ~7
        }
        return (entries, nil)
    }

    private func has(_ bytes: Int, at offset: UInt64) -> Bool {
        offset >= start && offset - start + UInt64(bytes) <= UInt64(count)
    }

    private func load(_ offset: UInt64) -> Bool {
        start = offset
        count = max(
            0,
            unsafe bytes.withUnsafeMutableBytes { room in
                unsafe pread(descriptor, room.baseAddress, room.count, Int(clamping: offset))
            }
        )
        return count > 0
    }

    /// The little-endian word at `place` of what is loaded.
    private func word(_ place: Int) -> UInt64 {
        var value: UInt64 = 0
        for byte in bytes[place..<place + 8].reversed() { value = value << 8 | UInt64(byte) }
        return value
    }
}
