// SPDX-License-Identifier: Apache-2.0
//
// A judge that is ended and started within a storm: it goes on where it was, and counts nothing twice.

import Archive
import EventTime
import FleetJudging
import ListTraffic
import StormDetection
import Testing

struct MemoryTests {
    private static let hosts = ["mx1", "mx2", "mx3"]

    /// Ends the judge of `story` and starts one with what that saved.
    private static func restart(_ story: inout Story) throws {
        var old = story.judge
        let saved = try KeptParts { try old.archive(&$0) }
        story.judge = Story().judge
        try saved.read { try story.judge.archive(&$0) }
        // What is read back is saved as it was.
        var new = story.judge
        #expect(try KeptParts { try new.archive(&$0) } == saved)
    }

    /// A story in which two strangers wrote; how many more it takes until it trips.
    private static func interrupted(
        by interruption: (inout Story) throws -> Void
    ) rethrows -> Int? {
        var story = Story()
        story.learn(through: hosts)
        #expect(story.storm(through: hosts, posts: 2) == nil)
        try interruption(&story)
        return story.storm(through: hosts)
    }

    @Test func `a storm that spans a restart trips at the post where it would have`() throws {
        let expected = try #require(Self.interrupted { _ in })
        #expect(try Self.interrupted { try Self.restart(&$0) } == expected)
        // The control: what nobody saved is not known.
        let begunAnew = Self.interrupted { $0.judge = Story().judge }
        #expect(begunAnew.map { $0 > expected } != false)
    }

    @Test func `posts, copies and batches of before count once`() throws {
        var story = Story()
        story.say("mx1", .post(Story.post("m", copies: 500)), of: list)
        story.say("mx1", .post(Story.post("m", copies: 200)), of: "other@example.org")
        try Self.restart(&story)
        story.say("mx2", .post(Story.post("m", copies: 500)))
        story.say("r1", .post(Story.post("m", copies: 700)), as: .relay)
        story.wait(.seconds(5))
        #expect(story.facts?.posts == 1)
        #expect(story.facts?.announced == 1000)
        #expect(story.judge.facts(of: "other@example.org")?.announced == 200)
        let batch = FactBatch(host: "mx1", start: 1, number: 1, sent: story.now)
        _ = story.judge.take(batch, at: story.now)
        #expect(story.judge.counts.doubles == 1)
    }

    @Test func `a relay's post that waits is a post after the restart`() throws {
        var story = Story()
        story.say("r1", .post(Story.post("m", copies: 2000)), as: .relay)
        try Self.restart(&story)
        #expect(story.judge.isWaiting)
        story.wait(.seconds(3))
        #expect(story.facts?.announced == 2000)
    }

    @Test func `who witnessed before the restart is a witness after it`() throws {
        var story = Story()
        story.learn(through: ["mx1"])
        #expect(story.storm(through: ["mx1"]) == nil)
        try Self.restart(&story)
        #expect(story.storm(through: ["mx2"]) == 1)
    }

    @Test func `what this host learned meanwhile is added, and nothing is taken away`() throws {
        var here = ListTraffic(settings: TrafficSettings())
        var events: [TrafficEvent] = []
        var now = Story().now
        for day in 0..<30 {
            let post = Story.post("day\(day)")
            let number = UInt64(day + 1)
            _ = here.join(post, to: list, at: now, number: { _ in number }, into: &events)
            now = now + .days(1)
        }
        var story = Story(domains: ["example.org"])
        story.say("mx1", .post(Story.post("m", copies: 500)), of: "other@example.org")
        try Self.restart(&story)
        story.judge.learn(from: here, StormDetector(settings: DetectionSettings()))
        #expect(story.facts?.knownPosters == 1)
        #expect(story.judge.facts(of: "other@example.org")?.announced == 500)
    }

    @Test func `a part that is damaged or missing is refused, whichever it is`() throws {
        var story = Story()
        story.learn(through: Self.hosts)
        story.say("r1", .post(Story.post("w", copies: 2000)), as: .relay)
        let saved = try KeptParts { try story.judge.archive(&$0) }
        for key in saved.parts.keys.sorted() {
            var damaged = saved
            damaged.parts[key]?[0] ^= 0x40
            #expect(throws: ArchiveDamage.self) {
                var judge = Story().judge
                try damaged.read { try judge.archive(&$0) }
            }
            damaged.parts[key] = nil
            #expect(throws: ArchiveDamage.self) {
                var judge = Story().judge
                try damaged.read { try judge.archive(&$0) }
            }
        }
    }
}
