// SPDX-License-Identifier: Apache-2.0
//
// Which foreign trip a host acts on: one test a ruling, and the bounds to the microsecond.

import EventTime
import Testing

@testable import Fleet

private func admission() -> Admission {
    Admission(host: "mx9", domains: ["example.org"], horizon: .minutes(10))
}

/// The ruling on `trip` when it is heard of at ``now``.
private func ruling(
    _ trip: FleetTrip,
    _ admission: inout Admission,
    _ book: inout FleetBook,
    at time: Timestamp = now
) -> Ruling {
    let added1 = book.add(trip)
    #expect(added1 == .new)
    return admission.rule(on: trip, in: book, now: time)
}

@Test(arguments: [
    (trip("mx1"), Ruling.adopted),
    (trip("mx9"), .own),
    (trip("mx2"), .reset),
    (trip("mx1", isArmed: false), .observed),
    (trip("mx1", scope: .list("all@example.net")), .foreignDomain),
    (trip("mx1", scope: .list("all@badexample.org")), .foreignDomain),
    (trip("mx1", scope: .list("all@lists.example.org")), .adopted),
    (trip("mx1", scope: .list("sender:erp@example.org")), .adopted),
    (trip("mx1", time: now - .minutes(10)), .adopted),
    (trip("mx1", time: now - .minutes(10) - TimeSpan(microseconds: 1)), .late),
    // A clock that is ahead keeps nothing from being halted.
    (trip("mx1", time: now + .hours(3)), .adopted),
    (trip("mx1", scope: .queue), .alone),
    (trip("mx1", scope: .unknown("tenant")), .unknownScope),
])
func `a trip is judged`(_ trip: FleetTrip, _ wanted: Ruling) {
    var book = FleetBook()
    _ = book.add(reset(name("mx2")))
    var admission = admission()
    let ruled2 = ruling(trip, &admission, &book)
    #expect(ruled2 == wanted)
}

@Test func `every ruling but two gives its reason`() {
    #expect(Ruling.allCases.filter { $0.reason == nil } == [.adopted, .own])
}

@Test func `all mail is halted where a second host says so, and not by one host twice`() {
    var book = FleetBook()
    var admission = admission()
    let ruled3 = ruling(trip("mx1", 1, scope: .queue), &admission, &book)
    #expect(ruled3 == .alone)
    let ruled4 = ruling(trip("mx1", 2, scope: .queue), &admission, &book)
    #expect(ruled4 == .alone)
    let ruled5 = ruling(trip("mx3", 1, scope: .queue, isArmed: false), &admission, &book)
    #expect(ruled5 == .observed)
    let ruled6 = ruling(trip("mx4", 1, scope: .queue, time: now - .hours(1)), &admission, &book)
    #expect(ruled6 == .late)
    let ruled7 = ruling(trip("mx2", 1, scope: .queue), &admission, &book)
    #expect(ruled7 == .adopted)
}

@Test func `three lists an hour of one host are acted on, and another host has its own three`() {
    var book = FleetBook()
    var admission = admission()
    for number in 1...3 {
        let trip = trip("mx1", Int64(number), scope: .list("l\(number)@example.org"))
        let ruled8 = ruling(trip, &admission, &book)
        #expect(ruled8 == .adopted)
    }
    let ruled9 = ruling(trip("mx1", 4), &admission, &book)
    #expect(ruled9 == .tooMany)
    let ruled10 = ruling(trip("mx2", 1), &admission, &book)
    #expect(ruled10 == .adopted)
    // What is not acted on does not count.
    let later = now + .hours(1)
    let fifth = trip("mx1", 5, time: later)
    let ruled11 = ruling(fifth, &admission, &book, at: later - TimeSpan(microseconds: 1))
    #expect(ruled11 == .tooMany)
    let ruled12 = ruling(trip("mx1", 6, time: later), &admission, &book, at: later)
    #expect(ruled12 == .adopted)
}

@Test func `what was adopted before a restart counts`() {
    var book = FleetBook()
    var admission = admission()
    for number in 1...3 {
        let trip = trip("mx1", Int64(number), scope: .list("l\(number)@example.org"))
        admission.restore(trip, adoptedAt: now - .minutes(30))
    }
    let ruled13 = ruling(trip("mx1"), &admission, &book)
    #expect(ruled13 == .tooMany)
}

@Test func `a storm that opens again and again is acted on each time, ten times an hour`() {
    var book = FleetBook()
    var admission = admission()
    func ruled(_ number: Int64, _ list: String, after minutes: Int64) -> Ruling {
        let time = now + .minutes(minutes)
        let trip = trip("mx1", number, scope: .list("\(list)@example.org"), time: time)
        return ruling(trip, &admission, &book, at: time)
    }
    let other = ruled(90, "other", after: 0)
    #expect(other == .adopted)
    let openings = (1...11).map { ruled($0, "all", after: $0) }
    #expect(openings == Array(repeating: .adopted, count: 10) + [.tooMany])
    // It counts for one of three lists.
    let (third, fourth) = (ruled(91, "third", after: 11), ruled(92, "fourth", after: 11))
    #expect((third, fourth) == (.adopted, .tooMany))
}

@Test func `where a second host says so, no count keeps a list from being halted`() {
    var book = FleetBook()
    var admission = admission()
    for number in 1...4 {
        let trip = trip("mx1", Int64(number), scope: .list("l\(number)@example.org"))
        _ = ruling(trip, &admission, &book)
    }
    let list = FleetScope.list("l4@example.org")
    let watcher = ruling(trip("mx2", 1, scope: list, isArmed: false), &admission, &book)
    let same = ruling(trip("mx1", 5, scope: list), &admission, &book)
    #expect((watcher, same) == (.observed, .tooMany))
    for number in 1...3 {
        let trip = trip("mx3", Int64(number), scope: .list("m\(number)@example.org"))
        _ = ruling(trip, &admission, &book)
    }
    // It has had its three as well: together they are believed.
    let second = ruling(trip("mx3", 9, scope: list), &admission, &book)
    #expect(second == .adopted)
    let other = ruling(trip("mx3", 10, scope: .list("m4@example.org")), &admission, &book)
    #expect(other == .tooMany)
}
