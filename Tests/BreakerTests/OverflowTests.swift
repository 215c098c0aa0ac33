// SPDX-License-Identifier: Apache-2.0
//
// Tables that are full: nothing finds no room in silence, and nothing that is under way makes room
// for what comes later.

import EventTime
import StormDetection
import Testing

@testable import Breaker

/// A bench with as many releases under way as there may be.
private func fullOfClearings() -> Bench {
    var bench = Bench()
    for number in 1...100 {
        let list = Subject.list("l\(number)@example.org")
        let effects = bench.command(.clear(.release, list, post: nil, rate: nil))
        #expect(effects.orders.count == 1 && effects.answer?.code == 0)
    }
    return bench
}

@Suite struct OverflowTests {
    @Test func `a hundred releases go on at once, and the 101st is refused`() {
        var bench = fullOfClearings()
        #expect(bench.board.clearings.count == 100)
        let refused = bench.command(.clear(.release, scope, post: nil, rate: nil))
        #expect(refused.answer?.code == 1 && refused.orders.isEmpty)
        #expect(refused.answer?.message.contains("nothing was begun") == true)
        let first = bench.board.clearings[0]
        #expect(first.list == "l1@example.org", "the oldest goes on")
        let again = Command.clear(.discard, .list("l1@example.org"), post: nil, rate: 0)
        #expect(bench.command(again).answer?.code == 0, "what is under way may be changed")
        let gone = HaltOutcome.Result.done(held: 1, total: 0, remark: nil, copies: 1, left: 0)
        _ = bench.outcome(first.order, gone)
        #expect(bench.command(.clear(.release, scope, post: nil, rate: nil)).answer?.code == 0)
    }

    @Test func `a reset that finds no room for its release says so, pages, and drops nothing`() {
        var bench = fullOfClearings()
        bench.settings.scope = .list
        _ = bench.verdict()
        let reset = bench.command(.reset(scope, held: .release))
        #expect(bench.board.state(of: scope) == .halfOpen)
        #expect(bench.board.clearings.count == 100)
        #expect(reset.answer?.message.contains("BUT IT STAYS ON HOLD") == true)
        let page = reset.pages.first { $0.kind == .full }
        #expect(page?.advice.contains("listbreaker held release '\(list)'") == true)
        #expect(reset.notes.contains { $0.kind == .full && $0.list == list })
        _ = bench.verdict(list: "other@example.org", at: friday + .minutes(6))
        let second = bench.command(
            .reset(.list("other@example.org"), held: .release),
            at: friday + .minutes(7)
        )
        #expect(!second.pages.contains { $0.kind == .full }, "one page a day")
        #expect(second.notes.contains { $0.kind == .full }, "but a note each")
    }

    @Test func `a soft hold lasts until there is room for its release`() {
        var bench = fullOfClearings()
        _ = bench.verdict(.softHold)
        #expect(!bench.tick(friday + .minutes(31)).kinds.contains("release"))
        #expect(bench.board.holds[scope] != nil)
        let gone = HaltOutcome.Result.done(held: 1, total: 0, remark: nil, copies: 1, left: 0)
        _ = bench.outcome(bench.board.clearings[0].order, gone, at: friday + .minutes(31))
        #expect(bench.tick(friday + .minutes(32)).kinds.contains("release"))
        #expect(bench.board.clearings.last?.list == list)
    }

    @Test func `soft holds above a thousand are noted, and paged once a day`() {
        var bench = Bench()
        for number in 0..<1000 {
            let effects = bench.verdict(.softHold, list: "l\(number)@example.org")
            #expect(effects.orders.count == 1)
        }
        let first = bench.verdict(.softHold)
        #expect(first.orders.isEmpty && bench.board.holds[scope] == nil)
        #expect(first.pages.map(\.kind) == [.full])
        #expect(first.pages.first?.summary.contains("not held") == true)
        #expect(first.notes.map(\.list) == [list])
        let second = bench.verdict(.softHold, list: "other@example.org")
        #expect(second.pages.isEmpty && second.notes.count == 1)
        _ = bench.restart(friday + .minutes(1), configured: .armed)
        #expect(bench.verdict(.softHold, at: friday + .minutes(2)).pages.isEmpty)
    }

    @Test func `late lists above a thousand are noted, and paged once a day`() {
        var bench = Bench()
        let night = friday + .hours(9)
        for number in 0..<1000 {
            #expect(bench.verdict(list: "l\(number)@x.org", readAt: night).pages.count == 1)
        }
        let first = bench.verdict(readAt: night)
        #expect(first.pages.map(\.kind) == [.full])
        #expect(first.pages.first?.dedupKey.hasPrefix("full-late") == true)
        #expect(first.notes.map(\.list) == [list])
        let second = bench.verdict(list: "other@x.org", readAt: night)
        #expect(second.pages.isEmpty && second.notes.count == 1)
        let next = bench.verdict(at: night, readAt: night + .days(1))
        #expect(next.pages.first?.dedupKey.hasPrefix("late-") == true, "yesterday's are forgotten")
    }

    @Test func `one open list more than the table holds has the queue halted, and is paged`() {
        for escalate in Escalation.allCases {
            var bench = Bench()
            bench.settings.scope = .list
            bench.settings.escalate = escalate
            for number in 0..<1000 { _ = bench.verdict(list: "l\(number)@example.org") }
            #expect(!bench.board.demandsHalt)
            let more = bench.verdict()
            #expect(bench.board.demandsHalt == (escalate != .no))
            let page = more.pages.last
            #expect(page?.kind == .haltFailed && page?.list == list)
            #expect(page?.summary.contains("NOT HALTED") == (escalate == .no))
            #expect(bench.board.incidents.count == 1000)
        }
    }

    @Test func `leaks are counted to six hundred a minute, and stay there`() {
        var bench = bench(in: .halting, .armed)
        let start = friday + .minutes(2)
        var rates: [Int64] = []
        for number in 0..<Int64(700) {
            let time = start + TimeSpan(microseconds: number * 50_000)
            _ = bench.outbound(started: time, at: time)
            if case .leaking(let perMinute) = bench.board.incident(of: scope)?.halt {
                rates.append(perMinute)
            }
        }
        #expect(rates == (1...700).map { Int64(min($0, 600)) })
        let later = start + .minutes(2)
        _ = bench.outbound(started: later, at: later)
        #expect(bench.board.incident(of: scope)?.halt == .leaking(perMinute: 1))
    }
}
