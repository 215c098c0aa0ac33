// SPDX-License-Identifier: Apache-2.0
//
// An incident that opens again on probation: page, figures and course speak of the last trip, and say so; what
// came of the trips before is kept.

import EventTime
import FoundationEssentials
import StormDetection
import Testing

@testable import Breaker

private let again = friday + .minutes(10)

/// Tripped, held, reset.
private func reset() -> Bench {
    bench(in: .halfOpen, .armed)
}

@Suite struct AgainTests {
    @Test func `the page of a second trip bears its own time, and says that it is the second`() {
        var bench = reset()
        let pages = bench.verdict(at: again).pages
        #expect(pages.first?.started == again)
        #expect(pages.first?.figures["first_tripped"] == friday.rfc3339)
        #expect(
            pages.first?.summary.contains("Tripped again on probation, first at \(friday.rfc3339).")
                == true
        )
        #expect(pages.first?.dedupKey == "incident-1-\(friday.seconds)")
        var other = Bench()
        let first = other.verdict().pages.first
        #expect(first?.figures["first_tripped"] == nil && first?.started == friday)
    }

    @Test func `reminders count from the trip that is open`() {
        var bench = reset()
        _ = bench.verdict(at: again)
        let pages = bench.tick(again + .hours(1)).pages
        #expect(pages.first?.summary.contains("still open for 1 h 0 min") == true)
    }

    @Test func `what the trip before was, and what it held, is kept over a restart`() throws {
        var bench = reset()
        let held = bench.board.incident(of: scope)?.held ?? 0
        _ = bench.command(.setMode(.observe), at: again - .minutes(1))
        _ = bench.verdict(at: again, rule: .storm)
        let incident = try #require(bench.board.incident(of: scope))
        let earlier = try #require(incident.earlier.first)
        #expect(incident.earlier.count == 1 && incident.lastOpened == again)
        #expect(earlier.tripped == friday && earlier.reset == friday + .minutes(2))
        #expect(earlier.rule == .announceBreach && incident.rule == .storm)
        #expect(earlier.held == held && held > 0)
        #expect(earlier.mode == .armed && incident.mode == .observe)
        let saved = try JSONEncoder().encode(incident)
        #expect(try JSONDecoder().decode(Incident.self, from: saved) == incident)
    }

    @Test func `the course begins anew, and the sum of the one before stays`() throws {
        var bench = Bench()
        _ = bench.verdict()
        _ = bench.give { $0.note(.init(posts: 2, announced: 800, sent: 5), of: 1, at: friday) }
        _ = bench.outcome(.halt, .done(held: 1, total: 1, remark: nil))
        _ = bench.command(.reset(scope, held: .keep), at: friday + .minutes(2))
        _ = bench.verdict(at: again)
        let incident = try #require(bench.board.incident(of: scope))
        #expect(incident.course == nil)
        #expect(incident.earlier.first?.behind == .init(posts: 2, announced: 800, sent: 5))
        _ = bench.give { $0.note(.init(announced: 400), of: 1, at: again + .seconds(1)) }
        #expect(bench.board.incident(of: scope)?.course?.start == again)
    }

    @Test func `a person who trips it again is told, and not the verdict of before`() throws {
        var bench = reset()
        let pages = bench.command(.trip(scope), reason: "it is back", at: again).pages
        let incident = try #require(bench.board.incident(of: scope))
        #expect(incident.rule == .manual && incident.verdict == nil)
        #expect(pages.first?.summary.contains("tripped by uid 1000: it is back") == true)
        #expect(pages.first?.figures["copies_announced"] == nil)
        _ = bench.command(.reset(scope, held: .keep), at: again + .minutes(1))
        let next = bench.verdict(at: again + .minutes(2)).pages
        #expect(next.first?.summary.contains("2 strangers were redistributed") == true)
    }

    @Test func `of many trips the first and the last are kept`() {
        var bench = bench(in: .halfOpen, .armed)
        for round in 1...Int64(30) {
            _ = bench.verdict(at: friday + .minutes(10 * round))
            _ = bench.command(.reset(scope, held: .keep), at: friday + .minutes(10 * round + 1))
        }
        let earlier = bench.board.incident(of: scope)?.earlier ?? []
        #expect(earlier.count == EarlierTrip.most && earlier.first?.tripped == friday)
        #expect(earlier.last?.tripped == friday + .minutes(290))
    }
}
