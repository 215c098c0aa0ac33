// SPDX-License-Identifier: Apache-2.0
//
// Mail that is no list's and goes to the outside, by sender. A message's sender is settled once,
// by its first lines; each recipient's line to the outside then counts once, up to `nrcpt=`, so
// that retries count nothing. The mistake to avoid: a sender for mail that is only forwarded. What
// came from elsewhere without a login has none, and no filter, requeue or alias gives it one.

internal import MailLog

extension ListTraffic {
    /// What stands for the Message-ID of a message that has none: Postfix logs `<>`.
    static let emptyID = messageHash(Array("<>".utf8), ByteRange(start: 0, end: 2))

    /// A client logged in to hand over a message.
    mutating func noteLogin(_ life: Handle<Life>, _ line: Line) {
        guard !line.event.user.isEmpty else { return }
        attribute(life, to: line.address(line.event.user), isLogin: true, line)
    }

    /// Settles the sender of a message that is no list's, when its queue line comes.
    ///
    /// `named` is the arrival that had the same Message-ID before.
    mutating func settleSender(
        _ life: Handle<Life>,
        _ named: Handle<Arrival>?,
        _ form: AddressForm,
        _ line: Line
    ) {
        guard let it = messages[life], it.account == 0 else { return }
        if it.twin != 0 { return inheritSender(life, messages.find(it.twin)) }
        let hasID = it.message != 0 && it.message != Self.emptyID
        if hasID, let named, let source = messages[named], source.life != messages.key(life) {
            if let old = messages.find(source.life) { return inheritSender(life, old) }
            guard source.origin.isTrusted else { return }
        }
        // Without a Message-ID nobody can tell a program's own mail from what a filter gives back.
        guard it.origin == .pickup || (it.origin == .loopback && hasID),
            !form.local.isEmpty, !form.domain.isEmpty,
            !it.flags.contains(.nullSender), !Arrival.isMailer(line.bytes, form.local),
            form.listSender(line.bytes, delimiters: directory.delimiters) == nil,
            !form.isRewritten(line.bytes)
        else { return }
        let person = form.person(line.bytes, delimiters: directory.delimiters)
        attribute(life, to: person, isLogin: false, line)
    }

    /// A filter or a requeue made the message `life` of `old`.
    private mutating func inheritSender(_ life: Handle<Life>, _ old: Handle<Life>?) {
        guard let old, old != life, let before = messages[old] else { return }
        messages[life]?.inheritSender(of: before)
    }

    private mutating func attribute(
        _ life: Handle<Life>,
        to form: AddressForm,
        isLogin: Bool,
        _ line: Line
    ) {
        let key = form.hash(line.bytes)
        guard key != 0 else { return }
        let (sender, gone) = senders.sender(key, form, line.bytes, isLogin: isLogin)
        if let gone {
            tally.evictedSenders += 1
            tell(.senderEvicted(sender: gone))
        }
        messages[life]?.account = key
        messages[life]?.accountHolder = sender
    }

    /// One recipient's line of a message, written by an agent to the outside.
    ///
    /// Nothing for a list's copies and for what has no sender. What was handed to a filter on this
    /// host does not come here.
    @inline(__always)
    mutating func countOutward(_ life: Handle<Life>, _ line: Line) {
        guard let account = messages[life]?.account, account != 0, carriedList(life) == nil else {
            return
        }
        tellOutward(life, line.event)
    }

    private mutating func tellOutward(_ life: Handle<Life>, _ event: MailEvent) {
        guard let it = messages[life], senders.holds(it.accountHolder) else { return }
        switch event.status {
        case .sent, .bounced, .deferred: break
        default: return
        }
        let isBounded = it.recipients > 0 && !it.flags.contains(.openEnded)
        let room = isBounded ? it.recipients - it.outward : .max
        let copies = min(Int32(clamping: max(event.count, 1)), max(room, 0))
        let refused = event.status == .bounced ? max(event.count, 1) : 0
        guard copies > 0 || refused > 0 else { return }
        let (sum, overflow) = it.outward.addingReportingOverflow(copies)
        messages[life]?.outward = overflow ? .max : sum
        tell(
            .outward(
                sender: SenderID(index: it.accountHolder.slot),
                messages: it.outward == 0 ? 1 : 0,
                copies: Int64(copies),
                refused: refused,
                time: event.time
            )
        )
    }
}
