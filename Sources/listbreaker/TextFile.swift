// SPDX-License-Identifier: Apache-2.0
//
// Small files, read and replaced whole. A replacement keeps owner and mode and is written beside the
// file first, so that a crash leaves the old one or the new one, never half of one.

internal import Control
internal import Glibc
internal import Linux

/// Reads and replaces files.
enum TextFile {
    /// Longest file that is read: 4 MiB; chosen, main.cf files have some KiB.
    static let longest = 4 << 20

    /// The bytes of the file at `path`; nil when there is none.
    ///
    /// Throws ``Failure`` when it cannot be read, with 77 when we may not.
    static func read(_ path: String) throws -> [UInt8]? {
        do throws(FileError) { return try WholeFile.read(path, atMost: longest) } catch {
            if error.errno == Errno(ENOTDIR) { return nil }
            throw failure(error)
        }
    }

    /// Replaces the file at `path`, or makes it with mode 0644; links are followed.
    static func replace(_ path: String, with bytes: [UInt8]) throws {
        do throws(FileError) {
            try WholeFile.replace(path, with: bytes, like: WholeFile.status(path), mode: 0o644)
        } catch { throw failure(error) }
    }

    /// Writes what somebody asked for into `path`, whole, with mode 0644.
    ///
    /// A link there is replaced and not followed: in /tmp, or in a folder of another user, a stranger may
    /// have made it, and root may be asking.
    static func put(_ text: String, into path: String) throws {
        try put(Array(text.utf8), into: path, mode: 0o644)
    }

    /// The same with bytes, and another mode.
    static func put(_ bytes: [UInt8], into path: String, mode: UInt32) throws {
        do throws(FileError) {
            try WholeFile.replace(path, with: bytes, mode: mode, followsLinks: false)
        } catch { throw failure(error) }
    }

    /// Removes the file at `path`, if it is there.
    static func remove(_ path: String) throws {
        do throws(FileError) { try WholeFile.remove(path) } catch { throw failure(error) }
    }

    /// The names in the directory at `path`, sorted; nil when it cannot be read.
    static func names(in path: String) -> [String]? {
        try? Folder.names(in: path, atMost: 10_000).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// The same for a failure that a file told.
    static func failure(_ why: FileError) -> Failure {
        failure(why.operation, why.path, why.errno.number)
    }

    /// Why `operation` on `path` failed, as the program's end.
    static func failure(_ operation: String, _ path: String, _ number: Int32) -> Failure {
        let isKeptOut = number == EACCES || number == EPERM || number == EROFS
        return Failure(
            code: isKeptOut ? ControlCode.noPermission : ControlCode.failed,
            message: "cannot \(operation) '\(path)': \(Errno(number))"
        )
    }
}
