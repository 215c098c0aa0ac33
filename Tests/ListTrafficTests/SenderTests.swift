// SPDX-License-Identifier: Apache-2.0
//
// Senders that are no list: what counts for whom, what never has a sender, and that nobody fills
// the table for another.

import EventTime
import ListTraffic
import MailLog
import Testing

/// What went to the outside, by sender.
struct Outward: Equatable {
    var messages: Int64 = 0
    var copies: Int64 = 0
    var refused: Int64 = 0
}

extension LogScript {
    /// The sums by the senders' addresses.
    ///
    /// Only while no sender is evicted.
    var outward: [String: Outward] {
        var sums: [String: Outward] = [:]
        for case .outward(let sender, let messages, let copies, let refused, _) in events {
            let address = traffic.address(of: sender)
            sums[address, default: Outward()].messages += messages
            sums[address, default: Outward()].copies += copies
            sums[address, default: Outward()].refused += refused
        }
        return sums
    }

    /// A message of somebody who logged in, to `recipients` outside.
    mutating func submit(
        _ id: String,
        as user: String,
        from sender: String,
        recipients: Int,
        status: String = "sent"
    ) {
        arrive(
            id,
            from: sender,
            message: "\(id)@laptop.example.org",
            client: "pc.example.com[203.0.113.66], sasl_method=PLAIN, sasl_username=\(user)",
            recipients: recipients
        )
        for number in 1...recipients {
            deliver(id, to: "r\(number)@example.com", status: status)
        }
        remove(id)
    }
}

@Suite struct SenderTests {
    @Test func `a login is the sender, whatever the envelope says, in either case`() {
        var log = LogScript()
        log.submit("C0FFE0A1", as: "Alice@example.org", from: "alice@example.org", recipients: 3)
        log.submit("C0FFE0A2", as: "alice@example.org", from: "ceo@bank.example", recipients: 2)
        log.submit("C0FFE0A3", as: "bob", from: "bob@example.org", recipients: 1, status: "bounced")
        #expect(
            log.outward == [
                "alice@example.org": Outward(messages: 2, copies: 5),
                "bob": Outward(messages: 1, copies: 1, refused: 1),
            ]
        )
        #expect(log.outbound == 5, "halting is verified as ever")
    }

    @Test func `a program of this host sends as its envelope sender, without extension and BATV`() {
        var log = LogScript()
        log.pickUp("C0FFE0A1", from: "billing@example.org", message: "1@x", recipients: 1)
        log.deliver("C0FFE0A1", to: "r1@example.com")
        log.pickUp(
            "C0FFE0A2",
            from: "prvs=1234ab=billing@example.org",
            message: "2@x",
            recipients: 1
        )
        log.deliver("C0FFE0A2", to: "r2@example.com")
        log.arrive(
            "C0FFE0A3",
            from: "billing+r3=example.com@example.org",
            message: "3@x",
            client: "localhost[127.0.0.1]",
            recipients: 1
        )
        log.deliver("C0FFE0A3", to: "r3@example.com")
        #expect(log.outward == ["billing@example.org": Outward(messages: 3, copies: 3)])
    }

    @Test func `retries and requeues count nothing twice, and what is deferred counts`() {
        var log = LogScript()
        log.pickUp("C0FFE0A1", from: "a@example.org", message: "1@x", recipients: 2)
        log.deliver("C0FFE0A1", to: "r1@example.com", status: "deferred")
        log.deliver("C0FFE0A1", to: "r2@example.com", status: "sent")
        for _ in 1...5 {
            log.wait(300)
            log.queue("C0FFE0A1", from: "a@example.org", recipients: 2)
            log.deliver("C0FFE0A1", to: "r1@example.com", status: "deferred")
        }
        log.line("postsuper", "C0FFE0A1: requeued")
        log.line("pickup", "C0FFE0A2: uid=1000 from=<a@example.org> orig_id=C0FFE0A1")
        log.born("C0FFE0A2", from: "a@example.org", message: "1@x", recipients: 1)
        log.deliver("C0FFE0A2", to: "r1@example.com", status: "bounced")
        #expect(log.outward == ["a@example.org": Outward(messages: 1, copies: 2, refused: 1)])
    }

    @Test func `mail that stays here, or that nobody got, counts for nobody`() {
        var log = LogScript()
        log.pickUp("C0FFE0A1", from: "a@example.org", message: "1@x", recipients: 3)
        log.deliver("C0FFE0A1", to: "b@example.org", by: "local", relay: "local")
        log.deliver("C0FFE0A1", to: "c@example.org", by: "lmtp", relay: "127.0.0.1[127.0.0.1]:24")
        log.deliver("C0FFE0A1", to: "d@example.org", by: "error", relay: "none", status: "bounced")
        #expect(log.outward.isEmpty)
    }

    @Test func `a filter's second look keeps the login, and counts once`() {
        var log = LogScript()
        for number in 1...3 {
            let (first, second) = ("C0FFE0A\(number)", "C0FFE0B\(number)")
            log.size = 1000
            log.arrive(
                first,
                from: "alice@example.org",
                message: "\(number)@laptop",
                client: "pc.example.com[203.0.113.66], sasl_method=PLAIN, sasl_username=alice",
                recipients: 2
            )
            log.size = 1400
            log.arrive(
                second,
                from: "alice@example.org",
                message: "\(number)@laptop",
                client: "localhost[127.0.0.1]",
                recipients: 2
            )
            for recipient in ["r1", "r2"] {
                log.deliver(
                    first,
                    to: "\(recipient)@example.com",
                    relay: "127.0.0.1[127.0.0.1]:10024",
                    text: "250 2.0.0 Ok: queued as \(second)"
                )
            }
            log.remove(first)
            for recipient in ["r1", "r2"] { log.deliver(second, to: "\(recipient)@example.com") }
            log.remove(second)
        }
        #expect(log.outward == ["alice": Outward(messages: 3, copies: 6)])
    }

    @Test func `what an alias, a filter, SRS or Sieve sends on of a stranger's has no sender`() {
        var log = LogScript()
        for number in 1...50 {
            let forged = "victim\(number)@example.org"
            let id = "\(number)@evil.example"
            // A virtual alias to the outside: the same message goes on.
            log.arrive("C0FFE0A1", from: forged, message: "v\(id)")
            log.deliver("C0FFE0A1", to: "out@example.com", original: "in@example.org")
            log.remove("C0FFE0A1")
            // An alias of local(8): a message of its own.
            log.arrive("C0FFE0A2", from: forged, message: "a\(id)")
            log.born("C0FFE0A3", from: forged, message: "a\(id)", recipients: 1)
            log.forward("C0FFE0A2", to: "in@example.org", as: "C0FFE0A3")
            log.deliver("C0FFE0A3", to: "out@example.com")
            // A filter gives it back first.
            log.arrive("C0FFE0A4", from: forged, message: "f\(id)")
            log.arrive("C0FFE0A5", from: forged, message: "f\(id)", client: "localhost[127.0.0.1]")
            log.deliver("C0FFE0A4", to: "in@example.org", relay: "127.0.0.1[127.0.0.1]:10024")
            log.deliver("C0FFE0A5", to: "out@example.com", original: "in@example.org")
            // A filter that drops the Message-ID.
            log.arrive("C0FFE0A6", from: forged, message: "", client: "localhost[127.0.0.1]")
            log.deliver("C0FFE0A6", to: "out@example.com", original: "in@example.org")
            // Sieve's redirect hands it to sendmail(1), with the sender as it was, or by SRS.
            log.arrive("C0FFE0A7", from: forged, message: "s\(id)")
            log.deliver("C0FFE0A7", to: "in@example.org", by: "lmtp", relay: "here[private/lmtp]")
            log.pickUp("C0FFE0A8", from: forged, message: "s\(id)", recipients: 1)
            log.deliver("C0FFE0A8", to: "out@example.com")
            log.pickUp(
                "C0FFE0A9",
                from: "SRS0=xyz1=AB=example.org=victim\(number)@forward.example",
                message: "r\(id)",
                recipients: 1
            )
            log.deliver("C0FFE0A9", to: "out@example.com")
            // Requeued from hold.
            log.line("pickup", "C0FFE0AB: uid=104 from=<\(forged)> orig_id=C0FFE0AA")
            log.born("C0FFE0AB", from: forged, message: "q\(id)", recipients: 1)
            log.deliver("C0FFE0AB", to: "out@example.com")
        }
        #expect(log.outward.isEmpty)
        #expect(log.traffic.counts.senders == 0)
    }

    @Test func `lists, their senders and bounces have no sender; who logs in as one has`() {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "bob@example.org", members: 5)
        log.pickUp(
            "C0FFE0A1",
            from: "news-bounces+m1=x.org@example.org",
            message: "1@x",
            recipients: 1
        )
        log.deliver("C0FFE0A1", to: "m1@x.org")
        log.born("C0FFE0A2", from: "", message: "2@x", recipients: 1)
        log.deliver("C0FFE0A2", to: "stranger@example.com")
        log.pickUp("C0FFE0A3", from: "MAILER-DAEMON@example.org", message: "3@x", recipients: 1)
        log.deliver("C0FFE0A3", to: "stranger@example.com")
        #expect(log.outward.isEmpty)
        log.submit("C0FFE0A4", as: "eve", from: "x-bounces@example.org", recipients: 4)
        #expect(log.outward == ["eve": Outward(messages: 1, copies: 4)])
    }

    @Test func `Exim's logins and local senders are read off its own lines`() {
        var log = LogScript()
        func line(_ text: String) { log.feed(identifier: "exim", text) }
        line(
            "1tFpNp-0000000AbCd-1AbC <= alice@example.org H=pc.example.com [203.0.113.66] P=esmtpsa "
                + "A=dovecot_login:alice@example.org S=800 id=1@laptop"
        )
        for number in 1...3 {
            line(
                "1tFpNp-0000000AbCd-1AbC => r\(number)@example.com R=dnslookup T=remote_smtp "
                    + "H=mx.example.com [203.0.113.5] C=\"250 OK\""
            )
        }
        line("1tFpNp-0000000AbCd-1AbC Completed")
        line("1tFpNq-0000000AbCe-1AbC <= www@example.org U=www-data P=local S=700 id=2@host")
        line(
            "1tFpNq-0000000AbCe-1AbC => r1@example.com R=dnslookup T=remote_smtp "
                + "H=mx.example.com [203.0.113.5] C=\"250 OK\""
        )
        line(
            "1tFpNr-0000000AbCf-1AbC <= forged@example.org H=mx.evil.example [192.0.2.9] P=esmtp "
                + "S=700 id=3@evil"
        )
        line(
            "1tFpNr-0000000AbCf-1AbC => out@example.com <in@example.org> R=dnslookup "
                + "T=remote_smtp H=mx.example.com [203.0.113.5] C=\"250 OK\""
        )
        #expect(
            log.outward == [
                "alice@example.org": Outward(messages: 1, copies: 3),
                "www@example.org": Outward(messages: 1, copies: 1),
            ]
        )
    }

    @Test func `a program that invents senders evicts neither logins nor pinned ones`() {
        var settings = TrafficSettings()
        settings.maximumSenders = 64
        settings.maximumMessages = 256
        var log = LogScript(settings)
        log.submit("C0FFE0A1", as: "alice", from: "alice@example.org", recipients: 1)
        log.pickUp("C0FFE0A2", from: "billing@example.org", message: "b@x", recipients: 1)
        log.traffic.setPinned(senders: ["billing@example.org"])
        for number in 1...3000 {
            log.pickUp(
                "C0FFE0B1",
                from: "x\(number)@example.org",
                message: "\(number)@x",
                recipients: 1
            )
            log.deliver("C0FFE0B1", to: "r@example.com")
        }
        let counts = log.traffic.counts
        #expect(counts.senders == 16 + 1 + 1)
        #expect(counts.evictedSenders == 3000 - 16)
        log.events = []
        log.submit("C0FFE0A3", as: "alice", from: "alice@example.org", recipients: 1)
        log.deliver("C0FFE0A2", to: "r@example.com")
        #expect(log.outward.keys.sorted() == ["alice", "billing@example.org"])
        log.traffic.setPinned(senders: [])
        for number in 1...20 {
            log.pickUp(
                "C0FFE0B1",
                from: "y\(number)@example.org",
                message: "y\(number)@x",
                recipients: 1
            )
        }
        #expect(log.traffic.counts.senders == 16 + 1)
        let gone = log.events.count { if case .senderEvicted = $0 { true } else { false } }
        #expect(Int64(gone) == log.traffic.counts.evictedSenders - (3000 - 16))
    }

    @Test func `odd names are made fit to be shown, and are found again by what is shown`() {
        var log = LogScript()
        let long = String(repeating: "\u{e9}x", count: 100) + "@example.org"
        for (number, name) in ["a\u{1}b c", long].enumerated() {
            log.submit("C0FFE0A\(number)", as: name, from: "a@example.org", recipients: 1)
        }
        let names = log.outward.keys.sorted()
        #expect(names.count == 2)
        for name in names {
            #expect(name.utf8.count <= 240 && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f })
        }
        log.arrive(
            "C0FFE0A9",
            from: "a@example.org",
            message: "9@x",
            client: "pc.example.com[203.0.113.66], sasl_method=PLAIN, sasl_username=\(long)"
        )
        let shown = names.first { $0.utf8.count > 100 } ?? ""
        #expect(log.traffic.mail(ofSender: shown).ids == ["C0FFE0A9"])
    }

    @Test func `what of a sender is queued is known by id, and by its address`() {
        var log = LogScript()
        for (id, user) in [
            ("C0FFE0A1", "alice@example.org"), ("C0FFE0A2", "bob"),
            ("C0FFE0A3", "alice@example.org"),
        ] {
            log.arrive(
                id,
                from: "\(id)@example.org",
                message: "\(id)@x",
                client: "pc.example.com[203.0.113.66], sasl_method=PLAIN, sasl_username=\(user)"
            )
        }
        log.remove("C0FFE0A3")
        #expect(log.traffic.mail(ofSender: "alice@example.org").ids == ["C0FFE0A1"])
        #expect(log.traffic.mail(ofSender: "alice@example.org").senders == ["alice@example.org"])
        #expect(log.traffic.mail(ofSender: "bob").ids == ["C0FFE0A2"])
        #expect(log.traffic.mail(ofSender: "bob").senders.isEmpty)
    }

    @Test func `a restart in the middle counts on`() throws {
        var log = LogScript()
        log.arrive(
            "C0FFE0A1",
            from: "alice@example.org",
            message: "1@x",
            client: "pc.example.com[203.0.113.66], sasl_method=PLAIN, sasl_username=alice",
            recipients: 2
        )
        log.deliver("C0FFE0A1", to: "r1@example.com")
        log.traffic.setPinned(senders: ["alice"])
        let saved = try log.traffic.kept()
        log.traffic = try ListTraffic(kept: saved)
        #expect(try log.traffic.kept() == saved)
        log.deliver("C0FFE0A1", to: "r2@example.com")
        log.deliver("C0FFE0A1", to: "r3@example.com")
        #expect(log.outward == ["alice": Outward(messages: 1, copies: 2)])
    }
}
