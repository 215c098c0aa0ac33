// SPDX-License-Identifier: Apache-2.0
//
// The report of an incident that tripped, was reset, and tripped again on probation: each figure says of which trip
// it is, and what one trip held is not told as another's, nor left out because the last one only observed.

import EventTime
import Reports
import StormDetection
import Testing

@testable import Breaker
@testable import listbreaker

/// Armed at 07:28, 1,204 held and 3 left; again at 08:00, where it only observed.
private var again: IncidentStatus {
    var incident = IncidentStatus.storm
    incident.mode = .known(.observe)
    incident.reach = .known(.narrow)
    incident.lastTripped = "2026-11-24T08:00:00Z"
    let trip = EarlierTrip(
        tripped: Timestamp(rfc3339: incident.tripped) ?? .distantPast,
        reset: Timestamp(rfc3339: "2026-11-24T07:31:00Z") ?? .distantPast,
        mode: .armed,
        rule: .announceBreach,
        announced: 6000,
        sent: 812,
        behind: IncidentCourse.Step(posts: 3, announced: 9000, sent: 42),
        held: 1200,
        leaked: 3
    )
    incident.earlier = [EarlierTripStatus(trip, behind: nil)]
    return incident
}

private func report(_ incident: IncidentStatus) -> String {
    let explained = ExplainReport(
        scope: incident.scope,
        state: .open,
        incident: incident,
        figures: ["members": "3000", "copies_announced": "3000", "copies_sent": "7"],
        posts: []
    )
    return LocalTime.$zone.withValue(.utc) {
        let account = IncidentAccount(incident, explained, showsAddresses: true)
        return DocumentMarkdown(document: IncidentReport(account: account).document).text
    }
}

@Suite struct `The report of an incident that tripped again` {
    @Test(arguments: [
        "Tripped 2026-11-24 07:28:02 UTC, and again 2026-11-24 08:00:00 UTC.",
        "- Tripped again, the last time: 2026-11-24 08:00:00 UTC\n",
        "- Copies announced, at the last trip: 3,000\n", "- Copies sent, at the last trip: 7\n",
        "- Mode, at the last trip: observe: no mail was halted\n",
        "- Messages held, from the first trip on: 1,204\n",
        "- Deliveries that began after the halt, from the first trip on: 3\n",
        "It tripped 2 times:",
        "| armed | 6,000 | 812 | 9,000 | 42 | 1,200 | 3 |\n",
        "| observe | 3,000 | 7 | 0 | 0 | 4 | 0 |\n",
        "The last time it only observed, and halted no mail.",
    ])
    func `says which trip each figure is of`(words: String) {
        let text = report(again)
        #expect(text.contains(words), "\(words) in \(text)")
    }

    @Test func `of one trip nothing of that is said`() {
        let text = report(.storm)
        #expect(!text.contains("ripped again") && !text.contains("last trip"))
        #expect(text.contains("- Copies announced, at the trip: 3,000\n"))
        #expect(text.contains("- Messages held: 1,204\n"))
    }

    @Test func `status and explain count from the first trip on, and say so`() {
        var status = StatusReport.storm
        status.incidents = [again]
        let text = LocalTime.$zone.withValue(.utc) {
            StatusText(report: status, console: Console(width: 400, hasColour: false)).text()
        }
        #expect(text.contains("since 2026-11-24 08:00:00"))
        #expect(text.contains("all counted from the first trip on, 2026-11-24 07:28:02"))
    }
}
