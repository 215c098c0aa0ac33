// SPDX-License-Identifier: Apache-2.0
//
// One JSON object on one line, whatever bytes the fields hold: invalid UTF-8 becomes U+FFFD, and
// controls, line separators and bidirectional marks are escaped, so that neither a terminal nor a
// line reader can be misled. RFC 8259.

internal import Words

extension EventDescription {
    /// The fields as one line of JSON, without a newline at its end.
    public var json: String {
        var line = "{"
        for (index, field) in fields.enumerated() {
            if index > 0 { line += ", " }
            line += "\"\(field.name)\": "
            Self.append(field.value, to: &line)
        }
        return line + "}"
    }

    private static func append(_ value: Value, to line: inout String) {
        switch value {
        case .text(let bytes): append(bytes, to: &line)
        case .number(let number): line += "\(number)"
        case .seconds(let microseconds): line += seconds(microseconds)
        case .list(let texts):
            line += "["
            for (place, text) in texts.enumerated() {
                if place > 0 { line += ", " }
                append(text, to: &line)
            }
            line += "]"
        }
    }

    private static func append(_ bytes: [UInt8], to line: inout String) {
        JSONText.append(String(decoding: bytes, as: UTF8.self), to: &line)
    }

    /// `1.25`, `3`, `0.02`: no zeros at the end.
    private static func seconds(_ microseconds: Int64) -> String {
        let whole = microseconds / 1_000_000
        var fraction = String(abs(microseconds % 1_000_000))
        guard fraction != "0" else { return "\(whole)" }
        fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let sign = microseconds < 0 && whole == 0 ? "-" : ""
        return "\(sign)\(whole).\(fraction)"
    }
}

extension EventDescription {
    /// The fields as one line for people: the event, then `name="value"`.
    ///
    /// Escaped like JSON, so that no line can move a terminal's cursor.
    public var text: String {
        var line = ""
        for field in fields where field.name == "event" {
            if case .text(let name) = field.value { line = String(decoding: name, as: UTF8.self) }
        }
        for field in fields where field.name != "event" {
            line += " \(field.name)="
            Self.append(field.value, to: &line)
        }
        return line
    }
}
