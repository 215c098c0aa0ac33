// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the store share: a directory of their own, seeded randomness, a board to save.

import EventTime
import Foundation
import StormDetection

@testable import Breaker
@testable import Store

/// SplitMix64; Steele, Lea, Flood 2014.
///
/// The same seed gives the same test.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// A directory that goes away with the value that owns it.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "listbreaker-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/state.db" }

    func bytes(_ name: String = "state.db") throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
    }

    func write(_ bytes: Data, to name: String = "state.db") throws {
        try bytes.write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}

/// Stands for the breakers' board.
struct Board: Codable, Sendable, Equatable {
    var next: Int64
    var open: [String]
    var ratio: Double = 0.1
}

func incident(_ number: Int64, closed: Bool = false) -> Incident {
    let time = Timestamp(seconds: 1_700_000_000 + number)
    var verdict = Verdict(
        action: .trip,
        list: "annonce@example.org",
        time: time,
        rule: .storm,
        isSure: true,
        evidence: Evidence()
    )
    verdict.evidence.reproduction = 3.25
    verdict.evidence.summary = "répondre à tous, \u{0}\u{7f} and a \"quote\""
    var incident = Incident(
        number: number,
        scope: .list("annonce@example.org"),
        mode: .armed,
        cause: .verdict,
        tripped: time,
        verdict: verdict
    )
    if closed {
        incident.reset(by: Audit(uid: 1000, time: time, reason: "dealt with"), until: time)
    }
    return incident
}
