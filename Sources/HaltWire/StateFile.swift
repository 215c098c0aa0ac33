// SPDX-License-Identifier: Apache-2.0
//
// The actuator's files, read and replaced whole, with its own error. Reading has a limit: nobody
// makes the actuator swallow a gigabyte.

package import Glibc
internal import Linux

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
        try told { () throws(FileError) in try WholeFile.read(path, atMost: readLimit) }
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
        try told { () throws(FileError) in
            try WholeFile.replace(path, with: content, like: model, keepsTimes: true)
        }
    }

    /// Renames a file within its directory, durably.
    ///
    /// - Throws: ``HaltError`` `file`.
    package static func move(_ path: String, to next: String) throws(HaltError) {
        try told { () throws(FileError) in try WholeFile.move(path, to: next) }
    }

    /// Removes `path` durably; a missing file is fine.
    ///
    /// - Throws: ``HaltError`` `file`.
    package static func remove(_ path: String) throws(HaltError) {
        try told { () throws(FileError) in try WholeFile.remove(path) }
    }

    /// What stat(2) says; nil when it says nothing.
    package static func status(_ path: String) -> stat? { WholeFile.status(path) }

    /// Makes a directory for root only; an existing one is fine.
    package static func makeDirectory(_ path: String) throws(HaltError) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .file("make directory", path, errno: errno)
        }
    }

    /// Writes all of `content`.
    package static func write(_ descriptor: Int32, _ content: [UInt8]) -> Bool {
        WholeFile.write(descriptor, content)
    }

    /// Names of the files of a Postfix queue, whatever its `hash_queue_depth`.
    package static func names(below path: String) -> [String] { Array(paths(below: path).keys) }

    /// The files of a Postfix queue by name: those in `path` and in its one-letter subdirectories.
    package static func paths(below path: String, depth: Int = 0) -> [String: String] {
        var found: [String: String] = [:]
        for name in (try? Folder.names(in: path)) ?? [] {
            if name.utf8.count == 1, depth < 4 {
                found.merge(paths(below: "\(path)/\(name)", depth: depth + 1)) { first, _ in first }
            } else if !name.hasPrefix(".") {
                found[name] = "\(path)/\(name)"
            }
        }
        return found
    }

    private static func told<Value>(
        _ body: () throws(FileError) -> Value
    ) throws(HaltError) -> Value {
        do { return try body() } catch { throw HaltError(error) }
    }
}
