// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import EventTime

/// `listbreaker hold-off`: a person's answer to a doubtful verdict.
struct HoldOffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold-off",
        abstract: "Let a list go on although it looks doubtful; sure verdicts still trip it.",
        discussion: """
            The answer to a page that says 'doubtful': what counts is harmless. May be said \
            beforehand. The other answer is 'listbreaker trip'.
            """
    )

    @Argument(
        help: "The list, by its posting address; or a sender, as sender:ADDRESS.",
        completion: Suggested.lists
    )
    var list: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long, a day at most: 2h; 0 ends it.", valueName: "span")
    )
    var span: SpanArgument

    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @OptionGroup var name: NewName
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func run() throws {
        var request = ControlRequest(.holdOff)
        request.list = list
        request.isNew = name.new
        request.seconds = Int64(span.span.seconds.rounded(.up))
        request.reason = reason
        try control.command(request, form)
    }
}
