// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker arm`: from now on a trip really halts mail.
struct ArmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arm",
        abstract: "Really halt mail at a trip from now on."
    )

    @Option(help: ArgumentHelp("Why; it goes into the log and 'status --json'.", valueName: "text"))
    var reason: String?

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.arm)
        request.reason = reason
        try control.command(request, form)
    }
}
