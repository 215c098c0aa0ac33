// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import TestSupport
import Testing

@testable import Archive
@testable import StormDetection

extension StormDetector {
    /// Everything but the settings.
    func kept() throws -> KeptParts {
        var copy = self
        return try KeptParts { try copy.archive(&$0) }
    }

    /// What was kept, under the vendor's settings.
    init(kept: KeptParts) throws {
        self.init(settings: DetectionSettings())
        try kept.read { try archive(&$0) }
    }
}

struct SnapshotTests {
    /// A hostile mixture of events on a few lists.
    static func events(_ count: Int, seed: UInt64) -> [(TrafficEvent, ListIdentity)] {
        var random = SplitMix64(seed: seed)
        var now = Int64(1_700_000_000)
        var known: [Set<UInt64>] = Array(repeating: [], count: 5)
        return (0..<count).map { number in
            now += Int64.random(in: 0...(number % 200 < 120 ? 20 : 20_000), using: &random)
            let time = Timestamp(seconds: now - Int64.random(in: 0...3, using: &random))
            let list = Int.random(in: 0..<5, using: &random)
            let id = ListID(index: Int32(list))
            let members: Int64? = list == 4 ? nil : [40, 900, 5000, 80_000][list]
            let identity = ListIdentity(
                address: "l\(list)@example.org",
                members: members,
                membersHere: list == 2 ? 4000 : 0,
                knownPosters: Int64(known[list].count)
            )
            switch Int.random(in: 0..<10, using: &random) {
            case 0: return (.sent(list: id, copies: 40, time: time), identity)
            case 1: return (.announced(list: id, copies: 60, time: time), identity)
            case 2:
                let message = UInt64.random(in: 0..<40, using: &random)
                return (.returned(list: id, messageID: message, time: time), identity)
            default:
                let poster = UInt64.random(in: 0..<(list < 3 ? 90_000 : 60), using: &random)
                let isStranger = known[list].insert(poster).inserted
                let post = Post(
                    list: id,
                    time: time,
                    poster: poster,
                    posterAddress: "p\(poster)@example.net",
                    messageID: UInt64(number),
                    thread: UInt64.random(in: 0..<8, using: &random),
                    kind: PostKind.allCases[Int.random(in: 0..<5, using: &random)],
                    isStranger: isStranger,
                    hasHeaders: list != 2,
                    age: list == 3 ? nil : .seconds(Int64.random(in: 0...1200, using: &random)),
                    copies: members ?? 10,
                    queueID: "Q\(number)",
                    parent: UInt64(max(0, number - 1))
                )
                return (.post(post), identity)
            }
        }
    }

    @Test(arguments: [(11, 0), (12, 1), (13, 700), (14, 2500)] as [(UInt64, Int)])
    func `a detector that was saved and read back continues identically`(
        _ row: (seed: UInt64, cut: Int)
    ) throws {
        let events = Self.events(4000, seed: row.seed)
        var settings = DetectionSettings()
        settings.tripRepeat = .hours(1)
        settings.softHoldRepeat = .minutes(10)
        var whole = StormDetector(settings: settings)
        whole.expect(list: "l2@example.org", copies: 70_000, until: Timestamp(seconds: .max))
        for (event, identity) in events.prefix(row.cut) {
            _ = whole.observe(event, list: identity)
        }
        var restored = try StormDetector(kept: whole.kept())
        restored.update(settings: settings)
        #expect(try restored.kept() == whole.kept(), "seed \(row.seed)")
        var verdicts = 0
        for (event, identity) in events.dropFirst(row.cut) {
            let left = whole.observe(event, list: identity)
            let right = restored.observe(event, list: identity)
            #expect(left == right, "seed \(row.seed)")
            if left != nil { verdicts += 1 }
        }
        #expect(verdicts > 3, "the mixture must reach the rules")
        #expect(try restored.kept() == whole.kept(), "seed \(row.seed)")
        for list in whole.lists {
            let time = Timestamp(seconds: 1_800_000_000)
            #expect(whole.figures(of: list, at: time) == restored.figures(of: list, at: time))
            #expect(whole.explain(list: list) == restored.explain(list: list))
        }
    }

    @Test func `what an older version saved is read, and knows of no mailboxes`() throws {
        var detector = StormDetector(settings: DetectionSettings())
        for (event, identity) in Self.events(900, seed: 31) {
            _ = detector.observe(event, list: identity)
        }
        func saved(_ detector: StormDetector, _ layout: Int64) throws -> KeptParts {
            var copy = detector
            return try KeptParts { try copy.archive(&$0, as: layout) }
        }
        let older = try saved(detector, 9)
        #expect(try older != detector.kept())
        let read = try StormDetector(kept: older)
        #expect(try saved(read, 9) == older)
        #expect(read.states.places.allSatisfy { read.states[$0].hereCount == 0 })
        #expect(detector.states.places.contains { detector.states[$0].hereCount == 4000 })
        #expect(throws: ArchiveDamage.self) {
            _ = try StormDetector(kept: saved(detector, 8))
        }
    }

    /// The checksums are made anew: what finds the damage is what reads it.
    @Test func `a damaged snapshot is an error or a sound detector, never a crash`() throws {
        var detector = StormDetector(settings: DetectionSettings())
        let events = Self.events(600, seed: 21)
        for (event, identity) in events { _ = detector.observe(event, list: identity) }
        let kept = try detector.kept()
        // More of the parts that hold lists than there are: they have the fields.
        let keys =
            kept.parts.keys.sorted()
            + Array(
                repeating: ArchiveKey(kind: DetectorPart.lists, number: 0),
                count: 6
            )
        var random = SplitMix64(seed: 22)
        var refused = 0
        for _ in 0..<400 {
            var damaged = kept
            let key = try #require(keys.randomElement(using: &random))
            var bytes = Array(try #require(kept.parts[key]).dropLast(8))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            }
            damaged.parts[key] = ArchiveStream.sealed(bytes, seed: key.seed)
            guard var read = try? StormDetector(kept: damaged) else {
                refused += 1
                continue
            }
            for (event, identity) in events.suffix(60) { _ = read.observe(event, list: identity) }
        }
        #expect(refused > 100)
    }

    @Test func `an evicted list is forgotten, and its slot may serve another`() throws {
        var detector = StormDetector(settings: DetectionSettings())
        for (event, identity) in Self.events(300, seed: 31) {
            _ = detector.observe(event, list: identity)
        }
        #expect(detector.lists.count == 5)
        #expect(detector.observe(.evicted(list: ListID(index: 2)), list: nil) == nil)
        #expect(!detector.isBound(ListID(index: 2)))
        #expect(!detector.lists.contains("l2@example.org"))
        let other = ListIdentity(address: "other@example.org", members: 7, knownPosters: 0)
        let time = Timestamp(seconds: 1_800_000_000)
        let sent = TrafficEvent.sent(list: ListID(index: 2), copies: 5, time: time)
        _ = detector.observe(sent, list: nil)
        #expect(detector.figures(of: "other@example.org", at: time) == nil)
        _ = detector.observe(sent, list: other)
        #expect(detector.figures(of: "other@example.org", at: time)?.windows[0].copiesSent == 5)
        #expect(detector.states.count == 5, "the vacant place was used again")
        _ = detector.observe(.evicted(list: ListID(index: 1)), list: nil)
        let restored = try StormDetector(kept: detector.kept())
        #expect(restored.lists == detector.lists && restored.lists.count == 4)
        #expect(restored.states.count == 5, "a vacant place is kept")
    }
}
