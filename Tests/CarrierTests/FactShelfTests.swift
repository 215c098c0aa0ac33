// SPDX-License-Identifier: Apache-2.0

import FleetLink
import Testing

@testable import Carrier

/// What waits for a judge's daemon: once, in order, within its room, and what is lost is counted.
struct FactShelfTests {
    private func batch(_ number: Int, bytes: Int = 100) -> LinkRecord {
        let mark = "\(number) "
        return LinkRecord(
            topic: "lb/facts/mx1",
            text: mark + String(repeating: "x", count: bytes - mark.utf8.count)
        )
    }

    @Test func `each batch waits once, whatever brokers bring it`() {
        var shelf = FactShelf()
        var taken: [LinkRecord] = []
        var isNew: [Bool] = []
        for number in 0..<1000 {
            for _ in 0..<2 { isNew.append(shelf.add(batch(number))) }
            guard number % 3 == 2 else { continue }
            taken += shelf.first(2)
            shelf.remove(2)
        }
        while !shelf.isEmpty {
            let next = shelf.first(32)
            taken += next
            shelf.remove(next.count)
        }
        #expect(isNew == (0..<2000).map { $0 % 2 == 0 })
        #expect(taken == (0..<1000).map { batch($0) })
        // The second broker brings it when the daemon has it already.
        isNew = [shelf.add(batch(999))]
        #expect(isNew == [false] && shelf.isEmpty && shelf.lost == 0)
    }

    @Test func `what finds no room is lost, counted, and lost once`() {
        var shelf = FactShelf()
        let most = FactShelf.room / (8192 + FactShelf.overhead)
        func add(_ numbers: Range<Int>) -> Int {
            numbers.count { shelf.add(batch($0, bytes: 8192)) }
        }
        var added = add(0..<most)
        #expect(added == most)
        for _ in 0..<2 {
            added = add(most..<most + 10)
            #expect(added == 0 && shelf.lost == 10)
        }
        shelf.remove(1)
        added = add(most + 11..<most + 13)
        #expect(added == 1 && shelf.lost == 11)
        #expect(shelf.first(1).first == batch(1, bytes: 8192))
        shelf.remove(most)
        #expect(shelf.isEmpty && shelf.first(32).isEmpty)
    }

    @Test func `many small batches are bounded as well`() {
        var shelf = FactShelf()
        let added = (0..<100_000).count { shelf.add(batch($0, bytes: 8)) }
        #expect(added == FactShelf.room / (8 + FactShelf.overhead))
    }
}
