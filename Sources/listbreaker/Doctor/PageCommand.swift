// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control

/// `listbreaker page --test`: prove that paging works, before it is needed.
struct PageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "page",
        abstract: "Send a trial page, to one target or to all."
    )

    @Flag(help: "Say that it is a trial; required.")
    var test = false

    @Argument(
        help: "Only this target, by the NAME of its [Alert NAME] section.",
        completion: Suggested.targets
    )
    var target: String?

    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func validate() throws {
        if !test {
            throw ValidationError("only trials can be sent by hand: listbreaker page --test")
        }
    }

    func run() throws {
        var request = ControlRequest(.page)
        request.target = target
        try control.command(request, form)
    }
}
