// SPDX-License-Identifier: Apache-2.0
//
// Small files, read and replaced whole. Reading has a limit: nobody makes us swallow a gigabyte. A
// replacement must survive a power cut: written to a neighbour, synced, renamed, directory synced.
// The mistake to avoid: opening what may be a FIFO without O_NONBLOCK, which waits for ever.

public import Glibc

/// Why something about a file could not be done.
public struct FileError: Fault {
    /// What was tried, after "cannot".
    public var operation: String
    /// On which path.
    public var path: String
    /// Why not.
    public var errno: Errno

    /// The failure `errno` of `operation` on `path`; the last one unless it is given.
    public init(_ operation: String, _ path: String, _ errno: Errno = .last) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }

    /// The errno in words.
    public var reason: String { "\(errno)" }
    /// Its caller knows.
    public var next: String { "" }
}

/// Whole-file operations.
public enum WholeFile {
    /// The content of the file at `path`; nil when there is none.
    ///
    /// - Parameters:
    ///   - path: the file; a FIFO or a device is not waited for.
    ///   - limit: most bytes it may have.
    ///   - followsLinks: whether `path` itself may be a symbolic link; its folders may.
    /// - Returns: all of it.
    /// - Throws: ``FileError``; `EFBIG` when it is longer than `limit`, `ELOOP` for a link that must
    ///   not be one.
    public static func read(
        _ path: String,
        atMost limit: Int,
        followsLinks: Bool = true
    ) throws(FileError) -> [UInt8]? {
        let content = try start(of: path, limit + 1, followsLinks: followsLinks)
        if let content, content.count > limit { throw FileError("read", path, Errno(EFBIG)) }
        return content
    }

    /// The first bytes of the file at `path`, at most `count`; nil when there is no such file.
    public static func start(
        of path: String,
        _ count: Int,
        followsLinks: Bool = true
    ) throws(FileError) -> [UInt8]? {
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let descriptor = unsafe open(path, followsLinks ? flags : flags | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileError("read", path)
        }
        defer { close(descriptor) }
        guard let content = start(of: descriptor, count) else { throw FileError("read", path) }
        return content
    }

    /// The next bytes of an open file, at most `count`; nil, with errno, when it cannot be read.
    public static func start(of descriptor: Int32, _ count: Int) -> [UInt8]? {
        var content: [UInt8] = []
        var room = [UInt8](repeating: 0, count: min(count, 64 << 10))
        while content.count < count {
            let got = unsafe Glibc.read(descriptor, &room, min(room.count, count - content.count))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            content += room[..<got]
        }
        return content
    }

    /// Replaces `path` by `content`, durably; a reader sees the old file or the new one.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - content: all of it.
    ///   - model: owner and mode that the new file gets; nil: ours and `mode`.
    ///   - mode: without a model.
    ///   - followsLinks: whether a symbolic link at `path` stays and what it names is replaced, as a
    ///     managed file wants it; false: the link is replaced. Never true in a directory where others
    ///     may make names.
    /// - Throws: ``FileError``; the old file is then untouched.
    public static func replace(
        _ path: String,
        with content: [UInt8],
        like model: stat? = nil,
        mode: mode_t = 0o600,
        followsLinks: Bool = true
    ) throws(FileError) {
        let target = followsLinks ? resolved(path) : path
        let draft = target + ".listbreaker"
        unsafe unlink(draft)
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("write", draft) }
        var isKept = false
        defer {
            close(descriptor)
            if !isKept { unsafe unlink(draft) }
        }
        guard write(descriptor, content) else { throw FileError("write", draft) }
        if let model {
            let isSame = fchown(descriptor, model.st_uid, model.st_gid) == 0
            guard isSame || model.st_uid == getuid(),
                fchmod(descriptor, model.st_mode & 0o7777) == 0
            else { throw FileError("set owner and mode of", draft) }
        } else if mode != 0o600, fchmod(descriptor, mode) != 0 {
            throw FileError("set the mode of", draft)
        }
        guard fsync(descriptor) == 0, unsafe rename(draft, target) == 0 else {
            throw FileError("replace", target)
        }
        isKept = true
        Folder.sync(of: target)
    }

    /// Removes `path` durably; a missing file is fine.
    public static func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        Folder.sync(of: path)
    }

    /// What stat(2) says; nil when it says nothing.
    public static func status(_ path: String) -> stat? {
        var found = stat()
        return unsafe stat(path, &found) == 0 ? found : nil
    }

    /// Writes all of `content`; false, with errno, when that was not possible.
    public static func write(_ descriptor: Int32, _ content: some Collection<UInt8>) -> Bool {
        var left = Array(content)[...]
        while !left.isEmpty {
            let count = unsafe left.withUnsafeBytes { room in
                unsafe Glibc.write(descriptor, room.baseAddress, room.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            left = left.dropFirst(count)
        }
        return true
    }

    private static func resolved(_ path: String) -> String {
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
}

/// What folders are asked.
public enum Folder {
    /// The names in the folder at `path`, `.` and `..` excepted, in no order; at most `most`.
    ///
    /// - Throws: ``FileError``, operation `list`; `E2BIG` when there are more.
    public static func names(in path: String, atMost most: Int = .max) throws(FileError) -> [String]
    {
        guard let stream = unsafe opendir(path) else { throw FileError("list", path) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if name == "." || name == ".." { continue }
            guard names.count < most else { throw FileError("list", path, Errno(E2BIG)) }
            names.append(name)
        }
        return names
    }

    /// Writes down what the folder of `path` holds: a new name survives a power cut then.
    public static func sync(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
