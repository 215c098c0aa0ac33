// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker ack N`: a person has seen the page.
struct AckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack",
        abstract: "Acknowledge an incident: fewer reminders; the breaker stays open."
    )

    @Argument(help: "The incident's number.")
    var incident: Int64

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.acknowledge)
        request.incident = incident
        try control.command(request, form)
    }
}
