// SPDX-License-Identifier: Apache-2.0
//
// A list that could not be narrowed: all mail is halted for it, and flows again by itself only where both
// proofs are there in time. A table of what comes in between, and what the queue does then.

import Breaker
import EventTime
import StormDetection
import Testing

private let narrow = HaltOrder.Verb.narrow(list)
private let done = HaltOutcome.Result.done(held: 3, total: 3, remark: nil)
private let failed = HaltOutcome.Result.failed(reason: "it hangs")

/// A board whose list could not be narrowed at the trip, with the queue halted for it.
private func widened(within: TimeSpan = .minutes(2)) -> Bench {
    var bench = Bench()
    bench.settings.scope = .narrow
    bench.settings.narrowWithin = within
    #expect(bench.verdict().orders == [narrow])
    #expect(bench.outcome(narrow, failed).orders == [.halt])
    _ = bench.outcome(.halt, done)
    #expect(bench.board.incident(of: scope)?.reach == .queue)
    return bench
}

@Test func `contained in time, all other mail flows again and the list stays stopped`() throws {
    var bench = widened()
    let start = friday + .seconds(10)
    #expect(bench.tick(start).orders.contains(narrow), "tried again behind the gate")
    #expect(!bench.tick(start + .seconds(1)).orders.contains(narrow), "one at a time")
    _ = bench.outcome(narrow, done, at: start + .seconds(2))
    // The tables alone prove nothing: the log must show that nothing left.
    #expect(bench.tick(start + .seconds(20)).orders.allSatisfy { $0 == .rehold })
    let thaw = bench.tick(start + .seconds(33))
    #expect(thaw.orders.prefix(2) == [.resume(.keep), narrow], "\(thaw.orders)")
    #expect(thaw.pages.contains { $0.isResolved && $0.kind == .leaking })
    #expect(bench.board.incident(of: scope)?.reach == .narrow)
    #expect(bench.board.incident(of: scope)?.state == .open)
    let resumed = bench.outcome(.resume(.keep), done, at: start + .seconds(34))
    #expect(bench.board.queue == .flowing)
    // What was held of everybody's goes out, metered, and not what is the list's.
    let steps = resumed.orders.compactMap { if case .clear(let step) = $0 { step } else { nil } }
    #expect(steps.count == 1 && steps[0].list == nil && steps[0].copies != nil)
    // The proof is watched: one copy that begins after it closes the gate, and that is final.
    _ = bench.outcome(narrow, done, at: start + .seconds(34))
    let leak = start + .seconds(40)
    #expect(bench.copy(started: leak, at: leak).orders == [.halt])
    _ = bench.outcome(.halt, done, at: leak)
    for minute in 1...10 as ClosedRange<Int64> {
        let orders = bench.tick(leak + .minutes(minute)).orders
        #expect(!orders.contains(narrow) && !orders.contains(.resume(.keep)), "\(orders)")
    }
}

/// What may keep the gate closed.
private enum Hindrance: CaseIterable {
    /// Narrowing goes on failing.
    case fails
    /// It fails again after it was done once.
    case failsAgain
    /// Something leaves although all is halted.
    case leaks
    /// A person tripped the queue.
    case queueTripped
    /// The log is not read.
    case blind
    /// The settings allow no time.
    case never
    /// The list is not to be narrowed any more.
    case otherScope
}

@Test(arguments: Hindrance.allCases)
private func `without both proofs in time all mail stays halted, and that is paged once`(
    hindrance: Hindrance
) {
    var bench = widened(within: hindrance == .never ? .seconds(0) : .minutes(2))
    if hindrance == .queueTripped { _ = bench.command(.trip(.queue), at: friday + .seconds(5)) }
    if hindrance == .otherScope { bench.settings.scope = .queue }
    var pages = 0
    for second in stride(from: 10, through: 300, by: 5) as StrideThrough<Int64> {
        let now = friday + .seconds(second)
        if hindrance == .leaks { _ = bench.outbound(started: now - .seconds(1), at: now) }
        let effects = bench.tick(now, seen: hindrance == .blind ? friday : now)
        pages += effects.pages.count { $0.summary.contains("stays halted until it is reset") }
        #expect(!effects.orders.contains(.resume(.keep)), "after \(second) s")
        guard effects.orders.contains(narrow) else { continue }
        #expect(second < 120 && hindrance != .never && hindrance != .otherScope)
        switch hindrance {
        case .fails: _ = bench.outcome(narrow, failed, at: now)
        case .failsAgain: _ = bench.outcome(narrow, second % 20 == 0 ? done : failed, at: now)
        default: _ = bench.outcome(narrow, done, at: now)
        }
        // What was done once is looked at again before it is believed.
        if hindrance == .failsAgain { _ = bench.outcome(narrow, failed, at: now) }
    }
    #expect(pages == (hindrance == .never ? 0 : 1))
    #expect(bench.board.incident(of: scope)?.reach == .queue)
    #expect(bench.board.demandsHalt)
}

@Test func `a restart in between goes on with the time that is left`() {
    var bench = widened()
    _ = bench.restart(friday + .seconds(60), configured: .armed)
    _ = bench.outcome(.halt, done, at: friday + .seconds(61))
    #expect(bench.tick(friday + .seconds(62)).orders.contains(narrow))
    _ = bench.outcome(narrow, done, at: friday + .seconds(63))
    #expect(bench.tick(friday + .seconds(100)).orders.contains(.resume(.keep)))
    var late = widened()
    _ = late.restart(friday + .seconds(119), configured: .armed)
    _ = late.outcome(.halt, done, at: friday + .seconds(119))
    let end = late.tick(friday + .seconds(121))
    #expect(end.pages.contains { $0.summary.contains("stays halted until it is reset") })
    #expect(!end.orders.contains(narrow))
}

@Test func `where it was not set up to be narrowed, the tries begin once it is, and it is said`() {
    var bench = Bench()
    bench.settings.scope = .narrow
    bench.settings.canNarrow = false
    let trip = bench.verdict()
    #expect(trip.orders == [.halt])
    #expect(trip.pages.first?.summary.contains("not set up to be narrowed") == true)
    #expect(trip.pages.first?.advice.contains("setup postfix --narrow --apply") == true)
    _ = bench.outcome(.halt, done)
    #expect(bench.board.incident(of: scope)?.lacksNarrowing == true)
    // However long that takes: nothing is paged as over, since nothing was begun.
    let hour = friday + .hours(1)
    #expect(bench.tick(hour).pages.allSatisfy { !$0.summary.contains("stays halted until") })
    _ = bench.restart(hour, configured: .armed)
    _ = bench.outcome(.halt, done, at: hour)
    bench.settings.canNarrow = true
    let begun = bench.tick(hour + .seconds(1))
    #expect(begun.orders.contains(narrow), "\(begun.orders)")
    #expect(begun.notes.contains { $0.text.contains("is set up to be narrowed now") })
    _ = bench.outcome(narrow, done, at: hour + .seconds(2))
    #expect(bench.tick(hour + .seconds(40)).orders.contains(.resume(.keep)))
    #expect(bench.board.incident(of: scope)?.reach == .narrow)
}

@Test func `with no time allowed, and where the queue is what a trip halts, it stays halted`() {
    for isNever in [true, false] {
        var bench = Bench()
        bench.settings.scope = isNever ? .narrow : .queue
        bench.settings.narrowWithin = isNever ? .seconds(0) : .minutes(2)
        bench.settings.canNarrow = false
        _ = bench.verdict()
        _ = bench.outcome(.halt, done)
        bench.settings.canNarrow = true
        bench.settings.scope = .narrow
        for minute in 1...5 as ClosedRange<Int64> {
            #expect(!bench.tick(friday + .minutes(minute)).orders.contains(narrow), "\(isNever)")
        }
    }
}
