// SPDX-License-Identifier: Apache-2.0
//
// A place for sockets and a client that misbehaves on purpose: raw descriptors, no LineClient.

import Glibc
import Linux
import Testing

@testable import LocalSocket

/// A fresh directory below /tmp, removed at the end.
final class Bench {
    let directory: String

    init() throws {
        var template = Array("/tmp/listbreaker-socket-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        directory = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }

    deinit {
        for name in ["s", "t", "file"] { unsafe unlink("\(directory)/\(name)") }
        unsafe rmdir(directory)
    }

    var path: String { "\(directory)/s" }

    /// A server that answers `line` with `echo UID line`, started.
    func echo(_ limits: LineLimits = LineLimits()) throws -> LineServer {
        let server = try LineServer(path: path, mode: 0o600, limits: limits) { peer, line in
            Array("echo \(peer.uid) ".utf8) + line
        }
        try server.start()
        return server
    }

    /// A raw connection.
    func connect() throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let outcome = unsafe Descriptor.withAddress(of: path) { address, length in
            unsafe Glibc.connect(descriptor, address, length)
        }
        try #require(outcome == 0)
        return descriptor
    }
}

/// Sends all of `bytes`; false when the other side closed.
@discardableResult
func push(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var left = bytes[...]
    while !left.isEmpty {
        guard case .success(let count) = Descriptor.transmit(descriptor, left) else { return false }
        left = left.dropFirst(count)
    }
    return true
}

/// Whether the other side has closed, or does so within `span`; nothing is read.
func isClosed(_ descriptor: Int32, within span: Duration) -> Bool {
    // No event is asked for: POLLHUP comes all the same.
    Descriptor.wait(descriptor, for: 0, until: ContinuousClock.now + span)
}

/// Everything until end of file, at most for `timeout`; nil when the end did not come.
///
/// Waits off the cooperative pool: a test that blocks it starves the server's own tasks.
func drain(_ descriptor: Int32, timeout: Duration = .seconds(10)) async -> [UInt8]? {
    await withCheckedContinuation { continuation in
        let refused = startThread(named: "drain") {
            continuation.resume(returning: blockingDrain(descriptor, timeout: timeout))
        }
        if refused != 0 { continuation.resume(returning: nil) }
    }
}

private func blockingDrain(_ descriptor: Int32, timeout: Duration) -> [UInt8]? {
    let deadline = ContinuousClock.now + timeout
    var all: [UInt8] = []
    while Descriptor.wait(descriptor, for: Int32(POLLIN), until: deadline) {
        guard case .success(let chunk) = Descriptor.receive(descriptor) else { return all }
        if chunk.isEmpty { return all }
        all += chunk
    }
    return nil
}
