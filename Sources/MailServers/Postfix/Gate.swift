// SPDX-License-Identifier: Apache-2.0
//
// Closes the outbound services of a running Postfix within microseconds, without a reload and
// without touching a delivery in flight: the socket in the queue's private directory through
// which qmgr(8) hands over each delivery loses its permissions. qmgr then finds the service
// unavailable and defers. Nobody but qmgr connects there, and a user cannot change it, so a
// flush does not pierce it. Postfix makes these sockets anew (0666) when it starts: then the
// block in main.cf is what holds.

internal import Glibc
internal import HaltWire

/// The private sockets of the outbound services.
struct Gate {
    let directory: String
    let services: [String]

    /// Mode that Postfix gives its sockets; postfix(1) makes them all alike.
    ///
    /// Measured, 3.7.
    static let openMode: mode_t = 0o666

    init(queue: String, services: [String]) {
        directory = "\(queue)/private"
        self.services = services
    }

    /// Services whose sockets are there and open.
    var open: [String] { services.filter { (mode(of: $0) ?? 0) != 0 } }

    /// Closes every service.
    ///
    /// - Returns: those that were open, which is what changed.
    /// - Throws: ``HaltError`` `file` after trying them all; a missing socket is closed enough.
    func close() throws(HaltError) -> [String] {
        try change(services, to: 0) { $0 != 0 }
    }

    /// Opens every socket that is closed, of services that are no longer outbound as well.
    ///
    /// Nobody else takes all permissions from one: a halt may have closed a service that was
    /// taken out of master.cf since.
    ///
    /// - Returns: those that were closed.
    /// - Throws: ``HaltError`` `file` after trying them all.
    func reopen() throws(HaltError) -> [String] {
        let all = Set(StateFile.names(below: directory)).union(services)
        return try change(all.sorted(), to: Self.openMode) { $0 == 0 }
    }

    /// Opens closed sockets of services that are not ours to close.
    func reopenOthers() throws(HaltError) {
        let others = Set(StateFile.names(below: directory)).subtracting(services)
        _ = try change(others.sorted(), to: Self.openMode) { $0 == 0 }
    }

    /// Whether a master listens on `service`: one that re-read our block does not.
    func answers(_ service: String) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("\(directory)/\(service)".utf8)
        guard path.count < 108 else { return false }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let outcome = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return outcome == 0 || errno == EAGAIN
    }

    private func change(
        _ services: [String],
        to mode: mode_t,
        where isDue: (mode_t) -> Bool
    ) throws(HaltError) -> [String] {
        var changed: [String] = []
        var failure: HaltError?
        for service in services {
            let path = "\(directory)/\(service)"
            guard let current = self.mode(of: service), isDue(current) else { continue }
            if unsafe chmod(path, mode) == 0 {
                changed.append(service)
            } else if errno != ENOENT {
                failure = failure ?? .file("change the mode of", path, errno: errno)
            }
        }
        if let failure { throw failure }
        return changed
    }

    private func mode(of service: String) -> mode_t? {
        var found = stat()
        guard unsafe lstat("\(directory)/\(service)", &found) == 0,
            found.st_mode & S_IFMT == S_IFSOCK || found.st_mode & S_IFMT == S_IFIFO
        else { return nil }
        return found.st_mode & 0o7777
    }
}
