// SPDX-License-Identifier: Apache-2.0
//
// Records that the tests of the fleet speak of.

import EventTime
import Fleet

let now = Timestamp(seconds: 1_800_000_000)
let list = "annonce@example.org"

/// What must be one.
func made<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("the test's own record is none") }
    return value
}

func name(_ host: String, _ incident: Int64 = 1, opening: Int64 = 0) -> TripName {
    made(TripName(host: host, incident: incident, opening: opening, seconds: 1_799_999_990))
}

func trip(
    _ host: String,
    _ incident: Int64 = 1,
    scope: FleetScope = .list(list),
    time: Timestamp = now - .seconds(10),
    isArmed: Bool = true,
    evidence: String = "5 replies by 5 people"
) -> FleetTrip {
    made(
        FleetTrip(
            name: name(host, incident),
            scope: scope,
            time: time,
            isArmed: isArmed,
            rule: "storm",
            senders: ["owner-annonce@example.org"],
            listID: "annonce.example.org",
            evidence: evidence
        )
    )
}

func reset(_ names: TripName..., id: String = "1") -> FleetReset {
    made(
        FleetReset(
            operatorName: "anna",
            id: id,
            time: now,
            held: .release,
            rate: 500,
            reason: "dealt with",
            names: names
        )
    )
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
