// SPDX-License-Identifier: Apache-2.0
//
// How answers come from tasks back to the server's thread: a list under a lock and an eventfd
// that ends its poll(2). Closing the eventfd is left to the last owner, so that a late answer
// never writes to a descriptor that someone else has meanwhile been given.

internal import CLinux
internal import Glibc
internal import Threads

/// What tasks have to tell the server's thread.
final class Mailbox: Sendable {
    /// A line of connection `id`, or the end of it.
    struct Letter: Sendable {
        var id: UInt64
        var line: [UInt8]
        var isLast: Bool
    }

    private struct Content {
        var letters: [Letter] = []
        var live: Set<UInt64> = []
        var isStopping = false
    }

    /// Readable when there is something to collect.
    let signal: Int32
    private let content = Guarded(Content())

    init() throws(SocketError) {
        signal = clinux_eventfd()
        guard signal >= 0 else {
            throw SocketError(
                code: .system,
                operation: "make an eventfd",
                path: "",
                errno: -signal,
                next: ""
            )
        }
    }

    deinit { close(signal) }

    /// Lets connection `id` receive; ``collect()`` of an unknown one is dropped.
    func admit(_ id: UInt64) { content.withLock { _ = $0.live.insert(id) } }

    /// Connection `id` is gone: its later lines are refused.
    func dismiss(_ id: UInt64) { content.withLock { _ = $0.live.remove(id) } }

    /// Hands over `letter`; false when its client is gone.
    func post(_ letter: Letter) -> Bool {
        let isLive = content.withLock { content in
            let isLive = content.live.contains(letter.id)
            if isLive || letter.isLast { content.letters.append(letter) }
            return isLive
        }
        ring()
        return isLive
    }

    /// Asks the thread to end.
    func stop() {
        content.withLock { $0.isStopping = true }
        ring()
    }

    /// What came since the last call, in order, and whether to end.
    func collect() -> (letters: [Letter], isStopping: Bool) {
        var count: UInt64 = 0
        _ = unsafe read(signal, &count, 8)
        return content.withLock { content in
            defer { content.letters = [] }
            return (content.letters, content.isStopping)
        }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = unsafe write(signal, &one, 8)
    }
}
