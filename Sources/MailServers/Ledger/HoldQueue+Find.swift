// SPDX-License-Identifier: Apache-2.0
//
// Which of our held messages a command is about. What is gone from the queue is forgotten; an ID
// that belongs to other mail by now is reported and left alone.

internal import HaltWire

extension HoldQueue {
    /// Recipients of one message that are looked at: 100,000.
    ///
    /// Chosen: about what one line of a listing holds.
    static var recipientsSeen: Int { 100_000 }

    /// Our held messages that `selection` means, without its limits, the oldest first.
    ///
    /// A message whose deletion is under way is not among them. What is on hold and was not listed, since
    /// it could not be read, is counted as undecided.
    func find(
        _ selection: HeldSelection,
        keeping kept: Int = QueueListing.recipientsKept,
        _ report: inout HaltReport
    ) throws(HaltError) -> [QueuedMessage] {
        let entries = ledger.content.entries
        let leaving = Set(try quarantine.unsettled()[.saving] ?? [])
        var missing = Set(entries.keys)
        var found: [QueuedMessage] = []
        var strangers: [QueueID] = []
        var unlisted = 0
        // All of them, to see whether the list's address is the only one.
        try list(keeping: Self.recipientsSeen) { message in
            guard message.queue == "hold", let id = message.id, let entry = entries[id] else {
                return
            }
            missing.remove(id)
            guard
                message.isBare
                    || (entry.arrival ?? message.arrival) == message.arrival
                        && (entry.sender ?? message.sender) == message.sender
            else { return strangers.append(id) }
            guard selection.means(id, entry), !leaving.contains(id) else { return }
            var message = message
            if let list = entry.list {
                let own = message.count(of: list)
                message.isPost = own > 0
                // Of more recipients than are looked at nobody knows whose the others are.
                message.isMixed =
                    own > 0 && own < message.recipients
                    || message.firstRecipients.count < message.recipients
            }
            if message.firstRecipients.count > kept {
                message.firstRecipients = Array(message.firstRecipients.prefix(kept))
            }
            if !selection.spares(message) { found.append(message) }
        }
        // A line that could not be read is no message that is gone.
        if !missing.isEmpty {
            let there = missing.intersection(try onHold())
            unlisted = there.count { id in entries[id].map { selection.means(id, $0) } ?? false }
            missing.subtract(there)
        }
        if unlisted > 0 { report.undecided = (report.undecided ?? 0) + unlisted }
        try ledger.drop(Array(missing) + strangers)
        if !strangers.isEmpty {
            report.changed.append(
                "\(strangers.count) queue IDs that we held now belong to other mail; left on hold"
            )
        }
        if let post = selection.post {
            let wanted = QueueID(post).flatMap { id in
                found.first { $0.id == id }.map { described($0).messageID }
            }
            found.removeAll { message in
                message.id?.text != post && described(message).messageID != (wanted ?? post)
            }
        }
        return found.sorted { ($0.arrival, $0.id?.text ?? "") < ($1.arrival, $1.id?.text ?? "") }
    }

    /// The message with its headers read; those stay empty when they cannot be.
    func described(_ message: QueuedMessage) -> HeldMessage {
        var held = HeldMessage(
            message,
            id: message.id,
            list: message.id.flatMap { ledger.content.entries[$0]?.list }
        )
        if let id = message.id { held.read(headers: headers(of: id)) }
        return held
    }
}
