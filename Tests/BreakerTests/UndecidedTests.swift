// SPDX-License-Identifier: Apache-2.0
//
// What is neither known for the list's nor for others': a reset that discards the list's mail releases
// none of it, and says how much stays, until a person decides.

import Breaker
import EventTime
import StormDetection
import Testing

private func steps(_ effects: [Effect]) -> [Clearing.Step] {
    effects.orders.compactMap { if case .clear(let step) = $0 { step } else { nil } }
}

/// A board with all mail halted for the list.
private func halted() -> Bench {
    var bench = Bench()
    bench.settings.scope = .queue
    #expect(bench.verdict().orders == [.halt])
    _ = bench.outcome(.halt, .done(held: 9, total: 9, remark: nil))
    return bench
}

@Test(arguments: [0, 600] as [Int64])
func `after a discard the rest goes out told apart, and what is undecided stays`(
    rate: Int64
) throws {
    var bench = halted()
    let reset = bench.command(.reset(scope, held: .discard, rate: rate))
    #expect(reset.orders.contains(.resume(.keep)), "not all at once: \(reset.orders)")
    #expect(reset.answer?.message.contains("stays: listbreaker held") == true)
    let discard = try #require(steps(reset).first { $0.action == .discard })
    let resumed = bench.outcome(.resume(.keep), .done(held: 0, total: 9, remark: nil))
    var outcome = HaltOutcome(
        order: HaltOrder(verb: .clear(discard), incident: 1),
        result: .done(held: 4, total: 5, remark: nil, copies: 40, left: 0),
        time: friday + .minutes(5),
        undecided: 2
    )
    let told = bench.give { $0.settle(outcome) }
    #expect(told.notes.contains { $0.text.contains("2 messages on hold stay there") })
    let next = bench.tick(friday + .minutes(5) + .seconds(1))
    let release = try #require((steps(resumed) + steps(next)).first { $0.action == .release })
    #expect(release.list == nil && release.apart == list && release.sparesUndecided == true)
    outcome.order.verb = .clear(release)
    outcome.result = .done(held: 2, total: 3, remark: nil, copies: 2, left: 0)
    outcome.undecided = 1
    _ = bench.give { $0.settle(outcome) }
    #expect(bench.board.clearings.isEmpty, "nothing is looked for for ever")
    #expect(bench.board.undecided == 3 && bench.board.held == 3)

    _ = bench.restart(friday + .minutes(6), configured: .armed)
    #expect(bench.board.undecided == 3, "it is remembered")
    // A person decides: all that the queue's halt held goes.
    let all = bench.command(.clear(.release, .queue, post: nil, rate: 0))
    let plain = try #require(steps(all).first)
    #expect(plain.sparesUndecided == nil && plain.apart == nil)
    outcome.order.verb = .clear(plain)
    outcome.result = .done(held: 3, total: 0, remark: nil, copies: 3, left: 0)
    outcome.undecided = nil
    _ = bench.give { $0.settle(outcome) }
    #expect(bench.board.undecided == 0)
}

@Test func `told apart once, the batches after it still spare what is undecided`() throws {
    var bench = halted()
    _ = bench.command(.reset(scope, held: .discard, rate: 600))
    let resumed = bench.outcome(.resume(.keep), .done(held: 0, total: 9, remark: nil))
    let discard = try #require(bench.board.clearings.first { $0.action == .discard })
    _ = bench.outcome(discard.order, .done(held: 4, total: 5, remark: nil))
    let next = bench.tick(friday + .minutes(5) + .seconds(1))
    let first = try #require((steps(resumed) + steps(next)).first { $0.action == .release })
    // It could not be told apart: it is asked again, and nothing goes meanwhile.
    _ = bench.outcome(.clear(first), .failed(reason: "it hangs"))
    let again = try #require(steps(bench.tick(friday + .minutes(6))).first)
    #expect(again.apart == list)
    _ = bench.outcome(
        .clear(again),
        .done(held: 1, total: 4, remark: nil, copies: 50, left: 3),
        at: friday + .minutes(6)
    )
    let last = try #require(steps(bench.tick(friday + .minutes(7))).first)
    #expect(last.apart == nil && last.sparesUndecided == true)
}

@Test func `opened again by itself, a list's queue lets nothing undecided go`() throws {
    var bench = Bench()
    bench.settings.scope = .narrow
    bench.settings.narrowWithin = .minutes(2)
    let narrow = HaltOrder.Verb.narrow(list)
    _ = bench.verdict()
    _ = bench.outcome(narrow, .failed(reason: "it hangs"))
    _ = bench.outcome(.halt, .done(held: 3, total: 3, remark: nil))
    _ = bench.tick(friday + .seconds(10))
    _ = bench.outcome(narrow, .done(held: 3, total: 3, remark: nil), at: friday + .seconds(12))
    #expect(bench.tick(friday + .seconds(43)).orders.contains(.resume(.keep)))
    let resumed = bench.outcome(
        .resume(.keep),
        .done(held: 0, total: 3, remark: nil),
        at: friday + .seconds(44)
    )
    let step = try #require(steps(resumed).first)
    #expect(step.apart == list && step.sparesUndecided == true)
}
