// SPDX-License-Identifier: Apache-2.0
//
// Tables that are full: what is not done is said, in the log and by a page, and not over and over.

import EventTime
import StormDetection
import Testing

@testable import Breaker

@Suite struct BoundTests {
    /// The texts of the notes about full tables among `effects`.
    private func said(_ effects: [Effect]) -> [String] {
        effects.compactMap {
            if case .log(let note) = $0, note.kind == .full { note.text } else { nil }
        }
    }

    @Test func `one list too many near a trip is not held, which is said once a day`() throws {
        var bench = Bench()
        for number in 1...1000 {
            let effects = bench.verdict(.softHold, list: "l\(number)@example.org")
            #expect(effects.contains { if case .softHold = $0 { true } else { false } })
            #expect(said(effects) == [])
        }
        let effects = bench.verdict(.softHold, list: "late@example.org")
        #expect(!effects.contains { if case .softHold = $0 { true } else { false } })
        #expect(bench.board.softHolds.count == 1000)
        let text = try #require(said(effects).first)
        #expect(text.contains("late@example.org") && text.contains("not held"))
        #expect(effects.pages.map(\.kind) == [.full])
        #expect(effects.pages.map(\.list) == ["late@example.org"])
        // The page is in the outbox with the board that knows that it was said.
        #expect(effects.kinds.first == "save")
        #expect(said(bench.verdict(.softHold, list: "later@example.org")) == [])
        _ = bench.restart(friday + .minutes(1), configured: .armed)
        #expect(said(bench.verdict(.softHold, list: "later@example.org")) == [])
    }

    @Test func `late storms beyond those that are told are mentioned`() {
        var bench = Bench()
        let read = friday + .days(2)
        for number in 1...1000 {
            let effects = bench.verdict(list: "l\(number)@example.org", readAt: read)
            #expect(said(effects) == [])
        }
        let effects = bench.verdict(list: "one@example.org", readAt: read)
        #expect(said(effects).count == 1 && effects.pages.map(\.kind) == [.full])
        #expect(said(bench.verdict(list: "two@example.org", readAt: read)) == [])
        // A day later there is room again.
        let later = bench.verdict(list: "three@example.org", readAt: read + .days(1))
        #expect(said(later) == [] && later.kinds.contains("log"))
    }

    @Test func `a release that is given up for newer ones says so, and its mail stays on hold`() {
        var bench = Bench()
        var effects = EffectList()
        func release(_ number: Int, _ effects: inout EffectList) {
            bench.board.clear(
                .release,
                list: "l\(number)@example.org",
                rate: 600,
                incident: Int64(number),
                now: friday,
                into: &effects
            )
        }
        for number in 1...100 { release(number, &effects) }
        #expect(said(effects.ordered) == [])
        effects = EffectList()
        release(101, &effects)
        #expect(bench.board.clearings.count == 100)
        #expect(bench.board.clearings.first?.list == "l2@example.org")
        let told = said(effects.ordered)
        #expect(told.count == 1)
        #expect(told.first?.contains("l1@example.org") == true)
        #expect(told.first?.contains("stays on hold") == true)
        #expect(effects.ordered.pages.map(\.kind) == [.full])
        // Each one that is given up is named in the log; the pages of a day are one.
        var more = EffectList()
        release(102, &more)
        #expect(said(more.ordered).first?.contains("l2@example.org") == true)
        #expect(more.ordered.pages.map(\.dedupKey) == effects.ordered.pages.map(\.dedupKey))
    }

    @Test func `a halted queue, a list on hold and a stopped server are three kinds of note`() {
        func kinds(_ effects: [Effect]) -> [LogNote.Kind] {
            effects.compactMap { if case .log(let note) = $0 { note.kind } else { nil } }
        }
        let done = HaltOutcome.Result.done(held: 1, total: 1, remark: nil)
        var queue = Bench()
        queue.settings.scope = .queue
        _ = queue.verdict()
        #expect(kinds(queue.outcome(.halt, done)).contains(.halted))
        #expect(kinds(queue.outcome(.stop, done)) == [.serverStopped])
        #expect(kinds(queue.outcome(.stop, .failed(reason: "no unit"))) == [.haltFailed])
        var narrow = Bench()
        narrow.settings.scope = .list
        _ = narrow.verdict()
        #expect(kinds(narrow.outcome(.holdList(list), done)) == [.listHeld])
    }
}
