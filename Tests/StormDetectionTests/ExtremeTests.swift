// SPDX-License-Identifier: Apache-2.0
//
// Whatever the log says, figures stay finite and nothing traps.

import EventTime
import ListTraffic
import TestSupport
import Testing

@testable import StormDetection

struct ExtremeTests {
    /// Times, counts and sizes at which arithmetic breaks.
    static let edges: [Int64] = [
        .min, .min + 1, -1, 0, 1, 59, 3600, 86_400_000_000, 1_700_000_000_000_000,
        4_102_444_800_000_000, .max / 2, .max - 1, .max,
    ]

    static func check(_ evidence: Evidence, _ note: String) {
        let figures = [
            evidence.reproduction, evidence.reproductionLow, evidence.reproductionHigh,
            evidence.probability, evidence.forecast?.low, evidence.forecast?.middle,
            evidence.forecast?.high,
        ]
        for case .some(let figure) in figures {
            #expect(figure.isFinite && figure >= 0, "\(note): \(figure)")
        }
        #expect((evidence.probability ?? 0) <= 1, "\(note)")
        #expect(!evidence.summary.isEmpty && evidence.trail.count <= 20)
    }

    @Test(arguments: 100..<112 as Range<UInt64>)
    func `no time, size, age or count makes a figure that is not finite`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func edge() -> Int64 {
            let value = Self.edges[Int.random(in: 0..<Self.edges.count, using: &random)]
            let step = Int64.random(in: 0...3, using: &random)
            return value.addingReportingOverflow(step).partialValue
        }
        var settings = DetectionSettings()
        settings.tripRepeat = .seconds(0)
        settings.softHoldRepeat = .seconds(0)
        settings.falseTripsPerListYear = [0.1, 1e300, .nan, -1, 0, .infinity][Int(seed % 6)]
        settings.stormTestMargin = [2, .nan, 1e300, -5, .infinity, 0][Int(seed % 6)]
        settings.ceilingFactor = [4, .infinity, .nan, 0, 1e300, -1][Int(seed % 6)]
        settings.stormTestFloor = BySize(parsing: "1") ?? settings.stormTestFloor
        var detector = StormDetector(settings: settings)
        var now = Int64(1_700_000_000_000_000)
        var verdicts = 0
        for number in 0..<3000 as Range<UInt64> {
            let isWild = Int.random(in: 0..<20, using: &random) == 0
            now = isWild ? edge() : now.addingReportingOverflow(50_000_000).partialValue
            let id = ListID(index: Int32(number % 3))
            let time = Timestamp(microseconds: now)
            let identity = ListIdentity(
                address: "l\(number % 3)@example.org",
                members: isWild ? edge() : 5000,
                knownPosters: isWild ? edge() : 10
            )
            var event = TrafficEvent.post(
                Post(
                    list: id,
                    time: time,
                    poster: random.next() % 300,
                    posterAddress: String(repeating: "\u{0}\n<", count: 80),
                    messageID: number,
                    thread: number / 40,
                    kind: PostKind.allCases[Int(number % 4)],
                    isStranger: number % 2 == 0,
                    hasHeaders: number % 3 != 1,
                    age: isWild ? TimeSpan(microseconds: edge()) : .seconds(1),
                    copies: isWild ? edge() : 5000,
                    queueID: "Q",
                    parent: number &- 1
                )
            )
            switch isWild ? Int.random(in: 0..<8, using: &random) : 9 {
            case 0: event = .sent(list: id, copies: edge(), time: time)
            case 1: event = .announced(list: id, copies: edge(), time: time)
            case 2: event = .returned(list: id, messageID: 5, time: time)
            case 3: event = .outbound(started: time, time: time)
            case 4: event = .evicted(list: ListID(index: Int32(truncatingIfNeeded: edge())))
            case 5: detector.expect(list: identity.address, copies: edge(), until: time)
            case 6: detector.noteReset(list: identity.address, time: time)
            default: break
            }
            if let verdict = detector.observe(event, list: identity) {
                verdicts += 1
                Self.check(verdict.evidence, "seed \(seed), event \(number)")
            }
            guard number % 100 == 0, let figures = detector.figures(of: identity.address, at: time)
            else { continue }
            let shown =
                [figures.postsPerYear, figures.probability ?? 0, figures.reproduction ?? 0]
                + figures.nearMisses.map(\.share) + figures.windows.map(\.replyRatio)
            #expect(shown.allSatisfy { $0.isFinite && $0 >= 0 }, "seed \(seed), event \(number)")
        }
        #expect(verdicts > 0, "seed \(seed)")
        let restored = try? StormDetector(kept: detector.kept())
        #expect(restored != nil, "what was reached must be readable, seed \(seed)")
    }

    @Test func `a hundred thousand strangers in a minute stay finite`() {
        var list = Watched(members: 1_000_000)
        for answer in 0..<100_000 {
            if let verdict = list.post("s\(answer)@example.net", at: Int64(answer) / 1700) {
                Self.check(verdict.evidence, "answer \(answer)")
            }
        }
        let figures = list.detector.figures(of: list.address, at: Watched.time(60))
        #expect(figures?.probability.map { $0.isFinite } == true)
        #expect(figures?.windows[3].posts == 100_000, "not turned over")
    }

    @Test func `a clock that steps back drops nothing, and its posts keep their pace`() {
        var list = Watched(address: "talk@example.org", members: 5000)
        list.live(days: 100, regulars: 12, perDay: 2, seed: 4)
        let before = list.detector.figures(of: list.address, at: Watched.time(0))
        // One line from the far future, and then the present again.
        list.post("regular1@example.org", at: 400_000_000, kind: .newThread)
        list.post("regular2@example.org", at: 100, kind: .newThread)
        let after = list.detector.figures(of: list.address, at: Watched.time(200))
        #expect(after?.windows[2].posts == 2, "the line from the future is one of them")
        #expect((after?.postsPerYear ?? 0) > 0)
        #expect((before?.postsPerYear ?? 0) > 300)
        // Strangers minutes apart must not look like a second's work.
        for answer in 1...3 {
            list.post("s\(answer)@example.net", at: 100 + Int64(answer) * 3000, kind: .newThread)
        }
        #expect(list.verdicts.filter { $0.action == .trip }.isEmpty)
    }

    @Test func `weeks of poisoning leave the pencil rules where they were`() {
        var list = Watched(address: "talk@example.org", members: 5000)
        // Forty accounts that answer each other all day long, for two months.
        for day in -60..<0 as Range<Int64> {
            for post in 0..<160 as Range<Int64> {
                list.post(
                    "sock\(post % 40)@example.net",
                    at: day * 86400 + post * 540,
                    kind: post % 4 == 0 ? .newThread : .replyByHeader
                )
            }
        }
        list.detector.noteReset(list: list.address, time: Watched.time(0))
        let misses = list.detector.figures(of: list.address, at: Watched.time(0))?.nearMisses
        func limit(_ rule: Rule) -> Double {
            misses?.first { $0.rule == rule }?.limit ?? .infinity
        }
        #expect(limit(.policy) <= 15)
        #expect(limit(.ceiling) <= 600)
        #expect(limit(.storm) < 18, "a fresh list of its size has 8, a busy one 14")
        list.post("boss@example.org", at: 600, kind: .newThread)
        let thread = list.latest
        var tripped: Int?
        for answer in 1...8 where tripped == nil {
            let verdict = list.post(
                "s\(answer)@example.net",
                at: 600 + Int64(answer) * 300,
                thread: thread
            )
            if verdict?.action == .trip { tripped = answer }
        }
        #expect(tripped == 4)
    }

    @Test func `a list that grows a hundredfold overnight is judged by its new size at once`() {
        var list = Watched(address: "talk@example.org", members: 500)
        list.live(days: 100, regulars: 12, perDay: 2, seed: 4)
        list.members = 50_000
        list.post("regular1@example.org", at: 0, kind: .newThread)
        let figures = list.detector.figures(of: list.address, at: Watched.time(0))
        let policy = figures?.nearMisses.first { $0.rule == .policy }
        #expect(policy?.limit == 8)
        #expect(list.verdicts.filter { $0.action == .trip }.isEmpty)
    }
}
