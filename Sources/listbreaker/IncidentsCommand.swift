// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Engine

/// `listbreaker incidents`: the history.
struct IncidentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "incidents",
        abstract: "Show the latest incidents."
    )

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        let (incidents, _) = try control.report(
            ControlRequest(.incidents),
            as: [IncidentStatus].self
        )
        if form.json {
            print(try Wire.write(Incidents(incidents: incidents)))
        } else {
            print(IncidentsText(incidents: incidents, console: form.console).text, terminator: "")
        }
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
            .init(title: "RULE"), .init(title: "TRIPPED (UTC)"),
            .init(title: "RESET (UTC)", rank: 3),
            .init(title: "HELD", isNumber: true, rank: 1),
            .init(title: "LEFT", isNumber: true, rank: 2),
            .init(title: "STATE"),
        ])
        table.rows = incidents.map { incident in
            [
                .init(String(incident.number)), .init(shown(incident.scope)),
                .init(shown(incident.rule)), .init(StateWords.briefTime(incident.tripped)),
                .init(incident.reset.map(StateWords.briefTime) ?? "-"),
                .init(StateWords.count(incident.held)), .init(StateWords.count(incident.leaked)),
                StateWords.short(incident.state, halt: incident.halt),
            ]
        }
        return table.text(console)
    }
}
