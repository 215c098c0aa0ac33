// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker ack N|LIST`: a person has seen the page.
struct AckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack",
        abstract: "Acknowledge an incident: fewer reminders; the breaker stays open."
    )

    @Argument(
        help: ArgumentHelp(
            "The incident's number; or its list, by any address, or sender, as sender:ADDRESS.",
            valueName: "incident"
        ),
        completion: Suggested.open
    )
    var incident: String

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.acknowledge)
        if let number = Int64(incident) {
            request.incident = number
        } else {
            request.list = incident
        }
        try control.command(request, form)
    }
}
