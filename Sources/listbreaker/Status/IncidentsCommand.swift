// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Reports
internal import StormDetection
internal import Words

/// `listbreaker incidents`: the history.
struct IncidentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "incidents",
        abstract: "Show the latest incidents, or what happened in one."
    )

    @Argument(
        help: "An incident's number: shows its timeline.",
        completion: Suggested.incidents
    )
    var incident: Int64?

    @Flag(help: "The latest trips of all hosts of the fleet, and who reset them.")
    var fleet = false

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func validate() throws {
        if fleet, incident != nil {
            throw ValidationError("--fleet goes without a number: those are of this host")
        }
    }

    func run() throws {
        if fleet { return try showFleet() }
        var request = ControlRequest(.incidents)
        request.incident = incident
        let (incidents, _) = try control.report(request, as: [IncidentStatus].self)
        if form.json {
            print(try Wire.write(Incidents(incidents: incidents)))
        } else {
            let text = IncidentsText(incidents: incidents, console: form.console)
            print(incident == nil ? text.text : text.timeline, terminator: "")
        }
    }

    private func showFleet() throws {
        let status = try FleetReach(control: control).status(history: 100)
        try FleetReach.check(status)
        let incidents = status.history ?? []
        if form.json {
            print(try Wire.write(FleetIncidents(incidents: incidents)))
        } else {
            let text = FleetIncidentsText(incidents: incidents, console: form.console)
            print(text.text, terminator: "")
        }
    }

    /// What `--fleet --json` prints.
    private struct FleetIncidents: Encodable {
        var version = 1
        var incidents: [FleetTripStatus]
    }

    /// What `--json` prints.
    private struct Incidents: Encodable {
        var version = 1
        var incidents: [IncidentStatus]
    }
}

/// Renders the history.
struct IncidentsText {
    var incidents: [IncidentStatus]
    var console: Console

    /// A table, or one line when there is nothing.
    var text: String {
        guard !incidents.isEmpty else { return "There was no incident yet.\n" }
        var table = TextTable(columns: [
            .init(title: "NO", isNumber: true), .init(title: "SCOPE", mayShrink: true),
            .init(title: "RULE"), .init(title: "TRIPPED (\(LocalTime.title))"),
            .init(title: "RESET (\(LocalTime.title))", rank: 3),
            .init(title: "HELD", isNumber: true, rank: 1),
            .init(title: "LEFT", isNumber: true, rank: 2),
            .init(title: "STATE"),
        ])
        table.rows = incidents.map { incident in
            [
                .init(String(incident.number)), .init(shown(incident.scope.name)),
                .init(shown(incident.rule.text)), .init(StateWords.briefTime(incident.tripped)),
                .init(incident.reset.map(StateWords.briefTime) ?? "-"),
                .init(StateWords.count(incident.held)), .init(StateWords.count(incident.leaked)),
                StateWords.short(incident.state, halt: incident.halt),
            ]
        }
        return table.text(console)
    }

    /// Moment by moment.
    var timeline: String {
        let moments = incidents.flatMap { $0.timeline ?? [] }
        let lines = moments.map { moment in
            let target = moment.target.map { " (\(shown($0)))" } ?? ""
            return wrapped(
                "\(StateWords.briefTime(moment.time))  \(shown(moment.event))\(target): "
                    + told(moment.text),
                width: console.width,
                rest: "  "
            ) + "\n"
        }
        return text + "\n" + lines.joined()
    }
}
