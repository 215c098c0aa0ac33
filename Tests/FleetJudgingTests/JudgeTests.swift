// SPDX-License-Identifier: Apache-2.0
//
// What a judge makes of facts: each post once, copies once, stamps only within reason.

import EventTime
import FleetJudging
import ListTraffic
import StormDetection
import Testing

struct JudgeTests {
    private static let hosts = ["mx1", "mx2", "mx3"]

    // MARK: Once

    @Test func `a post in chunks through three relays counts once, and so do its copies`() {
        var story = Story()
        story.say("mx1", .post(Story.post("m", copies: 500)))
        for _ in 0..<9 { story.say("mx1", .copies(Story.digest("m"), 500)) }
        for relay in ["r1", "r2", "r3"] {
            story.say(relay, .post(Story.post("m", from: "", copies: 1)), as: .relay)
            for _ in 0..<1666 { story.say(relay, .copies(Story.digest("m"), 1), as: .relay) }
        }
        story.wait(.seconds(5))
        #expect(story.facts?.posts == 1)
        #expect(story.facts?.announced == 5000)
        #expect(story.facts?.regularPosters == ["boss@example.org"])
    }

    @Test func `a relay that is heard first waits for the host that made the copies`() {
        var story = Story()
        story.say("r1", .post(Story.post("m", from: "", copies: 2000)), as: .relay)
        story.wait(.seconds(1))
        #expect(story.facts == nil)
        story.say("mx1", .post(Story.post("m", copies: 500)))
        for _ in 0..<9 { story.say("mx1", .copies(Story.digest("m"), 500)) }
        story.wait(.seconds(5))
        #expect(story.facts?.posts == 1)
        #expect(story.facts?.announced == 5000)
        #expect(story.facts?.regularPosters == ["boss@example.org"])
    }

    @Test func `what only relays saw is a post after two seconds, with all their copies`() {
        var story = Story()
        for relay in ["r1", "r2"] {
            story.say(relay, .post(Story.post("m", copies: 2000)), as: .relay)
        }
        story.say("r1", .copies(Story.digest("m"), 1000), as: .relay)
        // Whoever owns the judge must come back for it.
        #expect(story.judge.isWaiting)
        story.wait(.seconds(3))
        #expect(!story.judge.isWaiting)
        #expect(story.facts?.posts == 1)
        #expect(story.facts?.announced == 5000)
    }

    @Test func `what three brokers bring counts once, and no host twice for a number`() {
        var story = Story()
        story.say("mx1", .post(Story.post("m")), .copies(Story.digest("m"), 70), times: 3)
        #expect(story.facts?.announced == 5070)
        #expect(story.judge.counts.doubles == 2)
    }

    @Test func `what comes to a second host after its copies went out has come back`() {
        var story = Story()
        story.learn(through: Self.hosts)
        story.verdicts = []
        for round in 0..<12 {
            story.say(Self.hosts[round % 3], .post(Story.post("loop", copies: 4000)))
            story.wait(.minutes(1))
        }
        #expect(story.verdicts.contains { $0.rule == .loop })
        #expect(story.facts?.posts == 31)
    }

    // MARK: Who speaks

    @Test func `strangers on three hosts trip a list, and who was known on one is none on another`()
    {
        var story = Story()
        story.learn(through: Self.hosts)
        #expect(story.facts?.knownPosters == 1)
        #expect(story.verdicts.isEmpty)
        let posts = story.storm(through: Self.hosts)
        #expect(posts.map { $0 <= 4 } == true)
    }

    @Test func `what one host says alone is no verdict`() {
        var story = Story()
        story.learn(through: ["mx1"])
        #expect(story.storm(through: ["mx1"]) == nil)
        #expect(story.judge.counts.alone > 0)
        // A second one that saw the same makes it one, with all that was said before.
        #expect(story.storm(through: ["mx2"]) == 1)
    }

    @Test func `a list of another domain is none of ours`() {
        var story = Story(domains: ["example.com"])
        story.say("mx1", .post(Story.post("m")))
        #expect(story.facts == nil)
        #expect(story.judge.counts.foreign == 1)
    }

    @Test func `a reset lets the next trip come, at a doubt`() {
        var story = Story()
        story.learn(through: Self.hosts)
        _ = story.storm(through: Self.hosts)
        #expect(story.storm(through: Self.hosts) == nil)
        story.judge.noteReset(list: list, at: story.now, probation: .hours(6))
        #expect(story.storm(through: Self.hosts) != nil)
    }

    // MARK: Time

    @Test func `one who goes on alone through three hosts is a judge's to tell`() {
        var story = Story()
        // The judge of a host that leaves this to judges takes over what that host knows.
        var known = StormDetector(settings: DetectionSettings())
        known.seesAll = false
        story.judge = FleetJudge(
            traffic: ListTraffic(settings: TrafficSettings()),
            detector: known,
            domains: ["example.org"],
            horizon: .minutes(10),
            key: 7
        )
        let hosts = ["mx1", "mx2", "mx3"]
        for day in 0..<60 {
            for half in 1...2 {
                let post = Story.post("d\(day).\(half)", from: "p\((day + half) % 7)@example.org")
                story.say(hosts[day % 3], .post(post))
                story.wait(.hours(half == 1 ? 9 : 15))
            }
        }
        for number in 1...15 {
            let answered = number == 1 ? "d59.2" : "w\(number - 1)"
            let post = Story.post("w\(number)", from: "desk@example.net", answering: answered)
            story.say(hosts[number % 3], .post(post))
            story.wait(.seconds(Int64(400 + number * number * 37 % 300)))
        }
        #expect(story.verdicts.contains { $0.rule == .burden && $0.action == .trip })
    }

    @Test func `what comes late is learned and never judged`() {
        var story = Story()
        story.learn(through: Self.hosts)
        for number in 0..<12 {
            let post = Story.post(
                "late\(number)",
                from: "guest\(number)@example.net",
                answering: "day29"
            )
            story.say(Self.hosts[number % 3], .post(post), old: .hours(3))
        }
        #expect(story.verdicts.isEmpty)
        #expect(story.judge.counts.late == 12)
        #expect(story.facts?.knownPosters == 13)
    }

    @Test(arguments: [-86400, -5400, -3000, -30, 0, 30, 3000, 5400, 86400] as [Int64])
    func `a clock that is off, and stamps that lie, keep no storm from being seen`(seconds: Int64) {
        var story = Story()
        story.learn(through: Self.hosts)
        var right = story
        let expected = right.storm(through: Self.hosts)
        for _ in 0..<3 {
            story.say("mx3", ahead: .seconds(seconds))
            // Old by its own word, and then by a word that cannot be.
            story.say("mx3", .post(Story.post("day3")), old: .days(40), ahead: .seconds(seconds))
        }
        #expect(story.storm(through: Self.hosts) == expected)
        let doubts = story.judge.takeClockDoubts()
        #expect(doubts.map(\.host) == (seconds == 0 ? [] : ["mx3"]))
        for doubt in doubts {
            #expect(abs(doubt.offset.microseconds - seconds * 1_000_000) < 100_000)
        }
    }

    @Test func `one slow message makes no clock wrong`() {
        var story = Story()
        story.say("mx1")
        story.say("mx1", ahead: .seconds(-20))
        story.say("mx1")
        story.say("mx1")
        #expect(story.judge.takeClockDoubts().isEmpty)
    }
}
