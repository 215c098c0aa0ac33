// SPDX-License-Identifier: Apache-2.0
//
// Pages that another host of a fleet may have sent: put off, taken back, or saved under another key.

import Breaker
import EventTime
import Linux
import Testing

@testable import Paging

@Suite struct ElsewhereTests {
    @Test func `what is put off is told later, and no later than it was due`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.submit(alert(.blind, key: "blind-1"), at: at(0))
        queue.postpone(until: at(10))
        // What is no incident is this host's alone.
        #expect(queue.play(at: at(1)).map(\.words) == ["a blind blind-1"])
        #expect(queue.play(at: at(9)).isEmpty)
        #expect(queue.play(at: at(10)).map(\.words) == ["a trip incident-1"])
        queue.postpone(until: at(99))
        #expect(queue.play(at: at(99)).isEmpty)
    }

    @Test func `what another told is told no more, and its end is to those who heard of it`() {
        var queue = PageQueue(settings: settings("a", "b"))
        _ = queue.submit(trip(1), at: at(0))
        // They may have it, as after a kill within a try.
        #expect(queue.play(at: at(0)) { _ in failed }.count == 2)
        queue.leave(incident: 1)
        #expect(queue.play(at: at(600)).isEmpty)
        _ = queue.submit(reset(1, at: 700), at: at(700))
        #expect(
            queue.play(at: at(700)).map(\.words) == ["a reset incident-1", "b reset incident-1"]
        )
        #expect(queue.pages.isEmpty)
    }

    @Test func `a reminder of what another told is told all the same`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        queue.leave(incident: 1)
        var reminder = trip(1)
        reminder.kind = .reminder
        _ = queue.submit(reminder, at: at(9000))
        #expect(queue.play(at: at(9000)).count == 1)
    }

    @Test func `a page under another key takes the place of the saved one in one transaction`()
        async
    {
        let outbox = NotingOutbox()
        let pager = Pager(
            settings: settings("a"),
            outbox: outbox,
            surroundings: Pager.Surroundings(host: "mx1", credentials: nil, now: { at(0) })
        )
        var renamed = trip(1)
        renamed.dedupKey = "fleet/mx1/1-1800000000"
        await pager.submit(renamed, at: at(0), inPlaceOf: trip(1))
        let saved = Pager.row(for: trip(1), at: at(0))?.key ?? ""
        let both = outbox.transactions.withLock { $0 }.filter { $0.removed.contains(saved) }
        #expect(both.map(\.saved) == [["page/fleet/mx1/1-1800000000"]])
        let pending = await pager.pendingIncidents
        #expect(pending == [1])
    }
}

/// An outbox that notes what was done in each transaction.
private final class NotingOutbox: Outbox {
    let transactions = Guarded<[(saved: [String], removed: [String])]>([])
    func load() throws -> [OutboxRow] { [] }
    func apply(save rows: [OutboxRow], remove keys: [String]) throws {
        transactions.withLock { $0.append((rows.map(\.key), keys)) }
    }
}
