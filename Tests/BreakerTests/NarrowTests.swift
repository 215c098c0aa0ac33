// SPDX-License-Identifier: Apache-2.0
//
// The scope that has the mail server itself stop the whole of a list's mail: what is ordered, that
// one copy which leaves all the same is enough to halt the queue, and that what cannot be narrowed is
// halted with all else.

import Breaker
import EventTime
import StormDetection
import Testing

private let done = HaltOutcome.Result.done(held: 3, total: 3, remark: nil)

/// A board whose list is narrowed, and that it was done.
private func narrowed(_ escalate: Escalation = .queue) -> Bench {
    var bench = Bench()
    bench.settings.scope = .narrow
    bench.settings.escalate = escalate
    #expect(bench.verdict().orders == [.narrow(list)])
    _ = bench.outcome(.narrow(list), done)
    return bench
}

@Test func `a trip narrows, sweeps narrow again, a reset gives back`() {
    var bench = narrowed()
    #expect(bench.board.incident(of: scope)?.reach == .narrow)
    #expect(bench.board.incident(of: scope)?.held == 3)
    #expect(bench.tick(friday + .minutes(9)).orders.contains(.narrow(list)))
    let orders = bench.command(.reset(scope, held: .release), at: friday + .minutes(10)).orders
    #expect(!orders.isEmpty && !orders.contains(.resume(.release)) && !orders.contains(.halt))
    #expect(bench.board.holds.isEmpty)
}

@Test func `one copy that begins after a list was narrowed halts the queue`() {
    for escalate in [Escalation.queue, .no] {
        var bench = narrowed(escalate)
        let inFlight = friday + .minutes(2)
        #expect(bench.copy(started: friday - .seconds(1), at: inFlight).orders.isEmpty)
        let later = friday + .minutes(3)
        #expect(bench.copy(started: later, at: later).orders == (escalate == .no ? [] : [.halt]))
    }
}

@Test func `what cannot be narrowed is halted with all else, also without escalation`() {
    for escalate in Escalation.allCases {
        var bench = Bench()
        bench.settings.scope = .narrow
        bench.settings.escalate = escalate
        _ = bench.verdict()
        let failed = bench.outcome(.narrow(list), .failed(reason: "it is not set up"))
        #expect(failed.orders == [.halt])
        #expect(failed.pages.contains { $0.summary.contains("whole outbound queue") })
        #expect(bench.board.incident(of: scope)?.reach == .queue)
    }
}

@Test func `single messages that cannot be held do not widen a list that is narrowed`() {
    var bench = narrowed()
    let failed = bench.outcome(.holdIDs(list: list, ids: ["A1B2C3"]), .failed(reason: "no room"))
    #expect(failed.orders.isEmpty)
}

@Test func `a sender that is no list is halted with all else`() {
    var settings = BreakerSettings()
    settings.scope = .narrow
    var board = BreakerBoard(mode: .armed, settings: settings)
    #expect(board.narrows(.list("a@x.test")) && !board.narrows(.sender("a@x.test")))
    settings.senderScope = .narrow
    board.update(settings: settings)
    #expect(!board.narrows(.sender("a@x.test")))
}
