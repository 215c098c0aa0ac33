// SPDX-License-Identifier: Apache-2.0
import Breaker
import EventTime
import StormDetection
import Testing

@Test func `a trip saves, halts, pages and names the list, in this order`() {
    var bench = Bench()
    let effects = bench.verdict()
    #expect(effects.kinds == ["save", "halt", "page", "tripped", "log"])
    let alert = effects.pages.first
    #expect(alert?.list == list)
    #expect(alert?.incident == 1)
    #expect(alert?.summary.contains("open (mail halted)") == true)
    #expect(alert?.advice.contains("listbreaker reset '\(list)' --held release") == true)
}

@Test func `in observe mode nothing is ordered and every page says so`() {
    var bench = Bench(.observe)
    let effects = bench.verdict()
    #expect(effects.orders.isEmpty)
    #expect(effects.pages.first?.summary.contains("OBSERVE MODE, MAIL IS NOT HALTED") == true)
    #expect(bench.board.incident(of: scope)?.halt == .notHalted)
    #expect(bench.tick(friday + .days(2)).orders.isEmpty)
}

@Test func `no timer ever closes an open breaker`() {
    var bench = Bench()
    _ = bench.verdict()
    _ = bench.outcome(.halt, .done(held: 1, total: 1, remark: nil))
    for hour in 1...Int64(24 * 30) { _ = bench.tick(friday + .hours(hour)) }
    #expect(bench.board.state(of: scope) == .open)
    #expect(bench.board.demandsHalt)
}

@Test func `half-open closes after probation and a new storm gets a new number`() {
    var bench = bench(in: .halfOpen, .armed)
    _ = bench.tick(friday + .minutes(2) + bench.settings.probation - .seconds(1))
    #expect(bench.board.state(of: scope) == .halfOpen)
    _ = bench.tick(friday + .minutes(2) + bench.settings.probation)
    #expect(bench.board.state(of: scope) == .closed)
    _ = bench.verdict(at: friday + .hours(5))
    #expect(bench.board.incident(of: scope)?.number == 2)
}

@Test func `a storm while half-open opens the same incident`() {
    var bench = bench(in: .halfOpen, .armed)
    _ = bench.verdict(at: friday + .minutes(10))
    #expect(bench.board.incident(of: scope)?.number == 1)
    #expect(bench.board.incident(of: scope)?.retrips == 1)
    #expect(bench.board.pendingResume == nil)
}

@Test func `a halt is verified only after silence in a log that was read`() {
    var bench = Bench()
    _ = bench.verdict()
    _ = bench.outcome(.halt, .done(held: 9, total: 9, remark: nil), at: friday + .seconds(1))
    // A delivery that was in flight: no leak, but no silence either.
    #expect(bench.outbound(started: friday, at: friday + .seconds(20)).orders.isEmpty)
    _ = bench.tick(friday + .seconds(40))
    #expect(bench.board.incident(of: scope)?.halt == .halting)
    _ = bench.tick(friday + .seconds(60), seen: friday + .seconds(25))
    #expect(bench.board.incident(of: scope)?.halt == .halting, "the log was read to :25 only")
    _ = bench.tick(friday + .seconds(61))
    #expect(bench.board.incident(of: scope)?.halt == .verified(since: friday + .seconds(61)))
    #expect(bench.board.incident(of: scope)?.leaked == 0)
}

@Test func `a leak after verification is said, held again and paged once`() {
    var bench = bench(in: .halting, .armed)
    _ = bench.tick(friday + .minutes(1))
    let first = bench.outbound(started: friday + .minutes(2), at: friday + .minutes(2))
    #expect(first.orders == [.rehold])
    #expect(first.pages.map(\.kind) == [.leaking])
    #expect(bench.board.incident(of: scope)?.halt == .leaking(perMinute: 1))
    let second = bench.outbound(started: friday + .minutes(2), at: friday + .minutes(2))
    #expect(second.orders.isEmpty, "one extra hold a second is enough")
    #expect(second.pages.isEmpty)
    #expect(bench.board.incident(of: scope)?.leaked == 2)
}

@Test func `a failed halt says NOT HALTED, is tried again and never reported halted`() {
    var bench = Bench()
    _ = bench.verdict()
    let failed = bench.outcome(.halt, .failed(reason: "actuator: connection refused"))
    #expect(failed.pages.first?.summary.contains("MAIL NOT HALTED") == true)
    #expect(bench.board.incident(of: scope)?.halt.word.rawValue == "NOT HALTED")
    #expect(bench.tick(friday + .seconds(9)).orders.isEmpty)
    #expect(bench.tick(friday + .seconds(10)).orders == [.halt])
    let again = bench.outcome(
        .halt,
        .failed(reason: "actuator: connection refused"),
        at: friday + .seconds(11)
    )
    #expect(again.pages.isEmpty, "the same failure pages once")
    _ = bench.tick(friday + .seconds(21))
    let through = bench.outcome(
        .halt,
        .done(held: 4, total: 4, remark: nil),
        at: friday + .seconds(22)
    )
    #expect(through.pages.map(\.isResolved) == [true])
    #expect(through.pages.first?.dedupKey == failed.pages.first?.dedupKey)
    #expect(bench.board.incident(of: scope)?.halt == .halting)
    #expect(bench.board.incident(of: scope)?.held == 4)
}

@Test func `the queue resumes only when the last open breaker is reset`() {
    var bench = Bench()
    _ = bench.verdict()
    _ = bench.verdict(list: "other@example.org")
    let first = bench.command(.reset(scope, held: .release))
    #expect(first.orders.isEmpty)
    #expect(first.answer?.message.contains("stays halted by incident 2") == true)
    let second = bench.command(.reset(.list("other@example.org"), held: .keep))
    #expect(second.orders == [.resume(.keep)], "and all that is held stays")
}

@Test func `a reset without saying what becomes of held mail is refused`() {
    var bench = bench(in: .halting, .armed)
    let answer = bench.command(.reset(scope, held: nil)).answer
    #expect(answer?.code == 64)
    #expect(answer?.message.contains("--held release") == true)
    #expect(bench.board.state(of: scope) == .open)
}

@Test func `a resume that was asked for survives a restart`() {
    var bench = bench(in: .halting, .armed)
    _ = bench.command(.reset(scope, held: .release))
    var restarted = Bench()
    restarted.board = bench.board
    #expect(restarted.start(friday + .hours(1), foundHalted: true).orders == [.resume(.keep)])
    #expect(restarted.board.clearings.count == 2, "the queue's mail and the list's")
}

@Test func `a restart re-asserts the halt and reminds without a second trip page`() {
    var bench = bench(in: .halting, .armed)
    let effects = bench.start(friday + .minutes(10), foundHalted: true)
    #expect(effects.orders == [.halt])
    #expect(effects.pages.map(\.kind) == [.restartedOpen])
    #expect(effects.pages.first?.dedupKey == bench.board.incident(of: scope)?.dedupKey)
    #expect(effects.pages.first?.summary.contains("still open") == true)
}

@Test(arguments: [Mode.armed, .observe])
func `damaged state opens the queue's breaker until a person decides`(mode: Mode) {
    var bench = Bench(mode)
    let effects = bench.start(friday, configured: mode, damaged: "state.db.damaged-1")
    #expect(bench.board.state(of: .queue) == .open)
    #expect(effects.orders == (mode == .armed ? [.halt] : []))
    #expect(effects.pages.map(\.kind) == [.trip, .stateDamaged])
}

@Test func `a halt that no saved incident explains stays until a person decides`() {
    var bench = Bench(.observe)
    let effects = bench.start(friday, configured: .observe, foundHalted: true)
    #expect(bench.board.state(of: .queue) == .open)
    #expect(effects.orders == [.halt])
    #expect(bench.board.incident(of: .queue)?.cause == .foundHalted)
}

@Test func `the settings' mode wins only when it changed since the last start`() {
    var bench = Bench(.observe)
    _ = bench.command(.setMode(.armed))
    _ = bench.start(friday, configured: .observe)
    #expect(bench.board.mode == .armed)
    _ = bench.start(friday, configured: .armed)
    _ = bench.start(friday, configured: .observe)
    #expect(bench.board.mode == .observe)
}

@Test func `reminders come hourly, and twice a day once acknowledged`() {
    var bench = bench(in: .halting, .armed)
    #expect(bench.tick(friday + .minutes(59)).pages.isEmpty)
    #expect(bench.tick(friday + .minutes(60)).pages.map(\.kind) == [.reminder])
    #expect(bench.tick(friday + .minutes(61)).pages.isEmpty)
    _ = bench.command(.acknowledge(1))
    #expect(bench.tick(friday + .hours(12)).pages.isEmpty)
    #expect(bench.tick(friday + .hours(13)).pages.map(\.kind) == [.reminder])
}

@Test func `a late verdict pages once a day and halts nothing`() {
    var bench = Bench()
    let night = friday + .hours(9)
    #expect(bench.verdict(readAt: night).pages.map(\.kind) == [.late])
    #expect(bench.verdict(at: friday + .minutes(1), readAt: night).pages.isEmpty)
    #expect(bench.board.incidents.isEmpty)
}

@Test func `more storms than the board can hold still find mail halted`() {
    var bench = Bench()
    for number in 0..<(BreakerBoard.mostIncidents + 50) {
        _ = bench.verdict(list: "l\(number)@example.org")
    }
    #expect(bench.board.incidents.count == BreakerBoard.mostIncidents)
    #expect(bench.board.demandsHalt)
}

@Test func `every command is idempotent and leaves who and why`() {
    var bench = Bench()
    #expect(bench.command(.trip(.queue), reason: "phones").answer?.code == 0)
    #expect(bench.board.incident(of: .queue)?.trippedBy?.reason == "phones")
    #expect(bench.command(.trip(.queue)).answer?.message.contains("already open") == true)
    #expect(bench.command(.acknowledge(1)).answer?.message.contains("acknowledged") == true)
    #expect(bench.command(.acknowledge(1)).answer?.message.contains("already") == true)
    #expect(bench.command(.acknowledge(7)).answer?.code == 1)
    #expect(bench.command(.reset(.queue, held: .keep)).answer?.code == 0)
    #expect(bench.command(.reset(.queue, held: .keep)).answer?.message.contains("already") == true)
    #expect(bench.command(.setMode(.armed)).answer?.message == "already armed")
}

@Test func `a verdict about posts from before the reset does not trip again`() {
    var bench = bench(in: .halfOpen, .armed)
    _ = bench.verdict(at: friday + .minutes(1), readAt: friday + .minutes(3))
    #expect(bench.board.state(of: scope) == .halfOpen)
}

@Test func `an unconfirmed soft hold is released by itself, a confirmed one becomes the trip`() {
    var bench = Bench()
    #expect(bench.verdict(.softHold).kinds == ["save", "halt", "soft-hold", "log"])
    #expect(bench.verdict(.softHold, at: friday + .minutes(1)).isEmpty)
    #expect(!bench.tick(friday + .minutes(29)).kinds.contains("release"))
    #expect(bench.tick(friday + .minutes(30)).kinds == ["save", "halt", "release", "log"])
    _ = bench.verdict(.softHold, at: friday + .hours(2))
    _ = bench.verdict(at: friday + .hours(2) + .minutes(1))
    #expect(!bench.tick(friday + .hours(3)).kinds.contains("release"))
    #expect(bench.board.state(of: scope) == .open)
}

@Test func `numbers go on behind the highest one that any saved state shows`() {
    var bench = Bench()
    _ = bench.start(friday, damaged: "state.db.damaged-1", highestIncident: 41)
    #expect(bench.board.incident(of: .queue)?.number == 42)
}

@Test func `a hostile list name is one word in the command that a page tells to type`() {
    var bench = Bench()
    let effects = bench.verdict(list: "a'; rm -rf / #@example.org")
    let advice = effects.pages.first?.advice ?? ""
    #expect(advice.contains(#"listbreaker reset 'a'\''; rm -rf / #@example.org' --held"#))
}

@Test func `another list and the queue stay as they are when one list's mail is held`() {
    var bench = Bench()
    bench.settings.listScopes = [list: .list]
    #expect(bench.verdict().orders == [.holdList(list)])
    #expect(!bench.board.demandsHalt && bench.board.queue == .flowing)
    #expect(bench.verdict(list: "other@example.org").orders == [.halt])
    let reset = bench.command(.reset(.list("other@example.org"), held: .release))
    #expect(reset.orders.contains(.resume(.keep)), "the list's incident does not keep the queue")
    _ = bench.outcome(.resume(.keep), .done(held: 0, total: 9, remark: nil))
    #expect(bench.board.holds.subjects == [scope])
    #expect(bench.board.state(of: scope) == .open)
}

@Test func `held mail goes out metered, and a new sign of the storm stops that`() {
    var bench = bench(in: .halting, .armed, .list)
    let reset = bench.command(.reset(scope, held: .release, rate: 600))
    #expect(reset.orders == [bench.board.clearings[0].order])
    let at = friday + .minutes(5)
    let first = bench.board.clearings[0].order
    let batch = HaltOutcome.Result.done(held: 2, total: 8, remark: nil, copies: 200, left: 8)
    #expect(bench.outcome(first, batch, at: at).orders.isEmpty)
    #expect(bench.tick(at + .seconds(19)).orders.isEmpty, "200 copies are 20 s at 600 a minute")
    #expect(bench.tick(at + .seconds(20)).orders == [first])
    var restarted = bench
    _ = restarted.start(at + .seconds(21))
    #expect(restarted.tick(at + .seconds(22)).orders.contains(first), "a crash repeats the batch")

    let storm = bench.verdict(.softHold, at: at + .minutes(1))
    #expect(storm.orders == [.holdList(list)])
    #expect(bench.board.clearings.isEmpty)
    #expect(bench.board.incident(of: scope)?.number == 1)
    #expect(bench.board.incident(of: scope)?.retrips == 1)
    #expect(bench.outcome(first, batch, at: at + .minutes(1)).orders.isEmpty)
}

@Test func `discarding spares what was not the list's`() {
    var bench = bench(in: .halting, .armed)
    #expect(bench.command(.reset(scope, held: .discard)).orders.first == .holdList(list))
    #expect(bench.board.clearings.map(\.action) == [.release, .discard])
    #expect(bench.board.clearings.map(\.list) == [nil, list])
    var queue = Bench()
    _ = queue.command(.trip(.queue))
    #expect(queue.command(.reset(.queue, held: .discard)).answer?.code == 64)
    #expect(queue.command(.clear(.discard, .queue, post: nil, rate: nil)).answer?.code == 1)
}

@Test func `a soft hold is paged only where the settings say so`() {
    var bench = Bench()
    #expect(bench.verdict(.softHold).pages.isEmpty)
    var loud = Bench()
    loud.settings.pagesSoftHolds = true
    #expect(loud.verdict(.softHold).pages.map(\.kind) == [.softHold])
    var watching = Bench(.observe)
    #expect(watching.verdict(.softHold).orders.isEmpty)
    #expect(watching.tick(friday + .minutes(30)).orders.isEmpty)
}

@Test func `what was reset while the queue stayed halted goes out when the last one is reset`() {
    var bench = bench(in: .halting, .armed)
    _ = bench.verdict(list: "other@example.org")
    _ = bench.command(.reset(scope, held: nil))
    #expect(bench.board.clearings.map(\.list) == [list], "it waits for the queue")
    #expect(bench.tick(friday + .minutes(6)).orders.allSatisfy { $0 == .rehold })
    var kept = bench
    _ = kept.command(.reset(.list("other@example.org"), held: .keep))
    #expect(kept.board.clearings.isEmpty, "all that is held stays")
    _ = bench.command(.reset(.list("other@example.org"), held: .release))
    let resumed = bench.outcome(
        .resume(.keep),
        .done(held: 0, total: 9, remark: nil),
        at: friday + .minutes(7)
    )
    #expect(resumed.orders.count == 3, "both lists' mail, and the rest")
}
