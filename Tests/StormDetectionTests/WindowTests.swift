// SPDX-License-Identifier: Apache-2.0

import EventTime
import ListTraffic
import TestSupport
import Testing

@testable import StormDetection

struct WindowTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `each window equals a count by hand, to one bucket`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var windows = Rings()
        var events: [(time: Int64, copies: Int64)] = []
        var now = Int64(1_700_000_000)
        for _ in 0..<3000 {
            now += Int64.random(in: 0...(Bool.random(using: &random) ? 3 : 4000), using: &random)
            let copies = Int64.random(in: 0...500, using: &random)
            events.append((now, copies))
            windows.add(Tally(posts: 1, announced: UInt32(copies)), at: Timestamp(seconds: now))
            for width in RollingWindows.Width.allCases {
                let sum = windows.sum(width, at: Timestamp(seconds: now))
                let span = Int64(width.span.seconds)
                let most = events.reversed().prefix { $0.time > now - span }
                let least = most.prefix { $0.time > now - span + width.bucketSeconds }
                #expect(sum.posts <= Int64(most.count), "seed \(seed)")
                #expect(sum.posts >= Int64(least.count), "seed \(seed)")
                #expect(sum.announced <= most.reduce(0) { $0 + $1.copies })
                #expect(sum.announced >= least.reduce(0) { $0 + $1.copies })
            }
        }
    }

    @Test func `a window runs empty as time passes, and counts saturate`() {
        var windows = Rings()
        let time = Timestamp(seconds: 1_700_000_000)
        for _ in 0..<3 { windows.add(Tally(announced: .max), at: time) }
        #expect(windows.sum(.day, at: time).announced == Int64(UInt32.max))
        #expect(windows.sum(.minute, at: time + .seconds(61)).announced == 0)
        #expect(windows.sum(.fiveMinutes, at: time + .seconds(200)).announced > 0)
        #expect(windows.sum(.day, at: time + .hours(24)).announced == 0)
        #expect(windows.sum(.day, at: Timestamp(microseconds: .max)).announced == 0)
    }

    @Test func `figures hold posts, replies, people, copies and ratios of all four windows`() {
        var list = Watched(members: 500)
        list.post("a@example.org", at: 0, kind: .newThread)
        list.post("b@example.org", at: 1200)
        list.post("b@example.org", at: 4790)
        list.post("c@example.org", at: 4800)
        let sent = TrafficEvent.sent(list: list.id, copies: 450, time: Watched.time(4805))
        #expect(list.detector.observe(sent, list: nil) == nil)
        let figures = list.detector.figures(of: list.address, at: Watched.time(4810))
        #expect(figures?.windows.map(\.posts) == [2, 2, 2, 4])
        #expect(figures?.windows.map(\.replies) == [2, 2, 2, 3])
        #expect(figures?.windows.map(\.posters) == [2, 2, 2, 3])
        #expect(figures?.windows.map(\.copiesAnnounced) == [1000, 1000, 1000, 2000])
        #expect(figures?.windows.map(\.copiesSent) == [450, 450, 450, 450])
        #expect(figures?.windows[3].replyRatio == 3)
        #expect(figures?.windows[3].repliesPerCopy == 0.0015)
        #expect(list.detector.figures(of: "nobody@example.org", at: Watched.time(0)) == nil)
    }

    @Test func `near misses are sorted, nearest first`() {
        var list = Watched(members: 5000)
        list.post("a@example.org", at: 0, kind: .newThread)
        let thread = list.latest
        list.post("b@example.org", at: 60, thread: thread)
        list.post("c@example.org", at: 120, thread: thread)
        let figures = list.detector.figures(of: list.address, at: Watched.time(130))
        let misses = figures?.nearMisses ?? []
        #expect(misses.map(\.share) == misses.map(\.share).sorted(by: >))
        let strangers = misses.first { $0.rule == .strangersInThread }
        #expect(strangers?.figure == 2 && strangers?.limit == 4)
        #expect(misses.contains { $0.rule == .policy && $0.figure == 2 && $0.limit == 10 })
    }

    @Test func `people are remembered for six hours under a flood of posters`() {
        var rings = Rings()
        let start = Timestamp(seconds: 1_700_000_000)
        for poster in 0..<100_000 as Range<UInt64> {
            let time = start + .seconds(Int64(poster) / 100)
            let record = rings.note(poster: poster, isStranger: true, isVolume: true, at: time)
            #expect(record.last == nil)
            if poster > 0 {
                #expect(
                    rings.note(poster: poster - 1, isStranger: false, isVolume: true, at: time)
                        .last != nil
                )
            }
        }
        #expect(rings.posters(since: start) <= 768)
        #expect(rings.posters(since: start) >= 384)
    }

    @Test func `sizes by member count are read, written and looked up`() {
        let sizes = BySize(parsing: "0:12 100:10 1000:8 unknown:9")
        #expect(sizes?.value(members: 0) == 12)
        #expect(sizes?.value(members: 99) == 12)
        #expect(sizes?.value(members: 100) == 10)
        #expect(sizes?.value(members: .max) == 8)
        #expect(sizes?.value(members: nil) == 9)
        #expect(sizes?.description == "0:12 100:10 1000:8 unknown:9")
        #expect(BySize(parsing: "7")?.value(members: 123) == 7)
        for wrong in ["", "x", "1:2:3", "5:1 5:2", "5:1 4:2", "-1", "1:-1", "unknown:3", ":", "9:"]
        {
            #expect(BySize(parsing: wrong) == nil, "\(wrong)")
        }
    }
}
