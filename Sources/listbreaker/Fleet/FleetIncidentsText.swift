// SPDX-License-Identifier: Apache-2.0
//
// `incidents --fleet`: the latest trips of all hosts, and who reset them.

internal import Reports
internal import Words

/// Renders the trips of the fleet.
struct FleetIncidentsText {
    var incidents: [FleetTripStatus]
    var console: Console

    /// A table, or one line when there is nothing.
    var text: String {
        guard !incidents.isEmpty else { return "There was no trip in the fleet yet.\n" }
        var table = TextTable(columns: [
            .init(title: "INCIDENT"), .init(title: "SCOPE", mayShrink: true),
            .init(title: "RULE", rank: 2), .init(title: "TRIPPED (\(LocalTime.title))"),
            .init(title: "RESET (\(LocalTime.title))"), .init(title: "BY", rank: 1),
            .init(title: "HERE", rank: 3),
        ])
        table.rows = incidents.map { incident in
            [
                .init(shown(incident.incident)), .init(shown(incident.scope ?? "-")),
                .init(shown(incident.rule)), .init(StateWords.briefTime(incident.time)),
                .init(incident.reset.map(StateWords.briefTime) ?? "open"),
                .init(incident.resetBy.map(shown) ?? "-"),
                .init(
                    incident.isArmed ? incident.passedOver == nil ? "-" : "not acted on" : "observe"
                ),
            ]
        }
        return table.text(console)
    }
}
