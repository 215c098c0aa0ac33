// SPDX-License-Identifier: Apache-2.0
//
// Floods: whatever is invented, memory stays flat, busy lists and pinned ones stay, and what was
// forgotten is counted.

import EventTime
import ListTraffic
import MailLog
import Testing

@Suite struct BoundsTests {
    static let small = {
        var settings = TrafficSettings()
        settings.maximumLists = 64
        settings.maximumUnconfirmedLists = 32
        settings.maximumMessages = 256
        settings.maximumArrivals = 128
        settings.maximumPosts = 128
        settings.maximumPosters = 128
        settings.maximumRecipients = 1000
        return settings
    }()

    @Test func `a flood of invented lists evicts neither busy nor pinned nor configured ones`() {
        var settings = Self.small
        settings.lists = [ConfiguredList(address: "quiet@lists.example.org")]
        var log = LogScript(settings)
        log.postToOwnerAlias(1, list: "pinned@lists.example.org", from: "bob@example.org")
        log.traffic.setPinned(["pinned@lists.example.org"])
        for number in 0..<4_000 {
            let id = LogScript.id(1000 + number % 50_000)
            log.line("pickup", "\(id): uid=33 from=<x>")
            log.born(
                id,
                from: "fake\(number)-bounces@lists.example.org",
                message: "f\(number)@x",
                recipients: 2
            )
            if number % 500 == 0 {
                log.postToOwnerAlias(
                    number + 100_000,
                    list: "busy@lists.example.org",
                    from: "b@x.org"
                )
            }
        }
        #expect(log.traffic.list(at: "busy@lists.example.org") != nil)
        #expect(log.traffic.list(at: "pinned@lists.example.org") != nil)
        #expect(log.traffic.list(at: "QUIET@lists.example.org") != nil)
        #expect(log.sums["busy@lists.example.org"] == ListSums(posts: 8, announced: 32, sent: 32))
        let counts = log.traffic.counts
        #expect(counts.lists <= 64 + 32 + 2)
        #expect(counts.unconfirmedLists == 32)
        #expect(counts.evictedUnconfirmedLists > 3_900)
        #expect(counts.evictedLists == 0)
        #expect(log.evicted > 3_900)
        #expect(counts.messages <= 256)
        #expect(counts.arrivals <= 128)
    }

    @Test func `a flood of confirmed lists evicts the least recent one and says so`() {
        var log = LogScript(Self.small)
        log.postToOwnerAlias(1, list: "pinned@lists.example.org", from: "bob@example.org")
        log.traffic.setPinned(["pinned@lists.example.org"])
        for number in 0..<200 {
            log.postToOwnerAlias(number + 10, list: "l\(number)@lists.example.org", from: "b@x.org")
            log.postToOwnerAlias(number + 1000, list: "busy@lists.example.org", from: "b@x.org")
        }
        #expect(log.traffic.list(at: "busy@lists.example.org") != nil)
        #expect(log.traffic.list(at: "pinned@lists.example.org") != nil)
        #expect(log.traffic.list(at: "l0@lists.example.org") == nil)
        #expect(log.traffic.list(at: "l199@lists.example.org") != nil)
        #expect(log.traffic.counts.evictedLists == 200 - 63)
        #expect(log.evicted == 200 - 63)
        // A pin that ends makes the list mortal.
        log.traffic.setPinned([])
        for number in 300..<500 {
            log.postToOwnerAlias(number + 10, list: "l\(number)@lists.example.org", from: "b@x.org")
        }
        #expect(log.traffic.list(at: "pinned@lists.example.org") == nil)
    }

    @Test func `an outsider's mail makes no list`() {
        var log = LogScript()
        for number in 1...200 {
            let sender = ["owner-x\(number)@e.example", "y\(number)-bounces@e.example"][number % 2]
            let (id, again) = (LogScript.id(number * 3), LogScript.id(number * 3 + 1))
            log.arrive(id, from: sender, message: "o\(number)@e.example", recipients: 40)
            // Behind a filter it comes from this host, and an alias forwards it.
            log.arrive(
                again,
                from: sender,
                message: "o\(number)@e.example",
                client: "localhost[127.0.0.1]",
                recipients: 40
            )
            log.born(
                LogScript.id(number * 3 + 2),
                from: sender,
                message: "o\(number)@e.example",
                recipients: 2
            )
            log.forward(again, to: "ann@example.org", as: LogScript.id(number * 3 + 2))
        }
        #expect(log.sums.isEmpty)
        #expect(log.traffic.counts.lists == 0)
    }

    @Test func `a host that the configuration names may send lists' mail`() {
        var settings = TrafficSettings()
        settings.listHosts = ["192.0.2.77", "2001:DB8::7"]
        var log = LogScript(settings)
        for (id, address) in [("A1000001", "192.0.2.77"), ("A1000002", "2001:db8::7")] {
            log.arrive(
                id,
                from: "annonce-bounces@lists.example.org",
                message: "one@x",
                client: "lists.example.org[\(address)]",
                recipients: 30
            )
        }
        #expect(log.sums == ["annonce@lists.example.org": ListSums(posts: 1, announced: 60)])
    }

    @Test func `posters are remembered beyond the exact limit, and strangers stay strangers`() {
        var log = LogScript(Self.small)
        for number in 1...600 { log.postToOwnerAlias(number, from: "p\(number)@example.net") }
        #expect(log.posts.count(where: \.isStranger) == 600)
        for number in 1...600 {
            log.postToOwnerAlias(number + 1000, from: "p\(number)@example.net")
        }
        #expect(log.posts.dropFirst(600).count(where: \.isStranger) == 0)
        #expect(log.traffic.counts.posters == 600)
        #expect(log.traffic.facts(of: log.posts[0].list).knownPosters == 600)
    }

    @Test func `a reload keeps what was learned and obeys what is new`() {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "bob@example.org")
        var settings = TrafficSettings()
        settings.lists = [
            ConfiguredList(address: "annonce@lists.example.org", aliases: ["news@example.org"])
        ]
        settings.neverLists = ["staff@lists.example.org"]
        log.traffic.update(settings: settings)
        log.postToOwnerAlias(2, from: "bob@example.org")
        log.postToOwnerAlias(3, list: "staff@lists.example.org", from: "bob@example.org")
        #expect(log.posts.map(\.isStranger) == [true, false])
        #expect(log.traffic.list(at: "News@example.org") == log.posts[0].list)
        #expect(log.traffic.facts(of: log.posts[0].list).isConfigured)
        log.traffic.update(settings: TrafficSettings())
        #expect(log.traffic.list(at: "news@example.org") == nil)
        #expect(!log.traffic.facts(of: log.posts[0].list).isConfigured)
        #expect(log.traffic.facts(of: log.posts[0].list).posts == 2)
    }

    /// A million in a release build; debug code is fifty times slower.
    #if DEBUG
        static let flood = 30_000
    #else
        static let flood = 1_000_000
    #endif

    @Test func `invented lists and queue ids leave memory flat`() {
        var log = LogScript()
        log.postToOwnerAlias(1, list: "busy@lists.example.org", from: "bob@example.org")
        let settings = TrafficSettings()
        var out: [TrafficEvent] = []
        var (evicted, widest) = (0, 0)
        for number in 0..<Self.flood {
            let bytes = Array("F\(number)<\(number)@x>fake\(number)-bounces@x.example postfix".utf8)
            let digits = String(number).utf8.count
            let sender = 1 + digits + digits + 4
            var event = MailEvent(time: log.time + TimeSpan(microseconds: Int64(number)))
            event.dialect = .postfix
            event.queueID = ByteRange(start: 0, end: 1 + digits)
            event.messageID = ByteRange(start: 1 + digits, end: sender)
            event.sender = ByteRange(start: sender, end: bytes.count - 8)
            event.instance = ByteRange(start: bytes.count - 7, end: bytes.count)
            event.count = 9
            for kind in [MailEvent.Kind.pickup, .messageID, .queued] {
                event.kind = kind
                log.traffic.observe(event, in: bytes, into: &out)
            }
            for case .evicted in out { evicted += 1 }
            out.removeAll(keepingCapacity: true)
            let counts = log.traffic.counts
            widest = max(widest, counts.lists + counts.messages + counts.arrivals + counts.posts)
        }
        let counts = log.traffic.counts
        #expect(counts.lists <= settings.maximumLists + settings.maximumUnconfirmedLists)
        #expect(counts.messages <= settings.maximumMessages)
        #expect(counts.posts <= settings.maximumPosts + settings.maximumPosts / 8)
        let bound =
            settings.maximumLists + settings.maximumMessages + settings.maximumArrivals
            + settings.maximumPosts + settings.maximumPosts / 8 + settings.maximumUnconfirmedLists
        #expect(widest <= bound)
        #expect(evicted == max(0, Self.flood + 1 - settings.maximumLists))
    }
}
