// SPDX-License-Identifier: Apache-2.0
//
// How many members have their mailbox on this host, by the lines about their copies.

import EventTime
import Testing

@testable import Archive
@testable import ListTraffic

@Suite struct MailboxTests {
    static let list = "annonce@lists.example.org"

    /// A line that says how a copy was delivered, and whether it went into a mailbox here.
    struct Way: Sendable {
        var process: String
        var relay: String
        var text: String
        var isHere: Bool
    }

    static let ways = [
        Way(process: "local", relay: "local", text: "delivered to mailbox", isHere: true),
        Way(process: "virtual", relay: "virtual", text: "delivered to maildir", isHere: true),
        Way(
            process: "lmtp",
            relay: "mail.example.org[private/dovecot-lmtp]",
            text: "250 2.0.0 <ann@example.org> 4OqEHdYy Saved",
            isHere: true
        ),
        Way(process: "lmtp", relay: "127.0.0.1[127.0.0.1]:24", text: "250 Saved", isHere: true),
        Way(process: "lmtp", relay: "::1[::1]:24", text: "250 2.1.5 Ok", isHere: true),
        Way(
            process: "pipe",
            relay: "dovecot",
            text: "delivered via dovecot service",
            isHere: true
        ),
        Way(process: "pipe", relay: "uucp", text: "delivered via uucp service", isHere: false),
        Way(
            process: "lmtp",
            relay: "127.0.0.1[127.0.0.1]:10024",
            text: "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4C1F22B",
            isHere: false
        ),
        Way(process: "lmtp", relay: "store.example.org[192.0.2.7]:24", text: "250", isHere: false),
        Way(process: "smtp", relay: "127.0.0.1[127.0.0.1]:10025", text: "250 Ok", isHere: false),
        Way(process: "smtp", relay: "relay.example.net[192.0.2.8]:25", text: "250", isHere: false),
    ]

    static func facts(_ log: LogScript) -> ListFacts? {
        log.traffic.list(at: list).map { log.traffic.facts(of: $0) }
    }

    /// One post through an alias with an owner to `members`, not delivered yet.
    static func post(_ log: inout LogScript, _ number: Int, members: Int) -> String {
        let (parent, child) = (LogScript.id(number * 2), LogScript.id(number * 2 + 1))
        let message = "m\(number)@example.org"
        log.arrive(parent, from: "bob@example.org", message: message)
        log.born(child, from: "owner-\(list)", message: message, recipients: members)
        log.forward(parent, to: list, as: child)
        log.remove(parent)
        return child
    }

    static func deliverHere(_ log: inout LogScript, _ id: String, _ members: Int) {
        for member in 0..<members {
            log.deliver(
                id,
                to: "here\(member)@example.org",
                by: "local",
                relay: "local",
                text: "delivered to mailbox"
            )
        }
    }

    @Test(arguments: ways) func `the line about a copy says where it went`(_ way: Way) {
        var log = LogScript()
        let copies = Self.post(&log, 1, members: 4)
        for member in 1...4 {
            log.deliver(
                copies,
                to: "m\(member)@example.org",
                by: way.process,
                relay: way.relay,
                text: way.text
            )
        }
        log.remove(copies)
        #expect(Self.facts(log)?.membersHere == (way.isHere ? 4 : 0))
    }

    @Test func `what is queued or deferred is not taken for a mailbox, nor mailboxes for a share`()
    {
        var log = LogScript()
        for number in 1...12 {
            let copies = Self.post(&log, number, members: 8)
            Self.deliverHere(&log, copies, 3)
            log.deliver(copies, to: "far@example.net", status: "deferred", text: "timeout")
        }
        #expect(Self.facts(log)?.members == 8)
        #expect(Self.facts(log)?.membersHere == 3)
    }

    @Test func `a list of which nothing is delivered yet has no mailbox here`() {
        var log = LogScript()
        _ = Self.post(&log, 1, members: 8)
        #expect(Self.facts(log)?.members == 8)
        #expect(Self.facts(log)?.membersHere == 0)
    }

    @Test func `mailboxes that moved to another host are none here after one post`() {
        var log = LogScript()
        let first = Self.post(&log, 1, members: 8)
        Self.deliverHere(&log, first, 8)
        #expect(Self.facts(log)?.membersHere == 8)
        let second = Self.post(&log, 2, members: 8)
        log.deliverCopies(second, 6)
        _ = Self.post(&log, 3, members: 8)
        #expect(Self.facts(log)?.membersHere == 2)
    }

    @Test func `a post to a few members says nothing about the rest`() {
        var log = LogScript()
        for number in 1...4 {
            Self.deliverHere(&log, Self.post(&log, number, members: 8), 8)
        }
        let few = Self.post(&log, 5, members: 3)
        log.deliverCopies(few, 3)
        _ = Self.post(&log, 6, members: 8)
        let facts = Self.facts(log)
        #expect(facts != nil && facts?.membersHere == facts?.members)
    }

    @Test func `an alias whose members all have their mailbox here`() {
        var log = LogScript()
        for number in 1...2 {
            let id = LogScript.id(number)
            log.arrive(id, from: "bob@example.org", message: "m\(number)@example.org")
            for member in 1...5 {
                log.deliver(
                    id,
                    to: "m\(member)@lists.example.org",
                    original: Self.list,
                    by: "local",
                    relay: "local",
                    text: "delivered to mailbox"
                )
            }
            log.remove(id)
        }
        #expect(log.sums == [Self.list: ListSums(posts: 2, announced: 10, sent: 10)])
        #expect(Self.facts(log)?.membersHere == 5)
    }

    @Test func `a member's forward to another host is no mailbox here`() {
        var log = LogScript()
        let copies = Self.post(&log, 1, members: 4)
        Self.deliverHere(&log, copies, 3)
        log.born("A0000F01", from: "owner-\(Self.list)", message: "m1@example.org", recipients: 1)
        log.forward(copies, to: "gone@lists.example.org", as: "A0000F01")
        log.deliver("A0000F01", to: "gone@example.net")
        #expect(Self.facts(log)?.membersHere == 3)
    }

    @Test func `Exim and OpenSMTPD name no host for what they deliver themselves`() {
        var log = LogScript()
        log.feed(
            identifier: "exim",
            "2026-11-24 06:07:20 1vNabc-000001-1A <= bob@example.net H=mx.example.net [192.0.2.9] "
                + "P=esmtp S=367 id=m1@example.org T=\"hi\""
        )
        for member in 1...9 {
            log.feed(
                identifier: "exim",
                "2026-11-24 06:07:20 1vNabc-000001-1A => m\(member) <\(Self.list)> R=localuser "
                    + "T=mail_spool"
            )
        }
        let exim = Self.facts(log)
        #expect(exim?.members == 9)
        // The first ones made the address a list.
        #expect(exim.map { $0.members - $0.membersHere }.map { $0 <= 3 } == true)

        var smtpd = LogScript()
        smtpd.feed(
            identifier: "smtpd",
            "bd90c24b734a1555 smtp message msgid=1edfebf1 size=400 nrcpt=1 proto=ESMTP"
        )
        for member in 1...9 {
            smtpd.feed(
                identifier: "smtpd",
                "bd90c24b734a1555 mda delivery evpid=1edfebf11f0a2d0\(member) "
                    + "from=<bob@example.net> to=<m\(member)@lists.example.org> rcpt=<\(Self.list)> "
                    + "user=m\(member) delay=0s result=Ok stat=Delivered"
            )
        }
        let other = Self.facts(smtpd)
        #expect(other?.members == 9)
        #expect(other.map { $0.members - $0.membersHere }.map { $0 <= 3 } == true)
    }

    @Test func `what an older version saved is read, and knows of no mailboxes`() throws {
        var log = LogScript()
        for number in 1...3 {
            Self.deliverHere(&log, Self.post(&log, number, members: 8), 8)
        }
        func saved(_ traffic: ListTraffic, _ layout: Int) throws -> KeptParts {
            var copy = traffic
            return try KeptParts { try copy.archive(&$0, as: layout) }
        }
        let older = try saved(log.traffic, 6)
        let newer = try log.traffic.kept()
        #expect(older != newer)
        let read = try ListTraffic(kept: older)
        #expect(try saved(read, 6) == older)
        #expect(read.list(at: Self.list).map { read.facts(of: $0) }?.members == 8)
        #expect(read.list(at: Self.list).map { read.facts(of: $0) }?.membersHere == 0)
        #expect(throws: ArchiveDamage.self) {
            _ = try ListTraffic(kept: saved(log.traffic, 5))
        }
        #expect(throws: ArchiveDamage.self) {
            _ = try ListTraffic(kept: saved(log.traffic, 9))
        }
    }
}
