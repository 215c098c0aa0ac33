// SPDX-License-Identifier: Apache-2.0
//
// What is done when copies keep leaving, or cannot be held: from the list to the queue to the mail
// server; and that nothing which is to be thrown away goes out.

import EventTime
import StormDetection
import Testing

@testable import Breaker

@Test func `what is to be thrown away does not go out with a reset meanwhile`() {
    for rate in [Int64(0), 600] {
        var bench = bench(in: .halting, .armed)
        let discard = bench.command(
            .clear(.discard, .queue, post: "<spam@x>", rate: nil),
            at: friday
        ).orders
        #expect(discard.count == 1)
        let reset = bench.command(.reset(scope, held: .release, rate: rate), at: friday).orders
        #expect(reset.last == .resume(.keep))
        let resumed = bench.outcome(.resume(.keep), .done(held: 0, total: 9, remark: nil))
        #expect(resumed.orders.isEmpty && bench.tick(friday + .minutes(1)).orders.isEmpty)
        let waiting = bench
        let gone = HaltOutcome.Result.done(held: 1, total: 8, remark: nil, copies: 1, left: 0)
        _ = bench.outcome(discard[0], gone, at: friday + .minutes(1))
        let after = bench.tick(friday + .minutes(1) + .seconds(1)).orders
        #expect(after.count == 2, "the list's, and the rest: \(after)")
        var stuck = waiting
        #expect(stuck.tick(friday + .minutes(9)).orders.isEmpty)
        #expect(stuck.tick(friday + .minutes(10)).orders.count == 2, "not for ever")
    }
}

@Test func `a clock that is set back does not keep mail until the time comes again`() {
    var bench = bench(in: .halting, .armed)
    _ = bench.command(.clear(.discard, .queue, post: "<spam@x>", rate: nil), at: friday)
    let reset = bench.command(.reset(scope, held: .release), at: friday).orders
    #expect(reset.last == .resume(.keep))
    _ = bench.outcome(.resume(.keep), .done(held: 0, total: 9, remark: nil))
    let back = friday + .days(-1)
    // It may not go before what is thrown away, either: it waits as long as though that began now.
    #expect(bench.tick(back).orders.isEmpty)
    #expect(bench.tick(back + .minutes(9)).orders.isEmpty)
    #expect(bench.tick(back + .minutes(10)).orders.count == 2, "the list's, and the rest")
}

@Test func `copies that keep leaving widen the halt to the queue, and never back`() {
    var bench = bench(in: .verified, .armed, .list)
    var last: [Effect] = []
    for second in 0..<Int64(12) {
        let time = friday + .minutes(2) + .seconds(second)
        last = bench.copy(started: time, at: time)
        if last.orders.contains(.halt) { break }
    }
    #expect(last.orders == [.halt])
    #expect(last.pages.first?.summary.contains("whole outbound queue") == true)
    #expect(bench.board.incident(of: scope)?.reach == .queue && bench.board.holds.isEmpty)
    _ = bench.command(.reset(scope, held: .keep), at: friday + .minutes(9))
    #expect(bench.verdict(at: friday + .minutes(10)).orders == [.halt])
    var timid = Bench()
    timid.settings.scope = .list
    timid.settings.escalate = .no
    _ = timid.verdict()
    _ = timid.outcome(.holdList(list), .done(held: 0, total: 0, remark: nil))
    for second in 0..<Int64(60) {
        let time = friday + .minutes(2) + .seconds(second)
        #expect(timid.copy(started: time, at: time).orders.isEmpty)
    }
}

@Test func `a list that cannot be held for long has the whole queue halted`() {
    for escalate in Escalation.allCases {
        var bench = Bench()
        bench.settings.scope = .list
        bench.settings.escalate = escalate
        _ = bench.verdict()
        var orders: [HaltOrder.Verb] = []
        for second in stride(from: Int64(0), through: 40, by: 10) {
            let at = friday + .minutes(2) + .seconds(second)
            orders += bench.outcome(.holdList(list), .failed(reason: "no room"), at: at).orders
            #expect(orders.isEmpty || second >= 30)
        }
        #expect(orders == (escalate == .no ? [] : [.halt]))
        #expect(bench.board.incident(of: scope)?.reach == (escalate == .no ? .list : .queue))
    }
    var mended = Bench()
    mended.settings.scope = .list
    _ = mended.verdict()
    for second in stride(from: Int64(0), through: 200, by: 10) {
        let done = HaltOutcome.Result.done(held: 1, total: 1, remark: nil)
        let result = second % 30 == 20 ? done : .failed(reason: "no room")
        let at = friday + .minutes(2) + .seconds(second)
        #expect(mended.outcome(.holdList(list), result, at: at).orders.isEmpty)
    }
}

@Test func `the mail server is stopped only where the settings say so, once, and paged`() {
    for escalate in Escalation.allCases {
        var bench = bench(in: .halting, .armed)
        bench.settings.escalate = escalate
        var stops = 0
        for second in 0..<Int64(30) {
            let time = friday + .minutes(2) + .seconds(second)
            let effects = bench.outbound(started: time, at: time)
            stops += effects.orders.count { $0 == .stop }
            if effects.orders.contains(.stop) {
                let page = effects.pages.first { $0.summary.contains("being stopped") }
                #expect(page?.dedupKey.hasSuffix("-stopped") == true, "else it is one with others")
            }
        }
        #expect(stops == (escalate == .stop ? 1 : 0))
    }
}

@Test func `whoever keeps undoing the halt does not put off the stop of the mail server`() {
    var bench = bench(in: .halting, .armed)
    bench.settings.escalate = .stop
    var stops: [Int64] = []
    for second in 0..<Int64(60) {
        let time = friday + .minutes(2) + .seconds(second)
        let done = HaltOutcome.Result.done(held: 0, total: 0, remark: nil)
        let result = second % 2 == 0 ? done : .failed(reason: "opened again")
        _ = bench.outcome(.halt, result, at: time)
        let effects = bench.outbound(started: time, at: time)
        if effects.orders.contains(.stop) { stops.append(second) }
    }
    #expect(stops.count == 1 && stops[0] <= 30)
}

@Test func `pages of a stopped mail server do not speak of a halt alone`() throws {
    var bench = bench(in: .halting, .armed)
    bench.settings.escalate = .stop
    for second in 0..<Int64(30) {
        let time = friday + .minutes(2) + .seconds(second)
        _ = bench.outbound(started: time, at: time)
    }
    let incident = try #require(bench.board.incidents.newestDemandingHalt)
    #expect(incident.mailState == "open (THE MAIL SERVER IS STOPPED)")
    #expect(incident.reminderAlert(now: friday + .hours(1)).summary.contains(incident.mailState))
}
