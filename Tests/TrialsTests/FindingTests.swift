// SPDX-License-Identifier: Apache-2.0
//
// What a promise is held to: medians and nine runs in ten, what never came, holds and leaks, and how
// a run counts posts.

import EventTime
import Hindsight
import StormSimulator
import Testing

@testable import Trials

struct FindingTests {
    private static let list = "talk@club.example"

    private func outcome(
        trip: Int? = nil,
        hold: Int? = nil,
        leaked: Int = 0,
        halts: Bool = true,
        longest: TimeSpan = .minutes(0)
    ) -> TrialOutcome {
        var outcome = TrialOutcome()
        func add(_ kind: ReplayEvent.Kind, _ posts: Int) {
            outcome.happenings.append(
                TrialOutcome.Happening(
                    kind: kind,
                    list: Self.list,
                    time: Timestamp(seconds: 0),
                    posts: posts,
                    allPosts: posts,
                    rule: "storm",
                    haltsQueue: kind == .trip && halts
                )
            )
        }
        if let hold { add(.softHold, hold) }
        if let trip { add(.trip, trip) }
        outcome.leaked[Self.list] = leaked
        outcome.longestHold[Self.list] = longest
        return outcome
    }

    private func finding(_ promise: String, _ outcomes: [TrialOutcome], late: Bool = false) throws
        -> Finding
    {
        let text = "[Scenario]\nExpect=\(promise)\n[List \(Self.list)]\n"
        let scenario = try Scenario(text: text, path: "x")
        return Finding(try #require(scenario.expectations.first), outcomes, isLate: late)
    }

    @Test(
        arguments: [
            ([3, 3, 4], "3 [4]", true), ([3, 4, 4], "4 [4]", false), ([1, 2, 5], "2 [5]", false),
            ([nil, 3, 3], "3 [-] -1", false), ([nil, nil, nil], "- [-] -3", false),
        ] as [([Int?], String, Bool)]
    )
    func `a trip is held to the median and to nine runs in ten`(
        trips: [Int?],
        measured: String,
        isKept: Bool
    ) throws {
        let found = try finding("trip \(Self.list) within 3 [4]", trips.map { outcome(trip: $0) })
        #expect(found.measured == measured)
        #expect(found.isKept == isKept)
    }

    @Test func `one run of ten may go astray`() throws {
        let nine = (0..<9).map { _ in outcome(trip: 3) }
        #expect(try finding("trip within 3 [4]", nine + [outcome()]).isKept)
        #expect(try !finding("trip within 3 [4]", nine.dropLast() + [outcome(), outcome()]).isKept)
    }

    @Test func `late Dates may cost two posts and no more`() throws {
        #expect(try finding("trip within 3 [4]", [outcome(trip: 5)], late: true).isKept)
        #expect(try !finding("trip within 3 [4]", [outcome(trip: 6)], late: true).isKept)
        #expect(try !finding("trip within 3 [4]", [outcome(trip: 5)]).isKept)
        let found = try finding("hold \(Self.list) within 3 [4]", [outcome(hold: 5)], late: true)
        #expect(found.must == "hold \(Self.list) within 5 [6]")
    }

    @Test func `a trip before the storm is no answer to it`() throws {
        let found = try finding("trip within 3", [outcome(trip: 0)])
        #expect(found.measured == "- [-] -1, 1 too early, storm from 1970-01-01 on")
        #expect(!found.isKept)
    }

    @Test func `a trip holds a list's mail, too`() throws {
        #expect(try finding("hold within 2", [outcome(trip: 2)]).isKept)
        #expect(try finding("hold within 2", [outcome(trip: 9, hold: 1)]).isKept)
        #expect(try !finding("hold within 2", [outcome()]).isKept)
        #expect(try !finding("hold within 2 by loop", [outcome(hold: 1)]).isKept)
    }

    @Test func `what leaks is counted`() throws {
        #expect(try finding("leak within 4 [6]", [outcome(leaked: 4)]).isKept)
        #expect(try !finding("leak within 4 [6]", [outcome(leaked: 5)]).isKept)
    }

    @Test func `a list's own trip halts nobody, and one run in ten may trip`() throws {
        let own = outcome(trip: 3, halts: false)
        #expect(try finding("no-halt", [own]).isKept)
        #expect(try !finding("no-halt", [outcome(trip: 3)]).isKept)
        #expect(try finding("no-halt", [outcome(trip: 3)]).measured == "1 of 1 halted, at 3, storm")
        let nine = (0..<9).map { _ in outcome() }
        #expect(try finding("no-trip in 90%", nine + [own]).isKept)
        #expect(try !finding("no-trip in 90%", nine.dropLast() + [own, own]).isKept)
        #expect(try !finding("no-trip", nine + [own]).isKept)
    }

    @Test func `a hold may be short`() throws {
        let hold = outcome(hold: 1, longest: .minutes(31))
        #expect(try !finding("brief-hold within 30min", [hold]).isKept)
        #expect(try finding("brief-hold within 31min", [hold]).isKept)
        #expect(try finding("brief-hold within 30min", [outcome()]).isKept)
    }
}
