// SPDX-License-Identifier: Apache-2.0
//
// What stands around a message in a line of text: when, who, and where the message begins. All who read
// text read it here: `parse`, `replay --syslog`, `learn`, and what containers print. The mistake to avoid:
// a second reader of the same forms, which understands what this one does not.

/// A line of text, taken apart.
public struct LogFrame: Sendable {
    /// What kind of line it is.
    public enum Form: Sendable {
        /// A program's line.
        case program
        /// A line of Exim's own log, which names no program: ``message`` is the whole line.
        case eximFile
        /// A line of the logger itself: `-- MARK --`, `last message repeated 2 times`, journalctl's
        /// `-- Boot`.
        case logger
    }

    /// How much is read into a line.
    public enum Reading: Sendable {
        /// What is told of an old log: whatever stands before its stamp is passed over, and a line within
        /// another program's line is taken out.
        case told
        /// What is acted on: text of strangers must not become a line of its own.
        case strict
    }

    /// What kind of line it is.
    public var form = Form.program
    /// When; nil where no stamp that we know stands in front.
    public var stamp: LogStamp?
    /// Who.
    public var identifier = ByteRange.absent
    /// The number in brackets; 0: none.
    public var pid: Int32 = 0
    /// What was said.
    public var message = ByteRange.absent

    /// How far into a line its stamp is looked for: `docker compose` puts a service's name before it,
    /// grep(1) the name of a file; chosen.
    private static let reach = 96

    /// Takes apart what lies between two newlines, without them; nil when it names no program.
    public init?(line: ByteRange, in bytes: [UInt8], as reading: Reading = .told) {
        var cursor = LineCursor(bytes, line)
        cursor.trimLine()
        if cursor.has("-- ") {
            form = .logger
            return
        }
        if takeWhole(cursor, reading) { return }
        guard reading == .told else { return nil }
        let limit = min(cursor.end, cursor.at + Self.reach)
        while cursor.at + 1 < limit {
            let before = bytes[cursor.at]
            cursor.at += 1
            var words = cursor
            if Self.mayEndPrefix(before), words.takeStamp() != nil, takeWhole(cursor, reading) {
                return
            }
        }
        return nil
    }

    private init() {}

    /// Whether `byte` may be the last of what somebody put before a stamp: `NAME  | `, `FILE:`, `> `, the end of
    /// a colour.
    private static func mayEndPrefix(_ byte: UInt8) -> Bool {
        byte <= ASCII.space || byte == ASCII.colon || byte == ASCII.dash || byte == ASCII.greater
            || byte == ASCII.quote || byte == UInt8(ascii: "|") || byte == UInt8(ascii: "m")
    }

    /// Reads a line whose stamp, or whose program, comes at once.
    private mutating func takeWhole(_ line: LineCursor, _ reading: Reading) -> Bool {
        var cursor = line
        let isProtocol = cursor.skipPriority()
        let start = cursor
        guard let stamp = cursor.takeStamp(), cursor.takeBlanks() else {
            // IDENT[PID]: MESSAGE, as a container prints and as people paste.
            cursor = start
            return takeProgram(&cursor)
        }
        self.stamp = stamp
        if cursor.hasEximID {
            readExim(start)
            return true
        }
        skipOuterStamp(&cursor)
        if isProtocol || cursor.looksLikeProtocol {
            guard takeProtocol(&cursor) else { return false }
        } else if !takeTraditional(&cursor, reading) || start.isEximDate && pid == 0 {
            guard form == .program else { return true }
            guard start.isEximDate else { return false }
            readExim(start)
            return true
        }
        if reading == .told { unwrap(cursor) }
        return true
    }

    private mutating func readExim(_ start: LineCursor) {
        form = .eximFile
        identifier = .absent
        message = start.rest
    }

    /// Skips a second stamp, and `stdout F` between the two.
    ///
    /// `docker logs -t` and the runtime of Kubernetes put one of their own before the program's, which
    /// stays: it is in UTC.
    private func skipOuterStamp(_ cursor: inout LineCursor) {
        var words = cursor
        if words.take("stdout ") || words.take("stderr ") {
            guard words.take("F ") || words.take("P ") else { return }
            cursor = words
        }
        if words.takeStamp() != nil, words.takeBlanks() { cursor = words }
    }

    /// `HOST IDENT[PID]: MESSAGE`; the host, a zone's name and a facility may be there or not.
    private mutating func takeTraditional(_ cursor: inout LineCursor, _ reading: Reading) -> Bool {
        cursor.skipFacility()
        // An identifier at once: no host. With a number that is sure; without, it may be a host and a colon.
        var words = cursor
        var first = LogFrame()
        let isProgram = first.takeProgram(&words)
        if isProgram, first.pid > 0 || reading == .strict {
            keep(first)
            cursor = words
            return true
        }
        // Then a host; or the name of a zone, and a host.
        var behind = cursor
        for _ in 0..<2 {
            guard behind.skipWord() else { break }
            behind.skipFacility()
            if behind.has("last message repeated ") || behind.has("-- MARK --") {
                form = .logger
                return false
            }
            var second = LogFrame()
            var rest = behind
            if second.takeProgram(&rest), !isProgram || second.pid > 0 {
                keep(second)
                cursor = rest
                return true
            }
            guard takeYear(&cursor) || cursor.hasZoneName else { break }
        }
        guard isProgram else { return false }
        keep(first)
        cursor = words
        return true
    }

    /// Takes note of a year that stands behind the time; what follows it is a host.
    private mutating func takeYear(_ cursor: inout LineCursor) -> Bool {
        var words = cursor
        guard stamp?.year == nil, let year = words.takeYear(), words.takeBlanks() else {
            return false
        }
        stamp?.year = year
        return true
    }

    private mutating func keep(_ other: LogFrame) {
        (identifier, pid, message) = (other.identifier, other.pid, other.message)
    }

    /// `HOST APP PROCID MSGID SD MESSAGE` of RFC 5424, section 6.
    private mutating func takeProtocol(_ cursor: inout LineCursor) -> Bool {
        guard cursor.skipWord() else { return false }
        let name = cursor.take(while: { $0 > ASCII.space })
        guard !name.isEmpty, cursor.takeBlanks() else { return false }
        if let number = cursor.takeNumber() { pid = Int32(clamping: number) }
        guard cursor.skipWord() || cursor.takeBlanks(), cursor.skipWord(), cursor.skipStructured()
        else { return false }
        _ = cursor.takeBlanks()
        // The mark of UTF-8, section 6.4.
        _ = cursor.take("\u{FEFF}")
        identifier = name
        message = cursor.rest
        return true
    }

    /// `IDENT[PID]: ` and what follows; `IDENT: ` without a number.
    private mutating func takeProgram(_ cursor: inout LineCursor) -> Bool {
        var words = cursor
        let name = words.take(while: {
            $0 > ASCII.space && $0 != ASCII.bracket && $0 != ASCII.colon
        })
        guard !name.isEmpty, words.mayBeProgram(name) else { return false }
        var number: Int64?
        if words.take("[") {
            number = words.takeNumber()
            // Some loggers have the thread behind a dot, or a dash in the place of the number.
            if words.next == ASCII.dot || words.next == ASCII.dash {
                words.at += 1
                _ = words.takeNumber()
            }
            guard words.take("]") else { return false }
        }
        // `::` is within an address of IPv6.
        guard words.take(":"), words.isAtEnd || words.next <= ASCII.space else { return false }
        _ = words.takeBlanks()
        // Solaris: `[ID 801593 mail.info] `.
        var mark = words
        if mark.take("[ID "), mark.take(until: ASCII.unbracket) != nil, mark.take("] ") {
            words = mark
        }
        pid = number.map { Int32(clamping: $0) } ?? 0
        identifier = name
        message = words.rest
        cursor = words
        return true
    }

    /// Takes a container's line out of the one in which a logger outside wrote it down.
    ///
    /// `host 3f2a9c81d0b4[812]: Nov 20 18:00:00 mail postfix/smtp[9]: `. The logger's stamp stays.
    private mutating func unwrap(_ message: LineCursor) {
        guard ASCII.isDigit(message.next) || ASCII.isLetter(message.next) else { return }
        var words = message
        guard words.takeStamp() != nil, words.takeBlanks() else { return }
        var inner = LogFrame()
        guard inner.takeTraditional(&words, .told), inner.pid > 0 else { return }
        keep(inner)
    }
}
