// SPDX-License-Identifier: Apache-2.0
//
// Whether a copy went into a mailbox of this host, by the line about it. What cannot be told is said
// to be so, and then counts as a copy that leaves. The mistake to avoid: a service on this host that
// passes the copy on, taken for a mailbox; a content filter speaks LMTP, too.

internal import MailLog

extension ListTraffic {
    /// Services of pipe(8) that put mail into mailboxes: what the documentation of Postfix, Dovecot,
    /// Courier, Cyrus and procmail calls theirs in master.cf.
    private static let mailboxServices = [
        "dovecot", "dovecot-lda", "maildrop", "cyrus", "procmail",
    ]

    /// Where the copy of `line` went, which was delivered.
    func destination(_ agent: Agent, _ line: Line) -> Destination {
        let event = line.event
        let isLoopback = Self.isLoopback(line.bytes, event.address)
        switch agent {
        case .none: return .unknown
        case .outbound: return event.address.isEmpty || isLoopback ? .unknown : .elsewhere
        case .local: return .mailbox
        case .inward: break
        }
        guard event.dialect == .postfix else {
            // Exim, OpenSMTPD and Sendmail name no host for what they deliver themselves; a program
            // has no address.
            return event.isRelay || event.recipient.isEmpty ? .unknown : .mailbox
        }
        if has(line, "virtual") { return .mailbox }
        if has(line, "lmtp") {
            guard event.address.isEmpty || isLoopback else { return .elsewhere }
            // A filter's answer names the message that it gave back.
            return Self.acceptedID(line.bytes, event.text) == nil ? .mailbox : .unknown
        }
        let end = min(Int(event.relay.end), line.bytes.count)
        let relay = line.bytes[min(Int(event.relay.start), end)..<end]
        return Self.mailboxServices.contains { $0.utf8.elementsEqual(relay) } ? .mailbox : .unknown
    }

    /// Whether the process of `line` has that name.
    private func has(_ line: Line, _ name: StaticString) -> Bool {
        let (start, end) = (Int(line.event.process.start), Int(line.event.process.end))
        guard end - start == name.utf8CodeUnitCount, end <= line.bytes.count else { return false }
        return AddressForm(line.bytes, .absent).has(line.bytes, at: start, end, name)
    }
}
