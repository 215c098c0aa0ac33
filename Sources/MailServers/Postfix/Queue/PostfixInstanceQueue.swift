// SPDX-License-Identifier: Apache-2.0
//
// The queue of one Postfix instance. Every hold is noted before it is done and confirmed by
// postsuper(1)'s own words. It keeps the ledger locked while it lives, also when we are killed:
// whoever comes next waits until the queue stands still.

internal import Glibc
internal import HaltWire
internal import Linux

/// The queue of one instance.
struct PostfixInstanceQueue: HoldQueue {
    let instance: PostfixInstance
    let ledger: HoldLedger
    let quarantine: Quarantine
    let patience: Patience
    /// The directory of what we know of it.
    let state: String

    /// What is sent again is a new message, whose ID nobody knows.
    static let bringsBackOnHold = false

    /// Opens the ledger.
    ///
    /// - Throws: ``HaltError`` when it cannot be opened.
    init(
        _ instance: PostfixInstance,
        state: String,
        patience: Patience
    ) throws(HaltError) {
        self.instance = instance
        self.patience = patience
        self.state = state
        ledger = try HoldLedger(state: state, patience: patience)
        quarantine = Quarantine(state: state)
    }

    /// Everything that is on hold, ours or not.
    ///
    /// - Throws: ``HaltError`` when not all of the queue can be read.
    func onHold() throws(HaltError) -> Set<QueueID> {
        Set(try StateFile.files(below: "\(instance.queue)/hold").keys.compactMap { QueueID($0) })
    }

    func holdNow(_ ids: [QueueID]) throws(HaltError) { try postsuper(["-h", "-"], ids: ids) }

    func freeNow(_ ids: [QueueID]) throws(HaltError) {
        makeDue(ids)
        try postsuper(["-H", "-"], ids: ids)
    }

    func recover() throws(HaltError) {
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
        let foreign = try onHold().filter { ours[$0] == nil }
        try ledger.begin(at: SystemClock.seconds, foreign: Array(foreign))
        var blindness: HaltError?
        do throws(HaltError) {
            let active = try active()
            if !active.isEmpty { try postsuper(["-h", "-"], ids: active) }
        } catch { blindness = error }
        // -v makes postsuper name each file; without it ALL is answered by a count alone.
        try postsuper(["-v", "-h", "ALL", "incoming", "deferred"])
        let held = try ledger.end()
        // What could be held is; what could not be seen is no empty queue.
        if let blindness { throw blindness }
        return held
    }

    /// What qmgr(8) has in hand and that is not for this host alone.
    private func active() throws(HaltError) -> [QueueID] {
        guard let (folder, files) = try StateFile.folder("\(instance.queue)/active") else {
            return []
        }
        return files.filter { file in
            QueueFile.awaits(try? folder.walk(to: file.value.path)) { !instance.isLocal($0) }
        }
        .compactMap { QueueID($0.key) }
    }

    func hold(_ ids: [QueueID], for list: String? = nil) throws(HaltError) -> Int {
        // What is on hold already is ours already, or somebody else's; it must not be wanted, or
        // a kill in the next moment would make it ours.
        let there = ids.isEmpty ? [] : try onHold()
        var wanted = ids.filter { !there.contains($0) }
        if list != nil, !wanted.isEmpty {
            // A person let it go; only a halt of everything takes it again.
            let passing = try passing(wanted)
            wanted.removeAll { passing.contains($0) }
        }
        guard !wanted.isEmpty else { return 0 }
        try ledger.begin(at: SystemClock.seconds, wanted: wanted, list: list)
        try holdNow(wanted)
        return try ledger.end().count
    }

    /// Gives young messages back as they are, and sends old ones through the queue anew.
    func giveBack(_ messages: [QueuedMessage]) throws(HaltError) -> GivenBackMail {
        let oldest = SystemClock.seconds - instance.oldSeconds
        let entries = ledger.content.entries
        let all = messages.compactMap(\.id)
        // The way that they were given is in their files; going through the queue anew loses it.
        let passing = try passing(all)
        let old = messages.filter { message in
            message.arrival <= oldest || message.id.map { entries[$0]?.isRequeued == true } ?? false
        }
        .compactMap(\.id).filter { !passing.contains($0) }
        let young = Set(all).subtracting(old)
        let gone = try release(young: Array(young), old: old)
        return GivenBackMail(gone: gone, requeued: old.count { gone.contains($0) })
    }

    /// Gives `young` back as it is and sends `old` through the queue anew.
    ///
    /// - Returns: those that are no longer on hold.
    func release(young: [QueueID], old: [QueueID]) throws(HaltError) -> Set<QueueID> {
        if !young.isEmpty { try freeNow(young) }
        // Only of the hold queue: a reused ID elsewhere must not be requeued.
        if !old.isEmpty { try postsuper(["-r", "-", "hold"], ids: old) }
        let left = try onHold()
        let gone = (young + old).filter { !left.contains($0) }
        try ledger.drop(gone)
        return Set(gone)
    }

    /// Times that the queue is listed until it is whole: 3, with 0.4 s in between.
    ///
    /// Chosen: whoever stops or restarts Postfix ends showq(8) in the middle of what it says, and postqueue(1)
    /// gives up; a second later it reads the queue itself, or a new showq does.
    private static let looks = 3
    private static let pause: useconds_t = 400_000

    /// Passes every queued message to `body`, once, as postqueue(1) lists it.
    ///
    /// - Throws: ``HaltError`` when the queue cannot be listed to its end.
    func list(keeping kept: Int, _ body: @escaping (QueuedMessage) -> Void) throws(HaltError) {
        var passed: Set<Int> = []
        var look = 1
        while true {
            do throws(HaltError) {
                return try listOnce(keeping: kept) { message in
                    // By its hash, of eight bytes: a queue may have a million messages.
                    if let id = message.id, !passed.insert(id.hashValue).inserted { return }
                    body(message)
                }
            } catch {
                guard look < Self.looks, error.code == .failed else { throw error }
                look += 1
                usleep(Self.pause)
            }
        }
    }

    private func listOnce(
        keeping kept: Int,
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

    /// Makes `ids` due: qmgr(8) keeps the time of the next try as the queue file's mtime, and that
    /// of a message that was deferred before it was held lies in the future.
    private func makeDue(_ ids: [QueueID]) {
        guard let hold = try? SafeEntry.at("\(instance.queue)/hold") else { return }
        var hashed: [String: SafeEntry.Below] = [:]
        for id in ids {
            if let file = try? hold.entry(id.text) {
                _ = file.touch()
                continue
            }
            if hashed.isEmpty { hashed = (try? hold.files(depth: StateFile.hashDepth)) ?? [:] }
            if let file = hashed[id.text] { _ = try? hold.walk(to: file.path).touch() }
        }
    }

    /// Runs postsuper(1), which writes what it does into the ledger.
    ///
    /// It keeps the ledger locked while it lives, also when we are killed.
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
