// SPDX-License-Identifier: Apache-2.0
//
// Orders to arm or to watch: over the wire, obeyed once and by those who are named, the newest last.

import EventTime
import Testing

@testable import Fleet

private func order(
    _ mode: HostMode,
    _ hosts: String...,
    id: String = "1",
    time: Timestamp = now
) -> FleetOrder {
    made(
        FleetOrder(
            operatorName: "anna",
            id: id,
            time: time,
            mode: mode,
            hosts: hosts,
            reason: "canaries first"
        )
    )
}

private func member(_ host: String = "mx1") -> FleetMember {
    var settings = FleetSettings()
    settings.host = host
    settings.domains = ["example.org"]
    return FleetMember(settings)
}

@Test func `an order and a report come back as they were`() throws {
    let order = order(.armed, "mx2", "mx1")
    let record = FleetRecord.order(order)
    #expect(record.topic.text == "lb/order/anna/1")
    #expect(try FleetRecord(topic: record.topic.text, bytes(record.text)) == record)
    let reports = [
        ModeReport(mode: .armed, time: now),
        ModeReport(mode: .observe, time: now, order: "anna/1", refusal: "set here later"),
        ModeReport(
            mode: .armed,
            time: now,
            held: ["queue", "a@example.org", "sender:b@example.org"]
        ),
    ]
    for report in reports {
        #expect(try ModeReport(bytes(report.text)) == report)
        #expect(report.text.utf8.count <= ModeReport.longest)
    }
    #expect(FleetTopic("lb/mode/mx1") == .mode("mx1"))
    #expect(FleetTopic("lb/mode/mx1/x") == nil)
}

@Test func `a report says where it cannot name all that is held`() throws {
    let most = ModeReport.mostHeld
    let many = Set((0..<most).map { "l\($0)@example.org" })
    let long = Set((0..<8).map { String(repeating: "x", count: 200) + "\($0)@example.org" })
    let odd: Set = ["no address", "b@example.org"]
    for held in [many, long, odd] {
        let report = ModeReport(
            mode: .armed,
            time: now,
            order: "anna/1",
            refusal: String(repeating: "y", count: 2000),
            held: held
        )
        #expect(report.text.utf8.count <= ModeReport.longest)
        #expect(try ModeReport(bytes(report.text)) == report)
        // Whoever asks for any of them is told that they may be held.
        #expect(held.allSatisfy { report.holds(.list($0)) })
        #expect(report.holds(.queue))
    }
    let few = ModeReport(mode: .armed, time: now, held: ["b@example.org"])
    #expect(few.holds(.list("b@example.org")))
    #expect(!few.holds(.list("a@example.org")))
    #expect(!few.holds(.queue))
    // A name that a newer version has may be any.
    let newer = few.text.replacing("held: b@example.org", with: "held: subnet 192.0.2.0/24")
    #expect(try ModeReport(bytes(newer)).holds(.list("a@example.org")))
    #expect(throws: RecordRefusal.self) {
        try ModeReport(bytes(few.text + String(repeating: "held: *\n", count: most)))
    }
}

@Test(arguments: [
    ("anna", "anna/2"), ("otto", "anna/1"), ("../x", "anna/1"),
])
func `an order that bears another name than its topic is refused`(who: String, place: String) {
    let text = order(.armed, "mx1").text.replacing("operator: anna", with: "operator: \(who)")
    #expect(throws: RecordRefusal.self) {
        try FleetRecord(topic: "lb/order/\(place)", bytes(text))
    }
}

@Test(arguments: ["mode: armed", "host: mx1", "time: 1800000000000000", "reason: canaries first"])
func `an order that lacks a line is refused, and one of a word that is not known`(line: String) {
    let text = order(.armed, "mx1").text
    #expect(throws: RecordRefusal.self) {
        try FleetOrder(bytes(text.replacing("\(line)\n", with: "")))
    }
    #expect(throws: RecordRefusal.self) {
        try FleetOrder(bytes(text.replacing("mode: armed", with: "mode: dead")))
    }
    #expect(throws: RecordRefusal.self) {
        try FleetOrder(bytes(text.replacing("order 1", with: "order 2")))
    }
}

@Test func `only who is named obeys, and once`() {
    var here = member()
    var other = member("mx3")
    let order = order(.armed, "mx1", "mx2")
    let note = FleetNote(ruling: .adopted, heard: now, isDone: false)
    var heard = here.hear(.order(order), at: now)
    #expect(heard == .new(note, [.order(order)]))
    heard = here.hear(.order(order), at: now)
    #expect(heard == .known)
    heard = other.hear(.order(order), at: now)
    #expect(heard == .known)
}

@Test func `of two orders the later one holds, in whatever order they are heard`() {
    let arm = order(.armed, "mx1", id: "1")
    let watch = order(.observe, "mx1", id: "2", time: now + .seconds(1))
    var here = member()
    _ = here.hear(.order(watch), at: now)
    let heard = here.hear(.order(arm), at: now)
    #expect(heard == .known)
    #expect(here.unfinished.map(\.record) == [.order(watch)])
}

@Test func `after a restart an order that was obeyed is not obeyed again, and one that was not is`()
{
    let order = order(.armed, "mx1")
    var here = member()
    _ = here.hear(.order(order), at: now)
    #expect(here.unfinished.map(\.wishes) == [[.order(order)]])
    let done = made(here.finish(.order(order)))
    var again = member()
    again.restore(.order(order), done)
    #expect(again.unfinished.isEmpty)
    let heard = again.hear(.order(order), at: now)
    #expect(heard == .known)
}
