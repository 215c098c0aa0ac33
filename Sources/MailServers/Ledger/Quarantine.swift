// SPDX-License-Identifier: Apache-2.0
//
// The directory of saved messages, and what each file's name says of how far things had come, so
// that a kill at any point neither loses a message nor sends it twice. `ID.eml` is the content;
// beside it stands the envelope: `ID.saving` while the message is still on hold, `ID.json` once it
// was deleted, `ID.sending` while it is given to the mail server again. The mistake to avoid:
// guessing that something was not sent.

internal import FoundationEssentials
internal import Glibc
internal import HaltWire

/// The saved messages of one instance.
struct Quarantine {
    private let path: String

    /// The quarantine of the instance with its state in `state`.
    init(state: String) { path = "\(state)/quarantine" }

    /// Where the content of message `id` is, or will be.
    func content(_ id: QueueID) -> String { "\(path)/\(id).eml" }

    /// Makes the directory.
    func make() throws(HaltError) { try StateFile.makeDirectory(path) }

    /// Writes the envelope of a message whose content is saved and which is about to be deleted.
    func save(_ envelope: SavedEnvelope) throws(HaltError) {
        let file = "\(path)/\(envelope.id).saving"
        guard let bytes = try? JSONEncoder().encode(envelope) else {
            throw .file("write", file, errno: EINVAL)
        }
        try StateFile.replace(file, with: Array(bytes))
    }

    /// Settles every message that was being saved: what postsuper(1) deleted, or what is gone, is
    /// ours to keep; what is still on hold is not.
    ///
    /// - Returns: those that are saved now and deleted.
    @discardableResult
    func finish(_ queue: PostfixQueue) throws(HaltError) -> [QueueID] {
        let ids = names(ending: "saving")
        guard !ids.isEmpty else { return [] }
        let held = Set(StateFile.names(below: "\(queue.instance.queue)/hold"))
        let removed = queue.ledger.content.removed
        var kept: [QueueID] = []
        for id in ids {
            if held.contains(id.text), !removed.contains(id) {
                try forget(id, "saving")
            } else {
                try rename(id, "saving", "json")
                kept.append(id)
            }
        }
        return kept
    }

    /// The envelopes of all saved messages.
    var envelopes: [SavedEnvelope] {
        names(ending: "json").compactMap { try? envelope($0, "json") }
    }

    /// Gives message `id` to `send`, and forgets it once that has taken it.
    ///
    /// - Returns: false when there is no such message.
    /// - Throws: ``HaltError`` from `send`; the message is then still saved. `refused` when an
    ///   earlier try was cut short: it may have been taken.
    func hand(
        _ id: QueueID,
        to send: (SavedEnvelope) throws(HaltError) -> Void
    ) throws(HaltError) -> Bool {
        guard let envelope = try envelope(id, "json") else {
            guard try envelope(id, "sending") == nil else {
                throw HaltError(
                    code: .refused,
                    operation: "send again",
                    path: content(id),
                    reason: "it was being sent when that was cut short, and may be on its way",
                    next: "if the mail log does not have it, rename \(id).sending to \(id).json"
                )
            }
            return false
        }
        guard !envelope.recipients.isEmpty else {
            // Each of its copies had left before it was held: there is nobody to send it to.
            try forget(id, "json")
            return false
        }
        try rename(id, "json", "sending")
        do throws(HaltError) { try send(envelope) } catch {
            // It said no; had it been killed, nobody could know.
            if error.code != .hung { try rename(id, "sending", "json") }
            throw error
        }
        try forget(id, "sending")
        return true
    }

    private func forget(_ id: QueueID, _ kind: String) throws(HaltError) {
        try StateFile.remove("\(path)/\(id).\(kind)")
        try StateFile.remove(content(id))
    }

    private func envelope(_ id: QueueID, _ kind: String) throws(HaltError) -> SavedEnvelope? {
        let file = "\(path)/\(id).\(kind)"
        guard let bytes = try StateFile.read(file) else { return nil }
        guard let envelope = try? JSONDecoder().decode(SavedEnvelope.self, from: Data(bytes)) else {
            throw .file("understand", file, errno: EBADMSG)
        }
        return envelope
    }

    private func rename(_ id: QueueID, _ old: String, _ new: String) throws(HaltError) {
        try StateFile.move("\(path)/\(id).\(old)", to: "\(path)/\(id).\(new)")
    }

    private func names(ending kind: String) -> [QueueID] {
        StateFile.names(below: path).filter { $0.hasSuffix(".\(kind)") }
            .compactMap { QueueID($0.dropLast(kind.utf8.count + 1)) }.sorted()
    }
}
