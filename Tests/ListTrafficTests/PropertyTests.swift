// SPDX-License-Identifier: Apache-2.0
//
// What holds for any traffic: sums are exact, a restored memory goes on like the saved one, no
// bytes make it trap.

import EventTime
import FoundationEssentials
import ListTraffic
import MailLog
import Testing

@Suite struct PropertyTests {
    @Test(arguments: UInt64(1)...6)
    func `any mix of posts, retries and other mail adds up`(seed: UInt64) {
        var traffic = RandomTraffic(seed: seed)
        traffic.add(messages: 100)
        var log = LogScript()
        for line in traffic.lines() { log.line(line.process, line.message) }
        #expect(log.sums == traffic.expected, "seed \(seed)")
        #expect(log.outbound == traffic.outbound, "seed \(seed)")
    }

    @Test(arguments: UInt64(20)...25)
    func `a restored memory goes on exactly like the saved one`(seed: UInt64) throws {
        var traffic = RandomTraffic(seed: seed)
        traffic.add(messages: 80)
        var settings = TrafficSettings()
        settings.maximumMessages = 64
        settings.maximumArrivals = 32
        settings.maximumRecipients = 500
        settings.lists = [
            ConfiguredList(
                address: "owned@l.example",
                aliases: ["o@l.example"],
                senderPatterns: ["owned-*@l.example"],
                regularPosters: ["p1@example.net"]
            )
        ]
        var log = LogScript(settings)
        log.traffic.setPinned(["bare@l.example"])
        var random = SplitMix64(seed: seed)
        for line in traffic.lines() {
            if random.below(40) == 0 {
                let saved = try JSONEncoder().encode([log.traffic])
                log.traffic = try #require(
                    try JSONDecoder().decode([ListTraffic].self, from: saved).first
                )
            }
            log.line(line.process, line.message)
        }
        var whole = LogScript(settings)
        whole.traffic.setPinned(["bare@l.example"])
        traffic = RandomTraffic(seed: seed)
        traffic.add(messages: 80)
        for line in traffic.lines() { whole.line(line.process, line.message) }
        #expect(log.events.map { "\($0)" } == whole.events.map { "\($0)" }, "seed \(seed)")
        #expect(log.traffic.counts == whole.traffic.counts)
        #expect(try JSONEncoder().encode([log.traffic]) == JSONEncoder().encode([whole.traffic]))
    }

    @Test func `posters beyond the exact limit survive a restart`() throws {
        var settings = TrafficSettings()
        settings.maximumPosters = 16
        var log = LogScript(settings)
        for number in 1...100 { log.postToOwnerAlias(number, from: "p\(number)@example.net") }
        let saved = try JSONEncoder().encode([log.traffic])
        #expect(saved.count < 60_000)
        log.traffic = try JSONDecoder().decode([ListTraffic].self, from: saved)[0]
        for number in 1...100 { log.postToOwnerAlias(number + 200, from: "p\(number)@example.net") }
        log.postToOwnerAlias(400, from: "new@example.net")
        #expect(
            log.posts.dropFirst(100).map(\.isStranger) == Array(repeating: false, count: 100) + [
                true
            ]
        )
    }

    @Test func `a damaged snapshot is refused, never trusted`() throws {
        var log = LogScript()
        for number in 1...3 { log.postToOwnerAlias(number, from: "bob@example.org") }
        let saved = Array(try JSONEncoder().encode([log.traffic]))
        var random = SplitMix64(seed: 99)
        for _ in 1...60 {
            var damaged = saved
            let place = 2 + random.below(saved.count - 4)
            damaged[place] = UInt8(ascii: "A") + UInt8(random.below(26))
            if damaged == saved { continue }
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([ListTraffic].self, from: Data(damaged))
            }
        }
        for count in [0, 1, 4, 40] {
            let short = Data([91, 34] + saved[2..<(2 + count)] + [34, 93])
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([ListTraffic].self, from: short)
            }
        }
    }

    @Test(arguments: UInt64(40)...45)
    func `events of any bytes and ranges are taken without a trap`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var traffic = ListTraffic(settings: TrafficSettings())
        var out: [TrafficEvent] = []
        let words = [
            "owner-", "-bounces", "+bounces-", "@", "<", ">", "prvs=", "srs1", "=", "smtp", "local",
            "127.0.0.1", "\u{2028}", " ", "Tue, 24 Nov 2026", "a", "no", "A1", "-return-",
        ]
        for _ in 1...4_000 {
            var bytes: [UInt8] = []
            for _ in 0..<random.below(12) { bytes += words[random.below(words.count)].utf8 }
            if random.below(3) == 0 { bytes.append(UInt8(random.below(256))) }
            func range() -> ByteRange {
                let start = random.below(bytes.count + 3)
                return ByteRange(start: start, end: start + random.below(bytes.count + 3))
            }
            var event = MailEvent(time: Timestamp(microseconds: Int64(bitPattern: random.next())))
            event.kind = MailEvent.Kind.allCases[random.below(MailEvent.Kind.allCases.count)]
            event.queueID = ByteRange(start: 0, end: random.below(3))
            event.relatedID = random.below(2) == 0 ? .absent : ByteRange(start: 0, end: 1)
            event.process = range()
            event.messageID = range()
            event.sender = range()
            event.user = random.below(2) == 0 ? .absent : range()
            event.recipient = range()
            event.originalRecipient = range()
            event.address = range()
            event.relay = range()
            event.headerValue = range()
            event.parent = random.below(2) == 0 ? .absent : range()
            event.status = [.sent, .bounced, .deferred][random.below(3)]
            event.header = [.from, .date, .references, .inReplyTo, .autoSubmitted][random.below(5)]
            event.count = random.below(3) == 0 ? Int64(bitPattern: random.next()) : 5
            event.attempt = TimeSpan(microseconds: Int64(bitPattern: random.next()))
            traffic.observe(event, in: bytes, into: &out)
            out.removeAll(keepingCapacity: true)
        }
        #expect(traffic.counts.events == 4_000)
    }
}
