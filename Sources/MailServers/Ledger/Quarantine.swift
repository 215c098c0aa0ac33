// SPDX-License-Identifier: Apache-2.0
//
// The directory of saved messages, and what each file's name says of how far things had come, so
// that a kill at any point neither loses a message nor sends it twice. `ID.eml` is the content, and
// `ID-PART` what else the mail server has of it; beside them stands the envelope: `ID.saving` while
// the message is still in the queue, `ID.json` once it was deleted, `ID.sending` while it is put
// into the queue again, `ID.freeing` when it is there. The mistake to avoid: guessing that something
// was not sent.

internal import FoundationEssentials
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

/// The saved messages of one queue.
struct Quarantine {
    /// How far things had come with a message, by the ending of its envelope's file.
    enum Stage: String {
        /// Its content is saved; it is in the queue, or about to be deleted from there.
        case saving
        /// It was deleted from the queue, and is kept.
        case kept = "json"
        /// It is being put into the queue.
        case sending
        /// It is in the queue, and the copy is no longer of use.
        case freeing
    }

    private let path: String

    /// The quarantine of the queue with its state in `state`.
    init(state: String) { path = "\(state)/quarantine" }

    /// Makes the directory.
    func make() throws(HaltError) { try StateFile.makeDirectory(path) }

    /// Where the content of message `id` is, or will be.
    func content(_ id: QueueID) -> String { "\(path)/\(id).eml" }

    /// Where the mail server's file `name` of message `id` is, or will be.
    func part(_ name: String, of id: QueueID) -> String { "\(path)/\(id)-\(name)" }

    /// The names of the mail server's files of message `id`.
    func parts(of id: QueueID) throws(HaltError) -> [String] {
        try StateFile.list(path).filter { $0.hasPrefix("\(id)-") }
            .map { String($0.dropFirst(id.text.utf8.count + 1)) }
    }

    /// Writes the envelope of a message whose content is saved and which is about to be deleted.
    func write(_ envelope: SavedEnvelope) throws(HaltError) {
        let file = "\(path)/\(envelope.id).\(Stage.saving.rawValue)"
        guard let bytes = try? JSONEncoder().encode(envelope) else {
            throw .file("write", file, errno: EINVAL)
        }
        try StateFile.replace(file, with: Array(bytes))
    }

    /// The envelope of message `id` if that is at `stage`.
    func envelope(_ id: QueueID, _ stage: Stage) throws(HaltError) -> SavedEnvelope? {
        let file = "\(path)/\(id).\(stage.rawValue)"
        guard let bytes = try StateFile.read(file) else { return nil }
        guard let envelope = try? JSONDecoder().decode(SavedEnvelope.self, from: Data(bytes)) else {
            throw .file("understand", file, errno: EBADMSG)
        }
        return envelope
    }

    /// The messages that are kept.
    private var kept: [QueueID] { ids(.kept, in: StateFile.entries(of: path)) }

    /// The messages with which something was begun that has not ended, by stage.
    func unsettled() throws(HaltError) -> [Stage: [QueueID]] {
        let names = try names().filter { !$0.hasSuffix(".eml") }
        var found: [Stage: [QueueID]] = [:]
        for stage in [Stage.saving, .sending, .freeing] {
            let ids = ids(stage, in: names)
            if !ids.isEmpty { found[stage] = ids }
        }
        return found
    }

    /// What stands there; nothing where no directory does, since nothing was ever saved then, and what is on
    /// hold must not wait for that.
    private func names() throws(HaltError) -> [String] {
        guard let found = try StateFile.find(path), found.st_mode & S_IFMT == S_IFDIR else {
            return []
        }
        return try StateFile.list(path)
    }

    private func ids(_ stage: Stage, in names: [String]) -> [QueueID] {
        names.filter { $0.hasSuffix(".\(stage.rawValue)") }
            .compactMap { QueueID($0.dropLast(stage.rawValue.utf8.count + 1)) }.sorted()
    }

    /// Notes, durably, that message `id` has come from `stage` to `next`.
    func move(_ id: QueueID, _ stage: Stage, _ next: Stage) throws(HaltError) {
        try StateFile.move(
            "\(path)/\(id).\(stage.rawValue)",
            to: "\(path)/\(id).\(next.rawValue)"
        )
    }

    /// Forgets message `id`, which is at `stage`.
    func forget(_ id: QueueID, _ stage: Stage) throws(HaltError) {
        try StateFile.remove("\(path)/\(id).\(stage.rawValue)")
        try forgetCopies(id)
    }

    /// Forgets all of message `id` but its envelope.
    func forgetCopies(_ id: QueueID) throws(HaltError) {
        try StateFile.remove(content(id))
        for name in try parts(of: id) { try StateFile.remove(part(name, of: id)) }
    }

    /// The envelopes of the kept messages; one that cannot be read is left out.
    var envelopes: [SavedEnvelope] { kept.compactMap { id in (try? envelope(id, .kept)) ?? nil } }

    /// Deletes the messages that were discarded before `second`, counted since 1970, oldest or not.
    ///
    /// The envelope first: without it nothing is sent again, and a content that a kill leaves is
    /// deleted by the next one.
    ///
    /// - Returns: how many.
    /// - Throws: ``HaltError`` `file` at the first that cannot be deleted.
    func prune(before second: Int64) throws(HaltError) -> Int {
        var pruned = 0
        for id in kept {
            let file = "\(path)/\(id).\(Stage.kept.rawValue)"
            guard let written = StateFile.status(file)?.st_mtim.tv_sec, written < second else {
                continue
            }
            try forget(id, .kept)
            pruned += 1
        }
        try pruneRemains(before: second)
        return pruned
    }

    /// Deletes files that belong to no envelope any more.
    private func pruneRemains(before second: Int64) throws(HaltError) {
        let names = StateFile.entries(of: path)
        let stages = [Stage.saving, .kept, .sending, .freeing].map { ".\($0.rawValue)" }
        let owned = Set(
            names.compactMap { name in
                stages.first { name.hasSuffix($0) }.map { name.dropLast($0.utf8.count) }
            }
        )
        for name in names where !stages.contains(where: { name.hasSuffix($0) }) {
            let file = "\(path)/\(name)"
            // `ID.eml`, or `ID-PART`, where Exim's ID has dashes of its own.
            let isOwned = name.indices.contains { place in
                (name[place] == "." || name[place] == "-") && owned.contains(name[..<place])
            }
            guard !isOwned, let written = StateFile.status(file)?.st_mtim.tv_sec,
                written < second
            else { continue }
            try StateFile.remove(file)
        }
    }

    /// The kept messages that belong to `post`: a Message-ID, or one of the IDs.
    func saved(_ post: String) -> [QueueID] {
        let envelopes = envelopes
        let wanted = envelopes.first { $0.id == post }?.messageID ?? post
        return envelopes.filter { one in
            one.id == post || (one.messageID == wanted && !wanted.isEmpty)
        }
        .compactMap { QueueID($0.id) }
    }
}
