// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker trip`: open a breaker by hand.
///
/// It never asks: whoever says trip is in a hurry.
struct TripCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trip",
        abstract: "Open a breaker by hand: halt mail now.",
        discussion: """
            In observe mode nothing is halted; say 'listbreaker arm' first. A list that is neither \
            tracked nor configured is refused, since a mistyped name would hold nothing.
            """
    )

    @OptionGroup var scope: ScopeArguments

    @Option(help: ArgumentHelp("Why; it goes into the incident.", valueName: "text"))
    var reason: String

    @OptionGroup var name: NewName
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = scope.request(.trip, reason: reason)
        request.isNew = name.new
        try control.command(request, form)
    }
}
