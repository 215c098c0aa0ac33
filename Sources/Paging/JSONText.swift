// SPDX-License-Identifier: Apache-2.0
//
// JSON as text, written by hand: keys in the order given, so that what a script receives is the
// same byte for byte each time. The mistake to avoid: putting a stranger's text anywhere but
// through `quoted`.

/// One JSON value that can be written, with members in a stated order.
indirect enum JSONText {
    case string(String)
    case number(Int64)
    case list([JSONText])
    case object([(String, JSONText)])

    /// The value as JSON on one line.
    var text: String {
        switch self {
        case .string(let text): Self.quoted(text)
        case .number(let number): String(number)
        case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0) + ":" + $1.text }.joined(separator: ",") + "}"
        }
    }

    /// A string with its quotation marks; RFC 8259 section 7.
    ///
    /// DEL and the C1 controls are escaped too: they move the cursor of whoever prints them.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        quoted.reserveCapacity(text.utf8.count + 2)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}"..."\u{202E}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// The members of `values` sorted by name.
    static func sorted(_ values: [String: String]) -> JSONText {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }
}

extension String {
    /// One line without control or direction characters, at most `limit` bytes of UTF-8.
    ///
    /// What is cut ends in an ellipsis. For environment variables and terminals.
    func oneLine(limit: Int) -> String {
        var line = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}"..."\u{202E}",
                "\u{2066}"..."\u{2069}":
                line += " "
            default: line.unicodeScalars.append(scalar)
            }
            if line.utf8.count > limit { break }
        }
        guard line.utf8.count > limit else { return line }
        while line.utf8.count > max(0, limit - 3) { line.unicodeScalars.removeLast() }
        return limit >= 3 ? line + "\u{2026}" : line
    }
}
