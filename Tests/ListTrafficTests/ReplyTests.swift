// SPDX-License-Identifier: Apache-2.0
//
// Who posts, whom they answer, and whether they are people.

import EventTime
import ListTraffic
import MailLog
import Testing

@Suite struct ReplyTests {
    static let list = "annonce@lists.example.org"

    @Test func `headers tell threads from replies and tie them to their root`() {
        var log = LogScript()
        log.postToOwnerAlias(
            1,
            from: "boss@example.org",
            headers: ["Message-ID: <m1@example.org>"]
        )
        log.postToOwnerAlias(
            2,
            from: "ann@example.com",
            headers: ["Message-ID: <m2@example.org>", "In-Reply-To: <m1@example.org>"]
        )
        log.postToOwnerAlias(
            3,
            from: "joe@example.com",
            headers: [
                "References: <m1@example.org>? <m2@example.org>", "Message-ID: <m3@example.org>",
            ]
        )
        log.postToOwnerAlias(
            4,
            from: "ann@example.com",
            headers: ["Message-ID: <m4@example.org>", "In-Reply-To: <gone@example.org>"]
        )
        #expect(
            log.posts.map(\.kind) == [.newThread, .replyByHeader, .replyByHeader, .replyByHeader]
        )
        #expect(log.posts.map(\.isStranger) == [true, true, true, false])
        #expect(log.posts[1].thread == log.posts[0].messageID)
        #expect(log.posts[1].parent == log.posts[0].messageID)
        #expect(log.posts[2].thread == log.posts[0].messageID)
        #expect(log.posts[2].parent == log.posts[1].messageID)
        #expect(log.posts[3].thread == log.posts[3].parent)
        #expect(log.traffic.facts(of: log.posts[0].list).hasHeaders)
    }

    @Test func `what another host's list sends is known by its envelope, whoever wrote it`() {
        var log = LogScript()
        let author = ["From: Ann <ann@example.com>"]
        log.postToOwnerAlias(1, from: "ann@example.com", headers: author)
        log.postToOwnerAlias(2, from: "verein-bounces@b.example", headers: author)
        log.postToOwnerAlias(3, from: "owner-verein@b.example", headers: author)
        #expect(log.posts.map(\.posterAddress) == Array(repeating: "ann@example.com", count: 3))
        #expect(log.posts.map(\.isFromList) == [false, true, true])
    }

    @Test func `without headers a newcomer on an announce list answers`() {
        var log = LogScript()
        for number in 1...3 {
            log.postToOwnerAlias(number, from: "boss@example.org")
            log.wait(90_000)
        }
        log.postToOwnerAlias(4, from: "m2@example.com")
        log.postToOwnerAlias(5, from: "other@example.com")
        log.postToOwnerAlias(6, from: "m2@example.com")
        log.postToOwnerAlias(7, from: "boss@example.org")
        #expect(
            log.posts.map(\.kind) == [
                .unknown, .unknown, .unknown, .replyByPoster, .replyByPoster, .replyByPoster,
                .unknown,
            ]
        )
        let facts = log.traffic.facts(of: log.posts[0].list)
        #expect(facts.regularPosters == ["boss@example.org"])
        #expect(facts.knownPosters == 3)
        #expect(facts.members == 4)
        #expect(facts.posts == 7)
        #expect(facts.isConfirmed)
        #expect(!facts.hasHeaders)
    }

    @Test func `configured posters are never strangers and never answer by posting`() {
        var settings = TrafficSettings()
        settings.lists = [
            ConfiguredList(address: Self.list, regularPosters: ["News@Example.org"])
        ]
        var log = LogScript(settings)
        log.postToOwnerAlias(1, from: "boss@example.org")
        log.postToOwnerAlias(2, from: "news+launch@example.org")
        #expect(log.posts.map(\.isStranger) == [true, false])
        #expect(log.posts.map(\.kind) == [.unknown, .unknown])
    }

    @Test(arguments: [
        ("", [String]()),
        ("MAILER-DAEMON@example.org", []),
        ("ann@example.com", ["Auto-Submitted: auto-replied (vacation)"]),
        ("ann@example.com", ["Precedence: bulk"]),
        ("ann@example.com", ["Precedence: Auto_Reply"]),
        ("ann@example.com", ["From: Mail System <mailer-daemon@example.com>"]),
    ])
    func `machines are told apart`(sender: String, headers: [String]) {
        var log = LogScript()
        log.postToOwnerAlias(1, from: sender, headers: headers)
        #expect(log.posts.map(\.kind) == [.robot])
    }

    @Test(arguments: [
        ["Auto-Submitted: no"], ["Precedence: list"], ["Precedence: normal"],
        ["Auto-Submitted: no", "Auto-Submitted: auto-generated"],
    ])
    func `people are not taken for machines`(headers: [String]) {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "ann@example.com", headers: headers)
        #expect(log.posts.map(\.kind) == [.unknown])
    }

    @Test func `the first header of a name counts, not an attached message's`() {
        var log = LogScript()
        log.postToOwnerAlias(
            1,
            from: "ann@example.com",
            headers: [
                "From: Ann <ann@example.com>", "In-Reply-To: <a@x>", "Message-ID: <b@x>",
                "From: Eve <eve@example.com>", "In-Reply-To: <evil@x>", "Precedence: junk",
            ].dropLast()
        )
        #expect(log.posts[0].posterAddress == "ann@example.com")
        var other = LogScript()
        other.postToOwnerAlias(
            1,
            from: "ann@example.com",
            headers: ["In-Reply-To: <a@x>", "Message-ID: <b@x>"]
        )
        #expect(log.posts[0].parent == other.posts[0].parent)
    }

    @Test func `headers of the copies change nothing`() {
        var log = LogScript()
        log.arrive(
            "A1000001",
            from: "ann@example.com",
            message: "one@x",
            headers: ["Message-ID: <one@x>", "From: Ann <ann@example.com>"]
        )
        log.deliver("A1000001", to: Self.list, by: "pipe", relay: "mlmmj")
        for member in 1...3 {
            log.arrive(
                LogScript.id(member),
                from: "annonce+bounces-1-m\(member)=example.com@lists.example.org",
                message: "one@x",
                client: "localhost[127.0.0.1]",
                headers: ["In-Reply-To: <zero@x>", "Precedence: bulk", "From: List <l@x.org>"]
            )
            log.deliverCopies(LogScript.id(member), 1, first: member)
        }
        #expect(log.posts.map(\.kind) == [.newThread])
        #expect(log.posts.map(\.posterAddress) == ["ann@example.com"])
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 3, sent: 3)])
    }

    @Test(arguments: [
        ("prvs=4711abcdef=Ann@example.com", "ann@example.com"),
        ("btv1==123abc==ann@example.com", "ann@example.com"),
        ("SRS0=HHH=TT=example.com=ann@forwarder.example", "ann@example.com"),
        ("SRS1=HHH=first.example==HHH=TT=example.com=ann@second.example", "ann@example.com"),
        ("ann+lists@example.com", "ann@example.com"),
        ("\"ann@home\"@example.com", "\"ann@home\"@example.com"),
        ("+plus@example.com", "+plus@example.com"),
    ])
    func `a poster is the person behind the address`(sender: String, person: String) {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "ann@example.com")
        log.postToOwnerAlias(2, from: sender)
        #expect(log.posts[1].posterAddress == person)
        #expect((log.posts[1].poster == log.posts[0].poster) == (person == "ann@example.com"))
    }

    @Test func `the Date header tells how old a post is`() {
        var log = LogScript()
        log.time = Timestamp(seconds: 1_795_500_000)  // 2026-11-24 06:00:00 UTC
        log.postToOwnerAlias(
            1,
            from: "ann@example.com",
            headers: ["Date: Tue, 24 Nov 2026 06:30:00 +0100 (CET)"]
        )
        log.postToOwnerAlias(
            2,
            from: "ann@example.com",
            headers: ["Date: Thu, 24 Nov 2033 06:30:00 +0100"]
        )
        #expect(log.posts[0].age?.seconds.rounded() == 1800)
        #expect((log.posts[1].age ?? .hours(1)) < .seconds(1))
    }

    @Test func `a message that comes back from outside is told once each time`() {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "bob@example.org")
        for round in 1...3 {
            let (parent, child) = (LogScript.id(round * 10), LogScript.id(round * 10 + 1))
            log.arrive(
                parent,
                from: "annonce-owner@elsewhere.example",
                message: "m1@example.org"
            )
            log.born(
                child,
                from: "owner-annonce@lists.example.org",
                message: "m1@example.org",
                recipients: 4
            )
            log.forward(parent, to: Self.list, as: child)
            log.remove(parent)
            log.deliverCopies(child, 4)
            log.remove(child)
        }
        #expect(
            log.sums == [Self.list: ListSums(posts: 1, announced: 16, sent: 16, returned: 3)]
        )
    }

    @Test func `a loop that Postfix cuts is told as well`() {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "bob@example.org")
        log.arrive("A2000001", from: "m1@example.com", message: "m1@example.org")
        log.deliver(
            "A2000001",
            to: Self.list,
            by: "local",
            relay: "local",
            status: "bounced",
            text: "mail forwarding loop for annonce@lists.example.org"
        )
        #expect(log.sums[Self.list]?.returned == 1)
        #expect(log.sums[Self.list]?.posts == 1)
    }
}
