// SPDX-License-Identifier: Apache-2.0
//
// Our own log lines: native journal fields under systemd, plain lines on a terminal. Text may hold
// a stranger's words: on a terminal control characters are replaced, in the journal they are data.
// Library targets never log; only this one does, each thing once.

internal import Breaker
internal import CSystemd
internal import Glibc

/// Where the daemon's own words go.
struct OwnLog: Sendable {
    /// Whether stderr is journald's: then fields are sent natively, and stderr stays quiet.
    private let isNative: Bool
    /// Lines of a priority above this are dropped; 6 (info) unless asked for more.
    private let verbosity: Int32

    /// A log to the journal under systemd (`$JOURNAL_STREAM`, systemd.exec(5)), else to stderr.
    init(verbosity: Int32 = 6) {
        isNative = unsafe getenv("JOURNAL_STREAM") != nil
        self.verbosity = verbosity
    }

    /// Writes one line with its fields.
    func write(
        _ priority: Int32,
        _ id: MessageID?,
        _ text: String,
        list: String? = nil,
        incident: Int64? = nil,
        target: String? = nil,
        reason: String? = nil
    ) {
        guard priority <= verbosity else { return }
        guard isNative else {
            return Self.terminal(priority: priority, text)
        }
        var fields = [
            "MESSAGE=\(text)", "PRIORITY=\(priority)", "SYSLOG_IDENTIFIER=listbreakerd",
            "DOCUMENTATION=man:listbreakerd(8)",
        ]
        if let id { fields.append("MESSAGE_ID=\(id.rawValue)") }
        if list != nil || incident != nil {
            fields.append("LISTBREAKER_LIST=\(list ?? "--queue")")
        }
        if let incident { fields.append("LISTBREAKER_INCIDENT=\(incident)") }
        if let target { fields.append("LISTBREAKER_TARGET=\(target)") }
        if let reason { fields.append("LISTBREAKER_REASON=\(reason)") }
        Self.send(fields)
    }

    /// Writes a note of the engine.
    func write(_ note: LogNote) {
        write(
            note.priority,
            MessageID(note.kind),
            note.text,
            list: note.list,
            incident: note.incident,
            reason: note.text
        )
    }

    /// sd_journal_sendv(3): each field is one vector, so that nothing in it can end it.
    private static func send(_ fields: [String]) {
        let bytes = fields.map { Array($0.utf8) }
        let flat = bytes.flatMap { $0 }
        unsafe flat.withUnsafeBytes { buffer in
            var vectors: [iovec] = unsafe []
            var offset = 0
            for field in bytes {
                unsafe vectors.append(
                    iovec(
                        iov_base: UnsafeMutableRawPointer(
                            mutating: buffer.baseAddress?.advanced(by: offset)
                        ),
                        iov_len: field.count
                    )
                )
                offset += field.count
            }
            _ = unsafe sd_journal_sendv(vectors, Int32(vectors.count))
        }
    }

    private static func terminal(priority: Int32, _ text: String) {
        let words = ["emerg", "alert", "CRIT", "error", "warning", "notice", "info", "debug"]
        let word = words[Int(min(max(priority, 0), 7))]
        let line = "listbreakerd: \(word): \(text.printable)\n"
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(2, $0.baseAddress, $0.count)
            }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}

extension String {
    /// The text without control characters and without those that turn the writing direction.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }
            )
        )
    }
}
