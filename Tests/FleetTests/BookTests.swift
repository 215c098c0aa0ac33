// SPDX-License-Identifier: Apache-2.0
//
// Every (state, input) pair of a trip in the book has a row; a test counts them.

import EventTime
import Fleet
import Testing

/// What is known of the trip `mx1/1` before the input.
enum BookState: String, CaseIterable {
    /// Neither it nor a reset of it.
    case absent
    /// It, and no reset of it.
    case open
    /// A reset of it, and it not yet.
    case resetFirst
    /// It, and a reset of it.
    case over

    var book: FleetBook {
        var book = FleetBook()
        if self == .open || self == .over { _ = book.add(trip("mx1")) }
        if self == .resetFirst || self == .over { _ = book.add(reset(name("mx1"))) }
        return book
    }

    init(_ book: FleetBook) {
        let isKnown = book.trips.contains { $0.name == name("mx1") }
        switch (isKnown, book.isNamed(name("mx1"))) {
        case (false, false): self = .absent
        case (true, false): self = .open
        case (false, true): self = .resetFirst
        case (true, true): self = .over
        }
    }
}

enum BookInput: String, CaseIterable {
    case trip, otherRecord, otherTrip, reset, secondReset, otherReset

    var record: FleetRecord {
        switch self {
        case .trip: .trip(FleetTests.trip("mx1"))
        // The same name with other words: of a host that does not tell one truth.
        case .otherRecord: .trip(FleetTests.trip("mx1", evidence: "something else"))
        case .otherTrip: .trip(FleetTests.trip("mx2"))
        case .reset: .reset(FleetTests.reset(name("mx1")))
        case .secondReset: .reset(FleetTests.reset(name("mx1"), name("mx9"), id: "2"))
        case .otherReset: .reset(FleetTests.reset(name("mx7"), id: "3"))
        }
    }
}

private struct Row {
    var from: BookState
    var input: BookInput
    var addition: FleetBook.Addition
    var to: BookState
    /// Whether the list is open afterwards.
    var isOpen: Bool
}

private func row(
    _ from: BookState,
    _ input: BookInput,
    _ addition: FleetBook.Addition,
    _ to: BookState,
    open: Bool
) -> Row { Row(from: from, input: input, addition: addition, to: to, isOpen: open) }

private let table: [Row] = [
    row(.absent, .trip, .new, .open, open: true),
    row(.absent, .otherRecord, .new, .open, open: true),
    row(.absent, .otherTrip, .new, .absent, open: true),
    row(.absent, .reset, .new, .resetFirst, open: false),
    row(.absent, .secondReset, .new, .resetFirst, open: false),
    row(.absent, .otherReset, .new, .absent, open: false),
    row(.open, .trip, .known, .open, open: true),
    row(.open, .otherRecord, .new, .open, open: true),
    row(.open, .otherTrip, .new, .open, open: true),
    row(.open, .reset, .new, .over, open: false),
    row(.open, .secondReset, .new, .over, open: false),
    row(.open, .otherReset, .new, .open, open: true),
    // A trip that comes after its reset, or is replayed, opens nothing.
    row(.resetFirst, .trip, .new, .over, open: false),
    row(.resetFirst, .otherRecord, .new, .over, open: false),
    row(.resetFirst, .otherTrip, .new, .resetFirst, open: true),
    row(.resetFirst, .reset, .known, .resetFirst, open: false),
    row(.resetFirst, .secondReset, .new, .resetFirst, open: false),
    row(.resetFirst, .otherReset, .new, .resetFirst, open: false),
    row(.over, .trip, .known, .over, open: false),
    row(.over, .otherRecord, .new, .over, open: false),
    // A second host's trip is named by no reset of the first.
    row(.over, .otherTrip, .new, .over, open: true),
    row(.over, .reset, .known, .over, open: false),
    row(.over, .secondReset, .new, .over, open: false),
    row(.over, .otherReset, .new, .over, open: false),
]

@Test func `every state and input of a trip has its row`() {
    #expect(table.count == BookState.allCases.count * BookInput.allCases.count)
    #expect(Set(table.map { "\($0.from) \($0.input)" }).count == table.count)
    for row in table {
        var book = row.from.book
        let addition = book.add(row.input.record)
        #expect(addition == row.addition, "\(row.from), \(row.input)")
        #expect(BookState(book) == row.to, "\(row.from), \(row.input)")
        #expect(book.isOpen(.list(list)) == row.isOpen, "\(row.from), \(row.input)")
        #expect(book.openScopes == (row.isOpen ? [.list(list)] : []))
    }
}

@Test func `one host cannot fill the book, and others still find room`() {
    var book = FleetBook()
    for number in 1...Int64(FleetBook.mostOfHost) {
        let added1 = book.add(trip("mx1", number))
        #expect(added1 == .new)
    }
    let added2 = book.add(trip("mx1", 5_000))
    #expect(added2 == .full)
    let added3 = book.add(trip("mx1", 1))
    #expect(added3 == .known)
    let added4 = book.add(trip("mx2"))
    #expect(added4 == .new)
}

@Test func `a reset says over what its trips stood`() {
    var book = FleetBook()
    _ = book.add(trip("mx1"))
    _ = book.add(trip("mx2", 4, scope: .queue))
    _ = book.add(trip("mx3"))
    let reset = reset(name("mx1"), name("mx2", 4))
    #expect(book.scopes(of: reset) == [.list(list), .queue])
    _ = book.add(reset)
    #expect(book.openScopes == [.list(list)])
    #expect(book.openTrips(of: .list(list)).map(\.name.short) == ["mx3/1"])
}

@Test func `the newest trips come first, each with the first reset that names it`() {
    var book = FleetBook()
    for number in 1...5 as ClosedRange<Int64> {
        _ = book.add(trip("mx1", number, time: now + .seconds(number)))
    }
    for (id, time) in [("late", now + .seconds(90)), ("first", now + .seconds(60))] {
        let reset = FleetReset(
            operatorName: "anna",
            id: id,
            time: time,
            held: .keep,
            rate: nil,
            reason: "done",
            names: [name("mx1", 4)]
        )
        _ = book.add(made(reset))
    }
    let newest = book.newest(3)
    #expect(newest.map(\.trip.name.incident) == [5, 4, 3])
    #expect(newest.map { $0.reset?.id } == [nil, "first", nil])
}
