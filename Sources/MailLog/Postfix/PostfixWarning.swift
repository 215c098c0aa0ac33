// SPDX-License-Identifier: Apache-2.0
//
// Postfix lines that begin with a level. The texts are many and change with every release; read is
// only who they are about: the message, the client, the login name.

/// Lines with `warning: `, `error: `, `fatal: ` or `panic: ` in front.
enum PostfixWarning {
    /// Reads what follows the level.
    static func read(_ cursor: inout LineCursor, into event: inout MailEvent) {
        event.kind = .warning
        event.name = .warning
        event.reason = "a warning of the mail system"
        if let queueID = cursor.takeQueueID() {
            event.queueID = queueID
            return
        }
        var words = cursor
        if words.take("append file ") {
            _ = words.take(while: { $0 > ASCII.space })
            _ = words.take(" ")
            event.queueID = words.takeQueueID() ?? .absent
            return
        }
        if words.take("non-SMTP command from ") || words.take("Illegal address syntax from ") {
            fillClient(&words, into: &event)
            return
        }
        if words.has("Connection ") || words.has("Recipient ") || words.has("Message ") {
            guard let mark = words.find(" from ", from: words.at),
                words.find(" limit exceeded: ", from: words.at) != nil
            else { return }
            words.at = mark + 6
            fillClient(&words, into: &event)
            return
        }
        let isClient = fillClient(&words, into: &event)
        guard isClient, words.take(": SASL ") else { return }
        if let mark = words.find(", sasl_username=", from: words.at) {
            event.user = ByteRange(start: mark + 16, end: words.end)
        }
    }

    @discardableResult
    private static func fillClient(
        _ words: inout LineCursor,
        into event: inout MailEvent
    ) -> Bool {
        guard let peer = words.takePeer(), !peer.host.isEmpty else { return false }
        // `hostname[1]: ` of a table's name is no peer.
        let isUnknown = LineCursor(words.bytes, peer.host).isExactly("unknown")
        guard !peer.address.isEmpty || isUnknown else { return false }
        event.host = peer.host
        event.address = peer.address
        return true
    }
}
