// SPDX-License-Identifier: Apache-2.0
//
// Every (state, input) pair of a list's breaker has a row, in both modes and for both scopes of a
// halt; a test counts the rows, so that a new state or input cannot go untested. `open` is four
// states: what is known of the halt decides what the next input does.

import Breaker
import EventTime
import StormDetection
import Testing

enum TableInput: String, CaseIterable {
    case trip, softHold, lateTrip, manualTrip, reset, resetWithoutReason, acknowledge, arm, observe
    case haltDone, haltFailed, rehold, resumeDone, resumeFailed, outbound, tick, start
    case listHeld, listNotHeld, copy, cleared, clearFailed, quiet
}

/// A state of the breaker, with what is known of the halt while it is open.
enum TableState: String, CaseIterable {
    case closed, halting, verified, leaking, failed, halfOpen

    var breaker: BreakerState {
        switch self {
        case .closed: .closed
        case .halfOpen: .halfOpen
        case .halting, .verified, .leaking, .failed: .open
        }
    }
}

struct Row {
    var from: TableState
    var input: TableInput
    var to: TableState
    /// Orders in armed mode where a trip halts the queue.
    var queue: [HaltOrder.Verb] = []
    /// Orders in armed mode where a trip holds the list's mail only.
    var list: [HaltOrder.Verb] = []
    var pages: [Alert.Kind] = []
    /// The state after it, where the scope is the list and that makes a difference.
    var toInList: TableState?
    /// The pages of it, where the scope is the list and that makes a difference.
    var pagesInList: [Alert.Kind]?
}

private let hold = HaltOrder.Verb.holdList(list)
private let release = HaltOrder.Verb.clear(
    Clearing.Step(number: 1, action: .release, list: list, post: nil, copies: 500)
)
/// What a reset orders first: to know the list's mail for its own, and to open the queue.
private let resumed: [HaltOrder.Verb] = [hold, .resume(.keep)]

/// The rows that all sub-states of `open` have in common.
private func openRows(_ from: TableState) -> [Row] {
    [
        Row(from: from, input: .trip, to: from),
        Row(from: from, input: .softHold, to: from),
        Row(from: from, input: .lateTrip, to: from),
        Row(from: from, input: .manualTrip, to: from),
        Row(
            from: from,
            input: .reset,
            to: .halfOpen,
            queue: resumed,
            list: [release],
            pages: [.reset]
        ),
        Row(from: from, input: .resetWithoutReason, to: from),
        Row(from: from, input: .acknowledge, to: from, pages: [.acknowledged]),
        Row(from: from, input: .arm, to: from),
        Row(from: from, input: .observe, to: from),
        Row(from: from, input: .rehold, to: from),
        Row(from: from, input: .resumeDone, to: from),
        Row(from: from, input: .resumeFailed, to: from),
        Row(from: from, input: .cleared, to: from),
        Row(from: from, input: .clearFailed, to: from),
        Row(
            from: from,
            input: .start,
            to: .halting,
            queue: [.halt],
            list: [hold],
            pages: [.restartedOpen]
        ),
    ]
}

/// The rows of the states in which mail flows.
private func flowingRows(_ from: TableState) -> [Row] {
    [
        .resetWithoutReason, .acknowledge, .arm, .observe, .haltDone, .haltFailed, .rehold,
        .resumeDone, .resumeFailed, .outbound, .start, .listHeld, .listNotHeld, .copy, .cleared,
        .quiet, .reset, .clearFailed, .tick,
    ]
    .map { Row(from: from, input: $0, to: from) }
        + [
            Row(
                from: from,
                input: .trip,
                to: .halting,
                queue: [.halt],
                list: [hold],
                pages: [.trip]
            ),
            Row(from: from, input: .lateTrip, to: from, pages: [.late]),
            Row(
                from: from,
                input: .manualTrip,
                to: .halting,
                queue: [.halt],
                list: [hold],
                pages: [.trip]
            ),
        ]
}

let table: [Row] =
    flowingRows(.closed) + [
        // A soft hold is the list's alone, whatever the scope of a trip.
        Row(from: .closed, input: .softHold, to: .closed, queue: [hold], list: [hold])
    ]
    + flowingRows(.halfOpen) + [
        Row(
            from: .halfOpen,
            input: .softHold,
            to: .halting,
            queue: [.halt],
            list: [hold],
            pages: [.trip]
        )
    ]
    + openRows(.halting) + [
        Row(from: .halting, input: .haltDone, to: .halting, queue: [hold]),
        Row(
            from: .halting,
            input: .haltFailed,
            to: .failed,
            pages: [.haltFailed],
            toInList: .halting,
            pagesInList: []
        ),
        Row(
            from: .halting,
            input: .outbound,
            to: .leaking,
            queue: [.rehold],
            pages: [.leaking],
            toInList: .halting,
            pagesInList: []
        ),
        Row(from: .halting, input: .listHeld, to: .halting),
        Row(
            from: .halting,
            input: .listNotHeld,
            to: .halting,
            toInList: .failed,
            pagesInList: [.haltFailed]
        ),
        Row(
            from: .halting,
            input: .copy,
            to: .halting,
            toInList: .leaking,
            pagesInList: [.leaking]
        ),
        Row(from: .halting, input: .tick, to: .halting, queue: [.rehold], list: [hold]),
        Row(from: .halting, input: .quiet, to: .verified, queue: [.rehold], list: [hold]),
    ]
    + openRows(.verified) + [
        Row(
            from: .verified,
            input: .haltDone,
            to: .halting,
            queue: [hold],
            toInList: .verified
        ),
        Row(
            from: .verified,
            input: .haltFailed,
            to: .failed,
            pages: [.haltFailed],
            toInList: .verified,
            pagesInList: []
        ),
        Row(
            from: .verified,
            input: .outbound,
            to: .leaking,
            queue: [.rehold],
            pages: [.leaking],
            toInList: .verified,
            pagesInList: []
        ),
        Row(from: .verified, input: .listHeld, to: .verified),
        Row(
            from: .verified,
            input: .listNotHeld,
            to: .verified,
            toInList: .failed,
            pagesInList: [.haltFailed]
        ),
        Row(
            from: .verified,
            input: .copy,
            to: .verified,
            toInList: .leaking,
            pagesInList: [.leaking]
        ),
        Row(from: .verified, input: .tick, to: .verified, queue: [.rehold], list: [hold]),
        Row(from: .verified, input: .quiet, to: .verified, queue: [.rehold], list: [hold]),
    ]
    + openRows(.leaking) + [
        Row(
            from: .leaking,
            input: .haltDone,
            to: .halting,
            queue: [hold],
            toInList: .leaking
        ),
        Row(
            from: .leaking,
            input: .haltFailed,
            to: .failed,
            pages: [.haltFailed],
            toInList: .leaking,
            pagesInList: []
        ),
        Row(from: .leaking, input: .outbound, to: .leaking, queue: [.rehold]),
        Row(from: .leaking, input: .listHeld, to: .leaking),
        Row(
            from: .leaking,
            input: .listNotHeld,
            to: .leaking,
            toInList: .failed,
            pagesInList: [.haltFailed]
        ),
        Row(from: .leaking, input: .copy, to: .leaking),
        Row(from: .leaking, input: .tick, to: .leaking, queue: [.rehold], list: [hold]),
        Row(from: .leaking, input: .quiet, to: .verified, queue: [.rehold], list: [hold]),
    ]
    + openRows(.failed) + [
        // The page that said it is resolved; the scope of the list does not hear of the queue.
        Row(
            from: .failed,
            input: .haltDone,
            to: .halting,
            queue: [hold],
            pages: [.haltFailed],
            toInList: .failed,
            pagesInList: []
        ),
        Row(from: .failed, input: .haltFailed, to: .failed),
        Row(from: .failed, input: .outbound, to: .failed),
        Row(
            from: .failed,
            input: .listHeld,
            to: .failed,
            toInList: .halting,
            pagesInList: [.haltFailed]
        ),
        Row(from: .failed, input: .listNotHeld, to: .failed),
        Row(from: .failed, input: .copy, to: .failed),
        Row(from: .failed, input: .tick, to: .failed, queue: [.halt], list: [hold]),
        Row(from: .failed, input: .quiet, to: .failed, queue: [.halt], list: [hold]),
    ]

private let done = HaltOutcome.Result.done(held: 3, total: 3, remark: nil)

/// A bench whose list stands in `state`, with the halt and the resume carried out.
func bench(in state: TableState, _ mode: Mode, _ reach: HaltScope = .queue) -> Bench {
    var bench = Bench(mode)
    bench.settings.scope = reach
    guard state != .closed else { return bench }
    _ = bench.verdict()
    let verb: HaltOrder.Verb = reach == .queue ? .halt : hold
    if mode == .armed {
        _ = bench.outcome(verb, state == .failed ? .failed(reason: "no actuator") : done)
        if reach == .queue, state != .failed {
            _ = bench.outcome(hold, .done(held: 0, total: 3, remark: nil))
        }
    }
    let soon = friday + .minutes(1)
    switch state {
    case .closed, .halting, .failed: break
    case .verified: _ = bench.tick(soon)
    case .leaking:
        if reach == .queue {
            _ = bench.outbound(started: soon, at: soon)
        } else {
            _ = bench.copy(started: soon, at: soon)
        }
    case .halfOpen:
        _ = bench.command(.reset(scope, held: .release), at: friday + .minutes(2))
        if mode == .armed {
            if reach == .queue {
                _ = bench.outcome(hold, .done(held: 0, total: 3, remark: nil))
                _ = bench.outcome(.resume(.keep), .done(held: 0, total: 3, remark: nil))
            }
            _ = bench.outcome(release, .done(held: 3, total: 0, remark: nil))
            for clearing in bench.board.clearings {
                _ = bench.outcome(clearing.order, .done(held: 0, total: 0, remark: nil))
            }
        }
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
    case .resumeDone: return bench.outcome(.resume(.release), done)
    case .resumeFailed: return bench.outcome(.resume(.release), .failed(reason: "no actuator"))
    case .outbound: return bench.outbound(started: later - .seconds(1), at: later)
    case .listHeld: return bench.outcome(hold, .done(held: 1, total: 4, remark: nil))
    case .listNotHeld: return bench.outcome(hold, .failed(reason: "no actuator"))
    case .copy: return bench.copy(started: later - .seconds(1), at: later)
    case .cleared: return bench.outcome(release, done)
    case .clearFailed: return bench.outcome(release, .failed(reason: "no actuator"))
    // The log was read up to the halt only: nothing can be verified.
    case .tick: return bench.tick(later, seen: friday)
    case .quiet: return bench.tick(later)
    case .start: return bench.start(later, configured: mode)
    }
}

@Test func `every state meets every input`() {
    let pairs = Set(table.map { "\($0.from) \($0.input)" })
    #expect(pairs.count == TableState.allCases.count * TableInput.allCases.count)
    #expect(pairs.count == table.count)
}

@Test(arguments: table.indices, [Mode.armed, .observe])
func `a pair of state and input gives what its row says`(index: Int, mode: Mode) {
    let row = table[index]
    // Narrow orders otherwise, and is the matter of NarrowTests.
    for reach in [HaltScope.queue, .list] {
        var bench = bench(in: row.from, mode, reach)
        let effects = apply(row.input, to: &bench, mode)
        let comment: Comment = "\(row.from) + \(row.input), \(mode), \(reach)"
        let to = reach == .list ? row.toInList ?? row.to : row.to
        #expect(bench.board.state(of: scope) == to.breaker, comment)
        if mode == .armed, to.breaker == .open {
            #expect(bench.board.incident(of: scope)?.halt.table == to, comment)
        }
        let orders = reach == .queue ? row.queue : row.list
        #expect(effects.orders == (mode == .armed ? orders : []), comment)
        let pages = reach == .list ? row.pagesInList ?? row.pages : row.pages
        let haltPages: Set<Alert.Kind> = [.haltFailed, .leaking, .resumeFailed]
        let expected = mode == .armed ? pages : pages.filter { !haltPages.contains($0) }
        #expect(effects.pages.map(\.kind) == expected, comment)
        #expect(effects.pages.allSatisfy { $0.isObserve == (mode == .observe) || $0.kind == .late })
        let rank = ["save": 0, "halt": 1, "page": 2, "answer": 3, "snapshot": 4, "log": 5]
        let ranks = effects.kinds.compactMap { rank[$0] }
        #expect(ranks == ranks.sorted(), "save, halt, page, answer: \(effects.kinds)")
        if !effects.orders.isEmpty, to.breaker != row.from.breaker {
            #expect(effects.kinds.first == "save", comment)
        }
    }
}

extension HaltState {
    /// The row of the table that it stands in.
    fileprivate var table: TableState {
        switch self {
        case .notHalted, .halting: .halting
        case .verified: .verified
        case .leaking: .leaking
        case .failed: .failed
        }
    }
}
