// SPDX-License-Identifier: Apache-2.0
//
// Exim and OpenSMTPD expand a list within one message: all copies have the posting's own id, and
// each recipient's line names the list behind it. So a post is known by its first recipients, and
// its copies are announced one by one as they leave. Sendmail's lines never name the alias: there
// only list managers are seen. The mistake to avoid: counting a direct recipient of such a message.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// The queue line of an MTA that is not Postfix: birth, sender and Message-ID in one.
    ///
    /// OpenSMTPD logs no Message-ID: the message's own key stands for it.
    mutating func beginElsewhere(
        _ slot: Int32,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        if event.dialect == .opensmtpd {
            lives[slot].message = max(lives.key(slot), 1)
            return
        }
        lives[slot].message = Self.messageHash(bytes, event.messageID)
        if event.address.isEmpty {
            lives[slot].origin = .pickup
        } else if !listHosts.isEmpty,
            listHosts.contains(ByteHash.foldedHash(bytes, event.address))
        {
            lives[slot].origin = .listHost
        } else {
            lives[slot].origin = Self.isLoopback(bytes, event.address) ? .loopback : .remote
        }
        noteLogin(slot, event.user, bytes, &out)
        // Exim says how many recipients there are only with a log selector of its own.
        if event.count <= 0 { lives[slot].flags.insert(.openEnded) }
    }

    /// One recipient of a message whose list the line names; told when enough share it.
    mutating func noteMember(
        _ slot: Int32,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        nameSender(slot, event, bytes)
        let form = AddressForm(bytes, event.originalRecipient)
        let hash = form.hash(bytes)
        if lives[slot].expansion != hash {
            lives[slot].expansion = hash
            lives[slot].expansions = 0
        }
        let copies = Int32(clamping: max(event.count, 1))
        lives[slot].expansions = Int32(clamping: Int64(lives[slot].expansions) + Int64(copies))
        if addresses[hash] == nil {
            guard settings.recognisesLists, lives[slot].expansions >= smallestFanOut else { return }
        }
        guard let list = resolve(form, .expansion, bytes, &out) else { return }
        lives[slot].recipients = lives[slot].expansions
        lives[slot].sent = lives[slot].expansions
        lives[slot].flags.insert([.openEnded, .named])
        attach(slot, to: list, event, bytes, arrival: lives[slot].arrival, inline: 0, &out)
    }

    /// One more copy of a message whose recipients are not known beforehand.
    mutating func countMember(
        _ slot: Int32,
        _ list: Int32,
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        if lives[slot].flags.contains(.named), event.originalRecipient.isEmpty { return }
        let copies = max(event.count, 1)
        let key = mix(lists[list].hash, lives[slot].message)
        if lives[slot].flags.contains(.pending), let place = posts.find(key), !posts[place].isTold {
            posts[place].copies += copies
            posts[place].pendingSent += copies
            guard posts[place].copies >= Int64(smallestFanOut) else { return }
            tell(place, slot, list, nil, event, bytes, &out)
            return
        }
        announce(copies, list, lives[slot].message, event.time, &out)
        tellSent(copies, list, event.time, &out)
    }

    /// OpenSMTPD names the sender with the recipients only.
    private mutating func nameSender(_ slot: Int32, _ event: MailEvent, _ bytes: [UInt8]) {
        guard event.hasSender, let place = arrivals.find(lives[slot].arrival),
            arrivals[place].posterAddress.isEmpty
        else { return }
        let person = AddressForm(bytes, event.sender).person(bytes, delimiters: delimiters)
        arrivals[place].poster = person.hash(bytes)
        arrivals[place].posterAddress = person.text(bytes)
        arrivals[place].isRobot = event.sender.isEmpty || Arrival.isMailer(bytes, person.local)
    }
}
