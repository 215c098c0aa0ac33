// SPDX-License-Identifier: Apache-2.0
//
// Files that must survive a power cut: written whole to a neighbour, synced, renamed, directory
// synced. Reading has a limit: nobody makes the actuator swallow a gigabyte. Every path is walked as
// SafeEntry does: in a directory of somebody else's no link is followed.

package import Glibc
internal import Linux

/// Whole-file operations.
package enum StateFile {
    /// Largest file that is read: 16 MiB.
    ///
    /// Chosen; a main.cf has 2 to 100 KiB.
    package static let readLimit = 16 << 20
    /// One-letter directories below each other in a queue: 4.
    ///
    /// Chosen; Postfix's `hash_queue_depth` is 1 by default.
    package static let hashDepth = 4

    /// The content of `path`; nil when there is no such file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - names: how many names of it were seen where they may be, see ``SafeEntry/open(toChange:names:)``.
    /// - Returns: all of it.
    /// - Throws: ``HaltError`` `file` for every other reason not to read it.
    package static func read(_ path: String, names: Int = 1) throws(HaltError) -> [UInt8]? {
        let descriptor: Int32
        do throws(SafeEntry.Missing) {
            descriptor = try SafeEntry.at(path).open(names: names)
        } catch {
            if error.number == ENOENT { return nil }
            throw .file("read", path, errno: error.number)
        }
        defer { close(descriptor) }
        guard let content = WholeFile.start(of: descriptor, readLimit + 1) else {
            throw .file("read", path, errno: errno)
        }
        guard content.count <= readLimit else { throw .file("read", path, errno: EFBIG) }
        return content
    }

    /// Replaces `path` by `content`, durably; a reader sees the old file or the new one.
    ///
    /// - Parameters:
    ///   - path: the file; a symbolic link of root's is followed, so that a managed main.cf stays
    ///     linked.
    ///   - content: all of it.
    ///   - model: owner, permissions and times that the new file gets, but no setuid or setgid; nil:
    ///     0600 and now.
    /// - Throws: ``HaltError`` `file`; the old file is then untouched.
    package static func replace(
        _ path: String,
        with content: [UInt8],
        like model: stat? = nil
    ) throws(HaltError) {
        let (folder, name) = try folder(of: path, to: "replace")
        let next = name + ".listbreaker"
        unsafe unlinkat(folder.descriptor, next, 0)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe openat(folder.descriptor, next, flags, 0o600)
        guard descriptor >= 0 else { throw .file("write", path + ".listbreaker", errno: errno) }
        var isKept = false
        defer {
            close(descriptor)
            if !isKept { unsafe unlinkat(folder.descriptor, next, 0) }
        }
        guard write(descriptor, content) else {
            throw .file("write", path + ".listbreaker", errno: errno)
        }
        if let model {
            var times = [model.st_atim, model.st_mtim]
            let isSame = fchown(descriptor, model.st_uid, model.st_gid) == 0
            guard isSame || model.st_uid == getuid(),
                fchmod(descriptor, model.st_mode & 0o777) == 0,
                unsafe futimens(descriptor, &times) == 0
            else {
                throw .file("set owner, mode and time of", path + ".listbreaker", errno: errno)
            }
        }
        let place = folder.descriptor
        guard fsync(descriptor) == 0, unsafe renameat(place, next, place, name) == 0 else {
            throw .file("replace", path, errno: errno)
        }
        isKept = true
        sync(folder)
    }

    /// Renames a file within its directory, durably.
    ///
    /// - Throws: ``HaltError`` `file`.
    package static func move(_ path: String, to next: String) throws(HaltError) {
        let (old, oldName) = try folder(of: path, to: "rename", following: false)
        let (new, newName) = try folder(of: next, to: "rename", following: false)
        guard unsafe renameat(old.descriptor, oldName, new.descriptor, newName) == 0 else {
            throw .file("rename", path, errno: errno)
        }
        sync(new)
    }

    /// Removes `path` durably; a missing file is fine.
    ///
    /// - Throws: ``HaltError`` `file`.
    package static func remove(_ path: String) throws(HaltError) {
        let found: (folder: SafeEntry, name: String)
        do throws(SafeEntry.Missing) {
            found = try SafeEntry.folder(of: path, following: false)
        } catch {
            if error.number == ENOENT { return }
            throw .file("remove", path, errno: error.number)
        }
        guard unsafe unlinkat(found.folder.descriptor, found.name, 0) == 0 || errno == ENOENT else {
            throw .file("remove", path, errno: errno)
        }
        sync(found.folder)
    }

    /// What stat(2) says; nil when there is nothing, or nothing that a link of root's leads to.
    package static func status(_ path: String) -> stat? { (try? SafeEntry.at(path))?.status }

    /// Makes a directory for root only; an existing one is fine.
    package static func makeDirectory(_ path: String) throws(HaltError) {
        let (folder, name) = try folder(of: path, to: "make directory", following: false)
        guard unsafe mkdirat(folder.descriptor, name, 0o700) == 0 || errno == EEXIST else {
            throw .file("make directory", path, errno: errno)
        }
    }

    /// Writes all of `content`.
    package static func write(_ descriptor: Int32, _ content: [UInt8]) -> Bool {
        WholeFile.write(descriptor, content)
    }

    /// Names of the files of a Postfix queue, whatever its `hash_queue_depth`; none when it cannot be
    /// read.
    package static func names(below path: String) -> [String] { Array(paths(below: path).keys) }

    /// The files of a Postfix queue by name: those in `path` and in its one-letter subdirectories; none
    /// when it cannot be read.
    package static func paths(below path: String) -> [String: String] {
        (try? files(below: path)) ?? [:]
    }

    /// The same, where a queue that cannot be read must not pass for an empty one; none where there is
    /// no such directory.
    ///
    /// - Throws: ``HaltError`` when it, or a directory in it, cannot be read.
    package static func files(below path: String) throws(HaltError) -> [String: String] {
        try folder(path)?.files.mapValues { "\(path)/\($0.path)" } ?? [:]
    }

    /// A queue with all its files, by name; nil where there is no such directory.
    ///
    /// - Throws: ``HaltError`` when it, or a directory in it, cannot be read.
    package static func folder(
        _ path: String
    ) throws(HaltError) -> (folder: SafeEntry, files: [String: SafeEntry.Below])? {
        do throws(SafeEntry.Missing) {
            let folder = try SafeEntry.at(path)
            return (folder, try folder.files(depth: hashDepth))
        } catch {
            if error.number == ENOENT { return nil }
            throw .file("list", path, errno: error.number)
        }
    }

    private static func folder(
        of path: String,
        to operation: String,
        following: Bool = true
    ) throws(HaltError) -> (folder: SafeEntry, name: String) {
        do throws(SafeEntry.Missing) {
            return try SafeEntry.folder(of: path, following: following)
        } catch {
            throw .file(operation, path, errno: error.number)
        }
    }

    /// The names in a directory, hidden ones left out; empty when it cannot be read.
    package static func entries(of path: String) -> [String] {
        guard let folder = try? SafeEntry.at(path) else { return [] }
        return folder.names.map(\.name).filter { !$0.hasPrefix(".") }
    }

    /// The names in a directory, hidden ones left out; none when it is not there.
    ///
    /// - Throws: ``HaltError`` when it cannot be read: that is not an empty one, and who takes it for one
    ///   loses mail.
    package static func list(_ path: String) throws(HaltError) -> [String] {
        do throws(SafeEntry.Missing) {
            return try SafeEntry.at(path).listing().map(\.name).filter { !$0.hasPrefix(".") }
        } catch {
            if error.number == ENOENT { return [] }
            throw .file("list", path, errno: error.number)
        }
    }

    /// What stat(2) says; nil when there is nothing, or nothing that a link of root's leads to.
    ///
    /// - Throws: ``HaltError`` when there is no telling.
    package static func find(_ path: String) throws(HaltError) -> stat? {
        do throws(SafeEntry.Missing) {
            return try SafeEntry.at(path).status
        } catch {
            if [ENOENT, ENOTDIR, ELOOP].contains(error.number) { return nil }
            throw .file("look at", path, errno: error.number)
        }
    }

    private static func sync(_ folder: SafeEntry) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        let descriptor = unsafe openat(folder.descriptor, ".", flags)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
