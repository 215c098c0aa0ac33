// SPDX-License-Identifier: Apache-2.0
//
// What local(8) makes of an alias: one new message for the members elsewhere, and deliveries under
// the old id for those here. The alias's own line and the new message's lines come in any order.
// The mistake to avoid: taking a person's forward for a list; one or two recipients are none.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// `forwarded as NEW`: local(8) made a new message of the one in `slot`.
    mutating func observeForward(
        _ slot: Int32,
        _ carried: Int32?,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ keys: LineKeys,
        _ out: inout [TrafficEvent]
    ) {
        var early = AwaitedChild()
        early.arrival = lives[slot].arrival
        let alias = AddressForm(bytes, event.recipient)
        if carried == nil, lives[slot].expansions > 0,
            lives[slot].expansion == alias.hash(bytes)
        {
            early.inline = lives[slot].expansions
            lives[slot].expansions = 0
        }
        if let carried {
            early.list = carried
            early.serial = lists[carried].serial
        }
        let childKey = ByteHash.hash(bytes, event.relatedID, seed: keys.instance)
        let child = lives.find(childKey)
        guard let child, lives[child].flags.contains(.queued) else {
            early.alias = alias.text(bytes)
            if let old = awaited.find(childKey) { awaited.remove(old) }
            let place = awaited.insert(childKey).slot
            awaited[place] = early
            return
        }
        if let list = carriedList(child) {
            if carried == nil { learn(alias.text(bytes), of: list) }
            return
        }
        if takePlace(child, early, event, &out) { return }
        guard lives[child].origin == .local || lives[child].origin == .unseen else { return }
        early.alias = alias.text(bytes)
        _ = expand(child, early, event, bytes, &out)
    }

    /// What is known of the life under `key` from its parent's line.
    mutating func takeAwaited(_ key: UInt64) -> AwaitedChild? {
        guard awaited.count > 0, let place = awaited.find(key) else { return nil }
        return awaited.remove(place)
    }

    /// A member whose mail goes on, or a list within the list: the child takes the place of one
    /// copy, and only what it adds is announced.
    ///
    /// False when the parent carried no list.
    mutating func takePlace(
        _ child: Int32,
        _ early: AwaitedChild,
        _ event: MailEvent,
        _ out: inout [TrafficEvent]
    ) -> Bool {
        let list = early.list
        guard list >= 0, lists.isTaken(list), lists[list].serial == early.serial else {
            return false
        }
        dropArrival(of: child)
        carry(child, list)
        announce(Int64(lives[child].recipients) - 1, list, lives[child].message, event.time, &out)
        let sent = Int64(lives[child].sent)
        guard sent > 0 else { return true }
        lists[list].sent &+= sent
        out.append(.sent(list: ListID(index: list), copies: sent, time: event.time))
        return true
    }

    /// Takes the child of an alias without an owner for a list's fan-out.
    ///
    /// False when it is a person's forward.
    mutating func expand(
        _ child: Int32,
        _ early: AwaitedChild,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) -> Bool {
        let alias = Array(early.alias.utf8)
        let form = AddressForm(alias, ByteRange(start: 0, end: alias.count))
        let isKnown = knownList(at: ByteRange(start: 0, end: alias.count), alias) != nil
        let (size, overflow) = lives[child].recipients.addingReportingOverflow(early.inline)
        guard isKnown || (settings.recognisesLists && (overflow || size >= smallestFanOut)),
            let list = resolve(form, .expansion, alias, &out)
        else { return false }
        attach(
            child,
            to: list,
            event,
            bytes,
            arrival: early.arrival,
            inline: Int64(early.inline),
            &out
        )
        return true
    }

    /// A recipient that an alias stood for: when enough share it, it is a list.
    ///
    /// A virtual alias shows here, whose members are all recipients of the one message, and an
    /// alias of local(8) with members on this host, whose message has one recipient: the alias.
    mutating func noteExpansion(
        _ slot: Int32,
        _ agent: Agent,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let life = lives[slot]
        guard life.flags.contains(.queued) else { return }
        let isInline = agent == .local && life.recipients < smallestFanOut
        guard isInline || life.recipients >= smallestFanOut else { return }
        let form = AddressForm(bytes, event.originalRecipient)
        let hash = form.hash(bytes)
        if life.expansion != hash {
            lives[slot].expansion = hash
            lives[slot].expansions = 0
        }
        if lives[slot].expansions < .max { lives[slot].expansions += 1 }
        if addresses[hash] == nil {
            guard settings.recognisesLists, lives[slot].expansions >= smallestFanOut else { return }
        }
        guard let list = resolve(form, .expansion, bytes, &out), !isInline else { return }
        attach(slot, to: list, event, bytes, arrival: life.arrival, inline: 0, &out)
    }

    /// Tells the copies that local(8) delivered itself, of an alias that made no new message.
    mutating func tellInline(
        _ slot: Int32,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        guard lives[slot].recipients < smallestFanOut,
            let list = addresses[lives[slot].expansion]
        else { return }
        let copies = lives[slot].expansions
        lives[slot].recipients = copies
        lives[slot].sent = copies
        attach(slot, to: list, event, bytes, arrival: lives[slot].arrival, inline: 0, &out)
    }
}
