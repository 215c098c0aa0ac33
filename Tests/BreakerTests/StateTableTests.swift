// SPDX-License-Identifier: Apache-2.0
//
// Every (state, input) pair of a list's breaker has a row, in both modes; a test counts the rows,
// so that a new state or input cannot go untested.

import Breaker
import EventTime
import StormDetection
import Testing

enum TableInput: String, CaseIterable {
    case trip, softHold, lateTrip, manualTrip, reset, resetWithoutReason, acknowledge, arm, observe
    case haltDone, haltFailed, rehold, resumeDone, resumeFailed, outbound, tick, start
}

struct Row {
    var from: BreakerState
    var input: TableInput
    var to: BreakerState
    var armedOrders: [HaltOrder.Verb] = []
    var pages: [Alert.Kind] = []
}

let table: [Row] = [
    Row(from: .closed, input: .trip, to: .open, armedOrders: [.halt], pages: [.trip]),
    Row(from: .closed, input: .softHold, to: .closed),
    Row(from: .closed, input: .lateTrip, to: .closed, pages: [.late]),
    Row(from: .closed, input: .manualTrip, to: .open, armedOrders: [.halt], pages: [.trip]),
    Row(from: .closed, input: .reset, to: .closed),
    Row(from: .closed, input: .resetWithoutReason, to: .closed),
    Row(from: .closed, input: .acknowledge, to: .closed),
    Row(from: .closed, input: .arm, to: .closed),
    Row(from: .closed, input: .observe, to: .closed),
    Row(from: .closed, input: .haltDone, to: .closed),
    Row(from: .closed, input: .haltFailed, to: .closed),
    Row(from: .closed, input: .rehold, to: .closed),
    Row(from: .closed, input: .resumeDone, to: .closed),
    Row(from: .closed, input: .resumeFailed, to: .closed),
    Row(from: .closed, input: .outbound, to: .closed),
    Row(from: .closed, input: .tick, to: .closed),
    Row(from: .closed, input: .start, to: .closed),

    Row(from: .open, input: .trip, to: .open),
    Row(from: .open, input: .softHold, to: .open),
    Row(from: .open, input: .lateTrip, to: .open),
    Row(from: .open, input: .manualTrip, to: .open),
    Row(
        from: .open,
        input: .reset,
        to: .halfOpen,
        armedOrders: [.resume(.release)],
        pages: [.reset]
    ),
    Row(from: .open, input: .resetWithoutReason, to: .open),
    Row(from: .open, input: .acknowledge, to: .open, pages: [.acknowledged]),
    Row(from: .open, input: .arm, to: .open),
    Row(from: .open, input: .observe, to: .open),
    Row(from: .open, input: .haltDone, to: .open),
    Row(from: .open, input: .haltFailed, to: .open, pages: [.haltFailed]),
    Row(from: .open, input: .rehold, to: .open),
    Row(from: .open, input: .resumeDone, to: .open),
    Row(from: .open, input: .resumeFailed, to: .open),
    Row(from: .open, input: .outbound, to: .open, armedOrders: [.rehold], pages: [.leaking]),
    Row(from: .open, input: .tick, to: .open, armedOrders: [.rehold]),
    Row(from: .open, input: .start, to: .open, armedOrders: [.halt], pages: [.restartedOpen]),

    Row(from: .halfOpen, input: .trip, to: .open, armedOrders: [.halt], pages: [.trip]),
    Row(from: .halfOpen, input: .softHold, to: .open, armedOrders: [.halt], pages: [.trip]),
    Row(from: .halfOpen, input: .lateTrip, to: .halfOpen, pages: [.late]),
    Row(from: .halfOpen, input: .manualTrip, to: .open, armedOrders: [.halt], pages: [.trip]),
    Row(from: .halfOpen, input: .reset, to: .halfOpen),
    Row(from: .halfOpen, input: .resetWithoutReason, to: .halfOpen),
    Row(from: .halfOpen, input: .acknowledge, to: .halfOpen),
    Row(from: .halfOpen, input: .arm, to: .halfOpen),
    Row(from: .halfOpen, input: .observe, to: .halfOpen),
    Row(from: .halfOpen, input: .haltDone, to: .halfOpen),
    Row(from: .halfOpen, input: .haltFailed, to: .halfOpen),
    Row(from: .halfOpen, input: .rehold, to: .halfOpen),
    Row(from: .halfOpen, input: .resumeDone, to: .halfOpen),
    Row(from: .halfOpen, input: .resumeFailed, to: .halfOpen),
    Row(from: .halfOpen, input: .outbound, to: .halfOpen),
    Row(from: .halfOpen, input: .tick, to: .halfOpen),
    Row(from: .halfOpen, input: .start, to: .halfOpen),
]

/// A bench whose list stands in `state`, with the halt and the resume carried out.
func bench(in state: BreakerState, _ mode: Mode) -> Bench {
    var bench = Bench(mode)
    guard state != .closed else { return bench }
    _ = bench.verdict()
    if mode == .armed { _ = bench.outcome(.halt, .done(held: 3, total: 3, remark: nil)) }
    guard state == .halfOpen else { return bench }
    _ = bench.command(.reset(scope, held: .release), at: friday + .minutes(2))
    if mode == .armed {
        _ = bench.outcome(.resume(.release), .done(held: 3, total: 0, remark: nil))
    }
    return bench
}

func apply(_ input: TableInput, to bench: inout Bench, _ mode: Mode) -> [Effect] {
    let later = friday + .minutes(5)
    switch input {
    case .trip: return bench.verdict(at: later)
    case .softHold: return bench.verdict(.softHold, at: later)
    case .lateTrip: return bench.verdict(at: later, readAt: later + .hours(2))
    case .manualTrip: return bench.command(.trip(scope))
    case .reset: return bench.command(.reset(scope, held: .release))
    case .resetWithoutReason: return bench.command(.reset(scope, held: .release), reason: "")
    case .acknowledge: return bench.command(.acknowledge(1))
    case .arm: return bench.command(.setMode(.armed))
    case .observe: return bench.command(.setMode(.observe))
    case .haltDone: return bench.outcome(.halt, .done(held: 1, total: 4, remark: nil))
    case .haltFailed: return bench.outcome(.halt, .failed(reason: "no actuator"))
    case .rehold: return bench.outcome(.rehold, .done(held: 1, total: 4, remark: nil))
    case .resumeDone: return bench.outcome(.resume(.release), .done(held: 3, total: 0, remark: nil))
    case .resumeFailed: return bench.outcome(.resume(.release), .failed(reason: "no actuator"))
    case .outbound: return bench.outbound(started: later - .seconds(1), at: later)
    case .tick: return bench.tick(later)
    case .start: return bench.start(later, configured: mode)
    }
}

@Test func `every state meets every input`() {
    let pairs = Set(table.map { "\($0.from) \($0.input)" })
    #expect(pairs.count == BreakerState.allCases.count * TableInput.allCases.count)
    #expect(pairs.count == table.count)
}

@Test(arguments: table.indices, [Mode.armed, .observe])
func `a pair of state and input gives what its row says`(index: Int, mode: Mode) {
    let row = table[index]
    var bench = bench(in: row.from, mode)
    let effects = apply(row.input, to: &bench, mode)
    let comment: Comment = "\(row.from) + \(row.input), \(mode)"
    #expect(bench.board.state(of: scope) == row.to, comment)
    #expect(effects.orders == (mode == .armed ? row.armedOrders : []), comment)
    let haltPages: Set<Alert.Kind> = [.haltFailed, .leaking, .resumeFailed]
    let expected = mode == .armed ? row.pages : row.pages.filter { !haltPages.contains($0) }
    #expect(effects.pages.map(\.kind) == expected, comment)
    #expect(effects.pages.allSatisfy { $0.isObserve == (mode == .observe) || $0.kind == .late })
    let rank = ["save": 0, "halt": 1, "page": 2, "answer": 3, "snapshot": 4, "log": 5]
    let ranks = effects.kinds.compactMap { rank[$0] }
    #expect(ranks == ranks.sorted(), "save, halt, page, answer is a contract: \(effects.kinds)")
    if !effects.orders.isEmpty, row.to != row.from {
        #expect(effects.kinds.first == "save", comment)
    }
}
