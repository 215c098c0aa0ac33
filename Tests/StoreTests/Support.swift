// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the store share: a directory of their own, seeded randomness, a board to save.

import EventTime
import Foundation
import StormDetection
import TestSupport

@testable import Breaker
@testable import Store

extension Scratch {
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
