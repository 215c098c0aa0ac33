// SPDX-License-Identifier: Apache-2.0
//
// The queue manager's line: now sender and number of recipients are known, and it is decided
// whether the message carries a list's copies, is a filter's second look at one that does, or is
// ordinary mail that may still become a post. The mistake to avoid: counting the line itself; it
// is written again at every retry.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// `from= size= nrcpt= (queue active)`.
    mutating func observeQueued(
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let keys = LineKeys(event, bytes)
        var slot = lives.find(keys.message) ?? -1
        let form = AddressForm(bytes, event.sender)
        let sender = form.hash(bytes)
        if slot >= 0 {
            let life = lives[slot]
            let isOther = life.sender != sender || life.recipients != Int32(clamping: event.count)
            if life.flags.contains(.removed) || (life.flags.contains(.stale) && isOther) {
                slot = -1
            } else if life.flags.contains(.queued) {
                lives.touch(slot)
                return
            }
        }
        if slot < 0 { slot = begin(keys, event, bytes, origin: .unseen) }
        lives[slot].flags.insert(.queued)
        if event.dialect != .postfix { beginElsewhere(slot, event, bytes, &out) }
        lives[slot].sender = sender
        if event.sender.isEmpty, event.hasSender { lives[slot].flags.insert(.nullSender) }
        lives[slot].recipients = Int32(clamping: max(event.count, 0))
        lives[slot].size = Int32(clamping: max(event.size, 0))
        lives.touch(slot)

        // A requeue goes on under its new id; so does what a filter gives back.
        if carriedList(slot) != nil || continueTwin(slot) { return }
        let early = takeAwaited(keys.message)
        if let early, takePlace(slot, early, event, &out) { return }
        if lives[slot].origin.isTrusted, joinList(slot, form, event, bytes, &out) {
            if let early, let list = carriedList(slot) { learn(early.alias, of: list) }
            return
        }
        if let early, expand(slot, early, event, bytes, &out) { return }
        settleArrival(slot, form, bytes, &out)
    }

    /// Attaches a message that a filter gave back under a new id, when it says which one it was.
    private mutating func continueTwin(_ slot: Int32) -> Bool {
        guard lives[slot].twin != 0, lives[slot].origin != .pickup,
            let old = lives.find(lives[slot].twin), old != slot
        else { return false }
        follow(old, by: slot)
        unpair(old)
        guard let list = carriedList(old) else { return false }
        carry(slot, list)
        if lives[old].flags.contains(.pending) { lives[slot].flags.insert(.pending) }
        return true
    }

    /// Attaches a message by its envelope sender, or as the twin of one that is attached.
    private mutating func joinList(
        _ slot: Int32,
        _ form: AddressForm,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) -> Bool {
        let life = lives[slot]
        let isForeign = isOutsidersSender(life)
        let shape = isForeign ? nil : form.listSender(bytes, delimiters: delimiters)
        let list = isForeign ? nil : list(of: event.sender, shape, life.origin, bytes, &out)
        let isPersonal = list == nil || shape?.isPersonal == true
        if let old = openFanOut(of: life, isPersonal: isPersonal) {
            follow(old, by: slot)
            unpair(old)
            if let carried = carriedList(old) {
                carry(slot, carried)
                if lives[old].flags.contains(.pending) { lives[slot].flags.insert(.pending) }
                // A second filter may follow.
                openFanOut(slot)
                return true
            }
        }
        guard let list else { return false }
        attach(slot, to: list, event, bytes, arrival: 0, inline: 0, &out)
        return true
    }

    /// The list that the envelope sender belongs to, by configuration or by its form.
    private mutating func list(
        of sender: ByteRange,
        _ shape: ListSender?,
        _ origin: Origin,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) -> Int32? {
        if !patterns.isEmpty, Int(sender.end) <= bytes.count, !sender.isEmpty,
            let list = patterns.list(of: bytes[Int(sender.start)..<Int(sender.end)])
        {
            return list
        }
        guard let shape else { return nil }
        return resolve(shape.list, shape.origin, bytes, &out)
    }

    /// Whether a message from outside brought the same sender under the same Message-ID: then it
    /// is a stranger's list, and this is only a filter's or an alias's second look at it.
    private func isOutsidersSender(_ life: Life) -> Bool {
        guard life.message != 0, let place = byMessage[life.message] else { return false }
        return arrivals[place].sender == life.sender
            || (arrivals[place].foreignSender == life.sender && life.sender != 0)
    }

    /// An earlier fan-out of the same post, sender and number of recipients, to which this one is
    /// a filter's twin.
    ///
    /// Two chunks of one post look the same where the sender is the list's: then a twin is told by
    /// its size, since each way through an SMTP server adds a Received header.
    private func openFanOut(of life: Life, isPersonal: Bool) -> Int32? {
        guard life.origin == .loopback || life.origin == .pickup,
            let place = fanOuts.find(Self.pairKey(life))
        else { return nil }
        // The oldest that fits: filters answer in order, more or less.
        var found: Int32?
        var key = fanOuts[place].life
        var steps = 0
        while steps < 64, let old = lives.find(key) {
            if lives[old].flags.contains(.unpaired) {
                let isSure = isPersonal || lives[old].origin == .local
                if isSure || Self.hasGrown(lives[old].size, life.size) { found = old }
            }
            key = lives[old].expansion
            steps += 1
        }
        return found
    }

    /// Whether a message of `before` bytes grew by a Received header.
    ///
    /// The shortest that Postfix writes has over 100 bytes (measured: 150 to 180); chunks of one
    /// post differ by a recipient's address at most, which single ones have in that header.
    private static func hasGrown(_ before: Int32, _ after: Int32) -> Bool {
        Int64(after) - Int64(before) >= 100
    }

    /// Keeps what may become a post: everything that is not a copy of one.
    private mutating func settleArrival(
        _ slot: Int32,
        _ form: AddressForm,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let life = lives[slot]
        let named = life.message == 0 ? nil : byMessage[life.message]
        settleSender(slot, named, form, bytes, &out)
        if let named, life.origin != .remote, arrivals[named].sender == life.sender {
            dropArrival(of: slot)
            reinject(named, as: slot)
            lives[slot].arrival = arrivals.key(named)
            return
        }
        let place = arrival(of: slot)
        arrivals[place].message = life.message
        arrivals[place].sender = life.sender
        if arrivals[place].posterAddress.isEmpty {
            let person = form.person(bytes, delimiters: delimiters)
            arrivals[place].poster = person.hash(bytes)
            arrivals[place].posterAddress = person.text(bytes)
        }
        if life.flags.contains(.nullSender) || Arrival.isMailer(bytes, form.local) {
            arrivals[place].isRobot = true
        }
        if !life.origin.isTrusted, form.listSender(bytes, delimiters: delimiters) != nil {
            arrivals[place].foreignSender = life.sender
        } else if let named, arrivals[named].foreignSender != 0 {
            arrivals[place].foreignSender = arrivals[named].foreignSender
        }
        if life.message != 0 { byMessage[life.message] = place }
    }

    /// Marks the life that brought the arrival in slot `named`: a filter gave it back as `slot`.
    private mutating func reinject(_ named: Int32, as slot: Int32) {
        let life = lives[slot]
        let isRequeue = life.origin == .pickup && life.twin != 0
        guard life.origin != .local, !isRequeue, let old = lives.find(arrivals[named].life),
            old != slot, !lives[old].flags.contains(.removed),
            lives[old].message == life.message, lives[old].recipients == life.recipients,
            Self.hasGrown(lives[old].size, life.size)
        else { return }
        follow(old, by: slot)
    }

    /// Notes that the life in `slot` seems to be what a filter made of the one in `old`.
    private mutating func follow(_ old: Int32, by slot: Int32) {
        lives[old].flags.insert(.reinjected)
        lives[old].successor = lives.key(slot)
    }
}
