// SPDX-License-Identifier: Apache-2.0
//
// Which of the held messages a command means, and how many of them. A message that is held for a
// list is only meant by a command about that list, or one that names the message or its post.

internal import HaltWire

/// Which held messages a command is about.
struct HeldSelection {
    /// Exactly these; nil: all.
    var only: Set<QueueID>?
    /// Those held for this list; nil: those held for no list, unless ``only`` names them.
    var list: String?
    /// Those of the post with this Message-ID, or of which this is a queue ID; nil: all.
    var post: String?
    /// Without posts that wait for their list itself and came after this second since 1970.
    var before: Int64?
    /// Without messages of which it is not known whose they are.
    var sparesUndecided = false
    /// With ``sparesUndecided``: what came after this second since 1970 is not asked whose it is.
    var settled: Int64?
    /// At most so many messages, the oldest first.
    var limit: Int?
    /// As many of the oldest messages as have so many copies together; at least one.
    var copies: Int?

    /// Whether it means the held message `id`, as far as the ledger knows.
    func means(_ id: QueueID, _ entry: LedgerContent.Entry) -> Bool {
        if let only, !only.contains(id) { return false }
        if let list { return entry.list == list }
        return entry.list == nil || only != nil || post != nil
    }

    /// Whether `found`, which ``means(_:_:)`` names, is left out all the same.
    func spares(_ found: QueuedMessage) -> Bool {
        before.map { found.isPost && found.arrival > $0 } ?? false
    }

    /// Whether undecided messages are left out: a discard of a list's mail takes no other's, and what a
    /// person names by its post or ID is decided thereby.
    func keepsUndecided(ofDiscard isDiscard: Bool) -> Bool {
        isDiscard ? list != nil && post == nil && only == nil : sparesUndecided
    }

    /// Whether the message is to be asked whose it is.
    func doubts(_ message: QueuedMessage) -> Bool { settled.map { message.arrival <= $0 } ?? true }

    /// The beginning of `found`, which must be sorted, that the limits allow.
    func limited(_ found: [QueuedMessage]) -> [QueuedMessage] {
        var chosen = found[...]
        if let limit { chosen = chosen.prefix(max(0, limit)) }
        guard let copies else { return Array(chosen) }
        var sum = 0
        let fitting = chosen.prefix { message in
            // A post that its list has yet to expand is a batch by itself.
            defer { sum += message.isPost ? copies : max(1, message.recipients) }
            return sum == 0 || (!message.isPost && sum + message.recipients <= copies)
        }
        return Array(fitting)
    }
}
