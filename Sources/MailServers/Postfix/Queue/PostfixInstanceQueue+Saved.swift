// SPDX-License-Identifier: Apache-2.0
//
// A message's content and headers, saving it, deleting it and sending it again. Postfix sends a saved
// message as a new one; whether sendmail(1) took it, only its exit status tells.

internal import Glibc
internal import HaltWire

extension PostfixInstanceQueue {
    func headers(of id: QueueID) -> [UInt8] {
        QueueFile.headers(of: path(of: id)) ?? postcat("-hq", id)
    }

    /// The queue file of the held message `id`.
    func path(of id: QueueID) -> String {
        let flat = "\(instance.queue)/hold/\(id)"
        return StateFile.status(flat) == nil
            ? StateFile.paths(below: "\(instance.queue)/hold")[id.text] ?? flat : flat
    }

    /// What postcat(1) prints of a message: `-hq` for its headers.
    func postcat(_ what: String, _ id: QueueID) -> [UInt8] {
        let program = Program(
            "\(PostfixInstance.commands)/postcat",
            ["-c", instance.configuration, what, id.text]
        )
        return (try? program.check(deadline: PostfixInstance.questionDeadline).output) ?? []
    }

    func save(_ message: QueuedMessage) throws(HaltError) {
        guard let id = message.id, message.isWhole,
            message.firstRecipients.count == message.recipients
        else {
            throw HaltError(
                code: .refused,
                operation: "save message",
                path: message.id?.text ?? "",
                reason: "its envelope could not be read whole",
                next: "it stays on hold"
            )
        }
        try Program(
            "\(PostfixInstance.commands)/postcat",
            ["-c", instance.configuration, "-bhq", id.text]
        )
        .save(to: quarantine.content(id), deadline: patience.left())
    }

    func removeNow(_ ids: [QueueID]) throws(HaltError) {
        try postsuper(["-d", "-", "hold"], ids: ids)
    }

    /// What postsuper(1) said that it deleted is gone: if its ID is on hold, that is other mail.
    func remains(of ids: [QueueID]) throws(HaltError) -> [QueueID: Remains] {
        let there = try onHold().subtracting(ledger.content.removed)
        return Dictionary(ids.filter { there.contains($0) }.map { ($0, .whole) }) { one, _ in one }
    }

    func bringBack(_ envelope: SavedEnvelope) throws(HaltError) {
        guard let id = QueueID(envelope.id) else { return }
        let path = quarantine.content(id)
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("read", path, errno: errno) }
        defer { close(descriptor) }
        let sender = envelope.sender == "MAILER-DAEMON" ? "<>" : envelope.sender
        var program = Program(
            "\(PostfixInstance.commands)/sendmail",
            ["-C", instance.configuration, "-G", "-i", "-f", sender, "--"] + envelope.recipients
        )
        program.inputFrom = descriptor
        _ = try program.check(deadline: patience.left())
    }

    /// It is on its way already.
    func freeBack(_ id: QueueID) {}
}
