// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import StormDetection
import TestSupport
import Testing

/// One poster who goes on alone on a list where so many mails a day are unheard of.
struct AloneTests {
    /// A list of talk, two mails a day, whose members' federation wrote to it now and then.
    static func quiet(_ members: Int64 = 3000) -> Watched {
        var list = Watched(address: "talk@example.org", members: members)
        list.live(days: 60, regulars: 10, perDay: 2, seed: 7)
        list.post("bund@example.net", at: -3 * 86_400, kind: .newThread)
        list.post("bund@example.net", at: 0, kind: .newThread)
        return list
    }

    @Test(arguments: [true, false])
    func `a hundred people behind one rewritten address are a storm`(_ hasHeaders: Bool) {
        var list = Self.quiet()
        let seed = list.latest
        var random = SplitMix64(seed: 5)
        var second: Int64 = 600
        let came = list.run(100) { list, number in
            second += Int64.random(in: 20...280, using: &random)
            list.post(
                "bund@example.net",
                at: second,
                kind: hasHeaders ? .replyByHeader : .unknown,
                thread: seed,
                parent: hasHeaders ? seed : nil,
                headers: hasHeaders
            )
        }
        #expect(came.hold ?? .max <= 8)
        #expect(came.trip ?? .max <= 15)
    }

    /// What others wrote meanwhile went through other hosts: the judge of all of them can tell.
    @Test(arguments: [true, false])
    func `only where all posts are seen somebody is known to go on alone`(_ seesAll: Bool) {
        var list = Self.quiet()
        list.detector.seesAll = seesAll
        var random = SplitMix64(seed: 5)
        var second: Int64 = 600
        for _ in 1...14 {
            second += Int64.random(in: 20...280, using: &random)
            list.post("bund@example.net", at: second, kind: .unknown, headers: false)
        }
        #expect(list.verdicts.contains { $0.rule == .burden } == seesAll)
    }

    /// Gaps from half to half as much again: no pace, and slower than a series in the mean.
    @Test(arguments: [90, 600, 1800] as [Int64])
    func `a help desk that answers its own copies trips without headers`(_ pace: Int64) {
        var list = Self.quiet()
        var random = SplitMix64(seed: UInt64(pace))
        var second: Int64 = 600
        let came = list.run(40) { list, _ in
            second += Int64(Double(pace) * Double.random(in: 0.5...1.5, using: &random))
            list.post("desk@example.net", at: second, kind: .unknown, headers: false)
        }
        #expect(came.hold ?? .max <= 8)
        #expect(came.trip ?? .max <= 15)
    }

    /// Each mail is answered by all who did not write it: exchanges run side by side, and nobody's turn is
    /// strict.
    ///
    /// Where headers show that they answer, people may be it for a little longer.
    @Test(
        arguments: [
            (2, 60, false, .newThread), (2, 1500, false, .newThread), (3, 300, false, .newThread),
            (2, 1500, true, .newThread), (2, 1500, true, .replyByHeader),
        ] as [(Int, Int64, Bool, PostKind)]
    )
    func `a few robots that answer each other trip`(
        _ row: (robots: Int, pace: Int64, hasHeaders: Bool, kind: PostKind)
    ) {
        var list = Self.quiet()
        var random = SplitMix64(seed: UInt64(row.pace))
        var open: [(second: Int64, robot: Int)] = [(600, -1)]
        let came = list.run(40) { list, _ in
            open.sort { $0.second < $1.second }
            let next = open.removeFirst()
            list.post(
                next.robot < 0 ? "regular3@example.org" : "desk\(next.robot)@example.net",
                at: next.second,
                kind: row.hasHeaders ? row.kind : .unknown,
                headers: row.hasHeaders
            )
            for robot in 0..<row.robots where robot != next.robot {
                let wait = Double(row.pace) * Double.random(in: 0.5...1.5, using: &random)
                open.append((next.second + Int64(wait), robot))
            }
        }
        // The first mail is a member's.
        #expect(came.hold ?? .max <= (row.pace < 300 ? 11 : 14))
        #expect(came.trip ?? .max <= 16)
    }

    @Test func `four people who talk on a quiet list are none`() {
        var list = Self.quiet()
        let came = list.run(14) { list, number in
            list.post(
                "regular\(number % 4 * (number % 3))@example.org",
                at: 600 + Int64(number) * 800,
                kind: .replyByHeader
            )
        }
        #expect(came.trip == nil)
    }

    @Test func `a series that a member sends within seconds is none`() {
        var list = Self.quiet()
        for part in 1...14 as ClosedRange<Int64> {
            list.post("regular3@example.org", at: 600 + part * 7, kind: .unknown, headers: false)
        }
        #expect(!list.verdicts.contains { $0.action == .trip })
    }

    /// Gaps of eight to 32 seconds, as a loop's, and of half a second: as quick as a series.
    @Test(arguments: [(8, 32, 8, 15), (0, 1, 12, 24)] as [(Int64, Int64, Int, Int)])
    func `what may be a series without headers takes more than a loop that waits for its own`(
        _ row: (least: Int64, most: Int64, hold: Int, trip: Int)
    ) {
        var list = Self.quiet()
        var random = SplitMix64(seed: 4)
        var second: Int64 = 600
        let came = list.run(60) { list, _ in
            second += Int64.random(in: row.least...row.most, using: &random)
            list.post("desk@example.net", at: second, kind: .unknown, headers: false)
        }
        #expect(came.hold == row.hold)
        #expect(came.trip == row.trip)
    }

    @Test func `a series that headers show to be one is none on a quiet list, too`() {
        var list = Self.quiet()
        list.post("regular3@example.org", at: 590, kind: .newThread)
        let cover = list.latest
        for part in 1...29 as ClosedRange<Int64> {
            list.post("regular3@example.org", at: 600 + part * 7, thread: cover, parent: cover)
        }
        #expect(!list.verdicts.contains { $0.action == .trip })
    }

    @Test func `whoever is answered in between is not alone`() {
        var list = Self.quiet()
        for part in 1...14 as ClosedRange<Int64> {
            list.post("regular3@example.org", at: part * 600, kind: .unknown, headers: false)
            let other = "regular\(4 + part % 4)@example.org"
            guard part % 3 == 0 else { continue }
            list.post(other, at: part * 600 + 200, kind: .unknown, headers: false)
        }
        #expect(!list.verdicts.contains { $0.rule == .burden })
    }

    @Test func `a list of talk that is born goes on for days without a trip`() {
        var list = Watched(address: "talk@example.org", members: 5000)
        list.post("founder@example.org", at: 0, kind: .newThread)
        for number in 0..<36 as Range<Int64> {
            // Nine a day by other people each time, between eight and five.
            let second = number / 9 * 86_400 + number % 9 * 3600
            list.post("member\(number)@example.org", at: second + 600, kind: .newThread)
        }
        #expect(!list.verdicts.contains { $0.action == .trip })
    }

    /// Announcements by one; then people answer without headers, fast enough for two rules.
    @Test(arguments: [(2000, .list), (8000, .queue)] as [(Int64, Reach)])
    func `a list of less than thousands is held by itself`(_ row: (Int64, Reach)) {
        var list = Watched(address: "all@example.org", members: row.0)
        for week in -12...0 as ClosedRange<Int64> {
            list.post("staff@example.org", at: week * 7 * 86_400, kind: .unknown, headers: false)
        }
        let came = list.run(40) { list, number in
            list.post(
                "person\(number)@example.org",
                at: 200 + Int64(number) * 150,
                kind: .unknown,
                headers: false
            )
        }
        #expect(came.trip ?? .max <= 12)
        #expect(list.verdicts.last?.reach == row.1)
    }
}
