// SPDX-License-Identifier: Apache-2.0
//
// What holds for any traffic: sums are exact, a restored memory goes on like the saved one, no
// bytes make it trap.

import EventTime
import MailLog
import TestSupport
import Testing

@testable import Archive
@testable import ListTraffic

extension ListTraffic {
    /// Everything that is remembered.
    func kept() throws -> KeptParts {
        var copy = self
        return try KeptParts { try copy.archive(&$0) }
    }

    /// What was kept.
    init(kept: KeptParts) throws {
        self.init(settings: TrafficSettings())
        try kept.read { try archive(&$0) }
    }
}

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
                log.traffic = try ListTraffic(kept: log.traffic.kept())
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
        #expect(try log.traffic.kept() == whole.traffic.kept())
    }

    @Test func `posters beyond the exact limit survive a restart`() throws {
        var settings = TrafficSettings()
        settings.maximumPosters = 16
        var log = LogScript(settings)
        for number in 1...100 { log.postToOwnerAlias(number, from: "p\(number)@example.net") }
        let saved = try log.traffic.kept()
        #expect(saved.parts.values.reduce(0) { $0 + $1.count } < 45_000)
        log.traffic = try ListTraffic(kept: saved)
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
        let saved = try log.traffic.kept()
        var random = SplitMix64(seed: 99)
        let keys = saved.parts.keys.sorted()
        for _ in 1...200 {
            var damaged = saved
            let key = keys[random.below(keys.count)]
            let count = saved.parts[key]?.count ?? 0
            damaged.parts[key]?[random.below(count)] ^= 1 << UInt8(random.below(8))
            #expect(throws: ArchiveDamage.self) { try ListTraffic(kept: damaged) }
            damaged.parts[key]?.removeLast(random.below(count))
            #expect(throws: ArchiveDamage.self) { try ListTraffic(kept: damaged) }
            damaged.parts[key] = nil
            #expect(throws: ArchiveDamage.self) { try ListTraffic(kept: damaged) }
        }
    }

    /// The checksums are made anew: what finds the damage is what reads it.
    @Test(arguments: UInt64(60)...65)
    func `a forged snapshot is an error or a memory that goes on, never a trap`(
        seed: UInt64
    ) throws {
        var traffic = RandomTraffic(seed: seed)
        traffic.add(messages: 60)
        var log = LogScript()
        let lines = traffic.lines()
        for line in lines.prefix(lines.count / 2) { log.line(line.process, line.message) }
        let saved = try log.traffic.kept()
        let keys = saved.parts.keys.sorted()
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 1...150 {
            let key = keys[random.below(keys.count)]
            var bytes = Array(saved.parts[key]?.dropLast(8) ?? [])
            guard !bytes.isEmpty else { continue }
            for _ in 0...random.below(3) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            var forged = saved
            forged.parts[key] = ArchiveStream.sealed(bytes, seed: key.seed)
            guard let read = try? ListTraffic(kept: forged) else {
                refused += 1
                continue
            }
            var other = log
            other.traffic = read
            for line in lines.suffix(60) { other.line(line.process, line.message) }
        }
        #expect(refused > 20, "seed \(seed)")
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
