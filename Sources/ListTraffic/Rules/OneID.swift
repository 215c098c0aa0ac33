// SPDX-License-Identifier: Apache-2.0
//
// Exim and OpenSMTPD expand a list within one message: all copies have the posting's own id, and
// each recipient's line names the list behind it. So a post is known by its first recipients, and
// its copies are announced one by one as they leave. Sendmail's lines never name the alias: there
// only list managers are seen. The mistake to avoid: counting a direct recipient of such a message.

internal import MailLog

extension ListTraffic {
    /// The queue line of an MTA that is not Postfix: birth, sender and Message-ID in one.
    ///
    /// OpenSMTPD logs no Message-ID, and Exim none of a mail that has none: the message's own key stands for
    /// it.
    mutating func beginElsewhere(_ life: Handle<Life>, _ line: Line) {
        let own = max(messages.key(life), 1)
        if line.event.dialect == .opensmtpd {
            messages[life]?.message = own
            return
        }
        let named = Self.messageHash(line.bytes, line.event.messageID)
        messages[life]?.message = named == 0 ? own : named
        if ledger != nil { noteID(line.bytes, line.event.messageID) }
        let origin = line.event.address.isEmpty ? Origin.pickup : self.origin(of: line)
        messages[life]?.origin = origin
        noteLogin(life, line)
        // Exim says how many recipients there are only with a log selector of its own.
        if line.event.count <= 0 { messages[life]?.flags.insert(.openEnded) }
    }

    /// One recipient of a message whose list the line names; told when enough share it.
    mutating func noteMember(_ life: Handle<Life>, _ line: Line) {
        nameSender(life, line)
        let form = line.address(line.event.originalRecipient)
        let hash = form.hash(line.bytes)
        let shared = share(life, hash, Int32(clamping: max(line.event.count, 1)))
        guard isList(hash, shared), let list = resolve(form, .expansion, line.bytes) else { return }
        messages[life]?.recipients = shared
        messages[life]?.sent = shared
        messages[life]?.flags.insert([.openEnded, .named])
        let arrival = messages[life]?.arrival ?? 0
        attach(life, to: list, line, arrival: arrival, inline: 0)
    }

    /// One more copy of a message whose recipients are not known beforehand.
    mutating func countMember(
        _ life: Handle<Life>,
        _ list: Handle<ListRecord>,
        _ line: Line
    ) {
        guard let it = messages[life], let hash = directory.hash(list) else { return }
        if it.flags.contains(.named), line.event.originalRecipient.isEmpty { return }
        let copies = max(line.event.count, 1)
        if it.flags.contains(.pending), let post = posts.find(hash, it.message),
            posts[post]?.isTold == false
        {
            posts[post]?.copies += copies
            posts[post]?.pendingSent += copies
            guard let sum = posts[post]?.copies, sum >= Int64(smallestFanOut) else { return }
            return tell(post, life, list, nil, line)
        }
        announce(copies, list, it.message, line.time, it.origin)
        tellSent(copies, list, line.time)
    }

    /// OpenSMTPD names the sender with the recipients only.
    private mutating func nameSender(_ life: Handle<Life>, _ line: Line) {
        guard line.event.hasSender, let key = messages[life]?.arrival,
            let place = messages.arrival(key), messages[place]?.posterAddress.isEmpty == true
        else { return }
        let sender = line.event.sender
        let person = line.address(sender)
            .person(line.bytes, delimiters: directory.delimiters)
        messages[place]?.poster = person.hash(line.bytes)
        messages[place]?.posterAddress = person.text(line.bytes)
        messages[place]?.isRobot =
            sender.isEmpty || Arrival.isMailer(line.bytes, person.local)
    }
}
