// SPDX-License-Identifier: Apache-2.0
//
// What local(8) makes of an alias: one new message for the members elsewhere, and deliveries under
// the old id for those here. The alias's own line and the new message's lines come in any order.
// The mistake to avoid: taking a person's forward for a list; one or two recipients are none.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// ``TrafficSettings/smallestFanOut``, within reason.
    var smallestFanOut: Int32 { directory.smallestFanOut }

    /// `forwarded as NEW`: local(8) made a new message of `life`.
    mutating func observeForward(
        _ life: Handle<Life>,
        _ carried: Handle<ListRecord>?,
        _ line: Line
    ) {
        guard let it = messages[life] else { return }
        var early = AwaitedChild()
        early.arrival = it.arrival
        let alias = line.address(line.event.recipient)
        if carried == nil, it.expansions > 0, it.expansion == alias.hash(line.bytes) {
            early.inline = it.expansions
            messages[life]?.expansions = 0
        }
        if let carried { early.list = carried }
        let childKey = line.key(line.event.relatedID)
        guard let child = messages.find(childKey), let made = messages[child],
            made.flags.contains(.queued)
        else {
            early.alias = alias.text(line.bytes)
            messages.expect(early, under: childKey)
            return
        }
        if let list = carriedList(child) {
            if carried == nil { directory.learn(alias.text(line.bytes), of: list) }
            return
        }
        if takePlace(child, early, line) { return }
        guard made.origin == .local || made.origin == .unseen else { return }
        early.alias = alias.text(line.bytes)
        _ = expand(child, early, line)
    }

    /// A member whose mail goes on, or a list within the list: the child takes the place of one
    /// copy, and only what it adds is announced.
    ///
    /// False when the parent carried no list.
    mutating func takePlace(
        _ child: Handle<Life>,
        _ early: AwaitedChild,
        _ line: Line
    ) -> Bool {
        guard directory.holds(early.list) else { return false }
        messages.dropArrival(of: child)
        carry(child, early.list)
        guard let it = messages[child] else { return true }
        announce(Int64(it.recipients) - 1, early.list, it.message, line.time, it.origin)
        if it.sent > 0 { tellSent(Int64(it.sent), early.list, line.time) }
        return true
    }

    /// Takes the child of an alias without an owner for a list's fan-out.
    ///
    /// False when it is a person's forward.
    mutating func expand(_ child: Handle<Life>, _ early: AwaitedChild, _ line: Line) -> Bool {
        let alias = Array(early.alias.utf8)
        let whole = ByteRange(start: 0, end: alias.count)
        let isKnown = directory.known(at: whole, alias) != nil
        let recipients = messages[child]?.recipients ?? 0
        let (size, overflow) = recipients.addingReportingOverflow(early.inline)
        guard isKnown || (directory.recognisesLists && (overflow || size >= smallestFanOut)),
            let list = resolve(AddressForm(alias, whole), .expansion, alias)
        else { return false }
        attach(child, to: list, line, arrival: early.arrival, inline: Int64(early.inline))
        if let message = messages[child]?.message {
            directory.note(Int64(early.inline), of: message, to: .mailbox, list)
        }
        return true
    }

    /// A recipient that an alias stood for: when enough share it, it is a list.
    ///
    /// A virtual alias shows here, whose members are all recipients of the one message, and an
    /// alias of local(8) with members on this host, whose message has one recipient: the alias.
    mutating func noteExpansion(_ life: Handle<Life>, _ agent: Agent, _ line: Line) {
        guard let it = messages[life], it.flags.contains(.queued) else { return }
        let isInline = agent == .local && it.recipients < smallestFanOut
        guard isInline || it.recipients >= smallestFanOut else { return }
        let form = line.address(line.event.originalRecipient)
        let shared = share(life, form.hash(line.bytes), 1)
        guard isList(form.hash(line.bytes), shared),
            let list = resolve(form, .expansion, line.bytes), !isInline
        else { return }
        attach(life, to: list, line, arrival: it.arrival, inline: 0)
    }

    /// Counts recipients that the address with this hash stood for; gives how many there are.
    mutating func share(_ life: Handle<Life>, _ hash: UInt64, _ copies: Int32) -> Int32 {
        if messages[life]?.expansion != hash {
            messages[life]?.expansion = hash
            messages[life]?.expansions = 0
        }
        let before = messages[life]?.expansions ?? 0
        let shared = Int32(clamping: Int64(before) + Int64(copies))
        messages[life]?.expansions = shared
        return shared
    }

    /// Whether an address is a list, or one may be made of it because so many share it.
    func isList(_ hash: UInt64, _ shared: Int32) -> Bool {
        directory.list(at: hash) != nil
            || (directory.recognisesLists && shared >= smallestFanOut)
    }

    /// Tells the copies that local(8) delivered itself, of an alias that made no new message.
    mutating func tellInline(_ life: Handle<Life>, _ line: Line) {
        guard let it = messages[life], it.recipients < smallestFanOut,
            let list = directory.list(at: it.expansion)
        else { return }
        messages[life]?.recipients = it.expansions
        messages[life]?.sent = it.expansions
        attach(life, to: list, line, arrival: it.arrival, inline: 0)
        directory.note(Int64(it.expansions), of: it.message, to: .mailbox, list)
    }
}
