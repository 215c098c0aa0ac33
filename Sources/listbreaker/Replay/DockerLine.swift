// SPDX-License-Identifier: Apache-2.0
//
// A line as docker's json-file driver keeps it, which is its default:
// `{"log":"TEXT\n","stream":"stdout","time":"2026-11-20T18:00:00Z"}`. The text is what counts. The mistake to
// avoid: leaving Go's escapes in it, where each `<` is `\u003c`.

/// Takes the text out of such lines.
enum DockerLine {
    private static let lead = Array(#"{"log":""#.utf8)

    /// What the container printed; nil when `line` is no such line.
    static func text(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.starts(with: lead) else { return nil }
        var text: [UInt8] = []
        var rest = line.dropFirst(lead.count)
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"):
                guard let letter = rest.popFirst() else { return nil }
                switch letter {
                case UInt8(ascii: "n"), UInt8(ascii: "r"): break
                case UInt8(ascii: "t"): text.append(9)
                case UInt8(ascii: "u"): text += Array(String(scalar(&rest)).utf8)
                default: text.append(letter)
                }
            default: text.append(byte)
            }
        }
        return nil
    }

    /// The letter of four hex digits, or of eight in two halves.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Character {
        guard let first = unit(&rest) else { return "\u{FFFD}" }
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        guard rest.starts(with: #"\u"#.utf8) else { return "\u{FFFD}" }
        rest = rest.dropFirst(2)
        guard let second = unit(&rest), 0xd800..<0xdc00 ~= first, 0xdc00..<0xe000 ~= second,
            let scalar = Unicode.Scalar((first - 0xd800) << 10 + (second - 0xdc00) + 0x1_0000)
        else { return "\u{FFFD}" }
        return Character(scalar)
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        let digits = rest.prefix(4)
        guard digits.count == 4 else { return nil }
        rest = rest.dropFirst(4)
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
