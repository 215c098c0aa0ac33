// SPDX-License-Identifier: Apache-2.0
//
// The release of one post while its list is stopped: what is ordered, that it is looked for again,
// that it stops nothing and widens nothing, and what is said where all mail is halted.

import Breaker
import EventTime
import StormDetection
import Testing

private let post = "<a@example.org>"

/// A board whose list is stopped, in one of the ways.
private func stopped(_ reach: HaltScope) -> Bench {
    var bench = Bench()
    bench.settings.scope = reach
    let order = HaltOrder.Verb.narrow(list)
    let other = HaltOrder.Verb.holdList(list)
    #expect(bench.verdict().orders == [reach == .narrow ? order : other])
    _ = bench.outcome(
        reach == .narrow ? order : other,
        .done(held: 3, total: 3, remark: nil)
    )
    return bench
}

private func steps(_ effects: [Effect]) -> [Clearing.Step] {
    effects.orders.compactMap { if case .clear(let step) = $0 { step } else { nil } }
}

private let release = Command.clear(.release, scope, post: post, rate: 0)

@Test(arguments: [HaltScope.narrow, .list])
func `one post of a stopped list goes, and is looked for until the reset`(
    reach: HaltScope
) throws {
    var bench = stopped(reach)
    let began = bench.command(release)
    #expect(began.answer?.code == 0)
    #expect(began.answer?.message.contains("the rest of the list stays stopped") == true)
    let step = try #require(steps(began).first)
    #expect(step.passes && step.post == post && step.list == list)
    let when = friday + .minutes(5)
    let some = HaltOutcome.Result.done(held: 4, total: 9, remark: nil, copies: 40, left: 0)
    let told = bench.outcome(.clear(step), some, at: when)
    #expect(told.notes.contains { $0.text.contains("let go") })
    #expect(bench.board.incident(of: scope)?.letGo == 40)
    #expect(bench.board.incident(of: scope)?.state == .open)
    // Its list manager may hand over more of it.
    #expect(steps(bench.tick(when + .seconds(30))).isEmpty)
    let again = try #require(steps(bench.tick(when + .seconds(61))).first)
    #expect(again.passes && again.post == post)
    let none = HaltOutcome.Result.done(held: 0, total: 9, remark: nil)
    _ = bench.outcome(.clear(again), none, at: when + .seconds(62))
    #expect(bench.board.incident(of: scope)?.letGo == 40)
    // After the reset it is a release as any other, and ends.
    _ = bench.command(.reset(scope, held: .keep), at: when + .minutes(3))
    let last = try #require(steps(bench.tick(when + .minutes(4))).first { $0.post == post })
    #expect(!last.passes)
    _ = bench.outcome(.clear(last), none, at: when + .minutes(4))
    #expect(bench.board.clearings.isEmpty)
}

@Test func `it survives a restart, with the count`() throws {
    var bench = stopped(.narrow)
    let step = try #require(steps(bench.command(release)).first)
    let some = HaltOutcome.Result.done(held: 4, total: 9, remark: nil, copies: 40, left: 0)
    _ = bench.outcome(.clear(step), some)
    _ = bench.restart(friday + .minutes(6), configured: .armed)
    #expect(bench.board.incident(of: scope)?.letGo == 40)
    let again = bench.tick(friday + .minutes(6) + .seconds(1))
    #expect(steps(again).first?.passes == true)
}

@Test func `with all mail halted nothing goes, and it is said when it will`() {
    var bench = stopped(.narrow)
    _ = bench.command(.trip(.queue))
    _ = bench.outcome(.halt, .done(held: 3, total: 3, remark: nil))
    let began = bench.command(release)
    #expect(steps(began).isEmpty)
    let said = began.answer?.message ?? ""
    #expect(said.contains("NOTHING GOES NOW"), "\(said)")
    #expect(said.contains("by incident 2; it goes when that is reset: listbreaker reset --queue"))
    #expect(steps(bench.tick(friday + .minutes(9))).isEmpty)
}

@Test func `a post of a list that flows is released as before`() throws {
    var bench = Bench()
    let step = try #require(steps(bench.command(release)).first)
    #expect(!step.passes)
    let all = HaltOutcome.Result.done(held: 1, total: 0, remark: nil, copies: 1, left: 0)
    _ = bench.outcome(.clear(step), all)
    #expect(bench.board.clearings.isEmpty)
}
