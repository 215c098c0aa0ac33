// SPDX-License-Identifier: Apache-2.0
//
// `listbreaker parse`: what each line on standard input is taken for. The operator's microscope,
// and the way to try a sample before reporting it. Lines of text have no journald fields, so all
// of them are believed here; the daemon believes none of that kind.

internal import ArgumentParser
internal import EventTime
internal import Glibc
internal import MailLog

/// Shows what each line of a mail log is taken for.
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Show what each line on standard input is taken for.",
        discussion: """
            Reads lines of the form IDENT[PID]: MESSAGE, with a syslog date and host before it or \
            without, and prints one line for each, in the order of input.
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
        var lines = InputLines()
        while let line = lines.next() {
            let (event, identifier) = reader.reading(
                line: ByteRange(start: 0, end: line.count),
                in: line,
                time: Timestamp(microseconds: 0),
                as: mta.dialect
            )
            let shown = EventDescription(event, identifier: identifier, in: line)
            print(json ? shown.json : shown.text)
        }
    }
}

/// The lines of standard input, as bytes.
///
/// A line longer than ``EntryBatch/longestField`` and some room for its header is cut.
private struct InputLines {
    private var buffer = [UInt8](repeating: 0, count: 65536)
    private var start = 0
    private var end = 0
    private var isOver = false
    private static let longest = EntryBatch.longestField + 1024

    /// The next line without its newline; nil at the end of input.
    mutating func next() -> [UInt8]? {
        var line: [UInt8] = []
        var isStarted = false
        while true {
            if start == end {
                if isOver || !fill() { return isStarted ? line : nil }
            }
            isStarted = true
            let rest = buffer[start..<end]
            let stop = rest.firstIndex(of: 10) ?? end
            line.append(contentsOf: buffer[start..<stop].prefix(max(0, Self.longest - line.count)))
            start = stop
            if stop < end {
                start += 1
                return line
            }
        }
    }

    private mutating func fill() -> Bool {
        start = 0
        repeat {
            end = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe read(STDIN_FILENO, bytes.baseAddress, bytes.count)
            }
        } while end < 0 && errno == EINTR
        isOver = end <= 0
        end = max(0, end)
        return !isOver
    }
}
