// SPDX-License-Identifier: Apache-2.0
//
// What can be read once only, a pipe or a terminal, becomes a file that can be read twice: once for its
// years, once for its lines. The file has no name and is gone with us. The mistake to avoid: to fill the disk
// of a mail host with what never ends and is no log.

internal import Control
internal import Glibc
internal import Linux
internal import Words

/// Something to be read more than once.
final class Spool {
    /// What people gave.
    let name: String
    /// Where it can be opened, again and again, as long as this lives.
    let path: String
    private let copy: Int32

    /// Makes `path` readable more than once; throws ``Failure`` when it cannot be opened or copied.
    init(_ path: String) throws {
        name = path
        var status = stat()
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard file >= 0, unsafe fstat(file, &status) == 0 else {
            // Whoever opens it says why not.
            if file >= 0 { close(file) }
            self.path = path
            copy = -1
            return
        }
        defer { close(file) }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFREG else {
            self.path = path
            copy = -1
            return
        }
        // A terminal may be typed into, and /dev/null is empty; any other device never ends.
        guard kind != S_IFCHR || isatty(file) == 1 || status.st_rdev == Self.null else {
            throw Failure(
                code: ControlCode.failed,
                message: "cannot read '\(shown(path))': it is a device, and no log"
            )
        }
        var template = Array("\(Self.folder)/listbreaker-XXXXXX".utf8CString)
        let made = unsafe mkstemp(&template)
        guard made >= 0 else { throw Self.failure("keep", path, Errno.last) }
        unsafe unlink(template)
        _ = fcntl(made, F_SETFD, FD_CLOEXEC)
        copy = made
        self.path = "/proc/self/fd/\(made)"
        try fill(from: file)
    }

    /// The device of /dev/null, null(4).
    private static let null = dev_t(0x103)
    /// So much of a disk is left free, one part of twenty; chosen, ext4 keeps as much for root.
    private static let leftFree: UInt64 = 20
    /// How often that is looked at; chosen: often enough that no disk fills in between.
    private static let step = 64 << 20

    deinit { if copy >= 0 { close(copy) } }

    private static var folder: String {
        unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    }

    private func fill(from file: Int32) throws {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        var (taken, looked, hasLine) = (0, 0, false)
        while true {
            let count = unsafe read(file, &room, room.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", name, Errno.last) }
            if count == 0 { return }
            taken += count
            hasLine = hasLine || room[..<count].contains { $0 == 0x0a || $0 == 0x0d }
            guard hasLine || taken <= LineStream.endless else {
                throw Failure(
                    code: ControlCode.failed,
                    message: "cannot read what comes from '\(shown(name))': "
                        + LineStream.endlessWords
                )
            }
            if taken - looked > Self.step {
                looked = taken
                guard hasRoom else { throw Self.failure("keep", name, Errno(ENOSPC)) }
            }
            guard WholeFile.write(copy, room[..<count]) else {
                throw Self.failure("keep", name, Errno.last)
            }
        }
    }

    private var hasRoom: Bool {
        var space = statvfs()
        guard unsafe fstatvfs(copy, &space) == 0 else { return true }
        return UInt64(space.f_bavail) > UInt64(space.f_blocks) / Self.leftFree
    }

    private static func failure(_ operation: String, _ path: String, _ why: Errno) -> Failure {
        Failure(
            code: ControlCode.failed,
            message: "cannot \(operation) what comes from '\(shown(path))': \(why)"
        )
    }
}
