// SPDX-License-Identifier: Apache-2.0

import Archive
import EventTime
import ListTraffic
import StormDetection
import Testing

/// What a list is for, said and learned.
struct KindTests {
    private static func settings(_ kind: ListKind) -> DetectionSettings {
        var rules = ListRules()
        rules.kind = kind
        return AnnounceTests.settings(rules)
    }

    @Test func `said to be for announcements, it trips at the second post of others`() {
        var list = Watched(Self.settings(.announce))
        list.post("boss@example.org", at: 0, kind: .newThread)
        let came = list.run(3) { list, number in
            list.post("a\(number)@example.net", at: Int64(number) * 60)
        }
        #expect(came.trip == 2)
    }

    @Test func `said to be a role address, nothing but its own mail is ever held`() {
        var list = Watched(Self.settings(.role))
        for week in 0..<10 as Range<Int64> {
            list.post("boss@example.org", at: (week - 10) * 7 * 86_400, kind: .newThread)
        }
        let thread = list.latest
        let came = list.run(40) { list, number in
            list.post("a\(number)@example.net", at: Int64(number) * 60, thread: thread)
        }
        #expect(came.trip == nil)
        #expect(came.hold != nil)
    }

    @Test func `said to be a discussion, a quiet one is not taken for announcements`() {
        func held(_ settings: DetectionSettings) -> Rule? {
            var list = Watched(settings)
            for week in 0..<10 as Range<Int64> {
                list.post("boss@example.org", at: (week - 10) * 7 * 86_400, kind: .newThread)
            }
            _ = list.run(3) { list, number in
                list.post("a\(number)@example.net", at: Int64(number) * 7200, kind: .newThread)
            }
            return list.verdicts.first?.rule
        }
        #expect(held(DetectionSettings()) == .announceBreach)
        #expect(held(Self.settings(.discussion)) == nil)
    }

    @Test func `a kind is learned from 20 posts, with what it rests on, and a change is told once`()
    {
        var list = Watched()
        func kind() -> LearnedKind? {
            list.detector.figures(of: list.address, at: Watched.time(0))?.learnedKind
        }
        for week in 0..<19 as Range<Int64> {
            list.post("boss@example.org", at: (week - 60) * 7 * 86_400, kind: .newThread)
        }
        #expect(kind()?.kind == nil)
        for week in 19..<30 as Range<Int64> {
            list.post("boss@example.org", at: (week - 60) * 7 * 86_400, kind: .newThread)
        }
        #expect(kind()?.kind == .announce)
        #expect(kind()?.evidence == "posters that belong: 1, with 30 posts so far")
        #expect(!list.detector.hasKindChanges)
        for week in 30..<60 as Range<Int64> {
            let poster = "p\(week % 6)@example.org"
            list.post(poster, at: (week - 60) * 7 * 86_400, kind: .newThread)
        }
        #expect(kind()?.kind == .discussion)
        let changes = list.detector.drainKindChanges()
        #expect(changes.map(\.now) == [.discussion])
        #expect(changes.map(\.before) == [.announce])
        #expect(!list.detector.hasKindChanges)
    }
}
