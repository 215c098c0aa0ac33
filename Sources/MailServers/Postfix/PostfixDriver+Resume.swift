// SPDX-License-Identifier: Apache-2.0
//
// Giving the mail back. The wish is changed first, so that a reboot in the middle does not halt
// again; then the block goes, the gate opens, and only then does mail move. Every message of the
// ledger is checked against the queue: one that is gone is forgotten, one whose ID now belongs to
// other mail is reported and left alone.

internal import Glibc
internal import HaltWire
internal import Linux

extension PostfixDriver {
    /// Takes the block away, opens the services, and gives held mail back unless it is kept.
    func resume(_ held: ActuatorRequest.Held) -> HaltReport {
        var report = HaltReport(verb: "resume")
        if held == .keep {
            // What was deferred since the last sweep would leave as soon as the gate opens.
            report.step("settle") { report in
                for instance in instances {
                    report.attempt { report throws(HaltError) in
                        try settle(instance, fresh: [], &report)
                    }
                }
            }
        }
        report.step("open") { report in reopen(&report) }
        guard report.errors.isEmpty else {
            look(&report)
            return report
        }
        if held == .release {
            report.step("release") { report in
                for instance in instances {
                    report.attempt { report throws(HaltError) in
                        try release(instance, HeldSelection(), &report)
                    }
                }
            }
        }
        if report.errors.isEmpty {
            report.attempt { report throws(HaltError) in try HaltMarker.clear(state: state) }
        }
        look(&report)
        return report
    }

    /// Gives `selection` back, the oldest messages first.
    func release(_ selection: HeldSelection) -> HaltReport {
        var report = HaltReport(verb: "release")
        var rest = selection
        report.step("release") { report in
            for instance in instances {
                report.attempt { report throws(HaltError) in
                    let before = (report.released, report.copies)
                    try release(instance, rest, &report)
                    rest.limit = rest.limit.map { $0 - (report.released - before.0) }
                    rest.copies = rest.copies.map { $0 - (report.copies - before.1) }
                }
            }
        }
        look(&report)
        return report
    }

    private func reopen(_ report: inout HaltReport) {
        report.attempt { report throws(HaltError) in
            if try HaltMarker.read(state: state) != nil {
                try HaltMarker.resuming.write(state: state)
            }
        }
        for instance in instances where report.errors.isEmpty {
            report.attempt { report throws(HaltError) in
                let file = try block(instance)
                switch try file.restore() {
                case .restored: report.worsen(.restored)
                case .changed(let how):
                    report.worsen(.changed)
                    report.changed.append("'\(file.main)' was altered, and left alone: \(how)")
                default: break
                }
                let gate = gate(instance)
                _ = try gate.reopen()
                let master = Master(queue: instance.queue)
                guard master.awaken(gate) else {
                    throw HaltError(
                        code: .failed,
                        operation: "open the services of",
                        path: gate.directory,
                        reason: "Postfix does not listen on all of them",
                        next: "held mail stays on hold; reload Postfix and reset again"
                    )
                }
                guard master.pid != nil else { return }
                report.kicked(try open(instance).kick(all: false, requeued: false))
            }
        }
    }

    private func release(
        _ instance: PostfixInstance,
        _ selection: HeldSelection,
        _ report: inout HaltReport
    ) throws(HaltError) {
        let queue = try open(instance)
        let matching = try find(selection, in: queue, of: instance, &report)
        let found = selection.limited(matching)
        let oldest = SystemClock.seconds - instance.oldSeconds
        let entries = queue.ledger.content.entries
        func isRequeued(_ message: QueuedMessage) -> Bool {
            message.arrival <= oldest || message.id.map { entries[$0]?.isRequeued == true } ?? false
        }
        let young = found.filter { !isRequeued($0) }.compactMap(\.id)
        let old = found.filter { isRequeued($0) }.compactMap(\.id)
        let gone = try queue.release(young: young, old: old)
        report.released += gone.count
        report.requeued += old.count { gone.contains($0) }
        for message in found {
            if let id = message.id, gone.contains(id) { report.copies += message.recipients }
        }
        report.left += matching.count - gone.count
        if gone.count < found.count {
            report.errors.append("\(found.count - gone.count) messages could not be given back")
        }
        guard Master(queue: instance.queue).pid != nil else { return }
        let isAll = selection.limit == nil && selection.copies == nil && selection.only == nil
        report.kicked(
            queue.kick(all: isAll && selection.list == nil, requeued: !old.isEmpty)
        )
    }

    /// Our held messages that `selection` means, without its limits, the oldest first.
    ///
    /// Forgets what is gone from the queue; reports IDs that now belong to other mail.
    func find(
        _ selection: HeldSelection,
        in queue: PostfixQueue,
        of instance: PostfixInstance,
        keeping kept: Int = QueueListing.recipientsKept,
        _ report: inout HaltReport
    ) throws(HaltError) -> [QueuedMessage] {
        let entries = queue.ledger.content.entries
        var missing = Set(entries.keys)
        var found: [QueuedMessage] = []
        var strangers: [QueueID] = []
        try queue.list(keeping: kept) { message in
            guard message.queue == "hold", let id = message.id, let entry = entries[id] else {
                return
            }
            missing.remove(id)
            guard (entry.arrival ?? message.arrival) == message.arrival,
                (entry.sender ?? message.sender) == message.sender
            else { return strangers.append(id) }
            guard selection.means(id, entry) else { return }
            var message = message
            message.isPost = message.firstRecipients.contains { $0.lowercased() == entry.list }
            found.append(message)
        }
        try queue.ledger.drop(Array(missing) + strangers)
        if !strangers.isEmpty {
            report.changed.append(
                "\(strangers.count) queue IDs that we held now belong to other mail; left on hold"
            )
        }
        if let post = selection.post {
            let wanted = QueueID(post).flatMap { id in
                found.first { $0.id == id }.map { headers(of: $0, in: instance).messageID }
            }
            found.removeAll { message in
                message.id?.text != post
                    && headers(of: message, in: instance).messageID != (wanted ?? post)
            }
        }
        return found.sorted { ($0.arrival, $0.id?.text ?? "") < ($1.arrival, $1.id?.text ?? "") }
    }

    /// The message with its headers read; those stay empty when they cannot be.
    func headers(of message: QueuedMessage, in instance: PostfixInstance) -> HeldMessage {
        guard let id = message.id else { return HeldMessage(message, id: nil) }
        var held = HeldMessage(message, id: id)
        held.read(headers: rawHeaders(of: id, in: instance))
        return held
    }

    /// The header lines of the held message `id`; what could be read of them.
    func rawHeaders(of id: QueueID, in instance: PostfixInstance) -> [UInt8] {
        QueueFile.headers(of: path(of: id, in: instance)) ?? postcat(instance, "-hq", id.text)
    }

    /// The queue file of the held message `id`.
    func path(of id: QueueID, in instance: PostfixInstance) -> String {
        let flat = "\(instance.queue)/hold/\(id)"
        return StateFile.status(flat) == nil
            ? StateFile.paths(below: "\(instance.queue)/hold")[id.text] ?? flat : flat
    }
}
