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

@Test func `where the mail server is not set up for it, the queue is halted at once`() {
    var bench = Bench()
    bench.settings.scope = .narrow
    bench.settings.canNarrow = false
    #expect(bench.verdict(.softHold).orders == [.holdList(list)])
    #expect(bench.verdict().orders == [.halt])
    #expect(bench.board.incident(of: scope)?.reach == .queue)
    var small = Bench()
    small.settings.scope = .narrow
    small.settings.canNarrow = false
    #expect(small.verdict(reach: .list).orders == [.holdList(list)])
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

// MARK: Soft holds

@Test func `a soft hold narrows, and goes on by name where that cannot be done`() {
    var bench = Bench()
    bench.settings.scope = .narrow
    #expect(bench.verdict(.softHold).orders == [.narrow(list)])
    let failed = bench.outcome(.narrow(list), .failed(reason: "it is not set up"))
    #expect(failed.orders.isEmpty && failed.pages.isEmpty)
    #expect(bench.board.holds[scope]?.until != nil)
}

@Test func `where the list alone is at stake, what cannot be narrowed is held by name`() {
    var bench = Bench()
    bench.settings.scope = .narrow
    #expect(bench.verdict(reach: .list).orders == [.narrow(list)])
    let failed = bench.outcome(.narrow(list), .failed(reason: "it is not set up"))
    #expect(failed.orders == [.holdList(list)])
    #expect(bench.board.incident(of: scope)?.reach == .list)
}

// MARK: After a discard

/// A narrowed list that was reset five minutes ago, its mail to be discarded.
private func drained() -> Bench {
    var bench = narrowed()
    let orders = bench.command(.reset(scope, held: .discard)).orders
    #expect(orders.first == .narrow(list) && bench.steps(orders).map(\.spares) == [reset])
    #expect(bench.board.holds[scope]?.draining?.since == reset)
    #expect(!bench.board.demandsHalt)
    return bench
}

private let reset = friday + .minutes(5)
private let nothing = HaltOutcome.Result.done(held: 0, total: 0, remark: nil)

extension Bench {
    /// The clearings among `orders`.
    fileprivate func steps(_ orders: [HaltOrder.Verb]) -> [Clearing.Step] {
        orders.compactMap { if case .clear(let step) = $0 { step } else { nil } }
    }
}

@Test func `a list whose storm was discarded flows when its manager was quiet for a while`() throws
{
    var bench = drained()
    let first = try #require(bench.board.clearings.first)
    #expect(first.action == .discard)
    _ = bench.outcome(first.order, nothing, at: reset + .seconds(1))
    #expect(bench.board.clearings.isEmpty)
    // Every five seconds it is looked whether more came.
    for second in stride(from: 5, through: 20, by: 5) {
        let now = reset + .seconds(Int64(second))
        #expect(bench.tick(now).orders == [.narrow(list)])
        _ = bench.outcome(.narrow(list), second == 20 ? done : nothing, at: now)
    }
    // What came is discarded, but not what was posted to the list since the reset.
    let again = bench.steps(bench.tick(reset + .seconds(21)).orders)
    #expect(again.map(\.action) == [.discard] && again.map(\.spares) == [reset])
    _ = bench.outcome(.clear(try #require(again.first)), nothing, at: reset + .seconds(22))
    #expect(bench.steps(bench.tick(reset + .seconds(79)).orders).isEmpty)
    #expect(bench.board.holds[scope] != nil)
    let end = bench.steps(bench.tick(reset + .seconds(81)).orders)
    #expect(end.map(\.action) == [.release] && end.map(\.spares) == [nil])
    #expect(bench.board.holds.isEmpty)
}

@Test func `a list that drains is saved as that, and is quiet only after it was looked at again`()
    throws
{
    var bench = drained()
    let first = try #require(bench.board.clearings.first)
    _ = bench.outcome(first.order, nothing, at: reset + .seconds(1))
    let later = reset + .minutes(20)
    let started = bench.restart(later, configured: .armed)
    #expect(bench.board.holds[scope]?.draining?.since == reset)
    #expect(started.orders.contains(.narrow(list)))
    #expect(bench.board.holds[scope]?.draining != nil)
    _ = bench.outcome(.narrow(list), nothing, at: later)
    // What came while nobody looked is discarded first.
    let again = bench.steps(bench.tick(later + .seconds(1)).orders)
    #expect(again.map(\.action) == [.discard])
    _ = bench.outcome(.clear(try #require(again.first)), nothing, at: later + .seconds(2))
    #expect(bench.steps(bench.tick(later + .seconds(50)).orders).isEmpty)
    #expect(bench.steps(bench.tick(later + .seconds(61)).orders).map(\.action) == [.release])
}

@Test(arguments: [Mode.armed, .observe])
func `what is handed over of a discarded storm is no new one`(mode: Mode) {
    var bench = drained()
    _ = bench.command(.setMode(mode), at: reset)
    #expect(bench.verdict(at: reset + .seconds(20)).orders.isEmpty)
    #expect(bench.board.incident(of: scope)?.state.word == .halfOpen)
    #expect(bench.board.holds[scope]?.draining != nil)
}

@Test func `a list that drains and cannot be kept stopped trips again`() {
    var bench = drained()
    _ = bench.outcome(.narrow(list), .failed(reason: "no room"), at: reset + .seconds(1))
    #expect(bench.verdict(at: reset + .seconds(20)).orders == [.narrow(list)])
    #expect(bench.board.holds[scope]?.incident == 1)
}

@Test func `a person trips a list that drains`() {
    var bench = drained()
    let orders = bench.command(.trip(scope), at: reset + .seconds(20)).orders
    #expect(orders == [.narrow(list)] && bench.board.holds[scope]?.incident == 1)
}

@Test func `a list that cannot be kept stopped after its discard is said to flow`() {
    var bench = drained()
    for second in [10, 20] as [Int64] {
        let now = reset + .seconds(second)
        _ = bench.outcome(.narrow(list), .failed(reason: "the tables are gone"), at: now)
        #expect(bench.board.holds[scope] != nil)
    }
    let end = bench.outcome(
        .narrow(list),
        .failed(reason: "the tables are gone"),
        at: reset + .seconds(45)
    )
    #expect(bench.board.holds.isEmpty && !end.orders.contains(.halt))
    #expect(end.notes.contains { $0.kind == .haltFailed && $0.text.contains("cannot be kept") })
}

@Test func `what ends at a tick is not ordered once more by it`() throws {
    var bench = drained()
    let first = try #require(bench.board.clearings.first)
    _ = bench.outcome(first.order, nothing, at: reset + .seconds(1))
    _ = bench.tick(reset + .seconds(5))
    _ = bench.outcome(.narrow(list), nothing, at: reset + .seconds(5))
    let orders = bench.tick(reset + .seconds(90)).orders
    #expect(!orders.contains(.narrow(list)))
    #expect(bench.steps(orders).map(\.action) == [.release])
}
