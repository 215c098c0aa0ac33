// SPDX-License-Identifier: Apache-2.0
//
// A trip of another host, in every state of a list's breaker and in both modes: it halts the list's own
// mail and never everybody's, until this host's own detection says the same.

import EventTime
import StormDetection
import Testing

@testable import Breaker

private let hold = HaltOrder.Verb.holdList(list)

@Test(arguments: TableState.allCases, [HaltScope.queue, .list])
func `a trip of another host in every state`(_ state: TableState, _ reach: HaltScope) throws {
    for mode in Mode.allCases where mode == .armed || state == .closed || state == .halfOpen {
        var bench = bench(in: state, mode, reach)
        let before = bench.board.incident(of: scope)
        let effects = bench.command(.adopt(scope))
        let after = try #require(bench.board.incident(of: scope))
        let what: Comment = "\(state), \(mode), \(reach)"
        #expect(after.state == .open, what)
        switch state.breaker {
        case .open:
            // It is open already, by this host's own word, and stays what it was.
            #expect(effects.orders.isEmpty && effects.pages.isEmpty, what)
            #expect(after.reach == before?.reach && !after.isAdopted, what)
            #expect(after.repeats == (before?.repeats ?? 0) + 1, what)
        case .closed, .halfOpen:
            #expect(effects.orders == (mode == .armed ? [hold] : []), what)
            #expect(effects.pages.map(\.kind) == [.trip], what)
            #expect(after.isAdopted && after.reach == .list, what)
            #expect(!bench.board.demandsHalt, what)
        }
        #expect(effects.kinds.first == "save", what)
        #expect(effects.answer?.code == 0, what)
    }
}

/// A bench whose settings halt all mail at a trip, and a list that another host tripped.
private func adopted(_ reach: HaltScope = .queue) -> Bench {
    var bench = Bench(.armed)
    bench.settings.scope = reach
    _ = bench.command(.adopt(scope), reason: "5 replies by 5 people", at: friday)
    return bench
}

@Test func `whatever leaks or fails, another host's word halts nobody else's mail`() {
    for reach in HaltScope.allCases {
        var bench = adopted(reach)
        for minute in 1...20 {
            let time = friday + .minutes(Int64(minute))
            _ = bench.outcome(hold, .failed(reason: "no actuator"), at: time)
            _ = bench.outcome(.narrow(list), .failed(reason: "no actuator"), at: time)
            _ = bench.outcome(hold, .done(held: 1, total: 1, remark: nil), at: time)
            for second in 0..<30 {
                _ = bench.copy(
                    started: time + .seconds(10),
                    at: time + .seconds(Int64(second + 20))
                )
            }
            _ = bench.tick(time + .seconds(55))
        }
        #expect(!bench.board.demandsHalt, "\(reach)")
        #expect(bench.board.incident(of: scope)?.reach == .list || reach == .narrow, "\(reach)")
        #expect(bench.board.queue == .flowing, "\(reach)")
    }
}

@Test func `a verdict of this host's own counts in full, also when another host was first`() throws
{
    var bench = adopted()
    #expect(bench.board.incident(of: scope)?.summary == "uid 1000 tripped: 5 replies by 5 people")
    // Near a trip is none.
    #expect(bench.verdict(.softHold, at: friday + .minutes(1)).orders.isEmpty)
    // Nor is what was read too late.
    #expect(bench.verdict(at: friday, readAt: friday + .hours(1)).orders.isEmpty)
    #expect(bench.board.incident(of: scope)?.isAdopted == true)
    let effects = bench.verdict(at: friday + .minutes(2))
    #expect(effects.orders == [.halt])
    #expect(effects.pages.map(\.kind) == [.trip])
    let incident = try #require(bench.board.incident(of: scope))
    #expect(!incident.isAdopted && incident.reach == .queue)
    #expect(incident.summary == "2 strangers were redistributed")
    // Once.
    #expect(bench.verdict(at: friday + .minutes(3)).orders.isEmpty)
}

@Test func `it survives a restart as what it is, and a reset ends it`() throws {
    var bench = adopted()
    let effects = bench.restart(friday + .minutes(1), configured: .armed)
    #expect(effects.orders == [hold])
    let incident = try #require(bench.board.incident(of: scope))
    #expect(incident.isAdopted && incident.cause == .fleet)
    _ = bench.command(.reset(scope, held: .release))
    #expect(bench.board.state(of: scope) == .halfOpen)
    #expect(bench.board.holds[scope] == nil)
    // The next storm seen here is this host's own.
    #expect(bench.verdict(at: friday + .minutes(9)).orders == [.halt])
    #expect(bench.board.incident(of: scope)?.isAdopted == false)
}

@Test func `a full table is said, and nothing is widened for it`() {
    var bench = Bench(.armed)
    bench.settings.scope = .list
    for number in 1...BreakerBoard.mostIncidents {
        _ = bench.command(.trip(.list("l\(number)@example.org")), at: friday)
    }
    let effects = bench.command(.adopt(scope))
    #expect(effects.answer?.code == 1)
    #expect(effects.orders.isEmpty)
    #expect(!bench.board.demandsHalt)
}
