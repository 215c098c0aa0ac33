// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Fleet

/// `listbreaker observe`: decide and page the same, but touch no queue.
struct ObserveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe",
        abstract: "Decide and page, but halt nothing from now on.",
        discussion: "What is halted already stays halted until it is reset."
    )

    @Option(help: ArgumentHelp("Why; it goes into the log and 'status --json'.", valueName: "text"))
    var reason: String?

    @OptionGroup var canaries: FleetModeOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        if canaries.fleet { return try canaries.order(.observe, reason: reason, control, form) }
        var request = ControlRequest(.observe)
        request.reason = reason
        try control.command(request, form)
    }
}
