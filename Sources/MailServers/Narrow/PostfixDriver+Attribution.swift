// SPDX-License-Identifier: Apache-2.0
//
// Whose the mail is that a halt of everything holds: read from the queue files, as at a freeze. A list
// made of virtual_alias_maps, or an alias without an owner, has copies with the author's sender; only
// the recipient as it was given, or the header of this host's own delivery, tells them. What cannot be
// read stays what it was: nobody's, neither discarded with the list nor taken for others'.

internal import HaltWire

extension PostfixDriver {
    /// Knows for the list's what is on hold for no list and is its own by its envelope.
    func attribute(to list: ListKeys, in queue: PostfixInstanceQueue) throws(HaltError) {
        let unknown = queue.ledger.content.entries.filter { $0.value.list == nil }.keys
        guard !unknown.isEmpty,
            let (folder, files) = try StateFile.folder("\(queue.instance.queue)/hold")
        else { return }
        let own = unknown.filter { id in
            guard let place = files[id.text], let file = try? folder.walk(to: place.path) else {
                return false
            }
            return QueueFile.owner(of: file, among: [list]) == .list(list.list)
        }
        try queue.ledger.assign(own.sorted(), to: list.list)
    }
}

extension PostfixInstanceQueue {
    func isDecided(_ message: QueuedMessage, for list: String?) -> Bool {
        guard !message.isMixed, let id = message.id, let file = try? SafeEntry.at(path(of: id)),
            QueueFile.owner(of: file, among: []) != .undecided
        else { return false }
        guard let list else { return true }
        return QueueFile.isMixed(file, list) == false
    }
}
