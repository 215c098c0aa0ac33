// SPDX-License-Identifier: Apache-2.0
//
// The end of Postfix's reject and header lines: `; from=<a> to=<b> proto=ESMTP helo=<c>`. The text
// before it may hold the same words, and so may a quoted address within it. What it says is shown
// to people and never decides anything.

/// The envelope at the end of a line.
struct PostfixEnvelope {
    /// Where its `;` stands.
    var start: Int
    var sender = ByteRange.absent
    var hasSender = false
    var recipient = ByteRange.absent
    var hasRecipient = false
    /// Behind the last field.
    var end = 0
    /// Whether the line ends within the last field.
    var isCut = false

    /// How many places are tried, from the right: each may be read to the end of the line.
    static let candidates = 6

    /// The last place from which the line reads as an envelope to its end, unless that place lies
    /// within the fields of an earlier one; nil when there is none.
    static func find(in cursor: LineCursor) -> PostfixEnvelope? {
        var best: PostfixEnvelope?
        var limit = cursor.end
        var tries = 0
        while tries < candidates, let mark = cursor.findLast("; ", before: limit) {
            limit = mark + 1
            let isStart =
                cursor.has("from=<", at: mark + 2) || cursor.has("to=<", at: mark + 2)
                || cursor.has("proto=", at: mark + 2)
            guard isStart else { continue }
            tries += 1
            guard let found = read(cursor, at: mark) else { continue }
            if let known = best {
                // The later one stands inside this one's quoted address, or behind its end.
                if found.end > known.start, !found.isCut { best = found }
            } else {
                best = found
            }
        }
        return best
    }

    private static func read(_ cursor: LineCursor, at mark: Int) -> PostfixEnvelope? {
        var words = cursor
        words.at = mark + 2
        var envelope = PostfixEnvelope(start: mark)
        if words.take("from=") {
            guard let sender = words.takeBracketed() else { return nil }
            envelope.sender = sender
            envelope.hasSender = true
            _ = words.take(",")
            _ = words.take(" ")
        }
        if words.take("to=") {
            guard let recipient = words.takeBracketed() else { return nil }
            envelope.recipient = recipient
            envelope.hasRecipient = true
            _ = words.take(",")
            _ = words.take(" ")
        }
        if words.take("proto=") {
            _ = words.take(while: { ASCII.isAlphanumeric($0) })
            _ = words.take(",")
            _ = words.take(" ")
        }
        if words.take("helo=") {
            // The line may have been cut within its last field.
            if words.takeBracketed() == nil {
                envelope.isCut = true
                words.at = words.end
            }
        }
        envelope.end = words.at
        // What follows is the rule's own text, or how the client logged in (3.10 and later).
        let isWhole =
            words.isAtEnd || words.has(": ") || words.has(" sasl_") || words.has(", sasl_")
        return isWhole ? envelope : nil
    }

    /// Puts the envelope into `event`.
    func fill(_ event: inout MailEvent) {
        event.sender = sender
        event.hasSender = hasSender
        event.recipient = recipient
    }
}
