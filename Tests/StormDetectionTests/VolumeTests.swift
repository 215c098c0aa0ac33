// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import Testing

struct VolumeTests {
    /// A list whose other rules are off.
    static func ceilingOnly(members: Int64) -> Watched {
        var settings = DetectionSettings()
        settings.pingPongPosts = 0
        settings.chainHops = 0
        settings.chainHopsAny = 0
        settings.echoPosts = 0
        settings.burdenHold = BySize(parsing: "0") ?? settings.burdenHold
        settings.burdenTrip = settings.burdenHold
        settings.posterPerHour = BySize(parsing: "0") ?? settings.posterPerHour
        return Watched(settings, members: members)
    }

    @Test func `one blast trips nothing, whether to 50,000 or two million, whole or in chunks`() {
        for members in [50_000, 2_000_000] as [Int64] {
            var list = Watched(members: members)
            #expect(list.post("boss@example.org", at: 0, kind: .newThread) == nil)
            var chunked = Watched(members: members)
            chunked.post("boss@example.org", at: 0, kind: .newThread, copies: 50)
            for chunk in 1...(members / 50) {
                let event = TrafficEvent.announced(
                    list: chunked.id,
                    copies: 50,
                    time: Watched.time(chunk / 100)
                )
                #expect(chunked.detector.observe(event, list: nil) == nil)
            }
            for second in 0..<600 {
                let event = TrafficEvent.sent(
                    list: list.id,
                    copies: members / 600,
                    time: Watched.time(Int64(second))
                )
                #expect(list.detector.observe(event, list: nil) == nil)
            }
            let day = chunked.detector.figures(of: chunked.address, at: Watched.time(3600))
            #expect(day?.windows[3].copiesAnnounced == 50 + members / 50 * 50)
        }
    }

    @Test func `forty vacation robots that a list of 50,000 echoes are a storm, with doubt`() {
        var list = Watched(members: 50_000)
        list.post("boss@example.org", at: 0, kind: .newThread)
        let came = list.run(40) { list, robot in
            list.post("v\(robot)@example.net", at: Int64(robot) * 250, kind: .robot)
        }
        #expect(came.hold ?? .max <= 6)
        #expect(came.trip ?? .max <= 30, "a list of which nothing is known, in attended hours")
        #expect(list.verdicts.last?.isSure == false)
    }

    @Test func `a compromised account trips at the table's eleventh post to 50,000`() {
        var settings = DetectionSettings()
        settings.echoPosts = 0
        var list = Watched(settings, members: 50_000)
        for post in 1...30 where list.verdicts.isEmpty {
            list.post("x@example.org", at: Int64(post) * 30, kind: .newThread)
        }
        #expect(list.verdicts.last?.rule == .ceiling)
        #expect(list.verdicts.last?.evidence.posts == 11)
        #expect(list.verdicts.last?.isSure == false)
    }

    @Test func `copies an hour trip from the third post on, planned ones never`() {
        var list = Self.ceilingOnly(members: 1_200_000)
        list.post("a@example.org", at: 0, kind: .newThread)
        list.post("b@example.org", at: 60, kind: .newThread)
        #expect(list.verdicts.isEmpty)
        list.post("c@example.org", at: 120, kind: .newThread)
        #expect(list.verdicts.last?.rule == .ceiling)
        #expect(
            list.verdicts.last?.evidence.summary
                == "3,600,000 copies announced on annonce@example.org within the hour, over its "
                + "ceiling of 3,000,000."
        )

        var planned = Self.ceilingOnly(members: 1_200_000)
        planned.detector.expect(
            list: planned.address,
            copies: 3_600_000,
            until: Watched.time(3600)
        )
        for post in 0..<3 {
            planned.post("p\(post)@example.org", at: Int64(post) * 60, kind: .newThread)
        }
        #expect(planned.verdicts.isEmpty)
        for post in 0..<3 {
            planned.post("q\(post)@example.org", at: 300 + Int64(post) * 60, kind: .newThread)
        }
        #expect(planned.verdicts.last?.rule == .ceiling, "beyond the plan the ceiling holds")
    }

    @Test func `a list may do four times what it did in a clean hour, at most ten times the table`()
    {
        var list = Self.ceilingOnly(members: 3000)
        func burst(_ posts: Int, at start: Int64) {
            for post in 0..<posts {
                list.post("p@example.org", at: start + Int64(post), kind: .newThread)
            }
        }
        burst(50, at: 0)
        burst(190, at: 2 * 3600)
        #expect(list.verdicts.isEmpty)
        // 190 taught 760, but the table of 60 allows 600 at most.
        burst(650, at: 4 * 3600)
        #expect(list.verdicts.map(\.rule) == [.ceiling])
        #expect(list.verdicts.first?.evidence.posts == 601)
    }

    @Test func `a build robot's burst is held, not tripped, up to ten times the table`() {
        var list = Self.ceilingOnly(members: 3000)
        for day in -40..<0 as Range<Int64> {
            for build in 0..<5 as Range<Int64> {
                list.post("ci@example.org", at: day * 86400 + build * 7200, kind: .newThread)
            }
        }
        for build in 0..<590 as Range<Int64> {
            list.post("ci@example.org", at: build * 5, kind: .newThread)
        }
        #expect(list.verdicts.map(\.action) == [.softHold])
        for build in 590..<610 as Range<Int64> {
            list.post("ci@example.org", at: build * 5, kind: .newThread)
        }
        #expect(list.verdicts.last?.action == .trip)
    }

    @Test func `the stolen account of a weekly newsletter trips at the table's limit`() {
        var list = Self.ceilingOnly(members: 3000)
        for week in -40..<0 as Range<Int64> {
            list.post("news@example.org", at: week * 604_800, kind: .newThread)
        }
        for post in 0..<70 as Range<Int64> where list.verdicts.isEmpty {
            list.post("news@example.org", at: post * 30, kind: .newThread)
        }
        #expect(list.verdicts.last?.action == .trip)
        #expect(list.verdicts.last?.evidence.posts == 61)
    }

    @Test func `a hundred patches under one cover letter are a mailing in parts`() {
        var list = Self.ceilingOnly(members: 3000)
        list.post("dev@example.org", at: 0, kind: .newThread)
        let cover = list.latest
        for patch in 1...100 as ClosedRange<Int64> {
            list.post("dev@example.org", at: patch * 2, thread: cover, parent: cover)
        }
        #expect(list.verdicts.map(\.action) == [.softHold])
    }

    @Test func `an exempt list has no ceiling`() {
        var settings = DetectionSettings()
        var rules = ListRules()
        rules.isCeilingExempt = true
        settings.perList["ci@example.org"] = rules
        var list = Watched(settings, address: "ci@example.org")
        for post in 0..<500 { list.post("ci@example.org", at: Int64(post), kind: .newThread) }
        #expect(list.verdicts.allSatisfy { $0.rule == .burden }, "which nothing excuses")
    }

    @Test func `policy counts people within the hour, by size, from the first post on`() {
        for (members, expected) in [(500, nil), (1000, 10), (20_000, 8), (200_000, 6)]
            as [(Int64, Int?)]
        {
            var settings = DetectionSettings()
            settings.stormTestMargin = 50
            settings.postsPerHour = BySize(parsing: "1000") ?? settings.postsPerHour
            settings.copiesPerHour = 0
            settings.learnedAnnounceAction = .off
            settings.unknownTripMembers = 0
            var list = Watched(settings, members: members)
            var tripped: Int?
            for answer in 1...20 where tripped == nil {
                let verdict = list.post(
                    "p\(answer)@example.org",
                    at: Int64(answer) * 170,
                    kind: .unknown,
                    headers: false
                )
                if verdict?.action == .trip {
                    #expect(verdict?.rule == .policy)
                    tripped = answer
                }
            }
            #expect(tripped == expected, "\(members) members")
        }
    }
}
