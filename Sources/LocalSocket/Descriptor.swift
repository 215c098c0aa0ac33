// SPDX-License-Identifier: Apache-2.0
//
// The system calls both sides share. A descriptor is closed by whoever made it, once.

internal import Glibc
internal import Linux

/// Calls on descriptors, each with EINTR dealt with.
enum Descriptor {
    /// A new Unix stream socket, closed on exec, not blocking.
    static func stream() -> Result<Int32, Errno> {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        return descriptor < 0 ? .failure(.last) : .success(descriptor)
    }

    /// Calls `body` with the address of `path`; nil when the path does not fit into sockaddr_un.
    static func withAddress(
        of path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0),
            bytes.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: bytes)
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe body(generic, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Waits until `descriptor` is ready for `events`; false when `deadline` passed first.
    static func wait(
        _ descriptor: Int32,
        for events: Int32,
        until deadline: ContinuousClock.Instant
    ) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let left = milliseconds(until: deadline)
            let ready = unsafe poll(&entry, 1, left)
            if ready > 0 { return true }
            if ready == 0, left == 0 || ContinuousClock.now >= deadline { return false }
            if ready < 0, errno != EINTR { return false }
        }
    }

    /// Milliseconds from now to `deadline`, rounded up, between 0 and one minute.
    static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = deadline - ContinuousClock.now
        if left <= .zero { return 0 }
        if left >= .seconds(60) { return 60_000 }
        let (seconds, attoseconds) = left.components
        return Int32(seconds) * 1000 + Int32(attoseconds / 1_000_000_000_000_000) + 1
    }

    /// recv(2) of at most 16 KiB; an empty array is end of file.
    static func receive(_ descriptor: Int32) -> Result<[UInt8], Errno> {
        var room = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe recv(descriptor, &room, room.count, 0)
            if count >= 0 { return .success(Array(room.prefix(count))) }
            if errno != EINTR { return .failure(.last) }
        }
    }

    /// send(2) of what fits now, without SIGPIPE; the count of bytes taken.
    static func transmit(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Result<
        Int, Errno
    > {
        while true {
            let count = unsafe bytes.withUnsafeBytes { room in
                unsafe send(descriptor, room.baseAddress, room.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { return .success(count) }
            if errno != EINTR { return .failure(.last) }
        }
    }
}
