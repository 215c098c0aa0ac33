// SPDX-License-Identifier: Apache-2.0
//
// Each shape that a fan-out takes in Postfix's log, and what may disturb it: N posts to M members
// give N posts and N x M copies, announced and sent.

import EventTime
import ListTraffic
import MailLog
import Testing

@Suite struct FanOutTests {
    static let list = "annonce@lists.example.org"

    @Test func `an alias with an owner announces before the first copy leaves`() {
        var log = LogScript()
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.born(
            "A1000002",
            from: "owner-annonce@lists.example.org",
            message: "one@example.org",
            recipients: 3
        )
        #expect(log.sums[Self.list] == ListSums(posts: 1, announced: 3))
        #expect(log.posts.first?.posterAddress == "bob@example.org")
        #expect(log.posts.first?.queueID == "A1000002")
        log.forward("A1000001", to: Self.list, as: "A1000002")
        log.deliverCopies("A1000002", 3)
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 3, sent: 3)])
        #expect(log.outbound == 3)
    }

    @Test func `an alias without an owner is a list by what its line makes of a post`() {
        var log = LogScript()
        for number in 1...3 {
            let (parent, child) = (LogScript.id(number * 2), LogScript.id(number * 2 + 1))
            log.arrive(parent, from: "bob@example.org", message: "m\(number)@example.org")
            log.born(
                child,
                from: "bob@example.org",
                message: "m\(number)@example.org",
                recipients: 5
            )
            log.forward(parent, to: Self.list, as: child)
            #expect(log.sums[Self.list]?.announced == Int64(number * 5))
            log.deliverCopies(child, 5, original: Self.list)
        }
        #expect(log.sums == [Self.list: ListSums(posts: 3, announced: 15, sent: 15)])
    }

    /// Postfix logs `message-id=<>` for each, and they are different mails.
    @Test(arguments: [true, false])
    func `mails without a Message-ID are posts of their own, each by whom it is from`(
        hasOwner: Bool
    ) {
        var log = LogScript()
        for number in 1...4 {
            let (parent, child) = (LogScript.id(number * 2), LogScript.id(number * 2 + 1))
            log.arrive(parent, from: "guest\(number)@example.org", message: "")
            let sender =
                hasOwner ? "owner-annonce@lists.example.org" : "guest\(number)@example.org"
            log.born(child, from: sender, message: "", recipients: 5)
            log.forward(parent, to: Self.list, as: child)
            log.deliverCopies(child, 5, original: hasOwner ? "" : Self.list)
        }
        #expect(log.sums == [Self.list: ListSums(posts: 4, announced: 20, sent: 20)])
        #expect(log.posts.map(\.posterAddress) == (1...4).map { "guest\($0)@example.org" })
        #expect(Set(log.posts.map(\.messageID)).count == 4)
    }

    @Test func `a manager's chunks of a mail without a Message-ID are one post`() {
        var log = LogScript()
        for number in 1...3 {
            let base = number * 4
            log.arrive(LogScript.id(base), from: "guest\(number)@example.org", message: "")
            for chunk in 1...3 {
                log.arrive(
                    LogScript.id(base + chunk),
                    from: "annonce-bounces@lists.example.org",
                    message: "",
                    client: "localhost[127.0.0.1]",
                    recipients: 5
                )
            }
        }
        #expect(log.sums[Self.list] == ListSums(posts: 3, announced: 45))
    }

    @Test func `a list may be called owner-something`() {
        var log = LogScript()
        log.arrive(
            "A1000001",
            from: "owner-builders-bounces@lists.example.org",
            message: "one@example.org",
            client: "localhost[127.0.0.1]",
            recipients: 30
        )
        #expect(log.sums.keys.sorted() == ["owner-builders@lists.example.org"])
    }

    @Test func `copies that leave before the alias's own line count all the same`() {
        var log = LogScript()
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.born("A1000002", from: "bob@example.org", message: "one@example.org", recipients: 4)
        log.deliverCopies("A1000002", 2)
        log.forward("A1000001", to: Self.list, as: "A1000002")
        log.deliverCopies("A1000002", 2, first: 3)
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 4, sent: 4)])
    }

    @Test(arguments: [1, 2]) func `a personal forward is no list`(recipients: Int) {
        var log = LogScript()
        log.arrive("A1000001", from: "x-bounces@elsewhere.example", message: "one@example.org")
        log.born(
            "A1000002",
            from: "x-bounces@elsewhere.example",
            message: "one@example.org",
            recipients: recipients
        )
        log.forward("A1000001", to: "john@example.org", as: "A1000002")
        log.deliverCopies("A1000002", recipients)
        #expect(log.sums.isEmpty)
        #expect(log.traffic.counts.lists == 0)
        #expect(log.outbound == recipients)
    }

    @Test func `a virtual alias that fans out within one message is a list`() {
        var log = LogScript()
        for number in 1...2 {
            log.arrive(
                LogScript.id(number),
                from: "bob@example.org",
                message: "m\(number)@example.org",
                recipients: 6
            )
            log.deliverCopies(LogScript.id(number), 6, original: "all@virtual.example")
            log.remove(LogScript.id(number))
        }
        #expect(log.sums == ["all@virtual.example": ListSums(posts: 2, announced: 12, sent: 12)])
        #expect(log.posts.map(\.posterAddress) == ["bob@example.org", "bob@example.org"])
    }

    /// Mailman's shapes: sender of the nth copy of a post, members a message, messages.
    struct Shape: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var client = "localhost[127.0.0.1]"
        var isPickup = false
        var chunk: Int
        var sender: @Sendable (Int) -> String
    }

    static let shapes: [Shape] = [
        Shape(testDescription: "Mailman bulk", chunk: 50) { _ in "annonce-bounces@lists.example.org"
        },
        Shape(testDescription: "Mailman personalised", client: "localhost[::1]", chunk: 1) { _ in
            "annonce-bounces@lists.example.org"
        },
        Shape(testDescription: "Mailman VERP", chunk: 1) {
            "annonce-bounces+m\($0)=example.com@lists.example.org"
        },
        Shape(testDescription: "mlmmj", chunk: 1) {
            "annonce+bounces-7-m\($0)=example.com@lists.example.org"
        },
        Shape(testDescription: "mlmmj, VERP by Postfix", chunk: 50) { _ in
            "annonce+bounces-7@lists.example.org"
        },
        Shape(testDescription: "Sympa", isPickup: true, chunk: 30) { _ in
            "annonce-owner@lists.example.org"
        },
        Shape(testDescription: "Sympa VERP", isPickup: true, chunk: 1) {
            "annonce-bounce+m\($0)==example.com==annonce@lists.example.org"
        },
        Shape(testDescription: "Sympa VERP of old", isPickup: true, chunk: 1) {
            "bounce+m\($0)==a==example.com==annonce@lists.example.org"
        },
        Shape(testDescription: "Majordomo", isPickup: true, chunk: 200) { _ in
            "owner-annonce@lists.example.org"
        },
        Shape(testDescription: "ezmlm", isPickup: true, chunk: 1) {
            "annonce-return-12-m\($0)=example.com@lists.example.org"
        },
        Shape(testDescription: "BATV before Mailman", chunk: 20) { _ in
            "prvs=0123abcdef=annonce-bounces@lists.example.org"
        },
    ]

    @Test(arguments: shapes, [false, true])
    func `posts and copies are exact for every list manager`(shape: Shape, isFiltered: Bool) {
        var log = LogScript()
        let members = 120
        var next = 1
        for number in 1...4 {
            let message = "m\(number)@example.org"
            let poster = "p\(number)@example.net"
            next = log.post(message, poster, next, isFiltered)
            var done = 0
            while done < members {
                let count = min(shape.chunk, members - done)
                let id = LogScript.id(next)
                let sender = shape.sender(done + 1)
                next += 1
                if shape.isPickup {
                    log.pickUp(id, from: sender, message: message, recipients: count)
                } else {
                    log.arrive(
                        id,
                        from: sender,
                        message: message,
                        client: shape.client,
                        recipients: count
                    )
                }
                let out = isFiltered ? LogScript.id(next) : id
                if isFiltered {
                    log.size += 170
                    log.arrive(
                        out,
                        from: sender,
                        message: message,
                        client: "localhost[127.0.0.1]",
                        recipients: count
                    )
                    log.size -= 170
                    next += 1
                    for member in 1...count {
                        log.deliver(
                            id,
                            to: "m\(done + member)@example.com",
                            relay: "127.0.0.1[127.0.0.1]:10024",
                            text: "250 2.0.0 Ok: queued as \(out)"
                        )
                    }
                    log.remove(id)
                }
                log.deliverCopies(out, count, first: done + 1)
                log.remove(out)
                done += count
            }
            #expect(log.sums.count == 1)
        }
        #expect(
            log.sums == [
                Self.list: ListSums(
                    posts: 4,
                    announced: Int64(4 * members),
                    sent: Int64(4 * members)
                )
            ]
        )
        #expect(log.posts.map(\.posterAddress) == (1...4).map { "p\($0)@example.net" })
        #expect(log.outbound == 4 * members)
        #expect(log.traffic.facts(of: log.posts[0].list).members == Int64(members))
    }

    @Test(arguments: [
        "annonce+bounces-7@lists.example.org", "annonce-bounces@lists.example.org",
        "owner-annonce@lists.example.org",
    ])
    func `all messages of a post are in the queue before one of them has left`(sender: String) {
        var log = LogScript()
        for number in 0..<3 {
            let ids = (0..<4).map { LogScript.id(number * 10 + $0 + 2) }
            let message = "m\(number)@example.org"
            _ = log.post(message, "p\(number)@example.net", number * 10 + 1, false)
            for id in ids {
                log.arrive(
                    id,
                    from: sender,
                    message: message,
                    client: "localhost[127.0.0.1]",
                    recipients: 100
                )
            }
            for (place, id) in ids.enumerated() {
                log.deliverCopies(id, 100, first: place * 100 + 1)
                log.remove(id)
            }
        }
        #expect(log.sums == [Self.list: ListSums(posts: 3, announced: 1200, sent: 1200)])
        #expect(log.posts.first.map { log.traffic.facts(of: $0.list).members } == 400)
    }

    /// mlmmj runs once for each post, and Postfix takes the copies of all of them turn by turn.
    @Test(arguments: [2, 5, 12])
    func `posts that are handed over at once do not hide how many members there are`(posts: Int) {
        var log = LogScript()
        var next = 1
        for number in 1...posts {
            next = log.post("m\(number)@example.org", "p\(number)@example.net", next, false)
        }
        for member in 1...60 {
            for number in 1...posts {
                let id = LogScript.id(next)
                next += 1
                log.arrive(
                    id,
                    from: "annonce+bounces-\(number)-m\(member)=example.com@lists.example.org",
                    message: "m\(number)@example.org",
                    client: "localhost[127.0.0.1]",
                    recipients: 1
                )
                log.deliverCopies(id, 1, first: member)
                log.remove(id)
            }
        }
        let copies = Int64(posts * 60)
        #expect(
            log.sums == [Self.list: ListSums(posts: posts, announced: copies, sent: copies)]
        )
        // Of twelve at once the first ones' sizes are no longer told apart; the others' are.
        #expect(log.posts.first.map { log.traffic.facts(of: $0.list).members } == 60)
    }
}

extension LogScript {
    /// A post comes from outside and is handed to a list manager; returns the next free number.
    mutating func post(_ message: String, _ poster: String, _ first: Int, _ isFiltered: Bool) -> Int
    {
        var next = first
        arrive(Self.id(next), from: poster, message: message)
        if isFiltered {
            let again = Self.id(next + 1)
            size += 170
            arrive(again, from: poster, message: message, client: "localhost[127.0.0.1]")
            size -= 170
            deliver(
                Self.id(next),
                to: "annonce@lists.example.org",
                relay: "127.0.0.1[127.0.0.1]:10024",
                text: "250 2.0.0 Ok: queued as \(again)"
            )
            remove(Self.id(next))
            next += 1
        }
        deliver(
            Self.id(next),
            to: "annonce@lists.example.org",
            by: "lmtp",
            relay: "127.0.0.1[127.0.0.1]:8024",
            text: "250 Ok"
        )
        remove(Self.id(next))
        return next + 1
    }
}
