// SPDX-License-Identifier: Apache-2.0
//
// Looking at held mail, and throwing it away without losing it: a message is deleted only after
// its content and its envelope are on disk in the quarantine directory, and only if it is ours.
// What was discarded can be sent again; a saved message is removed once Postfix has taken it.

internal import FoundationEssentials
internal import Glibc

/// Who a discarded message was from and to.
struct SavedEnvelope: Codable, Equatable {
    var id: String
    var arrival: Int64
    var sender: String
    var recipients: [String]
}

extension PostfixDriver {
    /// Most recipients of one message that are saved: 100,000.
    ///
    /// A message with more is not discarded. Chosen: about what one line of a listing holds.
    static let savedRecipients = 100_000

    /// Lists up to `limit` of our held messages, the oldest first.
    func held(limit: Int) -> HaltReport {
        var report = HaltReport(verb: "held")
        for instance in instances {
            report.attempt { report throws(HaltError) in
                let queue = try open(instance)
                let ours = queue.ledger.content.entries
                var found: [HeldMessage] = []
                try queue.list { message in
                    guard message.queue == "hold", let id = message.id, ours[id] != nil else {
                        return
                    }
                    found.append(HeldMessage(message, id: id))
                }
                found.sort { ($0.arrival, $0.id) < ($1.arrival, $1.id) }
                for var message in found.prefix(max(0, limit - report.messages.count)) {
                    let headers = try? postcat(instance, "-hq", message.id).output
                    message.read(headers: headers ?? [])
                    report.messages.append(message)
                }
            }
        }
        look(&report)
        return report
    }

    /// Saves the messages `ids` and deletes those that are safely saved.
    func discard(_ ids: Set<QueueID>) -> HaltReport {
        var report = HaltReport(verb: "discard")
        for instance in instances {
            report.attempt { report throws(HaltError) in
                let queue = try open(instance)
                var chosen: [QueuedMessage] = []
                let ours = queue.ledger.content.entries
                try queue.list(keeping: Self.savedRecipients) { message in
                    guard message.queue == "hold", let id = message.id, let entry = ours[id],
                        ids.contains(id), (entry.arrival ?? message.arrival) == message.arrival,
                        (entry.sender ?? message.sender) == message.sender
                    else { return }
                    chosen.append(message)
                }
                var saved: [QueueID] = []
                for message in chosen {
                    report.attempt { report throws(HaltError) in
                        saved.append(try save(message, of: instance))
                    }
                }
                guard !saved.isEmpty else { return }
                try queue.postsuper(["-d", "-", "hold"], ids: saved)
                let left = Set(StateFile.names(below: "\(instance.queue)/hold"))
                let gone = saved.filter { !left.contains($0.text) }
                try queue.ledger.drop(gone)
                report.discarded += gone.count
            }
        }
        look(&report)
        return report
    }

    /// Sends saved messages again, and forgets each one that Postfix took.
    func restore(_ ids: [QueueID]) -> HaltReport {
        var report = HaltReport(verb: "restore")
        for instance in instances {
            for id in ids {
                report.attempt { report throws(HaltError) in
                    let base = "\(try quarantine(of: instance))/\(id)"
                    guard let bytes = try StateFile.read("\(base).json") else { return }
                    guard
                        let envelope = try? JSONDecoder().decode(
                            SavedEnvelope.self,
                            from: Data(bytes)
                        )
                    else { throw .file("understand", "\(base).json", errno: EBADMSG) }
                    try send("\(base).eml", envelope, by: instance)
                    try StateFile.remove("\(base).json")
                    try StateFile.remove("\(base).eml")
                    report.restored += 1
                }
            }
        }
        look(&report)
        return report
    }

    private func send(
        _ path: String,
        _ envelope: SavedEnvelope,
        by instance: PostfixInstance
    ) throws(HaltError) {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("read", path, errno: errno) }
        defer { close(descriptor) }
        let sender = envelope.sender == "MAILER-DAEMON" ? "<>" : envelope.sender
        var program = Program(
            "\(PostfixInstance.commands)/sendmail",
            ["-C", instance.configuration, "-G", "-i", "-f", sender, "--"] + envelope.recipients
        )
        program.inputFrom = descriptor
        _ = try program.check(deadline: PostfixQueue.deadline)
    }

    private func save(
        _ message: QueuedMessage,
        of instance: PostfixInstance
    ) throws(HaltError) -> QueueID {
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
        let base = "\(try quarantine(of: instance))/\(id)"
        try copy(instance, id, to: "\(base).eml")
        let envelope = SavedEnvelope(
            id: id.text,
            arrival: message.arrival,
            sender: message.sender,
            recipients: message.firstRecipients
        )
        guard let bytes = try? JSONEncoder().encode(envelope) else {
            throw .file("write", "\(base).json", errno: EINVAL)
        }
        try StateFile.replace("\(base).json", with: Array(bytes))
        return id
    }

    /// Writes the content of a queued message to `path`, durably.
    private func copy(
        _ instance: PostfixInstance,
        _ id: QueueID,
        to path: String
    ) throws(HaltError) {
        unsafe unlink(path)
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file("write", path, errno: errno) }
        defer { close(descriptor) }
        var isWritten = true
        var program = Program(
            "\(PostfixInstance.commands)/postcat",
            ["-c", instance.configuration, "-bhq", id.text]
        )
        program.stream = { chunk in
            isWritten = StateFile.write(descriptor, Array(chunk))
            return isWritten
        }
        let outcome = try program.run(deadline: PostfixQueue.deadline)
        guard isWritten, outcome.status == 0, fsync(descriptor) == 0 else {
            let number = isWritten ? EIO : errno
            unsafe unlink(path)
            throw .file("save message \(id) in", path, errno: number)
        }
    }

    private func quarantine(of instance: PostfixInstance) throws(HaltError) -> String {
        let path = "\(try directory(of: instance))/quarantine"
        try StateFile.makeDirectory(path)
        return path
    }

    private func postcat(
        _ instance: PostfixInstance,
        _ what: String,
        _ id: String
    ) throws(HaltError) -> Program.Outcome {
        try Program(
            "\(PostfixInstance.commands)/postcat",
            ["-c", instance.configuration, what, id]
        )
        .check(deadline: PostfixInstance.questionDeadline)
    }
}
