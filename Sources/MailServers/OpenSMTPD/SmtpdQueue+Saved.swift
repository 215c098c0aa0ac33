// SPDX-License-Identifier: Apache-2.0
//
// Saving a message of OpenSMTPD, deleting it and bringing it back. smtpd deletes on its own time,
// recipient by recipient, when it was asked: a message with fewer of them than were saved is being
// deleted. Brought back, it is built beside the queue, as smtpd itself does it, and renamed into it.

internal import Glibc
internal import HaltWire

extension SmtpdQueue {
    /// Time within which a smtpd that was asked to delete a message has begun with it: 200 ms.
    ///
    /// Chosen; smtpctl(8) ends when smtpd's scheduler has passed the request on.
    private static var begun: useconds_t { 200_000 }

    func save(_ message: QueuedMessage) throws(HaltError) {
        guard let id = message.id else { return }
        let source = spool.directory(of: id)
        for name in try StateFile.list(source) {
            guard let content = try StateFile.read("\(source)/\(name)") else { continue }
            let model = StateFile.status("\(source)/\(name)")
            let copy = name == Self.text ? quarantine.content(id) : quarantine.part(name, of: id)
            try StateFile.replace(copy, with: content, like: model)
        }
    }

    func removeNow(_ ids: [QueueID]) throws(HaltError) {
        let deadline = ContinuousClock.now + Self.removal
        var left = ids
        repeat {
            // What it has not read yet since its start it does not remove, and does not say so.
            for id in left { try Self.control(["remove", id.text], holding: ledger) }
            let next = min(deadline, ContinuousClock.now + .seconds(1))
            repeat {
                usleep(5000)
                left = try isThere(left)
            } while !left.isEmpty && ContinuousClock.now < next
        } while !left.isEmpty && ContinuousClock.now < deadline
    }

    /// A message that smtpd has not begun to delete after a while was not asked for.
    func remains(of ids: [QueueID]) throws(HaltError) -> [QueueID: Remains] {
        let there = try isThere(ids)
        if !there.isEmpty { usleep(Self.begun) }
        var found: [QueueID: Remains] = [:]
        for id in try isThere(there) {
            let saved = try quarantine.parts(of: id).count
            let left = try StateFile.list(spool.directory(of: id)).count { $0 != Self.text }
            found[id] = left < saved ? .part : .whole
        }
        return found
    }

    /// Its text was closed when it was saved, and is again.
    func bringBack(_ envelope: SavedEnvelope) throws(HaltError) {
        guard let id = QueueID(envelope.id) else { return }
        let target = spool.directory(of: id)
        let draft = "\(spool.drafts)/\(id)"
        for name in try StateFile.list(draft) { try StateFile.remove("\(draft)/\(name)") }
        for path in [spool.drafts, draft, String(target.dropLast(id.text.utf8.count + 1))] {
            try makeDirectory(path)
        }
        for name in try quarantine.parts(of: id) + [Self.text] {
            let copy = name == Self.text ? quarantine.content(id) : quarantine.part(name, of: id)
            guard let content = try StateFile.read(copy) else {
                throw .file("read", copy, errno: ENOENT)
            }
            let model = StateFile.status(copy)
            try StateFile.replace("\(draft)/\(name)", with: content, like: model)
        }
        try StateFile.move(draft, to: target)
    }

    /// A running smtpd is told of it; one that does not run reads its queue when it starts.
    func freeBack(_ id: QueueID) throws(HaltError) {
        try freeNow([id])
        _ = try? Self.ask(["discover", id.text], holding: ledger)
    }

    /// Those of `ids` whose text is there.
    ///
    /// - Throws: ``HaltError`` when there is no telling: what cannot be seen is not gone.
    private func isThere(_ ids: [QueueID]) throws(HaltError) -> [QueueID] {
        var found: [QueueID] = []
        for id in ids where try StateFile.find("\(spool.directory(of: id))/\(Self.text)") != nil {
            found.append(id)
        }
        return found
    }

    /// Makes a directory that is smtpd's own, as the queue is.
    private func makeDirectory(_ path: String) throws(HaltError) {
        try StateFile.makeDirectory(path)
        guard let owner = StateFile.status(spool.path) else { return }
        do throws(SafeEntry.Missing) {
            let number = try SafeEntry.at(path).setOwner(owner.st_uid, owner.st_gid)
            guard number == 0 else { throw SafeEntry.Missing(number: number) }
        } catch {
            throw .file("set the owner of", path, errno: error.number)
        }
    }

    /// The file of a message's text, beside one for each recipient.
    private static var text: String { "message" }
}
