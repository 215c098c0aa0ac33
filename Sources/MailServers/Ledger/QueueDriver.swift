// SPDX-License-Identifier: Apache-2.0
//
// The verbs about held mail, once for every mail server whose queue is a HoldQueue. A message is
// deleted only after its files and its envelope are on disk in the quarantine directory, and only
// if it is ours; it comes back with what was delivered already noted in it.

internal import FoundationEssentials
internal import Glibc
internal import HaltWire

/// A driver that holds mail in a ``HoldQueue``.
protocol QueueDriver: MTADriver {
    associatedtype Queue: HoldQueue

    /// Directory of this driver's state.
    var state: String { get }

    /// The queue with its ledger, locked.
    func open() throws(HaltError) -> Queue
    /// The name that the queue knows a message by, of one that the log knows it by.
    func canonical(_ id: QueueID) -> QueueID
    /// Ends deliveries of `ids` that are under way, so that they can be held.
    ///
    /// - Returns: whether there were any.
    func interrupt(_ ids: Set<QueueID>) throws(HaltError) -> Bool
    /// Which of `ids` must stay on hold, because a copy is still under way; waits for them.
    func aloft(_ ids: Set<QueueID>) throws(HaltError) -> Set<QueueID>
    /// Lets the mail server try mail that was given back.
    func wake(_ report: inout HaltReport)
    /// Fills in how things stand now.
    func look(_ report: inout HaltReport)
}

extension QueueDriver {
    /// Most posts that one answer lists: 1,000.
    ///
    /// Chosen: a terminal shows fifty.
    static var postsListed: Int { 1000 }
    /// Most recipients of one message that are noted when it is discarded: 100,000.
    ///
    /// Chosen.
    static var savedRecipients: Int { 100_000 }

    /// The directory that the marker is in.
    var parent: String { String(state[..<(state.lastIndex(of: "/") ?? state.startIndex)]) }
    private var quarantine: String { "\(state)/quarantine" }

    func canonical(_ id: QueueID) -> QueueID { id }
    func interrupt(_ ids: Set<QueueID>) throws(HaltError) -> Bool { false }
    func aloft(_ ids: Set<QueueID>) throws(HaltError) -> Set<QueueID> { [] }

    /// Whether the wish is that mail stays halted.
    func isWished(_ report: inout HaltReport) -> Bool {
        let wish = report.attempt { report throws(HaltError) in
            try HaltMarker.read(state: parent)
        }
        return wish == .some(.halted)
    }

    func status() -> HaltReport {
        var report = HaltReport(verb: "status")
        look(&report)
        return report
    }

    func hold(_ ids: [QueueID], for list: String?) -> HaltReport {
        var report = HaltReport(verb: "hold-ids")
        report.step("hold") { report in
            report.attempt { report throws(HaltError) in
                try hold(Array(Set(ids.map(canonical))), for: list, &report)
            }
        }
        look(&report)
        return report
    }

    func hold(senders: [SenderPattern], for list: String) -> HaltReport {
        var report = HaltReport(verb: "hold-list")
        report.step("hold") { report in
            report.attempt { report throws(HaltError) in
                let queue = try open()
                let entries = queue.ledger.content.entries
                var queued: [QueueID] = []
                var ours: [QueueID] = []
                try queue.list { message in
                    guard let id = message.id,
                        senders.contains(where: { $0.matches(message.sender) })
                    else { return }
                    if message.queue != "hold" {
                        queued.append(id)
                    } else if let entry = entries[id], entry.list == nil {
                        ours.append(id)
                    }
                }
                try queue.ledger.assign(ours, to: list)
                try hold(queued, for: list, in: queue, &report)
            }
        }
        look(&report)
        return report
    }

    private func hold(
        _ ids: [QueueID],
        for list: String?,
        in given: Queue? = nil,
        _ report: inout HaltReport
    ) throws(HaltError) {
        let queue = if let given { given } else { try open() }
        report.held += try queue.hold(ids, for: list)
        // What is being delivered is locked: end that first.
        let left = Set(ids).subtracting(queue.ledger.content.entries.keys)
        if !left.isEmpty, try interrupt(left) {
            report.held += try queue.hold(Array(left), for: list)
        }
    }

    func release(_ selection: HeldSelection) -> HaltReport {
        var report = HaltReport(verb: "release")
        report.step("release") { report in
            report.attempt { report throws(HaltError) in try release(selection, &report) }
        }
        if report.released > 0 { wake(&report) }
        look(&report)
        return report
    }

    func release(_ selection: HeldSelection, _ report: inout HaltReport) throws(HaltError) {
        let queue = try open()
        var selection = selection
        selection.only = selection.only.map { Set($0.map(canonical)) }
        let matching = try queue.find(selection, &report)
        let chosen = selection.limited(matching)
        let aloft = try aloft(Set(chosen.compactMap(\.id)))
        let due = chosen.compactMap(\.id).filter { !aloft.contains($0) }
        let gone = try queue.free(due)
        report.released += gone.count
        for message in chosen {
            if let id = message.id, gone.contains(id) { report.copies += message.recipients }
        }
        report.left += matching.count - gone.count
        if gone.count < due.count {
            report.errors.append("\(due.count - gone.count) messages could not be given back")
        }
        if !aloft.isEmpty {
            report.errors.append(
                "\(aloft.count) messages stay on hold: a copy is still under way since they were"
                    + " held; release again"
            )
        }
    }

    func held(limit: Int) -> HaltReport {
        var report = HaltReport(verb: "held")
        report.attempt { report throws(HaltError) in
            let queue = try open()
            let all = try queue.find(
                HeldSelection(only: Set(queue.ledger.content.entries.keys)),
                &report
            )
            report.messages = all.prefix(limit).map { queue.described($0) }
        }
        look(&report)
        return report
    }

    func posts(list: String?) -> HaltReport {
        var report = HaltReport(verb: "held-posts")
        report.attempt { report throws(HaltError) in
            let queue = try open()
            var places: [String: Int] = [:]
            let all = HeldSelection(only: Set(queue.ledger.content.entries.keys))
            for found in try queue.find(all, &report) {
                let message = queue.described(found)
                guard list == nil || message.list == list else { continue }
                let name = message.messageID.isEmpty ? message.id : message.messageID
                let key = "\(message.list) \(name)"
                if let place = places[key] {
                    report.posts[place].add(message)
                } else if report.posts.count < Self.postsListed {
                    places[key] = report.posts.count
                    report.posts.append(HeldPost(message, list: message.list))
                } else {
                    report.left += 1
                }
            }
        }
        look(&report)
        return report
    }

    func discard(_ selection: HeldSelection) -> HaltReport {
        var report = HaltReport(verb: "discard")
        report.attempt { report throws(HaltError) in
            let queue = try open()
            try StateFile.makeDirectory(quarantine)
            let matching = try queue.find(selection, keeping: Self.savedRecipients, &report)
            var saved: [QueueID] = []
            for message in selection.limited(matching) {
                guard let id = message.id else { continue }
                report.attempt { report throws(HaltError) in
                    try queue.save(id, to: quarantine)
                    try note(message, queue.described(message))
                    saved.append(id)
                    report.copies += message.recipients
                }
            }
            try queue.removeNow(saved)
            let left = try queue.onHold()
            let gone = saved.filter { !left.contains($0) }
            try queue.ledger.drop(gone)
            report.discarded += gone.count
            report.left += matching.count - gone.count
            if gone.count < saved.count {
                report.errors.append(
                    "\(saved.count - gone.count) messages were saved and are still there; they stay on"
                        + " hold; discard again"
                )
            }
        }
        look(&report)
        return report
    }

    private func note(_ message: QueuedMessage, _ described: HeldMessage) throws(HaltError) {
        let envelope = SavedEnvelope(
            id: described.id,
            arrival: message.arrival,
            sender: message.sender,
            recipients: message.firstRecipients,
            list: described.list.isEmpty ? nil : described.list,
            messageID: described.messageID
        )
        let path = "\(quarantine)/\(described.id).json"
        guard let bytes = try? JSONEncoder().encode(envelope) else {
            throw .file("write", path, errno: EINVAL)
        }
        try StateFile.replace(path, with: Array(bytes))
    }

    func saved(_ post: String) -> [QueueID] {
        var envelopes: [SavedEnvelope] = []
        for name in StateFile.names(below: quarantine) where name.hasSuffix(".json") {
            guard let bytes = try? StateFile.read("\(quarantine)/\(name)"),
                let envelope = try? JSONDecoder().decode(SavedEnvelope.self, from: Data(bytes))
            else { continue }
            envelopes.append(envelope)
        }
        let wanted = envelopes.first { $0.id == post }?.messageID ?? post
        return envelopes.filter { one in
            one.id == post || (one.messageID == wanted && !wanted.isEmpty)
        }
        .compactMap { QueueID($0.id) }.sorted()
    }

    func restore(_ ids: [QueueID]) -> HaltReport {
        var report = HaltReport(verb: "restore")
        report.attempt { report throws(HaltError) in
            let queue = try open()
            let there = try queue.onHold()
            for id in ids where !there.contains(id) {
                guard try StateFile.read("\(quarantine)/\(id).json") != nil else { continue }
                report.attempt { report throws(HaltError) in
                    try queue.bringBack(id, from: quarantine)
                    for name in StateFile.names(below: quarantine)
                    where name.hasPrefix("\(id)-") || name.hasPrefix("\(id).") {
                        try StateFile.remove("\(quarantine)/\(name)")
                    }
                    report.restored += 1
                }
            }
        }
        if report.restored > 0 { wake(&report) }
        look(&report)
        return report
    }

    /// Counts what is on hold, ours and not.
    func count(_ report: inout HaltReport) {
        report.attempt { report throws(HaltError) in
            let queue = try open()
            let ours = queue.ledger.content.entries
            let all = try queue.onHold()
            report.heldTotal = all.count { ours[$0] != nil }
            report.foreign = all.count - report.heldTotal
        }
    }

    /// Fills in how a block stands, for verbs that did not touch it.
    func describe(
        _ standing: OutboundBlock.Standing,
        of path: String,
        isWished: Bool,
        _ report: inout HaltReport
    ) {
        guard !["halt", "rehold", "resume"].contains(report.verb) else { return }
        switch standing {
        case .whole: report.worsen(.already)
        case .absent: if isWished { report.changed.append("no block stands") }
        case .altered(let how):
            report.worsen(.changed)
            report.changed.append("'\(path)' was altered: \(how)")
        }
    }

    /// Notes what became of a block that was to be installed.
    func note(
        _ outcome: BlockFile.Outcome,
        of path: String,
        _ report: inout HaltReport
    ) {
        switch outcome {
        case .reinstalled:
            report.worsen(.reinstalled)
            report.changed.append("the block was missing in '\(path)'; put back")
        case .changed(let how):
            report.worsen(.changed)
            report.changed.append("'\(path)' was altered, and left alone: \(how)")
        case .installed: report.worsen(.installed)
        case .already: report.worsen(.already)
        case .restored: report.worsen(.restored)
        case .absent: break
        }
    }
}
