// SPDX-License-Identifier: Apache-2.0
//
// Throwing held mail away without losing it, and bringing it back without doubling it, whatever is
// killed when. A message is deleted only after its content and its envelope are on disk; whether
// that came to pass is looked up in the queue, never assumed. What is brought back is on hold at
// first: as long as it is, it cannot be on its way, and the copy of it is given up before it goes.

internal import Glibc
internal import HaltWire

extension HoldQueue {
    /// Saves the held `message` with its envelope.
    ///
    /// - Throws: ``HaltError`` when that is not possible; it must not be deleted then.
    func keep(_ message: QueuedMessage) throws(HaltError) {
        guard let id = message.id else { return }
        guard Self.bringsBackOnHold || message.firstRecipients.count == message.recipients else {
            throw HaltError(
                code: .failed,
                operation: "save",
                path: id.text,
                reason: "of its \(message.recipients) recipients only "
                    + "\(message.firstRecipients.count) can be noted",
                next: "it stays on hold"
            )
        }
        try save(message)
        let described = described(message)
        try quarantine.write(
            SavedEnvelope(
                id: id.text,
                arrival: message.arrival,
                sender: message.sender,
                recipients: message.firstRecipients,
                list: described.list.isEmpty ? nil : described.list,
                messageID: described.messageID
            )
        )
    }

    /// Settles every message that was being saved, or brought back; due when the ledger was opened.
    ///
    /// What is still in the queue as a whole is not kept; what is in part is deleted.
    ///
    /// - Returns: those that are kept now.
    @discardableResult
    func settle() throws(HaltError) -> [QueueID] {
        let unsettled = try quarantine.unsettled()
        try settleBroughtBack(unsettled)
        guard let begun = unsettled[.saving] else { return [] }
        let before = try remains(of: begun)
        for id in begun where before[id] == .whole { try quarantine.forget(id, .saving) }
        let broken = begun.filter { before[$0] == .part }
        // Said no, it stays as it is, on hold; the next command asks again.
        if !broken.isEmpty { _ = try? removeNow(broken) }
        let after = broken.isEmpty ? [:] : try remains(of: broken)
        let gone = begun.filter { before[$0] != .whole && after[$0] == nil }
        for id in gone { try quarantine.move(id, .saving, .kept) }
        return gone
    }

    private func settleBroughtBack(
        _ unsettled: [Quarantine.Stage: [QueueID]]
    ) throws(HaltError) {
        var back = unsettled[.freeing] ?? []
        if Self.bringsBackOnHold, let sending = unsettled[.sending] {
            let remains = try remains(of: sending)
            for id in sending {
                try quarantine.move(id, .sending, remains[id] == .whole ? .freeing : .kept)
                if remains[id] == .whole { back.append(id) }
            }
        }
        // What cannot be let go now stays on hold until the next command.
        for id in back { _ = try? letGo(id) }
    }

    /// Lets message `id` go, which is in the queue again.
    private func letGo(_ id: QueueID) throws(HaltError) {
        try quarantine.forgetCopies(id)
        try freeBack(id)
        try quarantine.forget(id, .freeing)
    }

    /// Puts the kept message `id` back into the queue, and forgets it.
    ///
    /// - Returns: false when there is no such message.
    /// - Throws: ``HaltError`` when it cannot be; the message is then still kept, or in the queue.
    ///   `refused` when an earlier try was cut short, and nobody can know what came of it.
    func restore(_ id: QueueID) throws(HaltError) -> Bool {
        guard let envelope = try quarantine.envelope(id, .kept) else {
            guard try quarantine.envelope(id, .sending) == nil else {
                throw HaltError(
                    code: .refused,
                    operation: "send again",
                    path: quarantine.content(id),
                    reason: "it was being sent when that was cut short, and may be on its way",
                    next: "if the mail log does not have it, rename \(id).sending to \(id).json"
                )
            }
            return false
        }
        guard Self.bringsBackOnHold || !envelope.recipients.isEmpty else {
            // Each of its copies had left before it was held: there is nobody to send it to.
            try quarantine.forget(id, .kept)
            return false
        }
        try quarantine.move(id, .kept, .sending)
        do throws(HaltError) { try bringBack(envelope) } catch {
            // It said no; had it been killed, nobody could know.
            if !Self.bringsBackOnHold, error.code != .hung {
                try quarantine.move(id, .sending, .kept)
            }
            if Self.bringsBackOnHold { try settleBroughtBack([.sending: [id]]) }
            throw error
        }
        try quarantine.move(id, .sending, .freeing)
        try letGo(id)
        return true
    }
}
