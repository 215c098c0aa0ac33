// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Fleet

/// `listbreaker arm`: from now on a trip really halts mail.
struct ArmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arm",
        abstract: "Really halt mail at a trip from now on.",
        discussion: """
            With --fleet it is an order to the hosts that --hosts names, of those that are there now: a few \
            first, the rest when those have shown what they do. Each answers; 'status --fleet' shows \
            who is armed.
            """
    )

    @Option(help: ArgumentHelp("Why; it goes into the log and 'status --json'.", valueName: "text"))
    var reason: String?

    @OptionGroup var canaries: FleetModeOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        if canaries.fleet { return try canaries.order(.armed, reason: reason, control, form) }
        var request = ControlRequest(.arm)
        request.reason = reason
        try control.command(request, form)
    }
}
