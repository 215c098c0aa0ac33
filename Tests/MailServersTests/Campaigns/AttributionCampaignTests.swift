// SPDX-License-Identifier: Apache-2.0
//
// Kills the actuator at seeded moments while it tells a list's mail from the rest, discards it, opens the
// gate and gives the rest back, and repeats each command. At the end none of the storm has left, all of the
// others' has, once, and what is both at once was neither discarded nor released with anything else.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct AttributionCampaignTests {
    private static let seed: UInt64 = 0x6174_7472

    @Test func `killed anywhere, none of the storm leaves, and all of the others' does`() throws {
        var random = SplitMix64(seed: Self.seed)
        // LISTBREAKER_ATTRIBUTION_KILLS: so many in place of twelve.
        let wanted = unsafe getenv("LISTBREAKER_ATTRIBUTION_KILLS")
            .map { unsafe String(cString: $0) }
        let rounds = max(1, (wanted.flatMap { Int($0) } ?? 12) / 4)
        print("AttributionCampaignTests: seed \(Self.seed), \(rounds * 4) kills")
        let door = try NarrowPostfix(aliases: "{all@sub.test = m1@far.test, m2@far.test}")
        let postfix = door.postfix
        let actuator = try RunningActuator(postfix)
        let list = "all@sub.test"
        /// Asks with a kill at a random moment, then again until the answer comes.
        func twice(_ request: ActuatorRequest, longest: UInt32) throws -> HaltReport {
            let moment = UInt32.random(in: 0...longest, using: &random)
            try actuator.ask(request, killAfter: moment)
            try actuator.start()
            return try actuator.ask(request)
        }
        var look = ActuatorRequest(.holdList, list: list)
        look.senders = ["owner-all@sub.test"]
        var rest = ActuatorRequest(.release)
        rest.sparesUndecided = true
        for round in 1...rounds {
            #expect(try actuator.ask(.init(.halt)).isHalted, "round \(round)")
            try postfix.send(to: [list], from: "a@sub.test", id: "storm\(round)@sub.test")
            try postfix.send(
                to: ["c\(round)@far.test"],
                from: "owner-all@sub.test",
                id: "copy\(round)@sub.test"
            )
            try postfix.send(to: ["y\(round)@far.test"], from: "b@sub.test")
            try postfix.send(
                to: [list, "z\(round)@far.test"],
                from: "a@sub.test",
                id: "mixed\(round)@sub.test"
            )
            var swept = HaltReport(.rehold)
            let isHeld = try eventually {
                swept = try actuator.ask(.init(.rehold))
                // What was given back in the round before may be caught by this halt.
                return swept.heldTotal >= 4 && postfix.moving == 0
            }
            let places = ["maildrop", "incoming", "active", "deferred", "hold"]
                .map { "\($0) \(postfix.ids(in: $0).count)" }
            #expect(isHeld, "round \(round): \(places), \(swept)")
            let told = try twice(look, longest: 40_000)
            #expect(told.errors == [], "round \(round): \(told)")
            let gone = try twice(.init(.discard, list: list), longest: 120_000)
            #expect(gone.errors == [] && gone.undecided == 1, "round \(round): \(gone)")
            let opened = try twice(.init(.resume, held: .keep), longest: 90_000)
            #expect(opened.errors == [] && !opened.isHalted, "round \(round): \(opened)")
            let given = try twice(rest, longest: 60_000)
            #expect(given.errors == [], "round \(round): \(given)")
            #expect(given.heldTotal == 1, "round \(round): the mixed one alone is held, \(given)")
            let decided = try actuator.ask(
                .init(.discard, list: list, post: "<mixed\(round)@sub.test>")
            )
            #expect(decided.discarded == 1 && decided.heldTotal == 0, "round \(round): \(decided)")
        }
        #expect(eventually(60) { postfix.moving == 0 })
        let expected = Dictionary(uniqueKeysWithValues: (1...rounds).map { ("y\($0)@far.test", 1) })
        #expect(try postfix.sunk() == expected)
        #expect(postfix.ids(in: "hold").isEmpty)
        // Each storm, each copy of it and each mixed one is kept.
        let saved = StateFile.names(below: "\(postfix.state)/primary/quarantine")
        #expect(saved.count { $0.hasSuffix(".json") } == rounds * 3, "\(saved.count)")
        #expect(!saved.contains { $0.hasSuffix(".saving") })
    }
}
