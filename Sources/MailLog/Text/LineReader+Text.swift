// SPDX-License-Identifier: Apache-2.0
//
// Lines from text: files, pipes, an operator's clipboard, what a container prints. Text has no trusted
// fields; whether it is believed is up to the settings. The mistake to avoid: feeding lines of a network
// syslog here in a live daemon.

public import EventTime

extension LineReader {
    /// The entry that one line of text makes, its fields pointing into `bytes`; see ``LogFrame``.
    ///
    /// `line` is what lies between two newlines, without them. Nil when it names no program. Trusted
    /// fields stay absent.
    public static func entry(
        line: ByteRange,
        in bytes: [UInt8],
        time: Timestamp,
        as reading: LogFrame.Reading = .strict
    ) -> LogEntry? {
        guard let frame = LogFrame(line: line, in: bytes, as: reading), frame.form == .program
        else {
            return nil
        }
        var entry = LogEntry(time: time)
        entry.identifier = frame.identifier
        entry.syslogPid = frame.pid
        entry.message = frame.message
        return entry
    }

    /// What one line of text says.
    ///
    /// A line without an identifier is ``MailEvent/Kind/other``, unless it begins like Exim's own
    /// log file (`2026-11-24 06:21:44 `), which has none.
    public func reading(
        line: ByteRange,
        in bytes: [UInt8],
        time: Timestamp,
        as dialect: Dialect? = nil
    ) -> (event: MailEvent, identifier: ByteRange) {
        var event = MailEvent(time: time)
        guard let frame = LogFrame(line: line, in: bytes) else {
            event.reason = "no program name"
            event.aside = .noProgram
            return (event, .absent)
        }
        var entry = LogEntry(time: time)
        entry.message = frame.message
        switch frame.form {
        case .logger:
            event.reason = "the logger's own line"
            return (event, .absent)
        case .eximFile: return (read(entry, in: bytes, as: .exim), .absent)
        case .program:
            entry.identifier = frame.identifier
            entry.syslogPid = frame.pid
            return (read(entry, in: bytes, as: dialect), entry.identifier)
        }
    }
}
