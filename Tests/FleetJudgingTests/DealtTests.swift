// SPDX-License-Identifier: Apache-2.0
//
// Storms and harmless mail dealt over five hosts, against the same in one log.

import EventTime
import FleetJudging
import Foundation
import StormDetection
import Testing

struct DealtTests {
    private static let dhs = "report@dhs.example"
    private static let softmap = "annonce@softmap.example"

    @Test(arguments: [("dhs", dhs, true), ("softmap-weekend", softmap, true), ("dhs", dhs, false)])
    func `a storm over five hosts trips at the post where one log trips, and before any host alone`(
        name: String,
        list: String,
        hasHeaders: Bool
    ) throws {
        let fleet = try DealtFleet(name, hasHeaders: hasHeaders)
        let expected = try fleet.oneLog(on: list)
        let outcome = try fleet.run(until: list)
        #expect(expected != nil)
        #expect(outcome.trip(on: list) == expected)
        #expect(outcome.alone.isEmpty)
        #expect(outcome.doubts.isEmpty)
    }

    @Test func `what three brokers bring is one storm`() throws {
        var fleet = try DealtFleet("dhs", hasHeaders: true)
        fleet.brokers = 3
        #expect(try fleet.run(until: Self.dhs).trip(on: Self.dhs) == fleet.oneLog(on: Self.dhs))
    }

    @Test(
        arguments: [("dhs", dhs), ("softmap-weekend", softmap)],
        [30, -30, 3000, -3000, 5400, -5400, 86400, -86400] as [Int64]
    )
    func `one clock that is off costs a post at most, and is named`(
        storm: (name: String, list: String),
        seconds: Int64
    ) throws {
        var fleet = try DealtFleet(storm.name, hasHeaders: true)
        fleet.clocks[4] = .seconds(seconds)
        let expected = try #require(try fleet.oneLog(on: storm.list))
        let outcome = try fleet.run(until: storm.list)
        let posts = try #require(outcome.trip(on: storm.list))
        #expect(posts <= expected + 1)
        #expect(outcome.doubts.count == 1)
        let offset = outcome.doubts.first?.offset.microseconds ?? 0
        #expect(abs(offset - seconds * 1_000_000) < 100_000)
    }

    @Test(arguments: [
        ("newsletter", true), ("heated-thread", true), ("heated-thread", false),
        ("digest-run", true),
        ("monday-backlog", true), ("monday-backlog", false), ("invoice-run", true),
    ])
    func `harmless mail over five hosts trips nothing`(name: String, hasHeaders: Bool) throws {
        let outcome = try DealtFleet(name, hasHeaders: hasHeaders).run()
        #expect(outcome.trips.isEmpty)
    }

    /// Minutes: with LISTBREAKER_DEAL_ALL set, every scenario of seeds/ that promises no trip anywhere.
    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["LISTBREAKER_DEAL_ALL"] != nil),
        arguments: SeedFiles.harmless
    )
    func `no more trips than one log has`(name: String) throws {
        for hasHeaders in [true, false] {
            let fleet = try DealtFleet(name, hasHeaders: hasHeaders)
            let trips = try fleet.run().trips.count
            let alone = try fleet.oneLogTrips()
            print("\(name), headers \(hasHeaders): \(trips) over five hosts, \(alone) in one log")
            #expect(trips <= alone)
        }
    }
}
