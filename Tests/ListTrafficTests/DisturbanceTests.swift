// SPDX-License-Identifier: Apache-2.0
//
// What happens to a fan-out between its announcement and its last copy, and to its lines on their
// way into the log: retries, flushes, filters, requeues, ids used again, lines out of order, lines
// that are missing.

import EventTime
import ListTraffic
import MailLog
import Testing

@Suite struct DisturbanceTests {
    static let list = "annonce@lists.example.org"

    @Test func `retries and flushes announce nothing again`() {
        var log = LogScript()
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.born(
            "A1000002",
            from: "owner-annonce@lists.example.org",
            message: "one@example.org",
            recipients: 3
        )
        log.forward("A1000001", to: Self.list, as: "A1000002")
        for _ in 1...5 {
            for member in 1...3 {
                log.deliver(
                    "A1000002",
                    to: "m\(member)@example.com",
                    status: "deferred",
                    text: "host mx.example.com[203.0.113.5] said: 450 4.2.0 Greylisted"
                )
            }
            log.wait(300)
            log.queue("A1000002", from: "owner-annonce@lists.example.org", recipients: 3)
        }
        log.deliverCopies("A1000002", 3)
        log.remove("A1000002")
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 3, sent: 3)])
        #expect(log.outbound == 3)
    }

    @Test func `a deferred parent whose alias expands later is one post with its age`() {
        var log = LogScript()
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.deliver(
            "A1000001",
            to: Self.list,
            by: "local",
            relay: "local",
            status: "deferred",
            text: "temporary failure"
        )
        log.wait(3600)
        log.queue("A1000001", from: "bob@example.org", recipients: 1)
        log.born(
            "A1000002",
            from: "owner-annonce@lists.example.org",
            message: "one@example.org",
            recipients: 3
        )
        log.forward("A1000001", to: Self.list, as: "A1000002")
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 3)])
        #expect(log.posts[0].age?.seconds.rounded() == 3600)
    }

    @Test(arguments: [false, true])
    func `a requeued fan-out goes on under its new id`(hasOwner: Bool) {
        var log = LogScript()
        let sender = hasOwner ? "owner-annonce@lists.example.org" : "bob@example.org"
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.born("A1000002", from: sender, message: "one@example.org", recipients: 4)
        log.forward("A1000001", to: Self.list, as: "A1000002")
        log.deliverCopies("A1000002", 1)
        log.line("postsuper", "A1000002: requeued")
        log.line("pickup", "A1000003: uid=101 from=<\(sender)> orig_id=A1000002")
        log.born("A1000003", from: sender, message: "one@example.org", recipients: 3)
        log.deliverCopies("A1000003", 3, first: 2)
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 4, sent: 4)])
    }

    /// Where a content filter sits, and by what it can be told.
    enum Filter: CaseIterable {
        /// smtp to a port and back by smtp; the reply names the new id.
        case smtp
        /// The same with XFORWARD: the new id's first line names the old one.
        case xforward
        /// pipe(8) and back by the sendmail command.
        case pipe
    }

    @Test(arguments: Filter.allCases, [false, true])
    func `a filter behind the alias doubles nothing`(filter: Filter, hasOwner: Bool) {
        var log = LogScript()
        let sender = hasOwner ? "owner-annonce@lists.example.org" : "bob@example.org"
        for number in 1...3 {
            let message = "m\(number)@example.org"
            let ids = (0..<4).map { LogScript.id(number * 4 + $0) }
            log.arrive(ids[0], from: "bob@example.org", message: message)
            log.refilter(ids[0], ids[1], from: "bob@example.org", message, [Self.list], filter)
            log.born(ids[2], from: sender, message: message, recipients: 5)
            log.forward(ids[1], to: Self.list, as: ids[2])
            log.remove(ids[1])
            let members = (1...5).map { "m\($0)@example.com" }
            log.refilter(ids[2], ids[3], from: sender, message, members, filter)
            log.deliverCopies(ids[3], 5)
            log.remove(ids[3])
        }
        #expect(log.sums == [Self.list: ListSums(posts: 3, announced: 15, sent: 15)])
        #expect(log.outbound == 15)
        #expect(log.posts.allSatisfy { $0.posterAddress == "bob@example.org" })
    }

    @Test func `a short id that comes again is another message`() {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "bob@example.org")
        // The same two ids, without their removed lines having been seen.
        log.dropped = [.removed]
        log.postToOwnerAlias(1, from: "eve@example.org")
        log.dropped = []
        log.arrive(
            LogScript.id(3),
            from: "ann@example.org",
            message: "private@example.org",
            recipients: 2
        )
        log.deliverCopies(LogScript.id(3), 2)
        #expect(log.sums[Self.list]?.sent == 8)
        #expect(log.outbound == 10)
    }

    @Test func `a restart forgets short ids and keeps a fan-out that goes on`() {
        var log = LogScript()
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.born(
            "A1000002",
            from: "owner-annonce@lists.example.org",
            message: "one@example.org",
            recipients: 3
        )
        log.forward("A1000001", to: Self.list, as: "A1000002")
        log.deliverCopies("A1000002", 1)
        log.line("master", "daemon started -- version 3.7.11, configuration /etc/postfix")
        log.queue("A1000002", from: "owner-annonce@lists.example.org", recipients: 3)
        log.deliverCopies("A1000002", 2, first: 2)
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 3, sent: 3)])
        log.line("master", "daemon started -- version 3.7.11, configuration /etc/postfix")
        log.queue("A1000002", from: "ann@example.org", recipients: 1)
        log.deliverCopies("A1000002", 1)
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 3, sent: 3)])
    }

    @Test func `instances and hosts have ids of their own`() {
        var log = LogScript()
        for (machine, instance) in [("aa", "postfix"), ("aa", "postfix-out"), ("bb", "postfix")] {
            (log.machine, log.instance) = (machine, instance)
            log.arrive("A1000001", from: "bob@example.org", message: "\(machine)\(instance)@x")
        }
        for (machine, instance) in [("aa", "postfix"), ("aa", "postfix-out"), ("bb", "postfix")] {
            (log.machine, log.instance) = (machine, instance)
            log.born(
                "A1000002",
                from: "owner-annonce@lists.example.org",
                message: "\(machine)\(instance)@x",
                recipients: 3
            )
            log.forward("A1000001", to: Self.list, as: "A1000002")
            log.deliverCopies("A1000002", 3)
        }
        #expect(log.sums == [Self.list: ListSums(posts: 3, announced: 9, sent: 9)])
    }

    @Test func `a parent's line that comes before its child's is waited on`() {
        var settings = TrafficSettings()
        settings.lists = [ConfiguredList(address: "Annonce@Lists.Example.org")]
        var log = LogScript(settings)
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.forward("A1000001", to: Self.list, as: "A1000002")
        log.born("A1000002", from: "bob@example.org", message: "one@example.org", recipients: 2)
        log.deliverCopies("A1000002", 2)
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 2, sent: 2)])
        #expect(log.posts[0].posterAddress == "bob@example.org")
    }

    @Test(arguments: MailEvent.Kind.allCases)
    func `no kind of line can be missing without keeping posts exact or silent`(
        kind: MailEvent.Kind
    ) {
        var log = LogScript()
        log.dropped = [kind]
        for number in 1...5 { log.postToOwnerAlias(number, from: "bob@example.org") }
        let sums = log.sums[Self.list] ?? ListSums()
        // Without Message-IDs or deliveries less is seen; never more than there was.
        #expect(sums.posts <= 5)
        #expect(sums.announced <= 20)
        #expect(sums.sent <= sums.announced)
        let needed: Set<MailEvent.Kind> = [.queued, .messageID, .delivery]
        if !needed.contains(kind) {
            #expect(sums == ListSums(posts: 5, announced: 20, sent: 20))
        }
    }

    @Test func `dropped lines are told as blindness`() {
        var log = LogScript()
        #expect(log.traffic.counts.blindSince == nil)
        var event = MailEvent(time: log.time)
        event.kind = .suppressed
        event.count = 618
        log.observe(event, [])
        #expect(log.traffic.counts.suppressedLines == 618)
        #expect(log.traffic.counts.blindSince == log.time)
    }

    @Test func `a member's forward and a list within a list count each copy once`() {
        var log = LogScript()
        log.arrive("A1000001", from: "bob@example.org", message: "one@example.org")
        log.born(
            "A1000002",
            from: "owner-annonce@lists.example.org",
            message: "one@example.org",
            recipients: 3
        )
        log.forward("A1000001", to: Self.list, as: "A1000002")
        log.deliverCopies("A1000002", 1)
        log.born(
            "A1000003",
            from: "owner-annonce@lists.example.org",
            message: "one@example.org",
            recipients: 1
        )
        log.forward("A1000002", to: "john@lists.example.org", as: "A1000003")
        log.deliver("A1000003", to: "john@home.example")
        log.born(
            "A1000004",
            from: "owner-annonce@lists.example.org",
            message: "one@example.org",
            recipients: 10
        )
        log.forward("A1000002", to: "friends@lists.example.org", as: "A1000004")
        log.deliverCopies("A1000004", 10, first: 20)
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 12, sent: 12)])
    }

    @Test func `notices of a list manager are no posts`() {
        var log = LogScript()
        for number in 1...50 {
            log.arrive(
                LogScript.id(number),
                from: "annonce-bounces@lists.example.org",
                message: "welcome\(number)@lists.example.org",
                client: "localhost[127.0.0.1]"
            )
            log.deliverCopies(LogScript.id(number), 1)
            log.remove(LogScript.id(number))
        }
        #expect(log.sums.isEmpty)
        #expect(log.outbound == 50)
    }

    @Test func `a post written in the list manager's own pages is one post`() {
        var log = LogScript()
        for number in 1...20 {
            log.arrive(
                LogScript.id(number),
                from: "annonce-bounces@lists.example.org",
                message: "web@lists.example.org",
                client: "localhost[127.0.0.1]"
            )
            log.deliverCopies(LogScript.id(number), 1, first: number)
        }
        #expect(log.sums == [Self.list: ListSums(posts: 1, announced: 20, sent: 20)])
    }
}

extension LogScript {
    /// A message goes to a filter as `old` and comes back as `new`.
    mutating func refilter(
        _ old: String,
        _ new: String,
        from sender: String,
        _ message: String,
        _ recipients: [String],
        _ filter: DisturbanceTests.Filter
    ) {
        switch filter {
        case .smtp: line("smtpd", "\(new): client=localhost[127.0.0.1]")
        case .xforward:
            line(
                "smtpd",
                "\(new): client=localhost[127.0.0.1], orig_queue_id=\(old), "
                    + "orig_client=mx.example.net[192.0.2.9]"
            )
        case .pipe: line("pickup", "\(new): uid=115 from=<\(sender)>")
        }
        size += 170
        born(new, from: sender, message: message, recipients: recipients.count)
        size -= 170
        for recipient in recipients {
            if filter == .pipe {
                deliver(
                    old,
                    to: recipient,
                    by: "pipe",
                    relay: "filter",
                    text: "delivered via filter service"
                )
            } else {
                deliver(
                    old,
                    to: recipient,
                    relay: "127.0.0.1[127.0.0.1]:10024",
                    text: "250 2.0.0 Ok: queued as \(new)"
                )
            }
        }
        remove(old)
    }
}
