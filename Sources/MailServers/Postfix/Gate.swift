// SPDX-License-Identifier: Apache-2.0
//
// Closes the outbound services of a running Postfix within microseconds, without a reload and
// without touching a delivery in flight: the socket in the queue's private directory through
// which qmgr(8) hands over each delivery loses its permissions. qmgr then finds the service
// unavailable and defers. Nobody but qmgr connects there, and a user cannot change it, so a
// flush does not pierce it. Postfix makes these sockets anew (0666) when it starts: then the
// block in main.cf is what holds. The directory belongs to Postfix's user, who may exchange a socket
// for anything while we look: what is looked at is what is changed, see SafeEntry.

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
    ///
    /// - Throws: ``HaltError`` `file` when that cannot be seen: what is not seen is not closed.
    var open: [String] {
        get throws(HaltError) {
            var found: [String] = []
            for service in services where (try mode(of: service) ?? 0) != 0 {
                found.append(service)
            }
            return found
        }
    }

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
        let all = Set(try StateFile.files(below: directory).keys).union(services)
        return try change(all.sorted(), to: Self.openMode) { $0 == 0 }
    }

    /// Opens closed sockets of services that are not ours to close.
    func reopenOthers() throws(HaltError) {
        let others = Set(try StateFile.files(below: directory).keys).subtracting(services)
        _ = try change(others.sorted(), to: Self.openMode) { $0 == 0 }
    }

    /// Whether a master listens on `service`: one that re-read our block does not.
    func answers(_ service: String) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        guard let entry = try? entry(service) else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(entry.road.utf8)
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
            let found: SafeEntry?
            do throws(HaltError) { found = try entry(service) } catch {
                failure = failure ?? error
                continue
            }
            guard let entry = found, isDue(entry.status.st_mode & 0o7777) else { continue }
            let number = entry.setMode(mode)
            if number == 0 {
                changed.append(service)
            } else {
                let path = "\(directory)/\(service)"
                failure = failure ?? .file("change the mode of", path, errno: number)
            }
        }
        if let failure { throw failure }
        return changed
    }

    private func mode(of service: String) throws(HaltError) -> mode_t? {
        try entry(service).map { $0.status.st_mode & 0o7777 }
    }

    /// The socket of `service`: Postfix's or root's, and without a second name elsewhere.
    ///
    /// - Throws: ``HaltError`` `file` when there is no telling whether there is one.
    private func entry(_ service: String) throws(HaltError) -> SafeEntry? {
        do throws(SafeEntry.Missing) {
            let folder = try SafeEntry.at(directory)
            let found = try folder.entry(service)
            guard found.kind == S_IFSOCK || found.kind == S_IFIFO, found.status.st_nlink == 1,
                found.status.st_uid == folder.status.st_uid || found.status.st_uid == 0
            else { return nil }
            return found
        } catch {
            if [ENOENT, ENOTDIR, ELOOP].contains(error.number) { return nil }
            throw .file("look at", "\(directory)/\(service)", errno: error.number)
        }
    }
}
