// SPDX-License-Identifier: Apache-2.0

import EventTime
import Foundation
import ListTraffic
import StormDetection
import Testing

struct ProbationTests {
    /// A discussion that was reset at 0 and is on probation for two hours.
    static func reset() -> (Watched, UInt64) {
        var (list, thread) = StrangerTests.discussion()
        list.detector.noteReset(list: list.address, time: Watched.time(0))
        list.detector.setProbation(list: list.address, until: Watched.time(7200))
        return (list, thread)
    }

    @Test func `on probation the soft hold's third stranger trips`() {
        var (list, thread) = Self.reset()
        for answer in 1...3 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 360, thread: thread)
        }
        #expect(list.verdicts.map(\.action) == [.trip])
        #expect(list.verdicts.first?.rule == .strangersInThread)
        #expect(list.verdicts.first?.evidence.summary.hasSuffix("doubt is enough.") == true)
    }

    @Test func `after its end, and when it is ended, the third stranger only holds`() {
        var (late, thread) = Self.reset()
        for answer in 1...3 {
            late.post("s\(answer)@example.net", at: 7200 + Int64(answer) * 360, thread: thread)
        }
        #expect(late.verdicts.map(\.action) == [.softHold])
        var (ended, other) = Self.reset()
        ended.detector.setProbation(list: ended.address, until: nil)
        for answer in 1...3 {
            ended.post("s\(answer)@example.net", at: Int64(answer) * 360, thread: other)
        }
        #expect(ended.verdicts.map(\.action) == [.softHold])
    }

    @Test func `probation outlives a snapshot and a clock that steps back`() throws {
        var (list, thread) = Self.reset()
        list.detector = try StormDetector(kept: list.detector.kept())
        list.post("regular1@example.org", at: -10_000, kind: .newThread)
        for answer in 1...3 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 360, thread: thread)
        }
        #expect(list.verdicts.map(\.action) == [.trip])
    }

    @Test func `two strangers are no storm, not even on probation`() {
        var (list, thread) = Self.reset()
        for answer in 1...2 {
            list.post("s\(answer)@example.net", at: Int64(answer) * 360, thread: thread)
        }
        #expect(list.verdicts.isEmpty)
    }
}
