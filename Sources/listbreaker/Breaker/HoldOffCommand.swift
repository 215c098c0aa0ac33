// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import EventTime
internal import Words

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
        help: ArgumentHelp("How long, a day at most: 2h; 0 ends it.", valueName: "span"),
        transform: Self.span
    )
    var span: TimeSpan

    @Option(help: ArgumentHelp("Why; it goes into the log.", valueName: "text"))
    var reason: String?

    @OptionGroup var name: NewName
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    /// The span that `text` says.
    ///
    /// A bare number would be seconds, as in systemd.time(7): whoever types `--for 2` at night means
    /// hours, and the hold-off would be over before it is read.
    static func span(_ text: String) throws -> TimeSpan {
        if let count = Int64(text), count > 0 {
            throw ValidationError("\(count) of what? such as: \(count)h, \(count)min, \(count)s")
        }
        guard let span = TimeSpan(systemd: text) else {
            throw ValidationError("'\(shown(text))' is no span of time; such as: 2h, 1h 30min, 0")
        }
        guard span <= .seconds(86_400) else {
            throw ValidationError("'\(shown(text))' is more than a day; say it again tomorrow")
        }
        return span
    }

    func run() throws {
        var request = ControlRequest(.holdOff)
        request.list = list
        request.isNew = name.new
        request.seconds = Int64(span.seconds.rounded(.up))
        request.reason = reason
        try control.command(request, form)
    }
}
