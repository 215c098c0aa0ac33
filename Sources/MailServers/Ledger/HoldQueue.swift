// SPDX-License-Identifier: Apache-2.0
//
// A queue with our ledger and our quarantine: what each mail server must be able to do with single
// messages, and what follows from that. What is on hold and not in the ledger belongs to someone
// else and is left alone. By default the ledger names the messages before a hold, and what is on
// hold afterwards is ours; postsuper(1) says by itself what it held.

internal import Glibc
internal import HaltWire
internal import Linux

/// The queue of one mail server, and the few things that it can be told.
protocol HoldQueue {
    /// What we hold.
    var ledger: HoldLedger { get }
    /// What was discarded, and is kept.
    var quarantine: Quarantine { get }
    /// Whether a message that is brought back has its old ID and is on hold, so that it is found
    /// after a kill. Otherwise it is a new message, and nobody can tell.
    static var bringsBackOnHold: Bool { get }

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

    /// Whether it is known whose the held `message` is: `list`'s alone, or, of no list, others'.
    func isDecided(_ message: QueuedMessage, for list: String?) -> Bool

    /// Copies a held message as it is into the quarantine, durably.
    func save(_ message: QueuedMessage) throws(HaltError)
    /// Deletes held messages that were saved.
    func removeNow(_ ids: [QueueID]) throws(HaltError)
    /// What is in the queue of messages whose deletion, or bringing back, was begun and cut short.
    func remains(of ids: [QueueID]) throws(HaltError) -> [QueueID: Remains]
    /// Puts a saved message back into the queue: as a whole or not at all.
    func bringBack(_ envelope: SavedEnvelope) throws(HaltError)
    /// Lets a message go that was brought back; one that has gone already does no harm.
    func freeBack(_ id: QueueID) throws(HaltError)

    /// Finishes a hold that a kill cut short; due when the ledger was opened.
    func recover() throws(HaltError)
    /// Holds those of `ids` that are not on hold, for `list` or for none; returns how many
    /// messages are ours since.
    func hold(_ ids: [QueueID], for list: String?) throws(HaltError) -> Int
    /// Gives held messages back, and forgets those that are no longer on hold.
    func giveBack(_ messages: [QueuedMessage]) throws(HaltError) -> GivenBackMail
}

/// How much of a message is in the queue; one of which nothing is there has none of these.
enum Remains {
    /// As much as was saved, and nothing is under way that would delete it.
    case whole
    /// Less, so that it can no longer be delivered as a whole.
    case part
}

/// What was given back.
struct GivenBackMail {
    /// What is no longer on hold.
    var gone: Set<QueueID> = []
    /// How many of these went through the queue anew.
    var requeued = 0
}

extension HoldQueue {
    static var bringsBackOnHold: Bool { true }

    /// What cannot be read is not listed at all, and counted where that is noticed.
    func isDecided(_ message: QueuedMessage, for list: String?) -> Bool { !message.isMixed }

    /// How many of `messages` are undecided.
    func undecided(among messages: [QueuedMessage]) -> Int {
        messages.count { !isDecided($0) }
    }

    /// Whether it is known whose the held `message` is, as the ledger has it.
    func isDecided(_ message: QueuedMessage) -> Bool {
        isDecided(message, for: message.id.flatMap { ledger.content.entries[$0]?.list })
    }

    /// Passes every queued message to `body`.
    func list(_ body: @escaping (QueuedMessage) -> Void) throws(HaltError) {
        try list(keeping: QueueListing.recipientsKept, body)
    }

    func onHold() throws(HaltError) -> Set<QueueID> {
        var found: Set<QueueID> = []
        try list(keeping: 0) { message in
            if message.queue == "hold", let id = message.id { found.insert(id) }
        }
        return found
    }

    func remains(of ids: [QueueID]) throws(HaltError) -> [QueueID: Remains] {
        let there = try onHold()
        return Dictionary(ids.filter { there.contains($0) }.map { ($0, .whole) }) { one, _ in one }
    }

    func freeBack(_ id: QueueID) throws(HaltError) { try freeNow([id]) }

    func recover() throws(HaltError) {
        guard let unfinished = ledger.content.unfinished else { return }
        try ledger.adopt(Array(unfinished.wanted.intersection(try onHold())))
        _ = try ledger.end()
    }

    func hold(_ ids: [QueueID], for list: String?) throws(HaltError) -> Int {
        var mail: [QueueID: (arrival: Int64, sender: String)] = [:]
        let asked = Set(ids)
        try self.list(keeping: 0) { message in
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

    func giveBack(_ messages: [QueuedMessage]) throws(HaltError) -> GivenBackMail {
        GivenBackMail(gone: try free(messages.compactMap(\.id)))
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
}
