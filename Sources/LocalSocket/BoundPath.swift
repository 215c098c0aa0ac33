// SPDX-License-Identifier: Apache-2.0
//
// A path we bound, and the right to unlink it again: only while it is still the inode we made. A
// second server that found us dead may have bound the path anew; its socket is not ours to remove.

internal import Glibc
internal import Linux

/// A listening socket with its path.
struct BoundPath: Sendable {
    let path: String
    let descriptor: Int32
    private let device: UInt64
    private let inode: UInt64

    init(path: String, mode: UInt32, group: UInt32?, waiting: Int32) throws(SocketError) {
        try Self.clear(path)
        let descriptor = try Self.stream(path)
        do throws(SocketError) {
            try Self.bind(descriptor, path)
            try Self.protect(path, mode: mode, group: group)
            guard listen(descriptor, waiting) == 0 else {
                throw Self.failure("listen on", path, .last)
            }
            guard let found = Self.identity(path) else {
                throw Self.failure("look at", path, .last)
            }
            (device, inode) = (UInt64(found.st_dev), UInt64(found.st_ino))
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Unlinks the path if it is still the socket made here.
    func remove() {
        guard let found = Self.identity(path), UInt64(found.st_dev) == device,
            UInt64(found.st_ino) == inode
        else { return }
        unsafe unlink(path)
    }

    /// Makes way: unlinks a socket that nobody answers on, refuses everything else.
    private static func clear(_ path: String) throws(SocketError) {
        guard let found = identity(path) else { return }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw SocketError(
                code: .notASocket,
                operation: "listen on",
                path: path,
                errno: 0,
                next: "it was left as it is"
            )
        }
        let probe = try stream(path)
        defer { close(probe) }
        let outcome = unsafe Descriptor.withAddress(of: path) { address, length in
            unsafe connect(probe, address, length)
        }
        guard outcome != nil, outcome != 0, errno == ECONNREFUSED || errno == ENOENT else {
            throw SocketError(
                code: .inUse,
                operation: "listen on",
                path: path,
                errno: 0,
                next: "stop the other one first"
            )
        }
        unsafe unlink(path)
    }

    private static func stream(_ path: String) throws(SocketError) -> Int32 {
        switch Descriptor.stream() {
        case .success(let descriptor): return descriptor
        case .failure(let why): throw failure("make a socket for", path, why)
        }
    }

    private static func bind(_ descriptor: Int32, _ path: String) throws(SocketError) {
        let before = umask(0o777)
        let outcome = unsafe Descriptor.withAddress(of: path) { address, length in
            unsafe Glibc.bind(descriptor, address, length)
        }
        let why = Errno.last
        umask(before)
        guard let outcome else {
            throw SocketError(
                code: .tooLong,
                operation: "listen on",
                path: path,
                errno: 0,
                next: "a socket's path has 1 to 107 bytes"
            )
        }
        guard outcome == 0 else { throw failure("bind", path, why) }
    }

    private static func protect(
        _ path: String,
        mode: UInt32,
        group: UInt32?
    ) throws(SocketError) {
        if let group, unsafe lchown(path, uid_t.max, group) != 0 {
            let why = Errno.last
            unsafe unlink(path)
            throw failure("set the group of", path, why)
        }
        guard unsafe chmod(path, mode) == 0 else {
            let why = Errno.last
            unsafe unlink(path)
            throw failure("set the mode of", path, why)
        }
    }

    private static func identity(_ path: String) -> stat? {
        var found = stat()
        return unsafe lstat(path, &found) == 0 ? found : nil
    }

    private static func failure(
        _ operation: String,
        _ path: String,
        _ why: Errno
    ) -> SocketError {
        SocketError(code: .system, operation: operation, path: path, errno: why.number, next: "")
    }
}
