// SPDX-License-Identifier: Apache-2.0
//
// Facts over the wire: what is written is read, and nothing else is.

import EventTime
import Fleet
import FleetJudging
import ListTraffic
import TestSupport
import Testing

struct BatchTextTests {
    private static let time = Timestamp(seconds: 1_800_000_000)

    private static func batch(_ happening: TrafficFact.Happening...) -> FactBatch {
        FactBatch(
            host: "mx1",
            start: .max,
            number: 7,
            sent: time,
            facts: happening.map {
                TrafficFact(list: list, time: time - .seconds(3), role: .relay, $0)
            }
        )
    }

    private static func read(_ text: String) throws(RecordRefusal) -> FactBatch {
        try FactBatch(Array(text.utf8), from: "mx1")
    }

    @Test func `what is written is read`() throws {
        var rich = Story.post("a@b", from: "\"joe smith\"@example.com", answering: "c@d")
        rich.root = Story.digest("e@f")
        rich.isRobot = true
        rich.isFromList = true
        rich.hasReceived = true
        rich.written = Self.time + .days(2)
        rich.held = .seconds(4)
        rich.queueID = "4c1f2X0Zz"
        let batch = Self.batch(
            .post(rich),
            .post(PostFact(message: Story.digest("bare"))),
            .copies(Story.digest("a@b"), 500),
            .returned(PostFact(message: Story.digest("a@b")))
        )
        #expect(try Self.read(batch.text) == batch)
        #expect(try Self.read(Self.batch().text) == Self.batch())
    }

    @Test func `what a newer version adds is passed over`() throws {
        let text =
            Self.batch(.copies(Story.digest("m"), 1)).text + "weather: fine\n"
            + "fact: rumour home 1 whatever\n"
        #expect(try Self.read(text) == Self.batch(.copies(Story.digest("m"), 1)))
    }

    @Test(arguments: [
        ("1799999997000000", "-1"), ("relay", "queen"), (list, "annonce"),
        (list, "Annonce@example.org"),
        (list, "sender:a@example.org"), (" 500", " -500"), (" 500", " 100000001"), (" 500", ""),
        (" 500", " 500 500"), ("start: 1", "start: x1"), ("sent: 1", "sent: -1"),
        ("listbreaker-facts", "listbreaker-trip"),
    ])
    func `what is malformed is refused`(old: String, new: String) throws {
        let text = Self.batch(.copies(Story.digest("m"), 500)).text
        #expect(text.contains(old))
        let changed = text.replacing(old, with: new)
        #expect(throws: RecordRefusal.self) { try Self.read(changed) }
    }

    /// 10,000 texts with a byte changed, taken out or doubled: refused, or a batch that writes itself.
    @Test func `no byte that is changed is a crash`() throws {
        var random = SplitMix64(seed: 15)
        let post = Story.post("a@b", from: "joe@example.com", answering: "c@d")
        let text = Array(Self.batch(.post(post), .copies(Story.digest("m"), 500)).text.utf8)
        for _ in 0..<10_000 {
            var bytes = text
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch UInt8.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            default: bytes.insert(bytes[place], at: place)
            }
            guard let read = try? FactBatch(bytes, from: "mx1") else { continue }
            let again = try FactBatch(Array(read.text.utf8), from: "mx1")
            #expect(again == read)
        }
    }

    /// Whatever a stranger calls himself, the batch is read.
    @Test(arguments: [
        "a b\u{7}c", "\u{202E}x@y", "", " ", "x\ny", String(repeating: "ä", count: 254),
    ])
    func `no word of a stranger voids a batch`(word: String) throws {
        var post = Story.post("m", from: word, copies: .max)
        post.queueID = word
        post.written = Timestamp(microseconds: .max)
        post.held = TimeSpan(microseconds: .min)
        var batch = Self.batch(.post(post), .copies(Story.digest("m"), -4))
        batch.facts[0].time = Timestamp(microseconds: .min)
        let read = try Self.read(batch.text)
        #expect(read.facts.count == 2)
        #expect(try Self.read(read.text) == read)
    }

    @Test func `a batch takes what has room, and never more than brokers take`() {
        var post = Story.post("m", from: String(repeating: "x", count: 254))
        post.queueID = String(repeating: "q", count: 64)
        let facts = (0..<200).map { _ in
            TrafficFact(list: list, time: Self.time, role: .home, .post(post))
        }
        let fitting = FactBatch.fitting(facts)
        #expect(fitting.count > 5)
        var batch = Self.batch()
        batch.facts = fitting
        #expect(batch.text.utf8.count <= FactBatch.longest)
        #expect(FactBatch.fitting(facts.dropFirst(199)).count == 1)
    }
}
