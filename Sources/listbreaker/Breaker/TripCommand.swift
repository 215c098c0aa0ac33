// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import Fleet

/// `listbreaker trip`: open a breaker by hand.
///
/// It never asks: whoever says trip is in a hurry.
struct TripCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trip",
        abstract: "Open a breaker by hand: halt mail now.",
        discussion: """
            In observe mode nothing is halted; say 'listbreaker arm' first. A list that is neither \
            tracked nor configured is refused, since a mistyped name would hold nothing. In a fleet \
            the other hosts hear of it in any case; --fleet says whether they can: exit status 4 where \
            this host is alone.
            """
    )

    @OptionGroup var scope: ScopeArguments

    @Option(help: ArgumentHelp("Why; it goes into the incident.", valueName: "text"))
    var reason: String

    @Flag(help: "Say whether the other hosts of the fleet hear of it, and fail where not.")
    var fleet = false

    @OptionGroup var name: NewName
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = scope.request(.trip, reason: reason)
        request.isNew = name.new
        guard fleet else { return try control.command(request, form) }
        // Halted first, whatever is wrong with the fleet.
        try control.command(request, form)
        let told = try FleetReach(control: control).told(scope.list ?? FleetScope.queue.word)
        if !form.json { print(told) }
    }
}
