// SPDX-License-Identifier: Apache-2.0
//
// How answers come from tasks back to the server's thread: a list under a lock and a bell that ends
// its poll(2).

internal import Linux

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

    /// Rung when there is something to collect.
    let bell: Bell
    private let content = Guarded(Content())

    init() throws(SocketError) {
        do throws(Errno) { bell = try Bell() } catch {
            throw SocketError(
                code: .system,
                operation: "make an eventfd",
                path: "",
                errno: error.number,
                next: ""
            )
        }
    }

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
        bell.ring()
        return isLive
    }

    /// Asks the thread to end.
    func stop() {
        content.withLock { $0.isStopping = true }
        bell.ring()
    }

    /// What came since the last call, in order, and whether to end.
    func collect() -> (letters: [Letter], isStopping: Bool) {
        bell.clear()
        return content.withLock { content in
            defer { content.letters = [] }
            return (content.letters, content.isStopping)
        }
    }
}
