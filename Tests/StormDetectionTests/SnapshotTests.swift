// SPDX-License-Identifier: Apache-2.0

import EventTime
import FoundationEssentials
import ListTraffic
import Testing

@testable import StormDetection

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
        let saved = try JSONEncoder().encode(whole)
        var restored = try JSONDecoder().decode(StormDetector.self, from: saved)
        restored.update(settings: settings)
        #expect(restored.snapshot == whole.snapshot, "seed \(row.seed)")
        var verdicts = 0
        for (event, identity) in events.dropFirst(row.cut) {
            let left = whole.observe(event, list: identity)
            let right = restored.observe(event, list: identity)
            #expect(left == right, "seed \(row.seed)")
            if left != nil { verdicts += 1 }
        }
        #expect(verdicts > 3, "the mixture must reach the rules")
        #expect(restored.snapshot == whole.snapshot, "seed \(row.seed)")
        for list in whole.lists {
            let time = Timestamp(seconds: 1_800_000_000)
            #expect(whole.figures(of: list, at: time) == restored.figures(of: list, at: time))
            #expect(whole.explain(list: list) == restored.explain(list: list))
        }
    }

    @Test func `a damaged snapshot is an error or a sound detector, never a crash`() {
        var detector = StormDetector(settings: DetectionSettings())
        let events = Self.events(600, seed: 21)
        for (event, identity) in events { _ = detector.observe(event, list: identity) }
        let bytes = detector.snapshot
        var random = SplitMix64(seed: 22)
        var refused = 0
        for _ in 0..<400 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                damaged[place] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                damaged.removeLast(Int.random(in: 0..<damaged.count, using: &random))
            }
            guard var read = try? StormDetector(snapshot: damaged) else {
                refused += 1
                continue
            }
            for (event, identity) in events.suffix(60) { _ = read.observe(event, list: identity) }
        }
        #expect(refused > 100)
    }

    @Test func `base64 is that of RFC 4648`() {
        let pairs = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
        for (plain, text) in pairs {
            #expect(Base64.encode(Array(plain.utf8)) == text)
            #expect(Base64.decode(text) == Array(plain.utf8))
        }
        for wrong in ["Z", "Zg=", "Zg==Zg", "====", "Z===", "Z g=", "Zm9ä"] {
            #expect(Base64.decode(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `an evicted list is forgotten, and its slot may serve another`() {
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
    }
}
