// SPDX-License-Identifier: Apache-2.0
//
// A mail server's queue with our ledger, for servers whose commands do not say which messages they
// held: the ledger names the messages before the command, and what is on hold afterwards is ours.
// What is on hold and not in the ledger belongs to someone else and is left alone.

internal import Glibc
internal import HaltWire
internal import Linux

/// The queue of one mail server, and the few things that it can be told.
protocol HoldQueue {
    /// What we hold.
    var ledger: HoldLedger { get }

    /// Everything that is on hold, ours or not.
    func onHold() throws(HaltError) -> Set<QueueID>
    /// Passes every queued message to `body`; one on hold has the queue named `hold`.
    func list(keeping kept: Int, _ body: @escaping (QueuedMessage) -> Void) throws(HaltError)
    /// Puts `ids` on hold; what is gone or cannot be held is passed over.
    func holdNow(_ ids: [QueueID]) throws(HaltError)
    /// Takes `ids` off hold.
    func freeNow(_ ids: [QueueID]) throws(HaltError)
    /// The header lines of a message; what could be read of them.
    func headers(of id: QueueID) -> [UInt8]
    /// Copies a held message as it is into files of `directory` whose names begin with its ID.
    func save(_ id: QueueID, to directory: String) throws(HaltError)
    /// Deletes held messages that were saved.
    func removeNow(_ ids: [QueueID]) throws(HaltError)
    /// Puts a saved message back into the queue, not on hold.
    func bringBack(_ id: QueueID, from directory: String) throws(HaltError)
}

extension HoldQueue {
    /// Passes every queued message to `body`.
    func list(_ body: @escaping (QueuedMessage) -> Void) throws(HaltError) {
        try list(keeping: QueueListing.recipientsKept, body)
    }

    /// Everything that is on hold, ours or not.
    func onHold() throws(HaltError) -> Set<QueueID> {
        var found: Set<QueueID> = []
        try list { message in
            if message.queue == "hold", let id = message.id { found.insert(id) }
        }
        return found
    }

    /// Finishes what a kill cut short; due when the ledger was opened.
    func recover() throws(HaltError) {
        guard let unfinished = ledger.content.unfinished else { return }
        try ledger.adopt(Array(unfinished.wanted.intersection(try onHold())))
        _ = try ledger.end()
    }

    /// Holds those of `ids` that are not on hold, for `list` or for none.
    ///
    /// - Returns: how many messages are ours since.
    func hold(_ ids: [QueueID], for list: String?) throws(HaltError) -> Int {
        var mail: [QueueID: (arrival: Int64, sender: String)] = [:]
        let asked = Set(ids)
        try self.list { message in
            guard message.queue != "hold", let id = message.id, asked.contains(id) else { return }
            mail[id] = (message.arrival, message.sender)
        }
        let wanted = ids.filter { mail[$0] != nil }
        guard !wanted.isEmpty else { return 0 }
        try ledger.begin(at: SystemClock.seconds, wanted: wanted, list: list)
        try holdNow(wanted)
        let now = try onHold()
        let held = wanted.filter { now.contains($0) }
        try ledger.adopt(held)
        try ledger.note(
            held.compactMap { id in mail[id].map { (id, $0.arrival, $0.sender) } }
        )
        _ = try ledger.end()
        return held.count
    }

    /// Takes `ids` off hold and forgets them.
    ///
    /// - Returns: those that are no longer on hold.
    func free(_ ids: [QueueID]) throws(HaltError) -> Set<QueueID> {
        guard !ids.isEmpty else { return [] }
        try freeNow(ids)
        let left = try onHold()
        let gone = ids.filter { !left.contains($0) }
        try ledger.drop(gone)
        return Set(gone)
    }

    /// Our held messages that `selection` means, without its limits, the oldest first.
    ///
    /// Forgets what is gone from the queue; reports IDs that now belong to other mail.
    func find(
        _ selection: HeldSelection,
        keeping kept: Int = QueueListing.recipientsKept,
        _ report: inout HaltReport
    ) throws(HaltError) -> [QueuedMessage] {
        let entries = ledger.content.entries
        var missing = Set(entries.keys)
        var found: [QueuedMessage] = []
        var strangers: [QueueID] = []
        try list(keeping: kept) { message in
            guard message.queue == "hold", let id = message.id, let entry = entries[id] else {
                return
            }
            missing.remove(id)
            guard (entry.arrival ?? message.arrival) == message.arrival,
                (entry.sender ?? message.sender) == message.sender
            else { return strangers.append(id) }
            if selection.means(id, entry) { found.append(message) }
        }
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
