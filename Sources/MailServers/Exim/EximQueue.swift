// SPDX-License-Identifier: Apache-2.0
//
// Exim's queue. A frozen message is not delivered by any run of the queue and does not age; who
// froze it is written nowhere but in our ledger. A message is saved as Exim has it, its files byte
// for byte, beside an .eml for people: who got a copy already stands in those files.

internal import Glibc
internal import HaltWire

/// The queue of one Exim.
struct EximQueue: HoldQueue {
    let site: EximSite
    let ledger: HoldLedger
    let quarantine: Quarantine

    /// Deadline of one command: 60 s.
    ///
    /// Chosen.
    static let deadline = Duration.seconds(60)
    /// Messages named in one command: 1,000.
    ///
    /// Chosen; about 20 KiB of arguments.
    static let chunk = 1000

    /// Opens the ledger.
    ///
    /// - Throws: ``HaltError`` when it cannot be opened.
    init(_ site: EximSite, state: String) throws(HaltError) {
        self.site = site
        ledger = try HoldLedger(state: state)
        quarantine = Quarantine(state: state)
    }

    func list(keeping kept: Int, _ body: @escaping (QueuedMessage) -> Void) throws(HaltError) {
        // Exim passes over a folder that it cannot read, without a word.
        _ = try StateFile.files(below: "\(site.spool)/input")
        var listing = EximListing(keeping: kept, body)
        var program = Program(site.program, ["-bpru"])
        program.stream = { chunk in
            listing.feed(chunk)
            return true
        }
        _ = try program.check(deadline: Self.deadline)
        listing.finish()
    }

    func holdNow(_ ids: [QueueID]) throws(HaltError) { try run("-Mf", ids) }
    func freeNow(_ ids: [QueueID]) throws(HaltError) { try run("-Mt", ids) }
    func removeNow(_ ids: [QueueID]) throws(HaltError) { try run("-Mrm", ids) }

    func headers(of id: QueueID) -> [UInt8] {
        var found: [UInt8] = []
        var program = Program(site.program, ["-Mvc", id.text])
        program.stream = { chunk in
            found += chunk
            return found.count < 64 << 10
        }
        _ = try? program.run(deadline: EximSite.questionDeadline)
        return found
    }

    func save(_ message: QueuedMessage) throws(HaltError) {
        guard let id = message.id else { return }
        let files = try StateFile.files(below: "\(site.spool)/input")
        for part in Self.parts {
            guard let path = files["\(id)-\(part)"], let content = try StateFile.read(path) else {
                continue
            }
            let model = StateFile.status(path)
            try StateFile.replace(quarantine.part(part, of: id), with: content, like: model)
        }
        try Program(site.program, ["-Mvc", id.text])
            .save(to: quarantine.content(id), deadline: Self.deadline)
    }

    /// Exim deletes the text first, and then what makes it a message.
    func remains(of ids: [QueueID]) throws(HaltError) -> [QueueID: Remains] {
        let files = try StateFile.files(below: "\(site.spool)/input")
        let there = try onHold()
        var found: [QueueID: Remains] = [:]
        for id in ids where there.contains(id) {
            found[id] = files["\(id)-D"] == nil ? .part : .whole
        }
        return found
    }

    /// It was frozen when it was saved, and is frozen again.
    func bringBack(_ envelope: SavedEnvelope) throws(HaltError) {
        guard let id = QueueID(envelope.id) else { return }
        // With split_spool_directory the sixth character names the folder.
        let split = "\(site.spool)/input/\(id.text.dropFirst(5).prefix(1))"
        let folder = StateFile.status(split) == nil ? "\(site.spool)/input" : split
        for part in Self.parts {
            let copy = quarantine.part(part, of: id)
            guard let content = try StateFile.read(copy) else { continue }
            let model = StateFile.status(copy)
            try StateFile.replace("\(folder)/\(id)-\(part)", with: content, like: model)
        }
    }

    /// The files of a message; with the last one it is there.
    private static let parts = ["D", "J", "H"]

    /// Runs `exim -Mx ID...`.
    ///
    /// Its exit status is 1 when one of the messages is gone or locked: what counts is looked up
    /// afterwards. It keeps the ledger locked while it lives, also when we are killed.
    private func run(_ action: String, _ ids: [QueueID]) throws(HaltError) {
        for start in stride(from: 0, to: ids.count, by: Self.chunk) {
            let some = ids[start..<min(start + Self.chunk, ids.count)].map(\.text)
            var program = Program(site.program, [action] + some)
            program.inputFrom = ledger.descriptor
            _ = try program.run(deadline: Self.deadline)
        }
    }
}
