// SPDX-License-Identifier: Apache-2.0
//
// One policy on which letters may reach a reader, for every outlet: terminal, JSON, metrics, shell,
// environment, own log. A poster chooses his address, and a mail server logs it: it may hold escape
// sequences, line breaks, marks that turn the reading direction round, and letters that nobody
// sees. The mistake to avoid: a list of such letters of one's own, which lacks what another has.

extension Unicode.Scalar {
    /// Whether the letter could steer a terminal, end a line, reorder or hide text.
    ///
    /// By Unicode's general category: controls (C0, DEL, C1), format characters (U+061C, U+200B to
    /// U+200F, U+202A to U+202E, U+2066 to U+2069, U+FEFF, the tags of plane 14 ...), line and
    /// paragraph separators, and what has no agreed look: private use and unassigned.
    public var isUnsafe: Bool {
        if value < 0x7F { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            return true
        default:
            return false
        }
    }
}

/// `text` with everything escaped that could move the cursor, change colours or reorder text.
///
/// Escapes are `\u{..}`; what is printable stays. Applied to whatever is not our own wording.
public func shown(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: \.isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        if scalar.isUnsafe {
            result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// `text` made safe as ``shown(_:)`` does it, with its line breaks kept.
///
/// Blanks at the ends of lines are dropped.
public func shownLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { line in
            let end = line.lastIndex { $0 != " " }
            return shown(String(end.map { line[...$0] } ?? ""))
        }
        .joined(separator: "\n")
}

extension StringProtocol {
    /// The text with each unsafe letter replaced by `standIn`: as many letters, none that steers.
    public func cleaned(with standIn: Unicode.Scalar = "\u{FFFD}") -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars { result.append(scalar.isUnsafe ? standIn : scalar) }
        return String(result)
    }

    /// One line without unsafe letters, at most `limit` bytes of UTF-8.
    ///
    /// What is cut ends in an ellipsis. For environment variables and terminals.
    public func oneLine(limit: Int) -> String {
        var line = ""
        for scalar in unicodeScalars {
            line.unicodeScalars.append(scalar.isUnsafe ? " " : scalar)
            if line.utf8.count > limit { break }
        }
        guard line.utf8.count > limit else { return line }
        while line.utf8.count > Swift.max(0, limit - 3) { line.unicodeScalars.removeLast() }
        return limit >= 3 ? line + "\u{2026}" : line
    }
}

/// `text` as the value of a metric's label, without its quotation marks.
///
/// OpenMetrics: backslash, quotation mark and line feed are escaped. Unsafe letters become what
/// ``shown(_:)`` makes of them: two names that differ in one stay two series.
public func labelValue(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\"": result += "\\\""
        case "\n": result += "\\n"
        case _ where scalar.isUnsafe: result += "\\\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
