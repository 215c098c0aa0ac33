// SPDX-License-Identifier: Apache-2.0
//
// JSON as text, written by hand: keys in the order given, so that what a script receives is the
// same byte for byte each time. What is unsafe on a terminal is escaped, which JSON's readers undo.
// The mistake to avoid: putting a stranger's text anywhere but through `append`.

/// One JSON value that can be written, with members in a stated order.
public indirect enum JSONText {
    case string(String)
    case number(Int64)
    case list([JSONText])
    case object([(String, JSONText)])

    /// The value as JSON on one line.
    public var text: String {
        switch self {
        case .string(let text): Self.quoted(text)
        case .number(let number): String(number)
        case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0) + ":" + $1.text }.joined(separator: ",") + "}"
        }
    }

    /// A string with its quotation marks; RFC 8259 section 7.
    public static func quoted(_ text: String) -> String {
        var quoted = ""
        quoted.reserveCapacity(text.utf8.count + 2)
        append(text, to: &quoted)
        return quoted
    }

    /// Appends `text` with its quotation marks to `line`.
    public static func append(_ text: String, to line: inout String) {
        line += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.isUnsafe: append(escaped: scalar, to: &line)
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }

    /// JSON that someone else wrote, with what is unsafe on a terminal escaped.
    ///
    /// It means the same as before. Beyond ASCII nothing unsafe stands outside of strings; the
    /// controls of ASCII are left alone: within strings a writer has escaped them, DEL excepted,
    /// and outside they set the values apart.
    public static func madeSafe(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: { $0.value >= 0x7F && $0.isUnsafe }) else {
            return json
        }
        var result = ""
        for scalar in json.unicodeScalars {
            if scalar.value >= 0x7F && scalar.isUnsafe {
                append(escaped: scalar, to: &result)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// `\u` and four digits, twice beyond the basic plane.
    private static func append(escaped scalar: Unicode.Scalar, to line: inout String) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let digits = String(unit, radix: 16)
            line += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
    }

    /// The members of `values` sorted by name.
    public static func sorted(_ values: [String: String]) -> JSONText {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }
}
