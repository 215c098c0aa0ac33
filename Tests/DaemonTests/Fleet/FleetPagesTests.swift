// SPDX-License-Identifier: Apache-2.0

import EventTime
import Fleet
import FleetLink
import Testing

@testable import Daemon

/// Whose turn it is to page: nobody shares a place with another, and no place is left out.
struct FleetPagesTests {
    private static let hosts = ["j1", "j2", "mx1", "mx2", "mx3"]

    private func place(
        _ host: String,
        tripped: Set<String>,
        judges: [String] = ["j1", "j2"],
        hosts: [String] = hosts
    ) -> Int {
        FleetPages.place(
            of: host,
            isJudge: host.hasPrefix("j"),
            tripped: tripped,
            hosts: hosts,
            judges: judges
        )
    }

    @Test(arguments: [
        (["mx2"], ["j1", "j2", "mx2", "mx1", "mx3"]),
        (["mx2", "mx3"], ["j1", "j2", "mx2", "mx3", "mx1"]),
        (["mx1", "mx2", "mx3"], ["j1", "j2", "mx1", "mx2", "mx3"]),
        (["j2", "mx3"], ["j1", "j2", "mx3", "mx1", "mx2"]),
        // Who tripped and is gone holds nobody up.
        (["gone", "mx3"], ["j1", "j2", "mx3", "mx1", "mx2"]),
    ])
    func `judges come first, then who tripped, then the others by name`(
        _ owners: [String],
        _ order: [String]
    ) {
        let tripped = Set(owners)
        let places = Self.hosts.map { place($0, tripped: tripped) }
        #expect(places.sorted() == [0, 1, 2, 3, 4])
        let found = Self.hosts.sorted { place($0, tripped: tripped) < place($1, tripped: tripped) }
        #expect(found == order)
    }

    @Test func `a judge that is gone leaves its place to the next`() {
        #expect(place("j2", tripped: ["mx2"], judges: ["j2"], hosts: ["j2", "mx1", "mx2"]) == 0)
        #expect(place("mx2", tripped: ["mx2"], judges: [], hosts: ["mx1", "mx2"]) == 0)
        #expect(place("mx1", tripped: ["mx2"], judges: [], hosts: ["mx1", "mx2"]) == 1)
    }

    @Test func `a judge that does not hear of itself yet has a place all the same`() {
        #expect(place("j1", tripped: ["mx2"], judges: [], hosts: []) == 0)
        #expect(place("mx2", tripped: ["mx2"], judges: [], hosts: []) == 0)
        #expect(place("mx1", tripped: ["mx2"], judges: [], hosts: []) > 0)
    }

    @Test func `hosts that trip at once wait for each other's word, and stand in one order`() throws
    {
        // mx1 here: mx3 before and after it is heard that mx1's trip is not the only one.
        func desk(hosts: [String]) throws -> FleetDesk {
            var desk = try Self.desk(hosts: hosts)
            var view = CarrierView()
            view.hosts = hosts
            view.brokers = [BrokerView(name: "b1", isConnected: true)]
            desk.note(view, at: 0)
            return desk
        }
        var here = try desk(hosts: ["mx0", "mx1", "mx3"])
        let trip = try Self.trip(1)
        func wait(_ desk: FleetDesk) -> Int64 {
            desk.wait(for: trip.scope, isOwn: true, isObserve: false, at: 1)
        }
        #expect(wait(here) == FleetPages.settling)
        // A host that comes after it by name changes nothing, one before it goes first.
        for (host, expected) in [("mx3", FleetPages.settling), ("mx0", FleetPages.step)] {
            Self.hear(.trip(try Self.trip(1, of: host)), &here)
            #expect(wait(here) == expected)
        }
        // Nobody to wait for.
        #expect(wait(try desk(hosts: ["mx1"])) == 0)
    }

    // MARK: Marks

    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * second

    private static func name(_ number: Int64, of host: String = "mx2") throws -> TripName {
        try #require(TripName(host: host, incident: number, opening: 0, seconds: 1_800_000_000))
    }

    private static func trip(_ number: Int64, of host: String = "mx2") throws -> FleetTrip {
        try #require(
            FleetTrip(
                name: try name(number, of: host),
                scope: .list("l\(number)@example.org"),
                time: Timestamp(seconds: 1_800_000_000),
                isArmed: true,
                rule: "storm",
                senders: [],
                evidence: ""
            )
        )
    }

    private static func desk(hosts: [String] = hosts) throws -> FleetDesk {
        var desk = FleetDesk(
            try FleetSettings("[Fleet]\nHost=mx1\nDomains=example.org\nBrokers=b1:8883\n")
        )
        var view = CarrierView()
        view.hosts = hosts
        desk.note(view, at: 0)
        return desk
    }

    private static func hear(_ record: FleetRecord, _ desk: inout FleetDesk) {
        _ = desk.member.hear(record, at: Timestamp(seconds: 1_800_000_001))
    }

    private static func reset(_ numbers: Range<Int64>) throws -> FleetRecord {
        .reset(
            try #require(
                FleetReset(
                    operatorName: "anna",
                    id: "\(numbers.lowerBound)",
                    time: Timestamp(seconds: 1_800_000_002),
                    held: .keep,
                    rate: nil,
                    reason: "done",
                    names: try numbers.map { try name($0) }
                )
            )
        )
    }

    @Test func `a claim keeps pages back while its host is there, and for half a minute`() throws {
        var desk = try Self.desk()
        let trip = try Self.trip(1)
        Self.hear(.trip(trip), &desk)
        desk.note(trip.name, .claimed, by: "mx3", at: 100)
        #expect(desk.isClaimed(trip.scope, isObserve: false, at: 100 + 29 * Self.second))
        #expect(!desk.isClaimed(trip.scope, isObserve: false, at: 100 + 30 * Self.second))
        #expect(desk.pagedBy(trip.scope, isObserve: false) == nil)
        var without = try Self.desk(hosts: ["mx1", "mx2"])
        Self.hear(.trip(trip), &without)
        without.note(trip.name, .claimed, by: "mx3", at: 100)
        #expect(!without.isClaimed(trip.scope, isObserve: false, at: 101))
        // Who says that it is sent is believed, whatever one who lags says after it.
        desk.note(trip.name, .sent, by: "mx3", at: 200)
        desk.note(trip.name, .claimed, by: "mx2", at: 300)
        #expect(desk.pagedBy(trip.scope, isObserve: false) == "mx3")
        #expect(!desk.isClaimed(trip.scope, isObserve: false, at: 301))
    }

    @Test func `what is sent stays sent, and is told as that`() throws {
        var desk = try Self.desk()
        let trip = try Self.trip(1)
        Self.hear(.trip(trip), &desk)
        desk.pages.note(own: [trip.name], .claimed)
        #expect(desk.keptPages.map(\.text) == [PageMark.claimed.text])
        desk.pages.note(own: [trip.name], .sent)
        desk.pages.note(own: [trip.name], .claimed)
        desk.note(trip.name, .claimed, by: "mx1", at: 1)
        #expect(desk.keptPages.map(\.text) == [PageMark.sent.text])
        #expect(PageMark("listbreaker-paged 2\nstate: dreamt\n") == .sent)
        #expect(PageMark(PageMark.claimed.text) == .claimed)
    }

    @Test func `marks go with their trip, and what belongs to no trip goes after a day`() throws {
        var desk = try Self.desk()
        for number: Int64 in 1...20 {
            Self.hear(.trip(try Self.trip(number)), &desk)
            desk.note(try Self.name(number), .sent, by: "mx3", at: 0)
        }
        desk.note(try Self.name(99), .sent, by: "mx3", at: 0)
        desk.pages.note(own: try (1...20).map { try Self.name($0) }, .sent)
        Self.hear(try Self.reset(1..<11), &desk)
        desk.pages.prune(desk.member, at: Self.day - 1)
        #expect(desk.pages.told.count == 11)
        // Emptied at the brokers before they are let go.
        #expect(desk.pages.own.count == 20)
        #expect(desk.keptPages.count { $0.text.isEmpty } == 10)
        desk.pages.prune(desk.member, at: 2 * Self.day)
        #expect(desk.pages.told.count == 10 && desk.pages.own.count == 10)
        #expect(try desk.pages.told[Self.name(99)] == nil)
        // What is open stays, however old it is.
        desk.pages.prune(desk.member, at: 900 * Self.day)
        #expect(desk.pages.told.count == 10 && desk.pages.own.count == 10)
        // A broker that was away brings back what is over: it takes no room, and ours is emptied there too.
        desk.note(try Self.name(1), .sent, by: "mx3", at: 900 * Self.day)
        desk.note(try Self.name(1), .sent, by: "mx1", at: 900 * Self.day)
        #expect(desk.pages.told.count == 10)
        #expect(desk.keptPages.count { $0.text.isEmpty } == 1)
    }

    @Test func `a year of trips that were reset leaves room for the next one`() throws {
        var desk = try Self.desk()
        for round: Int64 in 0..<80 {
            let numbers = round * 50..<round * 50 + 50
            for number in numbers { Self.hear(.trip(try Self.trip(number)), &desk) }
            desk.pages.note(own: try numbers.map { try Self.name($0) }, .sent)
            Self.hear(try Self.reset(numbers), &desk)
            desk.pages.prune(desk.member, at: round * 2 * Self.day)
            #expect(desk.pages.own.count <= 100)
        }
    }

    @Test
    func `facts that a carrier lost are told once, and again when none was lost for ten minutes`()
        throws
    {
        var desk = try Self.desk()
        var view = CarrierView()
        func note(_ lost: Int64?, at clock: Int64) -> Bool? {
            view.lost = lost
            desk.note(view, at: clock)
            return desk.turnLoss(at: clock)
        }
        // Lost so far, at which second, and what is told then.
        let story: [(Int64?, Int64, Bool?)] = [
            (nil, 0, nil), (0, 1, nil), (3, 2, true), (3, 3, nil), (9, 599, nil), (9, 1198, nil),
            (9, 1199, false),
            // A carrier that was started again.
            (0, 1200, nil), (1, 1201, true),
        ]
        for (lost, second, told) in story {
            let found = note(lost, at: second * Self.second)
            #expect(found == told, "\(second)")
        }
    }
}
