// SPDX-License-Identifier: Apache-2.0
//
// A metered release keeps to its rate, however long each batch takes: neither slower by that time, nor
// faster to make up for time in which nothing could go.

import Breaker
import EventTime
import Testing

private let start = friday + .minutes(5)

/// Copies that leave within `minutes` at `rate` a minute, when each batch takes `seconds` and the loop looks
/// every half second.
private func released(rate: Int64, taking seconds: Int64, in minutes: Int64) -> Int64 {
    var bench = Bench()
    bench.settings.scope = .list
    _ = bench.verdict()
    _ = bench.outcome(.holdList(list), .done(held: 9_000, total: 9_000, remark: nil))
    var steps = bench.command(.reset(scope, held: .release, rate: rate)).steps
    var copies: Int64 = 0
    var answerAt: Timestamp?
    for half in 0..<(minutes * 120) {
        let now = start + TimeSpan(microseconds: half * 500_000)
        steps += bench.tick(now).steps
        if !steps.isEmpty, answerAt == nil { answerAt = now + .seconds(seconds) }
        guard let step = steps.first, let at = answerAt, now >= at else { continue }
        let count = step.copies ?? 0
        copies += count
        answerAt = nil
        steps = Array(steps.dropFirst())
        let done = HaltOutcome.Result.done(
            held: count,
            total: 9_000,
            remark: nil,
            copies: count,
            left: 9_000
        )
        steps += bench.outcome(.clear(step), done, at: now).steps
    }
    return copies
}

extension [Effect] {
    fileprivate var steps: [Clearing.Step] {
        orders.compactMap { if case .clear(let step) = $0 { step } else { nil } }
    }
}

@Test(arguments: [Int64(0), 2, 4, 9, 20])
func `a metered release keeps to its rate, whatever a batch takes`(seconds: Int64) {
    let copies = released(rate: 600, taking: seconds, in: 20)
    #expect((11_300...12_000).contains(copies), "600 a minute for 20 minutes; \(copies)")
}

@Test func `a batch that takes ten minutes carries no more than a minute's copies`() {
    let copies = released(rate: 600, taking: 600, in: 45)
    #expect(copies <= 50 + 600 * 4)
}

@Test func `time in which nothing may go is not made up for`() throws {
    var bench = Bench()
    bench.settings.scope = .list
    _ = bench.verdict()
    _ = bench.outcome(.holdList(list), .done(held: 900, total: 900, remark: nil))
    let first = try #require(
        bench.command(.reset(scope, held: .release, rate: 600)).steps.first
    )
    #expect(first.copies == 50)
    let batch = HaltOutcome.Result.done(
        held: 50,
        total: 900,
        remark: nil,
        copies: 50,
        left: 850
    )
    _ = bench.outcome(.clear(first), batch, at: start + .seconds(1))
    let late = start + .hours(1)
    let next = try #require(bench.tick(late).steps.first)
    #expect(next.copies == 50)
    let answered = bench.outcome(.clear(next), batch, at: late + .seconds(1)).steps
    #expect(answered.isEmpty)
    #expect(bench.tick(late + .seconds(4)).steps.isEmpty, "5 s from one order to the next")
    #expect(!bench.tick(late + .seconds(5)).steps.isEmpty)
}
