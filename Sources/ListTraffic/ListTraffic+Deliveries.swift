// SPDX-License-Identifier: Apache-2.0
//
// One recipient's line: a copy that left, a copy handed to a filter, a message handed to a list,
// or the line that ties an alias's expansion to the alias. The mistake to avoid: any work before
// the lookup of the life; this is the line that a storm consists of.

internal import EventTime
internal import MailLog

/// What kind of delivery agent wrote a line.
enum Agent {
    /// Sends to other hosts: smtp(8) and its clones under any name.
    case outbound
    /// local(8), which expands aliases.
    case local
    /// lmtp(8), pipe(8), virtual(8): into a mailbox, a list manager or a filter.
    case inward
    /// error(8), retry(8), discard(8): nobody got anything.
    case none

    /// Reads the agent off the process name of `event`.
    @inline(__always)
    init(_ event: MailEvent, _ bytes: [UInt8]) {
        let (start, end) = (Int(event.process.start), Int(event.process.end))
        guard end - start >= 4, end <= bytes.count else {
            self = event.address.isEmpty ? .none : .outbound
            return
        }
        let form = AddressForm(bytes, .absent)
        switch (end - start, bytes[start]) {
        case (4, UInt8(ascii: "s")) where form.has(bytes, at: start, end, "smtp"):
            self = .outbound
        case (4, UInt8(ascii: "l")) where form.has(bytes, at: start, end, "lmtp"): self = .inward
        case (4, UInt8(ascii: "p")) where form.has(bytes, at: start, end, "pipe"): self = .inward
        case (7, UInt8(ascii: "v")) where form.has(bytes, at: start, end, "virtual"):
            self = .inward
        case (5, UInt8(ascii: "l")) where form.has(bytes, at: start, end, "local"): self = .local
        case (5, _)
        where form.has(bytes, at: start, end, "error") || form.has(bytes, at: start, end, "retry"):
            self = .none
        case (7, UInt8(ascii: "d")) where form.has(bytes, at: start, end, "discard"):
            self = .none
        default:
            // A clone of smtp(8) names a host; a clone of pipe(8) names a service.
            self = event.address.isEmpty ? .inward : .outbound
        }
    }
}

extension ListTraffic {
    /// `to= relay= status=`.
    mutating func observeDelivery(
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let agent = Agent(event, bytes)
        let isSent = event.status == .sent
        let keys = LineKeys(event, bytes)
        guard let slot = lives.find(keys.message) else {
            if isSent, agent == .outbound { tellOutbound(event, &out) }
            return
        }
        lives.touch(slot)
        let list = carriedList(slot)
        if agent != .outbound, !event.recipient.isEmpty, isSent || event.status == .bounced,
            noteReturn(slot, list, event, bytes, &out)
        {
            return
        }
        guard isSent, agent != .none else {
            if agent == .outbound { countOutward(slot, event, &out) }
            return
        }
        if agent == .local, !event.relatedID.isEmpty {
            observeForward(slot, list, event, bytes, keys, &out)
            return
        }
        if isHanded(slot, agent, event, bytes, keys) {
            lives[slot].flags.insert(.handed)
            return
        }
        if let list {
            countSent(slot, list, event, bytes, &out)
        } else if event.dialect != .postfix {
            if !event.originalRecipient.isEmpty { noteMember(slot, event, bytes, &out) }
        } else {
            if lives[slot].sent < .max { lives[slot].sent += 1 }
            if !event.originalRecipient.isEmpty { noteExpansion(slot, agent, event, bytes, &out) }
        }
        if agent == .outbound {
            tellOutbound(event, &out)
            countOutward(slot, event, &out)
        }
    }

    @inline(__always)
    private func tellOutbound(_ event: MailEvent, _ out: inout [TrafficEvent]) {
        out.append(.outbound(started: event.time - event.attempt, time: event.time))
    }

    /// Counts one copy of `list` as sent, and remembers who got it.
    private mutating func countSent(
        _ slot: Int32,
        _ list: Int32,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        if lives[slot].flags.contains(.openEnded) {
            countMember(slot, list, event, bytes, &out)
            return
        }
        // A recipient that is an alias for several things has a line for each.
        let copies = Int32(clamping: max(event.count, 1))
        let (sum, overflow) = lives[slot].sent.addingReportingOverflow(copies)
        if overflow || (lives[slot].recipients > 0 && sum > lives[slot].recipients) { return }
        lives[slot].sent = sum
        if !lists[list].showsReplies {
            let person = AddressForm(bytes, event.recipient).person(bytes, delimiters: delimiters)
            recipients.insert(mix(lists[list].hash, person.hash(bytes)))
        }
        if lives[slot].flags.contains(.pending), addPending(Int64(copies), slot, list) { return }
        tellSent(Int64(copies), list, event.time, &out)
    }

    /// Tells that copies of a post left.
    @inline(__always)
    mutating func tellSent(
        _ copies: Int64,
        _ list: Int32,
        _ time: Timestamp,
        _ out: inout [TrafficEvent]
    ) {
        lists[list].sent = lists[list].sent.addingReportingOverflow(copies).partialValue
        out.append(.sent(list: ListID(index: list), copies: copies, time: time))
    }

    /// Counts a copy of a post that is none yet; false when it has become one.
    private mutating func addPending(_ copies: Int64, _ slot: Int32, _ list: Int32) -> Bool {
        let key = mix(lists[list].hash, lives[slot].message)
        guard let place = posts.find(key), !posts[place].isTold else {
            lives[slot].flags.remove(.pending)
            return false
        }
        posts[place].pendingSent += copies
        return true
    }

    /// Whether the recipient was handed to a content filter: it comes again under another id.
    private mutating func isHanded(
        _ slot: Int32,
        _ agent: Agent,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ keys: LineKeys
    ) -> Bool {
        let flags = lives[slot].flags
        guard flags.contains(.reinjected) || !filters.isEmpty else { return false }
        let isNear =
            event.address.isEmpty ? agent == .inward : Self.isLoopback(bytes, event.address)
        let relay = isNear ? mix(keys.machine, ByteHash.hash(bytes, event.relay)) : 0
        if flags.contains(.reinjected) {
            if isNear, cameBack(lives[slot], event, bytes, keys) {
                if filters.count < Self.maximumFilters { filters.insert(relay) }
                return true
            }
            // The same Message-ID twice, and no filter between them.
            lives[slot].flags.remove(.reinjected)
        }
        guard flags.contains(.unpaired) else { return false }
        return isNear && filters.contains(relay)
    }

    /// Whether the filter's answer names the message that it made of `life`, or else that message
    /// was born during this attempt.
    private func cameBack(
        _ life: Life,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ keys: LineKeys
    ) -> Bool {
        if let id = Self.acceptedID(bytes, event.text),
            let next = lives.find(ByteHash.hash(bytes, id, seed: keys.instance))
        {
            return lives[next].message == life.message
        }
        guard let next = lives.find(life.successor) else {
            return filters.contains(mix(keys.machine, ByteHash.hash(bytes, event.relay)))
        }
        // Postfix prints two digits of a delay; 50 ms for what it rounds down to nothing.
        let attempt = max(min(event.attempt.microseconds, TimeSpan.days(1).microseconds), 0)
        let start = event.time - TimeSpan(microseconds: attempt + attempt / 10 + 50_000)
        return lives[next].born >= start.microseconds
    }

    /// The queue id behind the last `queued as ` of a server's answer; nil when there is none.
    private static func acceptedID(_ bytes: [UInt8], _ text: ByteRange) -> ByteRange? {
        let (start, end) = (Int(text.start), min(Int(text.end), bytes.count))
        var position = end
        while position > start, bytes[position - 1] > 0x20, end - position < 24 { position -= 1 }
        let form = AddressForm(bytes, .absent)
        guard position - 10 >= start, form.has(bytes, at: position - 10, end, "queued as ") else {
            return nil
        }
        return ByteRange(start: position, end: end)
    }

    // MARK: Lists at the receiving end

    /// Notes that a message was handed to a list's address, and reports one that the list had
    /// redistributed before; true when it was a copy that came back by an inner road.
    private mutating func noteReturn(
        _ slot: Int32,
        _ carried: Int32?,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) -> Bool {
        guard let list = knownList(at: event.recipient, bytes) else { return false }
        let life = lives[slot]
        if carried == nil, life.arrival != 0, let place = arrivals.find(life.arrival) {
            if let gone = arrivals.move(place, to: .kept) {
                tally.evictedArrivals += 1
                if byMessage[gone.value.message] == gone.slot {
                    byMessage[gone.value.message] = nil
                }
            }
        }
        let key = mix(lists[list].hash, life.message)
        guard life.message != 0, !life.flags.contains(.returned), let place = posts.find(key),
            posts[place].isTold, posts[place].time < life.born, life.origin != .unseen
        else { return false }
        if carried == nil, let arrival = arrivals.find(life.arrival) {
            // A filter's second look at the post's own parent is none.
            if arrivals[arrival].isReturned || life.arrival == posts[place].arrival { return false }
            arrivals[arrival].isReturned = true
            posts[place].arrival = life.arrival
            posts[place].hasExpansion = false
        } else if carried != list {
            return false
        }
        lives[slot].flags.insert(.returned)
        let source = arrivals.find(life.arrival).map { arrivals[$0] }
        out.append(
            .returned(
                list: ListID(index: list),
                messageID: life.message,
                time: event.time,
                poster: source?.poster ?? 0,
                age: source.flatMap { age(of: $0, event.time, isJoined: true) }
            )
        )
        return carried == list && event.status == .sent && event.relatedID.isEmpty
    }
}
