// SPDX-License-Identifier: Apache-2.0
//
// Looking at held mail, and throwing it away without losing it: a message is deleted only after
// its content and its envelope are on disk in the quarantine directory, and only if it is ours.
// What was discarded can be sent again; a saved message is removed once Postfix has taken it.

internal import Glibc
internal import HaltWire

/// Who a discarded message was from and to.
struct SavedEnvelope: Codable, Equatable {
    var id: String
    var arrival: Int64
    var sender: String
    var recipients: [String]
    /// The list that it was held for; nil when the whole queue was.
    var list: String?
    /// Its Message-ID, by which the parts of one post are found together.
    var messageID: String?
}

extension PostfixDriver {
    /// Most recipients of one message that are saved: 100,000.
    ///
    /// A message with more is not discarded. Chosen: about what one line of a listing holds.
    static let savedRecipients = 100_000

    /// Most posts that one answer lists: 1,000.
    ///
    /// Chosen: a terminal shows fifty.
    static let postsListed = 1000

    /// Lists up to `limit` of our held messages, the oldest first.
    func held(limit: Int) -> HaltReport {
        var report = HaltReport(verb: "held")
        for instance in instances {
            report.attempt { report throws(HaltError) in
                for message in try held(instance).prefix(max(0, limit - report.messages.count)) {
                    var whole = headers(of: message.message, in: instance)
                    whole.list = message.list ?? ""
                    report.messages.append(whole)
                }
            }
        }
        look(&report)
        return report
    }

    /// Our held messages by post, those with the oldest message first; of `list` alone when given.
    func posts(list: String?) -> HaltReport {
        var report = HaltReport(verb: "held-posts")
        for instance in instances {
            report.attempt { report throws(HaltError) in
                var places: [String: Int] = [:]
                for held in try held(instance) where list == nil || held.list == list {
                    let message = headers(of: held.message, in: instance)
                    let name = message.messageID.isEmpty ? message.id : message.messageID
                    let key = "\(held.list ?? "") \(name)"
                    if let place = places[key] {
                        report.posts[place].add(message)
                    } else if report.posts.count < Self.postsListed {
                        places[key] = report.posts.count
                        report.posts.append(HeldPost(message, list: held.list ?? ""))
                    } else {
                        report.left += 1
                    }
                }
            }
        }
        look(&report)
        return report
    }

    private func held(
        _ instance: PostfixInstance
    ) throws(HaltError) -> [(message: QueuedMessage, list: String?)] {
        let queue = try open(instance)
        let ours = queue.ledger.content.entries
        var found: [(message: QueuedMessage, list: String?)] = []
        try queue.list { message in
            guard message.queue == "hold", let id = message.id, let entry = ours[id] else { return }
            found.append((message, entry.list))
        }
        return found.sorted {
            ($0.message.arrival, $0.message.id?.text ?? "")
                < ($1.message.arrival, $1.message.id?.text ?? "")
        }
    }

    /// Saves the messages of `selection` and deletes those that are safely saved.
    func discard(_ selection: HeldSelection) -> HaltReport {
        var report = HaltReport(verb: "discard")
        for instance in instances {
            report.attempt { report throws(HaltError) in
                let queue = try open(instance)
                let matching = try find(
                    selection,
                    in: queue,
                    of: instance,
                    keeping: Self.savedRecipients,
                    &report
                )
                let entries = queue.ledger.content.entries
                var rest = selection
                rest.limit = rest.limit.map { $0 - report.discarded }
                var saved: [QueueID: Int] = [:]
                for message in rest.limited(matching) {
                    report.attempt { report throws(HaltError) in
                        let list = message.id.flatMap { entries[$0]?.list }
                        let id = try save(message, list, of: instance)
                        saved[id] = message.recipients
                    }
                }
                report.left += matching.count
                guard !saved.isEmpty else { return }
                try queue.postsuper(["-d", "-", "hold"], ids: saved.keys.sorted())
                let gone = try quarantine(of: instance).finish(queue).filter { saved[$0] != nil }
                try queue.ledger.drop(gone)
                report.discarded += gone.count
                report.left -= gone.count
                report.copies += gone.reduce(0) { $0 + (saved[$1] ?? 0) }
            }
        }
        look(&report)
        return report
    }

    /// Queue IDs of the saved messages that belong to `post`: a Message-ID, or one of the IDs.
    func saved(_ post: String) -> [QueueID] {
        var found: [QueueID] = []
        for instance in instances {
            guard let envelopes = try? quarantine(of: instance).envelopes else { continue }
            let wanted = envelopes.first { $0.id == post }?.messageID ?? post
            for envelope in envelopes
            where envelope.id == post || (envelope.messageID == wanted && !wanted.isEmpty) {
                if let id = QueueID(envelope.id) { found.append(id) }
            }
        }
        return found.sorted()
    }

    /// Sends saved messages again, and forgets each one that Postfix took.
    func restore(_ ids: [QueueID]) -> HaltReport {
        var report = HaltReport(verb: "restore")
        for instance in instances {
            report.attempt { report throws(HaltError) in
                let queue = try open(instance)
                defer { withExtendedLifetime(queue) {} }
                let quarantine = try quarantine(of: instance)
                for id in ids {
                    report.attempt { report throws(HaltError) in
                        let isSent = try quarantine.hand(id) { envelope throws(HaltError) in
                            try send(quarantine.content(id), envelope, by: instance)
                        }
                        if isSent { report.restored += 1 }
                    }
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
        _ = try program.check(deadline: patience.left())
    }

    private func save(
        _ message: QueuedMessage,
        _ list: String?,
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
        let quarantine = try quarantine(of: instance)
        try copy(instance, id, to: quarantine.content(id))
        try quarantine.save(
            SavedEnvelope(
                id: id.text,
                arrival: message.arrival,
                sender: message.sender,
                recipients: message.firstRecipients,
                list: list,
                messageID: headers(of: message, in: instance).messageID
            )
        )
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
        let outcome = try program.run(deadline: patience.left())
        guard isWritten, outcome.status == 0, fsync(descriptor) == 0 else {
            let number = isWritten ? EIO : errno
            unsafe unlink(path)
            throw .file("save message \(id) in", path, errno: number)
        }
    }

    private func quarantine(of instance: PostfixInstance) throws(HaltError) -> Quarantine {
        let quarantine = Quarantine(state: try directory(of: instance))
        try quarantine.make()
        return quarantine
    }

    func postcat(_ instance: PostfixInstance, _ what: String, _ id: String) -> [UInt8] {
        let program = Program(
            "\(PostfixInstance.commands)/postcat",
            ["-c", instance.configuration, what, id]
        )
        return (try? program.check(deadline: PostfixInstance.questionDeadline).output) ?? []
    }
}
