// SPDX-License-Identifier: Apache-2.0
//
// Records over the wire: what comes back, what is not understood, and what a stranger may send.

import EventTime
import TestSupport
import Testing

@testable import Fleet

@Test func `a trip and a reset come back as they were`() throws {
    let trip = trip("mx3.example.org", 7)
    #expect(
        trip.text == """
            listbreaker-trip 1
            name: mx3.example.org/7.0.1799999990
            scope: list
            list: annonce@example.org
            time: 1799999990000000
            mode: armed
            rule: storm
            sender: owner-annonce@example.org
            list-id: annonce.example.org
            evidence: 5 replies by 5 people

            """
    )
    #expect(try FleetTrip(bytes(trip.text)) == trip)
    let reset = reset(name("mx1"), name("mx2"))
    #expect(try FleetReset(bytes(reset.text)) == reset)
    for record in [FleetRecord.trip(trip), .reset(reset)] {
        #expect(try FleetRecord(topic: record.topic.text, bytes(record.text)) == record)
    }
}

@Test func `a trip has 400 bytes at most, and evidence gives way first`() throws {
    let long = String(repeating: "é", count: 500)
    let trip = try #require(
        FleetTrip(
            name: name("mx1"),
            scope: .list(list),
            time: now,
            isArmed: false,
            rule: "storm",
            senders: (1...9).map { "annonce-\($0)@example.org" },
            listID: "x.example.org",
            evidence: long + "\u{202E}\nmore"
        )
    )
    #expect(trip.text.utf8.count <= FleetTrip.longest)
    #expect(trip.text.utf8.count > FleetTrip.longest - 4)
    #expect(trip.senders.count == FleetTrip.mostSenders)
    #expect(try FleetTrip(bytes(trip.text)) == trip)
    let address = String(repeating: "a", count: 64) + "@" + String(repeating: "b.", count: 94) + "c"
    let name = made(
        TripName(
            host: String(repeating: "h", count: 64),
            incident: .max,
            opening: .max,
            seconds: .max
        )
    )
    #expect(
        FleetTrip(name: name, scope: .list(address), time: now, isArmed: true, rule: "storm") == nil
    )
}

@Test func `what a trip does not explain leaves it open`() throws {
    let known = trip("mx1")
    // Fields, a version and a verb of later.
    let later =
        known.text.replacing("listbreaker-trip 1", with: "listbreaker-trip 12")
        + "verb: shut\nweather: fine\nweather: rain\n"
    #expect(try FleetTrip(bytes(later)) == known)
    let tenant = known.text.replacing("scope: list", with: "scope: tenant")
    #expect(try FleetTrip(bytes(tenant)).scope == .list(list))
    let bare = tenant.replacing("list: annonce@example.org\n", with: "")
    #expect(try FleetTrip(bytes(bare)).scope == .unknown("tenant"))
    #expect(try FleetTrip(bytes(known.text.replacing("armed", with: "half"))).isArmed)
}

@Test(arguments: [
    ("listbreaker-reset 1", "listbreaker-reset 2"),
    ("verb: reset", "verb: pause"),
    ("verb: reset", "verb: reset\nscope: tenant"),
    ("held: release", "held: burn"),
    ("held: release\n", ""),
    ("rate: 500", "rate: -1"),
    ("name: mx1/", "name: mx1//"),
    ("name: mx1/1.0.1799999990\n", ""),
])
func `what a reset does not explain makes it void`(_ old: String, _ new: String) {
    let text = reset(name("mx1")).text
    #expect(text.contains(old))
    #expect(throws: RecordRefusal.self) { try FleetReset(bytes(text.replacing(old, with: new))) }
}

@Test(arguments: [
    ("", "it does not begin with 'listbreaker-trip' and a version"),
    ("listbreaker-trip 01\n", "it does not begin with 'listbreaker-trip' and a version"),
    ("listbreaker-trip 1\nname", "its last line has no end, or it has too many lines"),
    ("listbreaker-trip 1\nname\n", "a line is not 'field: value'"),
    ("listbreaker-trip 1\n: x\n", "a line is not 'field: value'"),
    ("listbreaker-trip 1\nscope: list\n", "'name' is missing"),
    ("listbreaker-trip 1\nname: a/1.0.0\nname: a/1.0.0\n", "'name' stands more than once"),
    ("listbreaker-trip 1\nname: A/1.0.0\n", "'name' is no name of a trip"),
    ("listbreaker-trip 1\nname: a/01.0.0\n", "'name' is no name of a trip"),
    ("listbreaker-trip 1\nname: a/1.0.0\ntime: 1e9\n", "'time' is no number"),
    ("listbreaker-trip 1\nname: a/1.0.0\ntime: 99999999999999999999\n", "'time' is no number"),
    ("listbreaker-trip 1\nname: a/1.0.0\ntime: 1\nscope: list\n", "'list' is missing"),
    (
        "listbreaker-trip 1\nname: a/1.0.0\ntime: 1\nscope: queue\nlist: a@b.c\n",
        "the queue has no list"
    ),
    (
        "listbreaker-trip 1\nname: a/1.0.0\ntime: 1\nscope: list\nlist: a b@c.d\n",
        "'list' is no address"
    ),
    ("listbreaker-trip 1\nname: a/1.0.0\u{1b}[2J\n", "it has control characters"),
    ("listbreaker-trip 1\nname: a/1.0.0\u{202e}\n", "it has control characters"),
])
func `bytes that are no trip are refused with a reason`(_ text: String, _ reason: String) {
    let wanted = RecordRefusal(
        text.isEmpty ? "its last line has no end, or it has too many lines" : reason
    )
    #expect(throws: wanted) { try FleetTrip(bytes(text)) }
}

@Test func `what is too long or no UTF-8 is refused`() {
    let long = [UInt8](repeating: UInt8(ascii: "a"), count: 401)
    #expect(throws: RecordRefusal("it has 401 bytes; at most 400 are read")) { try FleetTrip(long) }
    #expect(throws: RecordRefusal("it is not UTF-8")) {
        try FleetTrip(bytes("listbreaker-trip 1\n") + [0xFF, 0x0A])
    }
}

@Test func `nobody speaks for another`() throws {
    let trip = trip("mx1")
    #expect(throws: RecordRefusal("it bears another name than its topic")) {
        try FleetRecord(topic: "lb/trip/mx2/1.0.1799999990", bytes(trip.text))
    }
    #expect(throws: RecordRefusal("it bears another name than its topic")) {
        try FleetRecord(topic: "lb/reset/otto/1", bytes(reset(name("mx1")).text))
    }
    // A trip under a reset's topic, and the other way round.
    #expect(throws: RecordRefusal.self) {
        try FleetRecord(topic: "lb/reset/anna/1", bytes(trip.text))
    }
    #expect(throws: RecordRefusal.self) {
        try FleetRecord(topic: trip.name.text, bytes(trip.text))
    }
    for topic in [
        "lb/trip/mx1", "lb/trip/mx1/1/2", "lb/trip/+/#", "lb/host/mx1/x", "lb/facts/+", "$SYS/x/y",
        "lb/paged/mx1/mx2", "lb/paged/mx1/mx2/7", "lb/paged/#", "lb/paged/mx1/mx2/7.0.1/x",
        "",
    ] {
        #expect(FleetTopic(topic) == nil, "\(topic)")
    }
    #expect(throws: RecordRefusal.self) {
        try FleetRecord(topic: "lb/facts/mx1", bytes(trip.text))
    }
    for topic in [
        FleetTopic.trip(name("mx1")), .host("mx1"), .facts("mx1"), .paged(by: "mx2", name("mx1")),
        .reset(operatorName: "a", id: "b"),
    ] {
        #expect(FleetTopic(topic.text) == topic)
    }
}

@Test func `a trip that fits by a shorter word of another version is refused, and not cut`() throws
{
    let known = trip("mx1").text.replacing("scope: list", with: "scope: x")
    let room = FleetTrip.longest - known.utf8.count
    let full = known.replacing(
        "evidence: ",
        with: "evidence: " + String(repeating: "a", count: room)
    )
    #expect(full.utf8.count == FleetTrip.longest)
    #expect(throws: RecordRefusal("it is too long as this version writes it")) {
        try FleetTrip(bytes(full))
    }
    let fits = full.replacing("evidence: aaa", with: "evidence: ")
    #expect(try FleetTrip(bytes(fits)).text.utf8.count == FleetTrip.longest)
}

@Test func `a host's word about senders counts for the list's own alone`() throws {
    let trip = try #require(
        FleetTrip(
            name: name("mx1"),
            scope: .list(list),
            time: now,
            isArmed: true,
            rule: "storm",
            senders: [
                "owner-annonce@example.org", "annonce-bounces@example.org", "ceo@example.org",
                "owner-annonce@example.net",
            ]
        )
    )
    #expect(trip.ownSenders == ["owner-annonce@example.org", "annonce-bounces@example.org"])
}

@Test func `changed bytes are read as they stand or refused, and never crash`() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix64(seed: seed)
    let samples = [trip("mx1").text, reset(name("mx1"), name("mx2")).text].map(bytes)
    var read = 0
    for _ in 0..<20_000 {
        var sample = samples[random.below(2)]
        for _ in 0...random.below(4) {
            let place = random.below(sample.count)
            switch random.below(3) {
            case 0: sample[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: sample.remove(at: place)
            default: sample.insert(contentsOf: sample[place...].prefix(9), at: place)
            }
        }
        // Whatever is read says the same when it is written.
        if let trip = try? FleetTrip(sample) {
            read += 1
            #expect((try? FleetTrip(bytes(trip.text))) == trip, "seed \(seed)")
        }
        if let reset = try? FleetReset(sample) {
            read += 1
            #expect((try? FleetReset(bytes(reset.text))) == reset, "seed \(seed)")
        }
    }
    #expect(read > 100, "seed \(seed)")
}
