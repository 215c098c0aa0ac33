// SPDX-License-Identifier: Apache-2.0
//
// Which messages in the queue are a list's or a sender's: for putting them, and nothing else, on
// hold. Asked only while mail is being held; the path of a line does not pay for it.

internal import EventTime
public import MailLog

extension ListTraffic {
    /// The list whose copies the message of `event` carries, and that message's queue id.
    ///
    /// For an alias's own line it is the message that the alias became. Nil when the message
    /// carries no list's copies, or is not remembered.
    public func carried(
        by event: MailEvent,
        in bytes: [UInt8]
    ) -> (list: ListID, queueID: String)? {
        let keys = LineKeys(event, bytes)
        if event.kind == .delivery, !event.relatedID.isEmpty {
            let child = ByteHash.hash(bytes, event.relatedID, seed: keys.instance)
            if let life = messages.find(child), let list = carriedList(life) {
                return (ListID(index: list.slot), Self.text(bytes, event.relatedID))
            }
        }
        guard let life = messages.find(keys.message), let list = carriedList(life) else {
            return nil
        }
        return (ListID(index: list.slot), Self.text(bytes, event.queueID))
    }

    /// Lists whose mail a line with an envelope is about: the one at its recipient, and the one whose copies
    /// have its sender; at most two.
    ///
    /// What a stranger wrote into the envelope counts like anybody's: a list's mail is known by nothing else
    /// before it is queued.
    public func lists(of event: MailEvent, in bytes: [UInt8]) -> [ListID] {
        let post = directory.known(at: event.recipient, bytes)
        var copy = directory.list(bySender: event.sender, bytes)
        if copy == nil, !event.sender.isEmpty {
            let form = AddressForm(bytes, event.sender)
                .listSender(bytes, delimiters: directory.delimiters)?.list
            copy = form.flatMap { directory.list(at: $0.hash(bytes)) }
        }
        return [post, copy].compactMap { $0.map { ListID(index: $0.slot) } }
    }

    /// Queue ids of the messages of `list` that are in a queue, as far as they are remembered.
    ///
    /// Linear in the messages that are remembered; ids of more than 16 bytes are left out.
    public func queued(of list: ListID) -> [String] {
        messages.all(Lane.allCases).compactMap { life in
            carriedList(life)?.slot == list.index ? queueID(of: life) : nil
        }
    }

    /// Envelope senders that only copies of `list` have, with `*` for any text.
    ///
    /// The forms of `ListSender`, in front of the domain of the list's address, and what the
    /// settings say.
    public func senders(of list: ListID) -> [String] {
        guard let handle = directory.list(list), let address = directory[handle]?.address else {
            return []
        }
        let configured = settings.lists.first { $0.address.lowercased() == address }
        var patterns = configured?.senderPatterns ?? []
        for name in [address] + (configured?.aliases ?? []) {
            guard let at = name.lastIndex(of: "@") else { continue }
            let (local, domain) = (name[..<at], name[at...])
            // A name with a star of its own would match other lists' senders.
            guard !local.contains("*") else { continue }
            patterns += [
                "owner-\(local)\(domain)", "owner-\(local)-outgoing\(domain)",
                "\(local)-bounces\(domain)", "\(local)-owner\(domain)",
                "\(local)-return-*\(domain)",
            ]
            for mark in directory.delimiters.map({ String(decoding: [$0], as: UTF8.self) }) {
                patterns += [
                    "\(local)-bounces\(mark)*\(domain)", "\(local)-bounce\(mark)*\(domain)",
                    "\(local)\(mark)bounces-*\(domain)", "bounce\(mark)*==*==\(local)\(domain)",
                ]
            }
        }
        return patterns.count <= 256 ? patterns : Array(patterns.prefix(256))
    }

    /// The queue id of a message that is still in a queue; nil when it is over, or was too long.
    private func queueID(of life: Handle<Life>) -> String? {
        guard let it = messages[life], !it.flags.contains(.removed) else { return nil }
        let id = it.queueID.text
        return id.isEmpty ? nil : id
    }

    // MARK: Senders

    /// The sender of the message that `event` is about, and that message's queue id.
    ///
    /// Nil when it has none, carries a list's copies, or is not remembered.
    public func submitted(
        by event: MailEvent,
        in bytes: [UInt8]
    ) -> (sender: SenderID, queueID: String)? {
        let keys = LineKeys(event, bytes)
        guard let life = messages.find(keys.message), let it = messages[life], it.account != 0,
            carriedList(life) == nil, senders.holds(it.accountHolder)
        else { return nil }
        return (SenderID(index: it.accountHolder.slot), Self.text(bytes, event.queueID))
    }

    /// What of the sender at `address` is in a queue: ids of messages as far as they are
    /// remembered, and the envelope sender that its other messages have.
    ///
    /// Linear in the messages that are remembered.
    public func mail(ofSender address: String) -> (ids: [String], senders: [String]) {
        let key = senders.key(at: address)
        let ids = messages.all(Lane.allCases).compactMap { life in
            messages[life]?.account == key && carriedList(life) == nil ? queueID(of: life) : nil
        }
        // A star would match other people's senders, a login need not be an address, and a name of
        // one or two bytes is refused on the privileged side.
        let local = address.prefix { $0 != "@" }
        let isFit = local.utf8.count >= 3 && local != address && !address.contains("*")
        return (ids, isFit ? [address] : [])
    }
}
