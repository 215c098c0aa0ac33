// SPDX-License-Identifier: Apache-2.0
//
// Values to JSON text and back. The mistake to avoid: Foundation's defaults, which throw on an
// infinite or undefined number; a statistic that has become one must not keep a trip from being
// saved.

import FoundationEssentials

enum Codec {
    /// JSON with non-finite numbers as strings.
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The reverse of ``text(_:)``.
    static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return try decoder.decode(type, from: Data(text.utf8))
    }

    /// Text without NUL, at which SQLite's text ends when it is read back.
    ///
    /// JSON has none.
    static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    }
}
