// SPDX-License-Identifier: Apache-2.0
//
// Files that must survive a power cut: written whole to a neighbour, synced, renamed, directory
// synced. Reading has a limit: nobody makes the actuator swallow a gigabyte.

package import Glibc

/// Whole-file operations.
package enum StateFile {
    /// Largest file that is read: 16 MiB.
    ///
    /// Chosen; a main.cf has 2 to 100 KiB.
    package static let readLimit = 16 << 20

    /// The content of `path`; nil when there is no such file.
    ///
    /// - Throws: ``HaltError`` `file` for every other reason not to read it.
    package static func read(_ path: String) throws(HaltError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw .file("read", path, errno: errno) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 << 10)
        while content.count <= readLimit {
            let count = unsafe Glibc.read(descriptor, &room, room.count)
            guard count >= 0 else { throw .file("read", path, errno: errno) }
            if count == 0 { return content }
            content += room[..<count]
        }
        throw .file("read", path, errno: EFBIG)
    }

    /// Replaces `path` by `content`, durably; a reader sees the old file or the new one.
    ///
    /// - Parameters:
    ///   - path: the file; a symbolic link is followed, so that a managed main.cf stays linked.
    ///   - content: all of it.
    ///   - model: owner, mode and times that the new file gets; nil: 0600 and now.
    /// - Throws: ``HaltError`` `file`; the old file is then untouched.
    package static func replace(
        _ path: String,
        with content: [UInt8],
        like model: stat? = nil
    ) throws(HaltError) {
        let target = resolved(path)
        let next = target + ".listbreaker"
        unsafe unlink(next)
        let descriptor = unsafe open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file("write", next, errno: errno) }
        var isKept = false
        defer {
            close(descriptor)
            if !isKept { unsafe unlink(next) }
        }
        guard write(descriptor, content) else { throw .file("write", next, errno: errno) }
        if let model {
            var times = [model.st_atim, model.st_mtim]
            let isSame = fchown(descriptor, model.st_uid, model.st_gid) == 0
            guard isSame || model.st_uid == getuid(),
                fchmod(descriptor, model.st_mode & 0o7777) == 0,
                unsafe futimens(descriptor, &times) == 0
            else { throw .file("set owner, mode and time of", next, errno: errno) }
        }
        guard fsync(descriptor) == 0, unsafe rename(next, target) == 0 else {
            throw .file("replace", target, errno: errno)
        }
        isKept = true
        syncDirectory(of: target)
    }

    /// Renames a file within its directory, durably.
    ///
    /// - Throws: ``HaltError`` `file`.
    package static func move(_ path: String, to next: String) throws(HaltError) {
        guard unsafe rename(path, next) == 0 else { throw .file("rename", path, errno: errno) }
        syncDirectory(of: next)
    }

    /// Removes `path` durably; a missing file is fine.
    ///
    /// - Throws: ``HaltError`` `file`.
    package static func remove(_ path: String) throws(HaltError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .file("remove", path, errno: errno)
        }
        syncDirectory(of: path)
    }

    /// What stat(2) says; nil when it says nothing.
    package static func status(_ path: String) -> stat? {
        var found = stat()
        return unsafe stat(path, &found) == 0 ? found : nil
    }

    /// Makes a directory for root only; an existing one is fine.
    package static func makeDirectory(_ path: String) throws(HaltError) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .file("make directory", path, errno: errno)
        }
    }

    /// Writes all of `content`.
    package static func write(_ descriptor: Int32, _ content: [UInt8]) -> Bool {
        var left = content[...]
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

    /// Names of the files of a Postfix queue, whatever its `hash_queue_depth`.
    package static func names(below path: String) -> [String] { Array(paths(below: path).keys) }

    /// The files of a Postfix queue by name: those in `path` and in its one-letter subdirectories.
    package static func paths(below path: String, depth: Int = 0) -> [String: String] {
        guard let directory = unsafe opendir(path) else { return [:] }
        defer { unsafe closedir(directory) }
        var found: [String: String] = [:]
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name.utf8.count == 1, name != ".", depth < 4 {
                found.merge(paths(below: "\(path)/\(name)", depth: depth + 1)) { first, _ in first }
            } else if !name.hasPrefix(".") {
                found[name] = "\(path)/\(name)"
            }
        }
        return found
    }

    /// The names in a directory, hidden ones left out.
    package static func entries(of path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var found: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { found.append(name) }
        }
        return found
    }

    private static func resolved(_ path: String) -> String {
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    private static func syncDirectory(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
