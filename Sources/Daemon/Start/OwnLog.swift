// SPDX-License-Identifier: Apache-2.0
//
// Our own log lines: native journal fields under systemd, plain lines on a terminal. Text may hold
// a stranger's words: in what people read, which journalctl prints as it is, letters that could steer
// a terminal are replaced; in the other fields they are data.
// Library targets never log; only this one does, each thing once.

internal import Breaker
internal import CSystemd
internal import Glibc
internal import Words

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
        if isNative {
            Self.send(
                Self.fields(
                    priority: priority,
                    id,
                    text,
                    list: list,
                    incident: incident,
                    target: target,
                    reason: reason
                )
            )
        } else {
            Self.terminal(Self.line(priority: priority, text))
        }
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

    /// One line as journald wants it.
    static func fields(
        priority: Int32,
        _ id: MessageID?,
        _ text: String,
        list: String? = nil,
        incident: Int64? = nil,
        target: String? = nil,
        reason: String? = nil
    ) -> [String] {
        var fields = [
            "MESSAGE=\(text.cleaned())", "PRIORITY=\(priority)",
            "SYSLOG_IDENTIFIER=listbreakerd", "DOCUMENTATION=man:listbreakerd(8)",
        ]
        if let id { fields.append("MESSAGE_ID=\(id.rawValue)") }
        if list != nil || incident != nil {
            fields.append("LISTBREAKER_LIST=\(list ?? "--queue")")
        }
        if let incident { fields.append("LISTBREAKER_INCIDENT=\(incident)") }
        if let target { fields.append("LISTBREAKER_TARGET=\(target)") }
        if let reason { fields.append("LISTBREAKER_REASON=\(reason)") }
        return fields
    }

    /// One line as a terminal gets it.
    static func line(priority: Int32, _ text: String) -> String {
        let words = ["emerg", "alert", "CRIT", "error", "warning", "notice", "info", "debug"]
        let word = words[Int(min(max(priority, 0), 7))]
        return "listbreakerd: \(word): \(text.cleaned())\n"
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

    private static func terminal(_ line: String) {
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
