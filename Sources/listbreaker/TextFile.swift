// SPDX-License-Identifier: Apache-2.0
//
// Small files, read and replaced whole. A replacement keeps owner and mode and is written beside the
// file first, so that a crash leaves the old one or the new one, never half of one.

internal import Control
internal import Glibc

/// Reads and replaces files.
enum TextFile {
    /// Longest file that is read: 4 MiB; chosen, main.cf files have some KiB.
    static let longest = 4 << 20

    /// The bytes of the file at `path`; nil when there is none.
    ///
    /// Throws ``Failure`` when it cannot be read, with 77 when we may not.
    static func read(_ path: String) throws -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("read", path, errno)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= longest {
            let count = unsafe Glibc.read(file, &room, room.count)
            if count < 0 { throw failure("read", path, errno) }
            if count == 0 { return bytes }
            bytes += room[..<count]
        }
        throw failure("read", path, EFBIG)
    }

    /// Replaces the file at `path`, or makes it with mode 0644; links are followed.
    static func replace(_ path: String, with bytes: [UInt8]) throws {
        var target = path
        if let resolved = unsafe realpath(path, nil) {
            target = unsafe String(cString: resolved)
            unsafe free(resolved)
        }
        var status = stat()
        let isThere = unsafe stat(target, &status) == 0
        let draft = target + ".listbreaker-new"
        let file = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("write", draft, errno) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { rest in
                unsafe write(file, rest.baseAddress, rest.count)
            }
            guard count > 0 else { break }
            written += count
        }
        let isWhole =
            written == bytes.count
            && fchmod(file, isThere ? status.st_mode & 0o7777 : 0o644) == 0
            && (!isThere || fchown(file, status.st_uid, status.st_gid) == 0)
            && fsync(file) == 0
        let number = errno
        close(file)
        guard isWhole, unsafe rename(draft, target) == 0 else {
            let reason = isWhole ? errno : number
            _ = unsafe unlink(draft)
            throw failure("write", target, reason)
        }
    }

    /// Removes the file at `path`, if it is there.
    static func remove(_ path: String) throws {
        guard unsafe unlink(path) != 0, errno != ENOENT else { return }
        throw failure("remove", path, errno)
    }

    /// The names in the directory at `path`, sorted; nil when it cannot be read.
    static func names(in path: String) -> [String]? {
        guard let stream = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while names.count < 10_000, let item = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &item.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Why `operation` on `path` failed, as the program's end.
    static func failure(_ operation: String, _ path: String, _ number: Int32) -> Failure {
        let isKeptOut = number == EACCES || number == EPERM || number == EROFS
        return Failure(
            code: isKeptOut ? ControlCode.noPermission : ControlCode.failed,
            message: "cannot \(operation) '\(path)': \(unsafe String(cString: strerror(number)))"
        )
    }
}
