// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Control
internal import EventTime

/// `listbreaker expect`: a planned mailing, which must not count against the ceiling.
struct ExpectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expect",
        abstract: "Announce a planned mailing, so that the ceiling does not trip on it.",
        discussion: """
            The rules about replies stay as they are. An address stands for the list and for the \
            sender of that name, such as billing@example.org before the invoices go out; \
            sender:NAME for a sender alone.
            """
    )

    @Argument(help: "The list or the sender, by its address.", completion: Suggested.lists)
    var list: String

    @Option(help: "Copies that the mailing may announce.")
    var copies: Int64

    @Option(
        help: ArgumentHelp(
            "Until when: 2h, 'tomorrow 18:00', 2026-12-01T18:00:00Z; not a time that is past.",
            valueName: "time"
        ),
        transform: TimeArgument.ahead
    )
    var until: Timestamp

    @OptionGroup var name: NewName
    @OptionGroup var control: ControlOptions
    @OptionGroup var form: OutputOptions

    func validate() throws {
        guard copies > 0 else { throw ValidationError("--copies is 1 or more") }
    }

    func run() throws {
        var request = ControlRequest(.expect)
        request.list = list
        request.isNew = name.new
        request.copies = copies
        request.until = until
        try control.command(request, form)
    }
}

/// A time span on the command line.
struct SpanArgument: ExpressibleByArgument {
    /// The span.
    var span: TimeSpan

    /// The argument `span`.
    init(span: TimeSpan) { self.span = span }

    /// systemd.time(7): 30s, 5min, 1d.
    init?(argument: String) {
        guard let span = TimeSpan(systemd: argument) else { return nil }
        self.span = span
    }

    /// As it would be typed.
    var defaultValueDescription: String { span.text }
}
