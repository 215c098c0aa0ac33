// SPDX-License-Identifier: Apache-2.0
//
// Kills the actuator at seeded moments of halt, rehold and resume, repeats the command, and
// counts every message at the end: each recipient got one copy, a content filter's messages are
// still on hold, main.cf has its old bytes.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct KillCampaignTests {
    /// Rounds of three kills; 17 make 51.
    private static let rounds = 17
    private static let seed: UInt64 = 0x6b69_6c6c

    @Test func `killed anywhere and repeated, every message is delivered once`() throws {
        print("KillCampaignTests: seed \(Self.seed), \(Self.rounds * 3) kills")
        var random = SplitMix64(seed: Self.seed)
        let postfix = try PrivatePostfix()
        let actuator = try RunningActuator(postfix)
        let main = try postfix.scratch.read("etc/main.cf")
        var expected: [String: Int] = [:]
        func send(_ name: String) throws {
            try postfix.send(to: ["\(name)@sub.test"])
            expected["\(name)@sub.test"] = 1
        }
        /// Asks with a kill at a random moment, then again until the answer comes.
        func twice(_ request: ActuatorRequest) throws -> HaltReport {
            let moment = UInt32.random(in: 0...90_000, using: &random)
            try actuator.ask(request, killAfter: moment)
            try actuator.start()
            return try actuator.ask(request)
        }
        for round in 1...Self.rounds {
            try postfix.send(to: ["q\(round)@sub.test"], subject: "quarantine")
            for number in 1...3 { try send("early\(round)-\(number)") }
            let halted = try twice(.init(.halt))
            #expect(halted.isHalted && halted.errors == [], "round \(round): \(halted)")
            for number in 1...2 { try send("late\(round)-\(number)") }
            #expect(eventually { postfix.ids(in: "deferred").count >= 2 }, "round \(round)")
            let reheld = try twice(.init(.rehold))
            #expect(reheld.isHalted && reheld.errors == [], "round \(round): \(reheld)")
            #expect(eventually { postfix.ids(in: "hold").count == reheld.heldTotal + round })
            #expect(reheld.foreign == round, "round \(round): \(reheld)")
            let resumed = try twice(.init(.resume))
            #expect(!resumed.isHalted && resumed.errors == [], "round \(round): \(resumed)")
            #expect(resumed.heldTotal == 0 && resumed.foreign == round, "round \(round)")
            #expect(try postfix.scratch.read("etc/main.cf") == main, "round \(round)")
        }
        #expect(eventually(60) { postfix.moving == 0 })
        #expect(postfix.ids(in: "hold").count == Self.rounds)
        #expect(try postfix.sunk() == expected)
    }
}
