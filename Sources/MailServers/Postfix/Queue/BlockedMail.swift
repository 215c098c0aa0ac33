// SPDX-License-Identifier: Apache-2.0
//
// What the list block stopped, found in one look through the queue. Pure. Two kinds: messages that
// smtpd(8) put on hold, of which only those with our header are ours, and messages that wait because
// their list, or their sender, has the transport of the block.

internal import HaltWire

/// Gathers what the block stopped.
struct BlockedMail {
    /// A message on hold that the block may have put there.
    struct Suspect: Equatable {
        var message: QueuedMessage
        var list: String
        /// Whether it came after the list's block was taken away.
        var isLate: Bool
    }

    private let lists: [(list: String, senders: [SenderPattern], lifted: Int64?)]
    /// On hold, and not ours so far.
    private(set) var suspects: [Suspect] = []
    /// To be held, by list.
    private(set) var waiting: [String: [QueuedMessage]] = [:]
    /// To be tried again, since the list's block is gone.
    private(set) var retry: [QueueID] = []
    /// The same, posts to the list itself; by list.
    private(set) var posts: [String: [QueuedMessage]] = [:]

    /// Of what `content` names, or of `only` one list.
    init(_ content: ListTables.Content, only: String? = nil) {
        func known(_ list: BlockedList, _ lifted: Int64?) -> (String, [SenderPattern], Int64?) {
            (list.list, list.senders.compactMap { SenderPattern($0) }, lifted)
        }
        let all =
            content.blocked.map { known($0, nil) }
            + content.lifted.map { known($0.list, $0.at) }
        lists = all.filter { only == nil || $0.0 == only }
    }

    /// The lists that are looked for, each once.
    var names: Set<String> { Set(lists.map(\.list)) }

    /// Whether there is anything to look for.
    var isIdle: Bool { lists.isEmpty }

    /// Takes a queued message that the ledger knows nothing of.
    mutating func see(_ message: QueuedMessage) {
        guard let id = message.id else { return }
        for known in lists {
            let isPost = message.firstRecipients.contains { $0.lowercased() == known.list }
            guard isPost || known.senders.contains(where: { $0.matches(message.sender) })
            else { continue }
            if message.queue == "hold" {
                let isLate = known.lifted.map { message.arrival > $0 } ?? false
                suspects.append(Suspect(message: message, list: known.list, isLate: isLate))
                return
            }
            guard message.blocked > 0 else { continue }
            var message = message
            message.isPost = isPost
            if known.lifted == nil {
                waiting[known.list, default: []].append(message)
            } else if isPost {
                posts[known.list, default: []].append(message)
            } else {
                retry.append(id)
            }
            return
        }
    }
}
