// SPDX-License-Identifier: Apache-2.0
//
// Mail that is no list's and goes to the outside, by sender. A message's sender is settled once,
// by its first lines; each recipient's line to the outside then counts once, up to `nrcpt=`, so
// that retries count nothing. The mistake to avoid: a sender for mail that is only forwarded. What
// came from elsewhere without a login has none, and no filter, requeue or alias gives it one.

internal import EventTime
public import MailLog

extension ListTraffic {
    /// The login or envelope sender of `sender`, in lower case; empty when there is none.
    public func address(of sender: SenderID) -> String {
        senders.isTaken(sender.index) ? senders[sender.index].address : ""
    }

    /// What stands for the Message-ID of a message that has none: Postfix logs `<>`.
    private static let emptyID = messageHash(Array("<>".utf8), ByteRange(start: 0, end: 2))

    /// A client logged in to hand over the message in `slot`.
    mutating func noteLogin(
        _ slot: Int32,
        _ user: ByteRange,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        guard !user.isEmpty else { return }
        attribute(slot, to: AddressForm(bytes, user), isLogin: true, bytes, &out)
    }

    /// Settles the sender of a message that is no list's, when its queue line comes.
    ///
    /// `named` is the arrival that had the same Message-ID before.
    mutating func settleSender(
        _ slot: Int32,
        _ named: Int32?,
        _ form: AddressForm,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let life = lives[slot]
        guard life.account == 0 else { return }
        if life.twin != 0 { return inheritSender(slot, lives.find(life.twin)) }
        let hasID = life.message != 0 && life.message != Self.emptyID
        if hasID, let named, arrivals[named].life != lives.key(slot) {
            if let old = lives.find(arrivals[named].life) { return inheritSender(slot, old) }
            guard arrivals[named].origin.isTrusted else { return }
        }
        // Without a Message-ID nobody can tell a program's own mail from what a filter gives back.
        guard life.origin == .pickup || (life.origin == .loopback && hasID),
            !form.local.isEmpty, !form.domain.isEmpty,
            !life.flags.contains(.nullSender), !Arrival.isMailer(bytes, form.local),
            form.listSender(bytes, delimiters: delimiters) == nil
        else { return }
        // SRS is a forwarder's, for somebody else's mail.
        let end = Int(form.local.end)
        if form.has(bytes, at: Int(form.local.start), end, "srs0=")
            || form.has(bytes, at: Int(form.local.start), end, "srs1=")
        {
            return
        }
        let person = form.person(bytes, delimiters: delimiters)
        attribute(slot, to: person, isLogin: false, bytes, &out)
    }

    /// A filter or a requeue made the message in `slot` of the one in `old`.
    private mutating func inheritSender(_ slot: Int32, _ old: Int32?) {
        guard let old, old != slot else { return }
        lives[slot].account = lives[old].account
        lives[slot].accountSlot = lives[old].accountSlot
        lives[slot].outward = lives[old].outward
    }

    private mutating func attribute(
        _ slot: Int32,
        to form: AddressForm,
        isLogin: Bool,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let key = form.hash(bytes)
        guard key != 0 else { return }
        let sender: Int32
        if let known = senders.find(key) {
            sender = known
            senders.touch(known)
        } else {
            sender = makeSender(key, SenderRecord.text(form, bytes), isLogin: isLogin, &out)
        }
        lives[slot].account = key
        lives[slot].accountSlot = sender
        if isLogin, !senders[sender].isLogin {
            senders[sender].isLogin = true
            if senders.lane(sender) == .passing, let gone = senders.move(sender, to: .kept) {
                leaveSender(gone, &out)
            }
        }
    }

    private mutating func makeSender(
        _ key: UInt64,
        _ address: String,
        isLogin: Bool,
        _ out: inout [TrafficEvent]
    ) -> Int32 {
        let lane = pinnedSenders.contains(key) ? Lane.fixed : isLogin ? .kept : .passing
        let (slot, gone) = senders.insert(key, lane: lane)
        if let gone { leaveSender(gone, &out) }
        senders[slot].address = address
        senders[slot].isLogin = isLogin
        return slot
    }

    private mutating func leaveSender(
        _ gone: SlotTable<SenderRecord>.Evicted,
        _ out: inout [TrafficEvent]
    ) {
        tally.evictedSenders += 1
        out.append(.senderEvicted(sender: SenderID(index: gone.slot)))
    }

    /// One recipient's line of a message, written by an agent to the outside.
    ///
    /// Nothing for a list's copies and for what has no sender. What was handed to a filter on this
    /// host does not come here.
    @inline(__always)
    mutating func countOutward(
        _ slot: Int32,
        _ event: MailEvent,
        _ out: inout [TrafficEvent]
    ) {
        guard lives[slot].account != 0, carriedList(slot) == nil else { return }
        tellOutward(slot, event, &out)
    }

    private mutating func tellOutward(
        _ slot: Int32,
        _ event: MailEvent,
        _ out: inout [TrafficEvent]
    ) {
        let sender = lives[slot].accountSlot
        // The slot may be another's by now.
        guard senders.isTaken(sender), senders.key(sender) == lives[slot].account else { return }
        switch event.status {
        case .sent, .bounced, .deferred: break
        default: return
        }
        let before = lives[slot].outward
        let known = lives[slot].recipients
        let room = known > 0 && !lives[slot].flags.contains(.openEnded) ? known - before : .max
        let copies = min(Int32(clamping: max(event.count, 1)), max(room, 0))
        let refused = event.status == .bounced ? max(event.count, 1) : 0
        guard copies > 0 || refused > 0 else { return }
        let (sum, overflow) = before.addingReportingOverflow(copies)
        lives[slot].outward = overflow ? .max : sum
        out.append(
            .outward(
                sender: SenderID(index: sender),
                messages: before == 0 ? 1 : 0,
                copies: Int64(copies),
                refused: refused,
                time: event.time
            )
        )
    }

    // MARK: Holding

    /// The sender of the message that `event` is about, and that message's queue id.
    ///
    /// Nil when it has none, carries a list's copies, or is not remembered.
    public func submitted(
        by event: MailEvent,
        in bytes: [UInt8]
    ) -> (sender: SenderID, queueID: String)? {
        let keys = LineKeys(event, bytes)
        guard let slot = lives.find(keys.message), lives[slot].account != 0,
            carriedList(slot) == nil, senders.isTaken(lives[slot].accountSlot),
            senders.key(lives[slot].accountSlot) == lives[slot].account
        else { return nil }
        return (SenderID(index: lives[slot].accountSlot), Self.text(bytes, event.queueID))
    }

    /// What of the sender at `address` is in a queue: ids of messages as far as they are
    /// remembered, and the envelope sender that its other messages have.
    ///
    /// Linear in the messages that are remembered.
    public func mail(ofSender address: String) -> (ids: [String], senders: [String]) {
        let key = senderKey(at: address)
        var ids: [String] = []
        for lane in [Lane.passing, .kept, .fixed] {
            for slot in lives.slots(in: lane)
            where lives[slot].account == key && carriedList(slot) == nil
                && !lives[slot].flags.contains(.removed)
            {
                let id = lives[slot].queueID.text
                if !id.isEmpty { ids.append(id) }
            }
        }
        // A star would match other people's senders, a login need not be an address, and a name of
        // one or two bytes is refused on the privileged side.
        let local = address.prefix { $0 != "@" }
        let isFit = local.utf8.count >= 3 && local != address && !address.contains("*")
        return (ids, isFit ? [address] : [])
    }

    /// The key of the sender at `address`; an address that was cut to be shown is looked for.
    private func senderKey(at address: String) -> UInt64 {
        let key = Self.hash(address)
        if senders.find(key) != nil { return key }
        for lane in [Lane.fixed, .kept, .passing] {
            for slot in senders.slots(in: lane) where senders[slot].address == address {
                return senders.key(slot)
            }
        }
        return key
    }

    /// Names the senders that are never forgotten: those whose breaker is not closed.
    ///
    /// The set replaces the one before.
    public mutating func setPinned(senders addresses: Set<String>) {
        let keys = Set(addresses.map(senderKey))
        guard keys != pinnedSenders else { return }
        let before = pinnedSenders
        pinnedSenders = keys
        for key in keys {
            if let slot = senders.find(key) { _ = senders.move(slot, to: .fixed) }
        }
        for key in before.subtracting(keys) {
            guard let slot = senders.find(key) else { continue }
            let lane = senders[slot].isLogin ? Lane.kept : .passing
            if let gone = senders.move(slot, to: lane) {
                tally.evictedSenders += 1
                owedSenders.append(SenderID(index: gone.slot))
            }
        }
    }
}
