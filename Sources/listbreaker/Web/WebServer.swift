// SPDX-License-Identifier: Apache-2.0
//
// Browsers on loopback: one thread, one answer a connection. Whoever connects and says nothing is dropped
// after two seconds, or when all places are taken: any local user can connect.

internal import Glibc
internal import Linux

/// Answers HTTP on 127.0.0.1.
final class WebServer {
    /// Connections at once, and how long each may take; chosen: a browser opens up to six to one host.
    private static let mostVisitors = 32
    private static let patience = Duration.seconds(2)

    /// Somebody who is connected.
    private struct Visitor {
        var descriptor: Int32
        var deadline: ContinuousClock.Instant
        var asked: [UInt8] = []
        /// What is still to be sent; nil: the head has not come yet.
        var answer: ArraySlice<UInt8>?
    }

    /// The port that we got.
    let port: UInt16
    private let listener: Int32
    private var visitors: [Visitor] = []

    /// Listens on `port`; 0: one that the kernel chooses.
    init(port: UInt16) throws(Errno) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        listener = socket(AF_INET, kind, 0)
        guard listener >= 0 else { throw .last }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let outcome = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, size) == 0
                    && Glibc.listen(listener, 16) == 0
                    && getsockname(listener, generic, &size) == 0
            }
        }
        guard outcome else {
            let problem = Errno.last
            close(listener)
            throw problem
        }
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        for visitor in visitors { close(visitor.descriptor) }
        close(listener)
    }

    /// Serves until `signals` has one; `answer` turns a head into a whole response.
    func serve(until signals: Signals, _ answer: ([UInt8]) -> [UInt8]) {
        while true {
            var watched = [
                pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
            ]
            watched += visitors.map {
                pollfd(
                    fd: $0.descriptor,
                    events: Int16($0.answer == nil ? POLLIN : POLLOUT),
                    revents: 0
                )
            }
            _ = unsafe poll(&watched, nfds_t(watched.count), visitors.isEmpty ? -1 : 200)
            if signals.next() != nil { return }
            let now = ContinuousClock.now
            for place in visitors.indices.reversed() {
                let isReady = watched[place + 2].revents != 0
                let isDone = isReady ? goOn(&visitors[place], answer) : false
                if isDone || visitors[place].deadline < now {
                    close(visitors.remove(at: place).descriptor)
                }
            }
            if watched[1].revents != 0 { take(at: now) }
        }
    }

    private func take(at now: ContinuousClock.Instant) {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        if visitors.count == Self.mostVisitors { close(visitors.removeFirst().descriptor) }
        visitors.append(Visitor(descriptor: descriptor, deadline: now + Self.patience))
    }

    /// Reads or writes what can be; true: we are done with each other.
    private func goOn(_ visitor: inout Visitor, _ answer: ([UInt8]) -> [UInt8]) -> Bool {
        if visitor.answer == nil {
            var room = [UInt8](repeating: 0, count: WebRequest.mostBytes)
            let count = unsafe recv(visitor.descriptor, &room, room.count, 0)
            guard count > 0 else { return count == 0 || errno != EAGAIN && errno != EINTR }
            visitor.asked += room.prefix(count)
            guard WebRequest.isWhole(visitor.asked) || visitor.asked.count > WebRequest.mostBytes
            else { return false }
            visitor.answer = answer(visitor.asked)[...]
        }
        guard let rest = visitor.answer, !rest.isEmpty else { return true }
        let sent = unsafe rest.withUnsafeBytes {
            unsafe send(visitor.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent >= 0 else { return errno != EAGAIN && errno != EINTR }
        visitor.answer = rest.dropFirst(sent)
        guard sent == rest.count else { return false }
        _ = shutdown(visitor.descriptor, Int32(SHUT_WR))
        return true
    }
}
