// SPDX-License-Identifier: Apache-2.0
//
// One recipient's line: a copy that left, a copy handed to a filter, a message handed to a list,
// or the line that ties an alias's expansion to the alias. The mistake to avoid: any work before
// the lookup of the life; this is the line that a storm consists of.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// `to= relay= status=`.
    mutating func observeDelivery(_ line: Line) {
        let agent = Agent.of(line)
        let isSent = line.event.status == .sent
        guard let life = messages.find(line.keys.message) else {
            if isSent, agent == .outbound { tellOutbound(line) }
            return
        }
        messages.touch(life)
        settle(life, line)
        let list = carriedList(life)
        if agent != .outbound, !line.event.recipient.isEmpty,
            isSent || line.event.status == .bounced, noteReturn(life, list, line)
        {
            return
        }
        guard isSent, agent != .none else {
            if agent == .outbound { countOutward(life, line) }
            return
        }
        if agent == .local, !line.event.relatedID.isEmpty {
            return observeForward(life, list, line)
        }
        if isHanded(life, agent, line) {
            messages[life]?.flags.insert(.handed)
            return
        }
        if let list {
            countSent(life, list, agent, line)
        } else if line.event.dialect != .postfix {
            if !line.event.originalRecipient.isEmpty { noteMember(life, line) }
        } else {
            if let sent = messages[life]?.sent, sent < .max { messages[life]?.sent = sent + 1 }
            if !line.event.originalRecipient.isEmpty { noteExpansion(life, agent, line) }
        }
        if agent == .outbound {
            tellOutbound(line)
            countOutward(life, line)
        }
    }

    @inline(__always)
    private mutating func tellOutbound(_ line: Line) {
        tell(.outbound(started: line.time - line.event.attempt, time: line.time))
    }

    /// Counts one copy of `list` as sent, and remembers who got it.
    private mutating func countSent(
        _ life: Handle<Life>,
        _ list: Handle<ListRecord>,
        _ agent: Agent,
        _ line: Line
    ) {
        guard let flags = messages.flags(life) else { return }
        if flags.contains(.openEnded) {
            countMember(life, list, line)
            return noteDestination(of: max(line.event.count, 1), life, list, agent, line)
        }
        // A recipient that is an alias for several things has a line for each.
        let copies = Int32(clamping: max(line.event.count, 1))
        // Field by field: a copy of the record would count references to its texts.
        guard messages.takeSent(copies, life), let hash = directory.hash(list) else {
            return
        }
        if !directory.showsReplies(list) {
            let person = line.address(line.event.recipient)
                .person(line.bytes, delimiters: directory.delimiters)
            posts.noteRecipient(mix(hash, person.hash(line.bytes)))
        }
        if flags.contains(.pending), addPending(Int64(copies), life, hash) { return }
        tellSent(Int64(copies), list, line.time)
        noteDestination(of: Int64(copies), life, list, agent, line)
    }

    /// Notes whether copies of a list went into mailboxes of this host.
    ///
    /// Those that go to others are counted only where a mailbox was seen: most lists have none here.
    @inline(__always)
    private mutating func noteDestination(
        of copies: Int64,
        _ life: Handle<Life>,
        _ list: Handle<ListRecord>,
        _ agent: Agent,
        _ line: Line
    ) {
        guard agent != .outbound || directory.hasMailboxes(list),
            let message = messages[life]?.message
        else { return }
        directory.note(copies, of: message, to: destination(agent, line), list)
    }

    /// Counts a copy of a post that is none yet; false when it has become one.
    private mutating func addPending(
        _ copies: Int64,
        _ life: Handle<Life>,
        _ list: UInt64
    ) -> Bool {
        guard let message = messages[life]?.message, let post = posts.find(list, message),
            posts[post]?.isTold == false
        else {
            messages[life]?.flags.remove(.pending)
            return false
        }
        posts[post]?.pendingSent += copies
        return true
    }

    // MARK: Filters

    /// Whether the recipient was handed to a content filter: it comes again under another id.
    private mutating func isHanded(_ life: Handle<Life>, _ agent: Agent, _ line: Line) -> Bool {
        guard let flags = messages.flags(life),
            flags.contains(.reinjected) || twins.hasFilters
        else { return false }
        let isNear =
            line.event.address.isEmpty
            ? agent == .inward : Self.isLoopback(line.bytes, line.event.address)
        let relay = isNear ? relay(of: line) : 0
        if flags.contains(.reinjected) {
            if isNear, let it = messages[life], cameBack(it, line) {
                twins.noteFilter(relay)
                return true
            }
            // The same Message-ID twice, and no filter between them.
            messages[life]?.flags.remove(.reinjected)
        }
        guard flags.contains(.unpaired) else { return false }
        return isNear && twins.isFilter(relay)
    }

    private func relay(of line: Line) -> UInt64 {
        mix(line.keys.machine, ByteHash.hash(line.bytes, line.event.relay))
    }

    /// Whether the filter's answer names the message that it made of `life`, or else that message
    /// was born during this attempt.
    private func cameBack(_ life: Life, _ line: Line) -> Bool {
        if let id = Self.acceptedID(line.bytes, line.event.text),
            let next = messages.find(line.key(id))
        {
            return messages[next]?.message == life.message
        }
        guard let next = messages.find(life.successor), let born = messages[next]?.born else {
            return twins.isFilter(relay(of: line))
        }
        // Postfix prints two digits of a delay; 50 ms for what it rounds down to nothing.
        let attempt = max(min(line.event.attempt.microseconds, TimeSpan.days(1).microseconds), 0)
        let start = line.time - TimeSpan(microseconds: attempt + attempt / 10 + 50_000)
        return born >= start.microseconds
    }

    /// The queue id behind the last `queued as ` of a server's answer; nil when there is none.
    static func acceptedID(_ bytes: [UInt8], _ text: ByteRange) -> ByteRange? {
        let (start, end) = (Int(text.start), min(Int(text.end), bytes.count))
        var position = end
        while position > start, bytes[position - 1] > 0x20, end - position < 24 { position -= 1 }
        let form = AddressForm(bytes, .absent)
        guard position - 10 >= start, form.has(bytes, at: position - 10, end, "queued as ") else {
            return nil
        }
        return ByteRange(start: position, end: end)
    }
}
