// SPDX-License-Identifier: Apache-2.0
//
// Release and discard of held mail, as verbs.

internal import ArgumentParser
internal import Control

/// `listbreaker held release LIST|POST...|--all|--queue`.
struct HeldReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let held mail go out, metered.",
        discussion: """
            While a list's breaker is open, only single posts of it are released. To release all of \
            them, reset the list.
            """
    )

    @OptionGroup var mail: HeldMailArguments

    @Option(help: ArgumentHelp("Copies a minute: 600/min; 0: at once.", valueName: "rate"))
    var rate: RateArgument?

    @OptionGroup var change: HeldChangeOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        try HeldChange(mail: mail, options: change, control: control, form: form)
            .run(.releaseHeld) { $0.rate = rate?.perMinute }
    }
}

/// `listbreaker held discard LIST|POST...|--all`.
struct HeldDiscardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Save held mail with its envelopes, then delete it.",
        discussion: """
            Saved as .eml and .json below /var/lib/listbreaker-actuator; 'held restore' sends it \
            again.
            """
    )

    @OptionGroup var mail: HeldMailArguments
    @OptionGroup var change: HeldChangeOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        try HeldChange(mail: mail, options: change, control: control, form: form)
            .run(.discardHeld) { _ in }
    }
}

/// What both changes of held mail take.
struct HeldChangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Do not show the progress; it goes on without us anyway.")
    var noWait = false
}
