// SPDX-License-Identifier: Apache-2.0
//
// Sendmail's queue with our ledger. On hold is what is quarantined: no queue run touches it, and it
// does not age; who quarantined it is written nowhere but in our ledger. Sendmail itself renames
// the files, under its own locks; a message that is being delivered is passed over by it.

internal import Glibc
internal import HaltWire

/// The queue of one Sendmail.
struct SendmailQueue: HoldQueue {
    let site: SendmailSite
    let ledger: HoldLedger
    let quarantine: Quarantine
    /// What was given back and would wait for the next queue run.
    let due: GivenBack

    private var spool: SendmailSpool { SendmailSpool(queues: site.queues) }

    /// Deadline of one command: 60 s.
    ///
    /// Chosen.
    static let deadline = Duration.seconds(60)
    /// Messages named in one command: 200.
    ///
    /// Chosen: Sendmail compares each message of the queue with each name.
    static let chunk = 200
    /// Why a message is quarantined, as mailq(1) shows it.
    static let reason = "outbound mail is halted by listbreaker"

    /// Opens the ledger.
    ///
    /// - Throws: ``HaltError`` when it cannot be opened.
    init(_ site: SendmailSite, state: String) throws(HaltError) {
        self.site = site
        ledger = try HoldLedger(state: state)
        quarantine = Quarantine(state: state)
        due = GivenBack(path: "\(state)/due")
    }

    func list(keeping kept: Int, _ body: @escaping (QueuedMessage) -> Void) throws(HaltError) {
        for message in try spool.messages() {
            if let found = spool.read(message, keeping: kept) { body(found) }
        }
    }

    func onHold() throws(HaltError) -> Set<QueueID> {
        Set(try spool.messages().filter(\.isHeld).map(\.id))
    }

    func holdNow(_ ids: [QueueID]) throws(HaltError) { try run(["-Q\(Self.reason)"], ids) }

    func freeNow(_ ids: [QueueID]) throws(HaltError) {
        try due.add(ids)
        try run(["-qQ", "-Q"], ids)
    }

    func headers(of id: QueueID) -> [UInt8] {
        guard let message = try? find(id), let bytes = try? StateFile.read(message.control) else {
            return []
        }
        return SendmailSpool.headers(bytes)
    }

    func save(_ message: QueuedMessage) throws(HaltError) {
        guard let id = message.id else { return }
        guard let message = try find(id), let control = try StateFile.read(message.control),
            let text = try spool.text(of: message)
        else { throw .file("read", id.text, errno: ENOENT) }
        let model = StateFile.status(message.control)
        try StateFile.replace(quarantine.part("data", of: id), with: text, like: model)
        try StateFile.replace(quarantine.part("control", of: id), with: control, like: model)
        try StateFile.replace(
            quarantine.content(id),
            with: SendmailSpool.headers(control) + [0x0a] + text
        )
    }

    func removeNow(_ ids: [QueueID]) throws(HaltError) {
        // What somebody delivers just now is his; it stays, and is not kept.
        let wanted = Set(ids).subtracting(try spool.locked())
        for message in try spool.messages() where message.isHeld && wanted.contains(message.id) {
            // The control file first: without it there is no message.
            try StateFile.remove(message.control)
            for kind in ["df", "xf"] { try StateFile.remove(try message.file(kind)) }
        }
    }

    /// It was quarantined when it was saved, and is again; with its control file it is there.
    func bringBack(_ envelope: SavedEnvelope) throws(HaltError) {
        guard let id = QueueID(envelope.id) else { return }
        guard let queue = try spool.directories.first else {
            throw .file("find the queue", site.queues.first ?? "", errno: ENOENT)
        }
        for (part, kind) in [("data", "df"), ("control", "hf")] {
            let copy = quarantine.part(part, of: id)
            guard let content = try StateFile.read(copy) else {
                throw .file("read", copy, errno: ENOENT)
            }
            let target = try SendmailSpool.path(kind, id, in: queue)
            try StateFile.replace(target, with: content, like: StateFile.status(copy))
        }
    }

    private func find(_ id: QueueID) throws(HaltError) -> SendmailSpool.Message? {
        for queue in try spool.directories {
            for kind in ["hf", "qf"] {
                let path = try SendmailSpool.path(kind, id, in: queue)
                guard try StateFile.find(path) != nil else { continue }
                return SendmailSpool.Message(
                    id: id,
                    control: path,
                    queue: queue,
                    isHeld: kind == "hf"
                )
            }
        }
        return nil
    }

    /// Runs sendmail with `words` for exactly `ids`.
    ///
    /// What it could not do is looked up afterwards. It keeps the ledger locked while it lives, also
    /// when we are killed.
    private func run(_ words: [String], _ ids: [QueueID]) throws(HaltError) {
        for start in stride(from: 0, to: ids.count, by: Self.chunk) {
            let some = ids[start..<min(start + Self.chunk, ids.count)].map { "-qI\($0)" }
            var program = Program(site.program, words + some)
            program.inputFrom = ledger.descriptor
            _ = try program.run(deadline: Self.deadline)
        }
    }
}
