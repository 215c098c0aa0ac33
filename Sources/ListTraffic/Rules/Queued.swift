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
    mutating func observeQueued(_ line: Line) {
        let event = line.event
        let form = line.address(event.sender)
        let sender = form.hash(line.bytes)
        let known = messages.find(line.keys.message)
        if let known, isSame(known, line, sender) == true { return messages.touch(known) }
        let isOver = known.map { isSame($0, line, sender) == nil } ?? true
        let life = isOver ? begin(line, origin: .unseen) : known ?? .none
        messages[life]?.flags.insert(.queued)
        if event.dialect != .postfix { beginElsewhere(life, line) }
        messages[life]?.sender = sender
        if event.sender.isEmpty, event.hasSender { messages[life]?.flags.insert(.nullSender) }
        messages[life]?.recipients = Int32(clamping: max(event.count, 0))
        messages[life]?.size = Int32(clamping: max(event.size, 0))
        account(life, line)
        messages.touch(life)

        // A requeue goes on under its new id; so does what a filter gives back.
        if carriedList(life) != nil || continueTwin(life) { return }
        let early = messages.takeAwaited(line.keys.message)
        if let early, takePlace(life, early, line) { return }
        if messages[life]?.origin.isTrusted == true, joinList(life, form, line) {
            if let early, let list = carriedList(life) { directory.learn(early.alias, of: list) }
            return
        }
        if let early, expand(life, early, line) { return }
        settleArrival(life, form, line)
    }

    /// Whether the queue line of a known message was read before; nil when that message is over
    /// and this is another one of the same id.
    private func isSame(_ life: Handle<Life>, _ line: Line, _ sender: UInt64) -> Bool? {
        guard let it = messages[life], !it.flags.contains(.removed) else { return nil }
        let isOther = it.sender != sender || it.recipients != Int32(clamping: line.event.count)
        if it.flags.contains(.stale) && isOther { return nil }
        return it.flags.contains(.queued)
    }

    /// Attaches a message that a filter gave back under a new id, when it says which one it was.
    private mutating func continueTwin(_ life: Handle<Life>) -> Bool {
        guard let it = messages[life], it.twin != 0, it.origin != .pickup,
            let old = messages.find(it.twin), old != life
        else { return false }
        follow(old, by: life)
        unpair(old)
        guard let list = carriedList(old) else { return false }
        carryOn(life, list, from: old)
        return true
    }

    /// Lets a message carry the copies that the one before it carried.
    private mutating func carryOn(
        _ life: Handle<Life>,
        _ list: Handle<ListRecord>,
        from old: Handle<Life>
    ) {
        carry(life, list)
        if messages[old]?.flags.contains(.pending) == true {
            messages[life]?.flags.insert(.pending)
        }
    }

    /// Attaches a message by its envelope sender, or as the twin of one that is attached.
    private mutating func joinList(
        _ life: Handle<Life>,
        _ form: AddressForm,
        _ line: Line
    ) -> Bool {
        guard var it = messages[life] else { return false }
        let isForeign = isOutsidersSender(it)
        let shape =
            isForeign ? nil : form.listSender(line.bytes, delimiters: directory.delimiters)
        let list = isForeign ? nil : list(bySender: shape, line)
        if list != nil {
            nameAfterArrival(life, 0, line.time)
            it = messages[life] ?? it
        }
        let isPersonal = list == nil || shape?.isPersonal == true
        if let old = openFanOut(like: it, isPersonal: isPersonal) {
            follow(old, by: life)
            unpair(old)
            if let carried = carriedList(old) {
                carryOn(life, carried, from: old)
                // A second filter may follow.
                openFanOut(life)
                return true
            }
        }
        guard let list else { return false }
        attach(life, to: list, line, arrival: 0, inline: 0)
        return true
    }

    /// The list that the envelope sender belongs to, by configuration or by its form.
    private mutating func list(bySender shape: ListSender?, _ line: Line) -> Handle<ListRecord>? {
        if let list = directory.list(bySender: line.event.sender, line.bytes) { return list }
        guard let shape else { return nil }
        return resolve(shape.list, shape.origin, line.bytes)
    }

    /// The list at `form`, made when there is none and lists are recognised.
    mutating func resolve(
        _ form: AddressForm,
        _ origin: ListOrigin,
        _ bytes: [UInt8]
    ) -> Handle<ListRecord>? {
        let (list, gone) = directory.resolve(form, origin, bytes)
        if let gone { tell(gone) }
        return list
    }

    /// Whether a message from outside brought the same sender under the same Message-ID: then it
    /// is a stranger's list, and this is only a filter's or an alias's second look at it.
    private func isOutsidersSender(_ life: Life) -> Bool {
        guard let place = messages.arrival(named: life.message), let it = messages[place] else {
            return false
        }
        return it.sender == life.sender || (it.foreignSender == life.sender && life.sender != 0)
    }

    /// Keeps what may become a post: everything that is not a copy of one.
    private mutating func settleArrival(
        _ life: Handle<Life>,
        _ form: AddressForm,
        _ line: Line
    ) {
        guard let it = messages[life] else { return }
        let named = messages.arrival(named: it.message)
        settleSender(life, named, form, line)
        if let named, it.origin != .remote, messages[named]?.sender == it.sender,
            it.message != Self.emptyID || isInQueue(named)
        {
            messages.dropArrival(of: life)
            reinject(named, as: life)
            let key = messages.key(named)
            messages[life]?.arrival = key
            return
        }
        let place = arrival(of: life)
        let delimiters = directory.delimiters
        messages[place]?.message = it.message
        messages[place]?.sender = it.sender
        if messages[place]?.posterAddress.isEmpty == true {
            let person = form.person(line.bytes, delimiters: delimiters)
            messages[place]?.poster = person.hash(line.bytes)
            messages[place]?.posterAddress = person.text(line.bytes)
        }
        if it.flags.contains(.nullSender) || Arrival.isMailer(line.bytes, form.local) {
            messages[place]?.isRobot = true
        }
        if !it.origin.isTrusted, form.listSender(line.bytes, delimiters: delimiters) != nil {
            messages[place]?.foreignSender = it.sender
        } else if let named, let foreign = messages[named]?.foreignSender, foreign != 0 {
            messages[place]?.foreignSender = foreign
        }
        messages.name(place, it.message)
    }

    /// Whether what brought the arrival `named` is still in the queue, as while a filter looks at it.
    private func isInQueue(_ named: Handle<Arrival>) -> Bool {
        guard let key = messages[named]?.life, let old = messages.find(key) else { return false }
        return messages[old]?.flags.contains(.removed) == false
    }

    /// Marks the life that brought the arrival `named`: a filter gave it back as `life`.
    private mutating func reinject(_ named: Handle<Arrival>, as life: Handle<Life>) {
        guard let it = messages[life], let key = messages[named]?.life else { return }
        let isRequeue = it.origin == .pickup && it.twin != 0
        guard it.origin != .local, !isRequeue, let old = messages.find(key), old != life,
            let before = messages[old], !before.flags.contains(.removed),
            before.message == it.message, before.recipients == it.recipients,
            Self.hasGrown(before.size, it.size)
        else { return }
        follow(old, by: life)
    }
}
