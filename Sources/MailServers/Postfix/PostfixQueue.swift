// SPDX-License-Identifier: Apache-2.0
//
// One Postfix instance with its ledger: holding, looking and giving back. Every hold is noted
// before it is done and confirmed by postsuper(1)'s own words; everything on hold that the ledger
// does not know belongs to someone else and is left alone.

internal import Glibc
internal import HaltWire
internal import Linux

/// The queue of one instance.
struct PostfixQueue {
    let instance: PostfixInstance
    let ledger: HoldLedger
    private let patience: Patience

    /// Opens the ledger and finishes what a kill cut short.
    ///
    /// - Throws: ``HaltError`` when the ledger cannot be opened or the queue cannot be listed.
    init(
        _ instance: PostfixInstance,
        state: String,
        patience: Patience
    ) throws(HaltError) {
        self.instance = instance
        self.patience = patience
        ledger = try HoldLedger(state: state, patience: patience)
        try recover()
    }

    private func recover() throws(HaltError) {
        guard let unfinished = ledger.content.unfinished else { return }
        var found: [QueueID] = []
        let known = ledger.content.entries
        try list { message in
            guard message.queue == "hold", let id = message.id, known[id] == nil else { return }
            // Held between postsuper's rename and its line. What arrived later than the command
            // may have been held by a content filter: not ours then, and left on hold.
            let isOurs =
                unfinished.wanted.contains(id)
                || (unfinished.wanted.isEmpty && !unfinished.foreign.contains(id)
                    && message.arrival < unfinished.began)
            if isOurs { found.append(id) }
        }
        try ledger.adopt(found)
        _ = try ledger.end()
    }

    /// Everything queued goes on hold, but for local mail that qmgr(8) has in hand; returns the
    /// messages that are held since.
    ///
    /// Local mail goes on while the halt stands, so what is caught of it is let go at once. What
    /// qmgr has in its memory must not be caught: back within a second, it is delivered twice, and
    /// qmgr panics over its recipient count (measured, Postfix 3.7). The rest of the active queue
    /// goes first: that is where the storm is, a line in the log for each recipient.
    func holdAll() throws(HaltError) -> Set<QueueID> {
        let ours = ledger.content.entries
        let foreign = StateFile.names(below: "\(instance.queue)/hold").compactMap { QueueID($0) }
            .filter { ours[$0] == nil }
        try ledger.begin(at: SystemClock.seconds, foreign: foreign)
        let active = StateFile.paths(below: "\(instance.queue)/active")
            .filter { QueueFile.awaits($0.value) { !instance.isLocal($0) } }
            .compactMap { QueueID($0.key) }
        if !active.isEmpty { try postsuper(["-h", "-"], ids: active) }
        // -v makes postsuper name each file; without it ALL is answered by a count alone.
        try postsuper(["-v", "-h", "ALL", "incoming", "deferred"])
        return try ledger.end()
    }

    /// Holds `ids`, for `list` or for none; those that are not queued any more are passed over.
    ///
    /// - Returns: how many messages are held since.
    func hold(_ ids: [QueueID], for list: String? = nil) throws(HaltError) -> Int {
        // What is on hold already is ours already, or somebody else's; it must not be wanted, or
        // a kill in the next moment would make it ours.
        let there = ids.isEmpty ? [] : Set(StateFile.names(below: "\(instance.queue)/hold"))
        let wanted = ids.filter { !there.contains($0.text) }
        guard !wanted.isEmpty else { return 0 }
        try ledger.begin(at: SystemClock.seconds, wanted: wanted, list: list)
        try postsuper(["-h", "-"], ids: wanted)
        return try ledger.end().count
    }

    /// Gives `young` back as it is and sends `old` through the queue anew.
    ///
    /// - Returns: those that are no longer on hold.
    func release(young: [QueueID], old: [QueueID]) throws(HaltError) -> Set<QueueID> {
        makeDue(young)
        if !young.isEmpty { try postsuper(["-H", "-"], ids: young) }
        // Only of the hold queue: a reused ID elsewhere must not be requeued.
        if !old.isEmpty { try postsuper(["-r", "-", "hold"], ids: old) }
        let left = Set(StateFile.names(below: "\(instance.queue)/hold").compactMap { QueueID($0) })
        let gone = (young + old).filter { !left.contains($0) }
        try ledger.drop(gone)
        return Set(gone)
    }

    /// Passes every queued message to `body`, as postqueue(1) lists it.
    ///
    /// - Parameters:
    ///   - kept: recipients of each message that are kept.
    ///   - body: gets each message.
    /// - Throws: ``HaltError`` when the queue cannot be listed to its end.
    func list(
        keeping kept: Int = QueueListing.recipientsKept,
        _ body: @escaping (QueuedMessage) -> Void
    ) throws(HaltError) {
        let instance = instance
        var listing = QueueListing(
            isLocal: { instance.isLocal($0) },
            keeping: kept,
            body
        )
        var program = Program(
            "\(PostfixInstance.commands)/postqueue",
            ["-c", instance.configuration, "-j"]
        )
        program.stream = { chunk in
            listing.feed(chunk)
            return true
        }
        _ = try program.check(deadline: patience.left())
        listing.finish()
    }

    /// Asks qmgr(8) to try mail now: everything deferred, or only what is due.
    ///
    /// What was released a moment ago is due. Services that it had given up are tried again.
    ///
    /// - Returns: false when it could not be asked; it looks by itself within `queue_run_delay`.
    func kick(all: Bool, requeued: Bool) -> Bool {
        // F, D, I: forget dead services, scan the deferred and the incoming queue, qmgr(8).
        let isAsked =
            all ? isRun("postqueue", ["-f"]) : isRun("postkick", ["public", "qmgr", "FDI"])
        return requeued ? isRun("postkick", ["public", "pickup", "W"]) && isAsked : isAsked
    }

    /// Asks qmgr(8) to try the message `id` now.
    func tryNow(_ id: QueueID) { _ = isRun("postqueue", ["-i", id.text]) }

    private func isRun(_ name: String, _ arguments: [String]) -> Bool {
        let program = Program(
            "\(PostfixInstance.commands)/\(name)",
            ["-c", instance.configuration] + arguments
        )
        for _ in 1...3 {
            guard let outcome = try? program.run(deadline: patience.left()) else { return false }
            // postkick writes the request and then a terminator; a service that was quick has
            // hung up in between, and the second write is a SIGPIPE. Seen with Postfix 3.7.
            if outcome.status == 0 || outcome.status == 128 + SIGPIPE { return true }
            usleep(50_000)
        }
        return false
    }

    /// Makes `ids` due: qmgr(8) keeps the time of the next try as the queue file's mtime, and that
    /// of a message that was deferred before it was held lies in the future.
    private func makeDue(_ ids: [QueueID]) {
        var hashed: [String: String] = [:]
        for id in ids {
            let flat = "\(instance.queue)/hold/\(id)"
            if unsafe utimes(flat, nil) == 0 { continue }
            if hashed.isEmpty { hashed = StateFile.paths(below: "\(instance.queue)/hold") }
            if let path = hashed[id.text] { unsafe utimes(path, nil) }
        }
    }

    /// Runs postsuper(1), which writes what it does into the ledger.
    ///
    /// It keeps the ledger locked while it lives, also when we are killed: whoever comes next waits
    /// until the queue stands still.
    func postsuper(_ arguments: [String], ids: [QueueID] = []) throws(HaltError) {
        var program = Program(
            "\(PostfixInstance.commands)/postsuper",
            ["-c", instance.configuration] + arguments
        )
        program.input = Array(ids.map { "\($0)\n" }.joined().utf8)
        program.messagesTo = ledger.descriptor
        let question = program
        try ledger.complaint { () throws(HaltError) in
            _ = try question.check(deadline: patience.left())
        }
    }
}
