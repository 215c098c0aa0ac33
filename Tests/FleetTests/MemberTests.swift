// SPDX-License-Identifier: Apache-2.0
//
// One host's side: what it acts on, once; what it says to the brokers; and a restart in the middle.

import EventTime
import Testing

@testable import Fleet

private func member(_ host: String = "mx9") -> FleetMember {
    var settings = FleetSettings()
    settings.host = host
    settings.domains = ["example.org"]
    return FleetMember(settings)
}

@Test func `a foreign trip is adopted once, and a reset that names all lets mail flow`() {
    var member = member()
    let first = trip("mx1")
    let second = trip("mx2")
    let heard1 = member.hear(.trip(first), at: now)
    #expect(
        heard1
            == .new(FleetNote(ruling: .adopted, heard: now, isDone: false), [.adopt(first)])
    )
    let heard2 = member.hear(.trip(first), at: now + .minutes(1))
    #expect(heard2 == .known)
    _ = member.hear(.trip(second), at: now)
    let partial = reset(first.name)
    let heard3 = member.hear(.reset(partial), at: now)
    #expect(
        heard3
            == .new(FleetNote(ruling: .adopted, heard: now, isDone: true), [])
    )
    let rest = reset(second.name, id: "2")
    guard case .new(_, let wishes) = member.hear(.reset(rest), at: now) else {
        Issue.record("it was known")
        return
    }
    #expect(wishes == [.reset(.list(list), rest)])
    // Said again by a broker that forgot the reset: nothing opens.
    let heard4 = member.hear(.trip(first), at: now)
    #expect(heard4 == .known)
}

@Test func `a trip that was reset before it was heard is not adopted`() {
    var member = member()
    _ = member.hear(.reset(reset(name("mx1"))), at: now)
    let heard5 = member.hear(.trip(trip("mx1")), at: now)
    #expect(
        heard5
            == .new(FleetNote(ruling: .reset, heard: now, isDone: true), [])
    )
}

@Test func `what is open of this host is kept at the brokers, and emptied when a reset names it`() {
    var member = member()
    let own = trip("mx9")
    let told6 = member.tell(own, at: now)
    #expect(told6)
    let told7 = member.tell(own, at: now)
    #expect(!told7)
    _ = member.hear(.trip(trip("mx1")), at: now)
    #expect(member.kept.map(\.topic) == [.trip(own.name)])
    #expect(member.kept.map(\.text) == [own.text])
    _ = member.hear(.reset(reset(own.name)), at: now)
    #expect(member.kept.map(\.text) == [""])
}

@Test func `a restart between saving and acting goes on where it stopped`() {
    var before = member()
    let first = trip("mx1")
    _ = before.hear(.trip(first), at: now)
    var after = member()
    for (record, note) in before.notes { after.restore(record, made(FleetNote(note.text))) }
    #expect(after.book == before.book)
    #expect(after.unfinished.map(\.wishes) == [[.adopt(first)]])
    let done8 = after.finish(.trip(first))
    #expect(done8?.isDone == true)
    #expect(after.unfinished.isEmpty)
    // A reset that came before the adoption was done: nothing is left to do.
    var late = member()
    for (record, note) in before.notes { late.restore(record, note) }
    _ = late.hear(.reset(reset(first.name)), at: now)
    #expect(late.unfinished.flatMap(\.wishes).contains(.adopt(first)) == false)
}

@Test func `what was adopted before a restart counts for the quota`() {
    var before = member()
    for number in 1...3 {
        let trip = trip("mx1", Int64(number), scope: .list("l\(number)@example.org"))
        _ = before.hear(.trip(trip), at: now)
    }
    var after = member()
    for (record, note) in before.notes { after.restore(record, note) }
    let heard9 = after.hear(.trip(trip("mx1", 4)), at: now + .minutes(1))
    #expect(
        heard9
            == .new(FleetNote(ruling: .tooMany, heard: now + .minutes(1), isDone: true), [])
    )
}

@Test func `senders count of trips that were adopted and are open`() {
    var member = member()
    _ = member.hear(.trip(trip("mx1")), at: now)
    #expect(member.senders(of: list) == ["owner-annonce@example.org"])
    #expect(member.senders(of: "all@example.org").isEmpty)
    _ = member.hear(.reset(reset(name("mx1"))), at: now)
    #expect(member.senders(of: list).isEmpty)
}

@Test func `notes come back as they were saved, and nothing else is one`() {
    for ruling in Ruling.allCases {
        for isDone in [true, false] {
            let note = FleetNote(ruling: ruling, heard: now, isDone: isDone)
            #expect(FleetNote(note.text) == note)
        }
    }
    for text in [
        "", "adopted", "adopted x done", "adopted 1 maybe", "taken 1 done", "own 1 done x",
    ] {
        #expect(FleetNote(text) == nil)
    }
}
