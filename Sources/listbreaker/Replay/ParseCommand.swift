// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker parse`: what each line on standard input is taken for. The operator's microscope,
// and the way to try a sample before reporting it. Lines of text have no journald fields, so all
// of them are believed here; the daemon believes none of that kind.

internal import ArgumentParser
internal import EventTime
internal import MailLog

/// Shows what each line of a mail log is taken for.
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Show what each line on standard input is taken for.",
        discussion: """
            Reads lines of the form IDENT[PID]: MESSAGE, with a syslog date and host before it or \
            without, and prints one line for each, in the order of input. Exit status 1: more than \
            a tenth was not understood, or none is of a mail server.
            """
    )

    /// The grammar to use.
    enum MailSystem: String, ExpressibleByArgument, CaseIterable {
        case auto, postfix, exim, sendmail, opensmtpd

        /// The dialect to insist on; nil to go by each line's identifier.
        var dialect: Dialect? {
            switch self {
            case .auto: nil
            case .postfix: .postfix
            case .exim: .exim
            case .sendmail: .sendmail
            case .opensmtpd: .opensmtpd
            }
        }
    }

    /// How Postfix printed addresses.
    enum AddressFormat: String, ExpressibleByArgument, CaseIterable {
        case external, `internal`
    }

    @Option(help: "The mail system that wrote the lines; auto goes by each line's identifier.")
    var mta = MailSystem.auto

    @Option(
        name: .customLong("address-format"),
        help: "How Postfix printed addresses, as its info_log_address_format."
    )
    var addressFormat = AddressFormat.external

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() throws {
        var settings = TrustSettings()
        settings.acceptsAbsentFields = true
        settings.addressFormat = addressFormat == .internal ? .internal : .external
        let reader = LineReader(settings: settings)
        let lines = try LineStream()
        var unread = UnreadLines(path: "standard input")
        var bytes: [UInt8] = []
        while let line = lines.next() {
            bytes.removeAll(keepingCapacity: true)
            bytes.append(contentsOf: line)
            let (event, identifier) = reader.reading(
                line: ByteRange(start: 0, end: bytes.count),
                in: bytes,
                time: Timestamp(microseconds: 0),
                as: mta.dialect
            )
            let words = EventDescription(event, identifier: identifier, in: bytes)
            print(json ? words.json : words.text)
            if event.isUnread { unread.note(bytes[...]) } else { unread.judge(event, bytes[...]) }
        }
        var losses = [lines.damage, unread.complaint].compactMap(\.self)
        if unread.known == 0, unread.complaint == nil {
            losses.append("not one line of a mail server was found")
        }
        for loss in losses { Console.complain(loss) }
        if !losses.isEmpty { throw ExitCode(1) }
    }
}
