// SPDX-License-Identifier: Apache-2.0
//
// Attended hours: what waits for a person, and what does not. Every (state, input) pair of the wait
// has a row; a test counts them.

import Attended
import EventTime
import StormDetection
import Testing

@testable import Breaker

/// `friday` is 17:00 in Paris, two hours before people leave.
private let paris = ZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3") ?? .utc
private let office = AttendedHours(
    [AttendedSpan("Mon..Fri 09:00..19:00")].compactMap { $0 },
    zone: paris
)

extension Bench {
    /// A bench of a site where somebody is there from Monday to Friday.
    fileprivate static func attended(_ mode: Mode = .armed) -> Bench {
        var bench = Bench(mode)
        bench.settings.attended = office
        bench.settings.grace = .minutes(5)
        return bench
    }

    fileprivate mutating func doubtful(
        _ action: Verdict.Action = .trip,
        list: String = list,
        at time: Timestamp = friday
    ) -> [Effect] {
        verdict(action, list: list, at: time, rule: .policy, isSure: false)
    }

    fileprivate mutating func holdOff(_ span: TimeSpan, at time: Timestamp) -> [Effect] {
        command(.holdOff(scope, span: span), at: time)
    }
}

private enum Wait: CaseIterable {
    case nothing, doubt, heldOff
}

private enum Answer: CaseIterable {
    case doubtful, sure, softHold, late, trip, tripQueue, reset, holdOff, endHoldOff
    case arm, observe, tickBefore, tickAfter, hoursOver, longAway, restart
}

private struct WaitRow {
    var from: Wait
    var input: Answer
    var to: Wait
    var state = BreakerState.closed
    var pages: [Alert.Kind] = []
}

private let rows: [WaitRow] = [
    WaitRow(from: .nothing, input: .doubtful, to: .doubt, pages: [.doubtful]),
    WaitRow(from: .nothing, input: .sure, to: .nothing, state: .open, pages: [.trip]),
    WaitRow(from: .nothing, input: .softHold, to: .nothing),
    WaitRow(from: .nothing, input: .late, to: .nothing, pages: [.late]),
    WaitRow(from: .nothing, input: .trip, to: .nothing, state: .open, pages: [.trip]),
    WaitRow(from: .nothing, input: .tripQueue, to: .nothing, pages: [.trip]),
    WaitRow(from: .nothing, input: .reset, to: .nothing),
    WaitRow(from: .nothing, input: .holdOff, to: .heldOff),
    WaitRow(from: .nothing, input: .endHoldOff, to: .nothing),
    WaitRow(from: .nothing, input: .arm, to: .nothing),
    WaitRow(from: .nothing, input: .observe, to: .nothing),
    WaitRow(from: .nothing, input: .tickBefore, to: .nothing),
    WaitRow(from: .nothing, input: .tickAfter, to: .nothing),
    WaitRow(from: .nothing, input: .hoursOver, to: .nothing),
    WaitRow(from: .nothing, input: .longAway, to: .nothing),
    WaitRow(from: .nothing, input: .restart, to: .nothing),

    WaitRow(from: .doubt, input: .doubtful, to: .doubt),
    WaitRow(from: .doubt, input: .sure, to: .nothing, state: .open, pages: [.trip, .doubtful]),
    WaitRow(from: .doubt, input: .softHold, to: .doubt),
    WaitRow(from: .doubt, input: .late, to: .doubt, pages: [.late]),
    WaitRow(from: .doubt, input: .trip, to: .nothing, state: .open, pages: [.trip, .doubtful]),
    WaitRow(from: .doubt, input: .tripQueue, to: .doubt, pages: [.trip]),
    WaitRow(from: .doubt, input: .reset, to: .doubt),
    WaitRow(from: .doubt, input: .holdOff, to: .heldOff, pages: [.doubtful]),
    WaitRow(from: .doubt, input: .endHoldOff, to: .doubt),
    WaitRow(from: .doubt, input: .arm, to: .doubt),
    WaitRow(from: .doubt, input: .observe, to: .doubt),
    WaitRow(from: .doubt, input: .tickBefore, to: .doubt),
    WaitRow(
        from: .doubt,
        input: .tickAfter,
        to: .nothing,
        state: .open,
        pages: [.trip, .doubtful]
    ),
    WaitRow(
        from: .doubt,
        input: .hoursOver,
        to: .nothing,
        state: .open,
        pages: [.trip, .doubtful]
    ),
    WaitRow(from: .doubt, input: .longAway, to: .nothing, pages: [.doubtful, .late]),
    WaitRow(from: .doubt, input: .restart, to: .doubt),

    WaitRow(from: .heldOff, input: .doubtful, to: .heldOff),
    WaitRow(from: .heldOff, input: .sure, to: .nothing, state: .open, pages: [.trip]),
    WaitRow(from: .heldOff, input: .softHold, to: .heldOff),
    WaitRow(from: .heldOff, input: .late, to: .heldOff, pages: [.late]),
    WaitRow(from: .heldOff, input: .trip, to: .nothing, state: .open, pages: [.trip]),
    WaitRow(from: .heldOff, input: .tripQueue, to: .heldOff, pages: [.trip]),
    WaitRow(from: .heldOff, input: .reset, to: .heldOff),
    WaitRow(from: .heldOff, input: .holdOff, to: .heldOff),
    WaitRow(from: .heldOff, input: .endHoldOff, to: .nothing),
    WaitRow(from: .heldOff, input: .arm, to: .heldOff),
    WaitRow(from: .heldOff, input: .observe, to: .heldOff),
    WaitRow(from: .heldOff, input: .tickBefore, to: .heldOff),
    WaitRow(from: .heldOff, input: .tickAfter, to: .heldOff),
    WaitRow(from: .heldOff, input: .hoursOver, to: .heldOff),
    WaitRow(from: .heldOff, input: .longAway, to: .nothing),
    WaitRow(from: .heldOff, input: .restart, to: .heldOff),
]

private func bench(waiting wait: Wait, _ mode: Mode) -> Bench {
    var bench = Bench.attended(mode)
    switch wait {
    case .nothing: break
    case .doubt: _ = bench.doubtful()
    case .heldOff: _ = bench.holdOff(.hours(2), at: friday)
    }
    return bench
}

private func give(_ input: Answer, to bench: inout Bench, _ mode: Mode) -> [Effect] {
    let soon = friday + .minutes(1)
    switch input {
    case .doubtful: return bench.doubtful(at: soon)
    case .sure: return bench.verdict(at: soon)
    case .softHold: return bench.doubtful(.softHold, at: soon)
    case .late: return bench.verdict(at: friday - .hours(1), readAt: soon, rule: .policy)
    case .trip: return bench.command(.trip(scope), at: soon)
    case .tripQueue: return bench.command(.trip(.queue), at: soon)
    case .reset: return bench.command(.reset(scope, held: .release), at: soon)
    case .holdOff: return bench.holdOff(.hours(2), at: soon)
    case .endHoldOff: return bench.holdOff(.seconds(0), at: soon)
    case .arm: return bench.command(.setMode(.armed), at: soon)
    case .observe: return bench.command(.setMode(.observe), at: soon)
    case .tickBefore: return bench.tick(friday + .minutes(5) - .seconds(1))
    case .tickAfter: return bench.tick(friday + .minutes(5))
    case .hoursOver:
        bench.settings.attended = AttendedHours([], zone: .utc)
        return bench.tick(soon)
    case .longAway: return bench.tick(friday + .hours(3))
    case .restart: return bench.restart(soon, configured: mode)
    }
}

@Suite struct DoubtTests {
    @Test func `every wait meets every input`() {
        let pairs = Set(rows.map { "\($0.from) \($0.input)" })
        #expect(pairs.count == Wait.allCases.count * Answer.allCases.count)
        #expect(pairs.count == rows.count)
    }

    @Test(arguments: rows.indices, [Mode.armed, .observe])
    func `a pair of wait and input gives what its row says`(index: Int, mode: Mode) {
        let row = rows[index]
        var bench = bench(waiting: row.from, mode)
        let effects = give(row.input, to: &bench, mode)
        let comment: Comment = "\(row.from) + \(row.input), \(mode)"
        #expect(bench.board.state(of: scope) == row.state, comment)
        #expect((bench.board.doubts.waiting[scope] != nil) == (row.to == .doubt), comment)
        #expect((bench.board.doubts.holdOffs[scope] != nil) == (row.to == .heldOff), comment)
        #expect(effects.pages.map(\.kind) == row.pages, comment)
        let isOpened = row.state == .open || row.input == .tripQueue
        // A soft hold is the list's alone; who lets it pass wants none.
        let isSoft = row.input == .softHold && row.to != .heldOff
        let orders: [HaltOrder.Verb] = isOpened ? [.halt] : isSoft ? [.holdList(list)] : []
        #expect(effects.orders == (mode == .armed ? orders : []), comment)
        if row.from != row.to || row.state == .open {
            #expect(
                effects.kinds.first == "save",
                "what a restart goes by is saved first, \(comment)"
            )
        }
    }

    @Test
    func `unattended, in a gap of the hours, without a target or without grace nobody is asked`() {
        let night = friday + .hours(8)
        for change: (inout BreakerSettings) -> Void in [
            { $0.grace = .seconds(0) }, { $0.canPage = false },
            { $0.attended = AttendedHours([], zone: .utc) },
        ] {
            var bench = Bench.attended()
            change(&bench.settings)
            #expect(bench.doubtful().pages.map(\.kind) == [.trip])
            #expect(bench.board.incident(of: scope)?.attendance == .unattended)
        }
        var bench = Bench.attended()
        let page = bench.doubtful(at: night).pages.first
        #expect(page?.kind == .trip)
        #expect(page?.summary.contains("nobody is on duty: halted at once") == true)
        #expect(page?.figures["attendance"] == "unattended")
        #expect(page?.figures["next_attended"] == "2026-11-30T08:00:00Z")
    }

    @Test func `the page that asks says until when, how to answer and what would leave`() {
        var bench = Bench.attended()
        bench.forecast = Forecast(
            until: friday + .hours(65),
            low: 1200,
            middle: 5300,
            high: 80_000
        )
        let page = bench.doubtful().pages.first
        let until = (friday + .minutes(5)).rfc3339
        #expect(page?.summary.contains("MAIL FLOWS, and is halted at \(until)") == true)
        #expect(
            page?.summary.contains("1,200 / 5,300 / 80,000 copies (low / middle / high)") == true
        )
        #expect(page?.advice.contains("listbreaker hold-off '\(list)' --for 2h") == true)
        #expect(page?.advice.contains("listbreaker trip '\(list)' --reason") == true)
        let trip = bench.tick(friday + .minutes(5)).pages
        #expect(trip.first?.summary.contains("paged at \(friday.rfc3339), not answered") == true)
        #expect(trip.first?.summary.contains("If nothing were done: 1,200 / 5,300") == true)
        #expect(trip.last?.isResolved == true)
        #expect(trip.last?.dedupKey == page?.dedupKey)
    }

    @Test func `a hold-off lets pass what is doubtful and nothing else, and has an end`() {
        var bench = Bench.attended()
        _ = bench.doubtful()
        let answer = bench.holdOff(.hours(2), at: friday + .minutes(2)).answer
        #expect(answer?.code == 0)
        #expect(bench.doubtful(at: friday + .minutes(30)).isEmpty)
        #expect(bench.tick(friday + .hours(1)).pages.isEmpty)
        _ = bench.tick(friday + .hours(2) + .minutes(2))
        #expect(bench.board.doubts.holdOffs.isEmpty)
        // 19:03 in Paris: nobody is there any more.
        _ = bench.doubtful(at: friday + .hours(2) + .minutes(3))
        #expect(bench.board.incident(of: scope)?.attendance == .unattended)
        #expect(bench.holdOff(.hours(1), at: friday + .hours(3)).answer?.code == 1, "too late")
        #expect(bench.holdOff(.days(2), at: friday + .hours(3)).answer?.code == 1)
    }

    @Test func `a hold-off spares a list on probation, and ends its soft hold`() {
        var bench = Bench.attended()
        _ = bench.doubtful(.softHold)
        let effects = bench.holdOff(.hours(1), at: friday + .minutes(1))
        #expect(effects.kinds.contains("release"))
        #expect(bench.board.holds.softEnd(of: scope) == nil)
        var onProbation = Bench.attended()
        _ = onProbation.verdict()
        _ = onProbation.command(.reset(scope, held: .release), at: friday + .minutes(2))
        _ = onProbation.holdOff(.hours(1), at: friday + .minutes(3))
        _ = onProbation.doubtful(at: friday + .minutes(4))
        #expect(onProbation.board.state(of: scope) == .halfOpen)
        _ = onProbation.verdict(at: friday + .minutes(5))
        #expect(onProbation.board.state(of: scope) == .open)
    }

    @Test func `a list that is held softly stays so until the doubt is decided`() {
        var bench = Bench.attended()
        bench.settings.softHoldSpan = .minutes(2)
        _ = bench.doubtful(.softHold)
        _ = bench.doubtful(at: friday + .minutes(1))
        #expect(!bench.tick(friday + .minutes(5)).kinds.contains("release"))
        _ = bench.tick(friday + .minutes(6))
        #expect(bench.board.state(of: scope) == .open)
    }

    @Test func `many lists in doubt at once are no doubtful case`() {
        var bench = Bench.attended()
        for number in 0..<Doubts.most {
            _ = bench.doubtful(list: "l\(number)@example.org")
        }
        #expect(bench.board.incidents.isEmpty)
        #expect(bench.doubtful(list: "one-more@example.org").orders == [.halt])
    }

    @Test func `nights on which the clock is changed, and a leap day`() {
        for (text, waits) in [
            ("2026-03-27T17:30:00Z", true), ("2026-03-30T17:30:00Z", false),
            ("2026-03-30T16:30:00Z", true), ("2026-10-23T17:30:00Z", false),
            ("2026-10-26T17:30:00Z", true), ("2028-02-29T08:30:00Z", true),
            ("2028-02-29T07:59:59Z", false),
        ] {
            var bench = Bench.attended()
            _ = bench.doubtful(at: Timestamp(rfc3339: text) ?? friday)
            #expect((bench.board.doubts.waiting[scope] != nil) == waits, "\(text)")
        }
    }

    @Test func `who comes in the morning is reminded of what is open, acknowledged or not`() {
        let saturday = Timestamp(rfc3339: "2026-11-28T01:00:00Z") ?? friday
        let monday = Timestamp(rfc3339: "2026-11-30T08:00:00Z") ?? friday
        var bench = Bench.attended()
        _ = bench.tick(friday)
        _ = bench.tick(friday + .hours(2))
        _ = bench.verdict(at: saturday)
        _ = bench.outcome(.halt, .done(held: 1, total: 1, remark: nil), at: saturday)
        _ = bench.command(.acknowledge(1), at: saturday + .hours(43))
        _ = bench.tick(saturday + .hours(44))
        #expect(bench.tick(monday - .seconds(1)).pages.isEmpty)
        #expect(bench.tick(monday).pages.map(\.kind) == [.reminder])
        #expect(bench.tick(monday + .seconds(1)).pages.isEmpty)
    }
}
