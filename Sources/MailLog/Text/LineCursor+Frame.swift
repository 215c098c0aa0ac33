// SPDX-License-Identifier: Apache-2.0
//
// The small parts of what stands around a message in a line of text; see LogFrame.

extension LineCursor {
    /// Leaves out blanks at both ends, a carriage return, the mark of UTF-8 and the zeros that a crash
    /// leaves in a file.
    mutating func trimLine() {
        while at < end, bytes[at] <= ASCII.space { at += 1 }
        if take("\u{FEFF}") {
            while at < end, bytes[at] <= ASCII.space { at += 1 }
        }
        while at < end, bytes[end - 1] <= ASCII.space { end -= 1 }
    }

    /// Skips `<22>`, and the version of RFC 5424 behind it; whether that was there.
    mutating func skipPriority() -> Bool {
        var words = self
        guard words.take("<"), words.takeNumber() != nil, words.take(">") else { return false }
        let isProtocol = words.take("1 ")
        self = words
        return isProtocol
    }

    /// Skips a word and the blanks behind it.
    mutating func skipWord() -> Bool {
        var words = self
        guard !words.take(while: { $0 > ASCII.space }).isEmpty, words.takeBlanks() else {
            return false
        }
        self = words
        return true
    }

    /// Skips `mail.info`, `mail:info` (AIX), `<mail.info>`, `<2.6>` (FreeBSD) and what is blank behind it.
    mutating func skipFacility() {
        var words = self
        let isBracketed = words.take("<")
        let facility = words.take(while: { ASCII.isAlphanumeric($0) || $0 == ASCII.dash })
        guard !facility.isEmpty, words.take(".") || words.take(":") else { return }
        let severity = words.take(while: ASCII.isAlphanumeric)
        if isBracketed {
            guard !severity.isEmpty, words.take(">") else { return }
        } else {
            guard LineCursor(bytes, severity).isSeverity else { return }
        }
        if words.takeBlanks() { self = words }
    }

    /// Whether a program may be called by what is at `name`: neither JSON nor `KEY=value`, nor quoted.
    func mayBeProgram(_ name: ByteRange) -> Bool {
        bytes[Int(name.start)..<Int(name.end)].allSatisfy {
            $0 != UInt8(ascii: "{") && $0 != ASCII.quote && $0 != UInt8(ascii: "'")
                && $0 != ASCII.equals && $0 != ASCII.less && $0 != ASCII.greater
        }
    }

    /// Whether the rest is a severity's name; syslog.conf(5).
    private var isSeverity: Bool {
        isExactly("info") || isExactly("notice") || isExactly("warning") || isExactly("warn")
            || isExactly("err") || isExactly("error") || isExactly("crit") || isExactly("alert")
            || isExactly("emerg") || isExactly("panic") || isExactly("debug")
    }

    /// Whether what comes may be the name of a time zone: `CET`, `CEST`.
    var hasZoneName: Bool {
        var words = self
        let name = words.take(while: { $0 &- 0x41 < 26 })
        return (3...5).contains(name.count) && words.next == ASCII.space
    }

    /// Whether `HOST APP PROCID MSGID SD` comes, though no priority said so.
    var looksLikeProtocol: Bool {
        var words = self
        guard words.skipWord() else { return false }
        let name = words.take(while: {
            $0 > ASCII.space && $0 != ASCII.bracket && $0 != ASCII.colon
        })
        guard !name.isEmpty, words.takeBlanks() else { return false }
        guard words.takeNumber() != nil || words.take("-"), words.takeBlanks(), words.skipWord()
        else { return false }
        return words.has("- ") || words.next == ASCII.bracket
    }

    /// Skips the structured data of RFC 5424, section 6.3: `-`, or `[NAME KEY="VALUE"]` and more of them.
    mutating func skipStructured() -> Bool {
        if take("-") { return true }
        guard next == ASCII.bracket else { return false }
        while next == ASCII.bracket {
            var isQuoted = false
            while at < end {
                let byte = bytes[at]
                at += 1
                if byte == ASCII.backslash, isQuoted {
                    at = min(at + 1, end)
                } else if byte == ASCII.quote {
                    isQuoted.toggle()
                } else if byte == ASCII.unbracket, !isQuoted {
                    break
                }
            }
        }
        return true
    }

    /// Whether a date as in Exim's own log stands here: `2026-11-24 06:21:44`.
    var isEximDate: Bool {
        end - at > 19 && bytes[at + 4] == ASCII.dash && bytes[at + 10] == ASCII.space
            && bytes[at + 13] == ASCII.colon
    }

    /// Whether a message's id as in Exim's own log comes, behind `[123]` where `log_selector` has `+pid`:
    /// `1r6Bwb-000000002h3-2n4V`, before 4.97 shorter.
    var hasEximID: Bool {
        var words = self
        if words.take("["), words.takeNumber() != nil, words.take("]") { _ = words.takeBlanks() }
        guard words.takeLetters(6), words.take("-") else { return false }
        let short = words
        if words.takeLetters(11), words.take("-"), words.takeLetters(4), words.next == ASCII.space {
            return true
        }
        words = short
        return words.takeLetters(6) && words.take("-") && words.takeLetters(2)
            && words.next == ASCII.space
    }

    /// Takes `count` letters and digits, and not one more.
    private mutating func takeLetters(_ count: Int) -> Bool {
        var words = self
        guard words.take(while: ASCII.isAlphanumeric).count == count else { return false }
        self = words
        return true
    }
}
