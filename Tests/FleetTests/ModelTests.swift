// SPDX-License-Identifier: Apache-2.0
//
// Hosts and a broker that is cut off, wiped, late and repeats itself, at random, against a plain model:
// never is a breaker closed whose trip no reset names, and when all is healed all hosts agree. What
// is merged is what goes over the wire: the text of records, read again.
//
// LISTBREAKER_FLEET_RUNS says how many runs; 100,000 were run for the design, each seed its own.

import EventTime
import Fleet
import Foundation
import TestSupport
import Testing

/// One host: the real book beside the model's two sets.
private struct Host {
    var book = FleetBook()
    var trips: Set<TripName> = []
    var named: Set<TripName> = []
    var isCut = false
    var seen = 0
}

private struct World {
    var random: SplitMix64
    var hosts = [Host](repeating: Host(), count: 6)
    var log: [FleetRecord] = []
    var scopes: [TripName: FleetScope] = [:]
    var numbers: Int64 = 0
    var faults: [String] = []
    static let all: [FleetScope] = [.list(list), .list("all@example.org"), .queue]

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// The record as another host reads it off the wire.
    mutating func sent(_ record: FleetRecord) -> FleetRecord {
        guard let read = try? FleetRecord(topic: record.topic.text, bytes(record.text)),
            read == record
        else {
            faults.append("a record does not survive the wire: \(record.text)")
            return record
        }
        return read
    }

    mutating func take(_ record: FleetRecord, by index: Int) {
        _ = hosts[index].book.add(record)
        switch record {
        case .trip(let trip): hosts[index].trips.insert(trip.name)
        case .reset(let reset): hosts[index].named.formUnion(reset.names)
        case .order: break
        }
    }

    mutating func check(_ index: Int) {
        let host = hosts[index]
        for scope in Self.all {
            let wanted = host.trips.contains {
                scopes[$0] == scope && !host.named.contains($0)
            }
            if host.book.isOpen(scope) != wanted {
                faults.append("host \(index), \(scope.name): open \(!wanted), and not \(wanted)")
            }
        }
    }

    func state(of index: Int) -> [FleetRecord] {
        let book = hosts[index].book
        return book.trips.map { .trip($0) } + book.resets.map { .reset($0) }
    }

    mutating func step() {
        let index = random.below(hosts.count)
        let dice = random.below(100)
        let scope = Self.all[random.below(Self.all.count)]
        switch dice {
        case 0..<6:
            guard !hosts[index].book.isOpen(scope) else { break }
            numbers += 1
            let fresh = trip("mx\(index)", numbers, scope: scope)
            scopes[fresh.name] = scope
            let record = sent(.trip(fresh))
            take(record, by: index)
            if !hosts[index].isCut { log.append(record) }
        case 6..<10:
            let open = hosts[index].book.openTrips(of: scope).map(\.name)
            guard !open.isEmpty, !hosts[index].isCut else { break }
            numbers += 1
            let reset = made(
                FleetReset(
                    operatorName: "anna",
                    id: "\(numbers)",
                    time: now,
                    held: .keep,
                    rate: nil,
                    reason: "over",
                    names: open
                )
            )
            let record = sent(.reset(reset))
            take(record, by: index)
            log.append(record)
        case 10..<16: hosts[index].isCut.toggle()
        case 16:
            // The broker forgot all.
            log = []
            for other in hosts.indices { hosts[other].seen = 0 }
        case 17..<30 where !hosts[index].isCut: log += state(of: index)
        default: break
        }
        listen(index)
        check(index)
    }

    mutating func listen(_ index: Int) {
        guard !hosts[index].isCut, hosts[index].seen < log.count else { return }
        var news = Array(log[hosts[index].seen...])
        // Out of order, and some of it twice.
        news.shuffle(using: &random)
        for record in news + news.prefix(2) { take(record, by: index) }
        hosts[index].seen = log.count
    }

    mutating func heal() {
        for index in hosts.indices { hosts[index].isCut = false }
        for index in hosts.indices { log += state(of: index) }
        for index in hosts.indices {
            listen(index)
            check(index)
        }
        for index in hosts.indices where hosts[index].book != hosts[0].book {
            faults.append("host \(index) and host 0 do not agree")
        }
    }
}

private let runs =
    ProcessInfo.processInfo.environment["LISTBREAKER_FLEET_RUNS"].flatMap { UInt64($0) } ?? 60

@Test func `never closed without a name, always equal after healing`() {
    for seed in 0..<runs {
        var world = World(seed: seed)
        for _ in 0..<400 { world.step() }
        world.heal()
        #expect(world.faults.isEmpty, "seed \(seed)")
        guard world.faults.isEmpty else { return }
    }
}

@Test func `merging two books is adding all records of both, in any order`() {
    var left = FleetBook()
    var right = FleetBook()
    _ = left.add(trip("mx1"))
    _ = left.add(reset(name("mx2")))
    _ = right.add(trip("mx2"))
    _ = right.add(trip("mx3"))
    var one = left
    one.merge(right)
    var other = right
    other.merge(left)
    #expect(one == other)
    #expect(one.openTrips(of: .list(list)).map(\.name.host) == ["mx1", "mx3"])
    let before = one
    one.merge(right)
    #expect(one == before)
}
