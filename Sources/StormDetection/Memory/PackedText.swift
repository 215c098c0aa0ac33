// SPDX-License-Identifier: Apache-2.0
//
// Addresses and queue ids in fewer bytes: what is written with few letters needs six or four bits
// for each. A hundred thousand lists remember two million of them. Whatever has other letters goes
// in as it is, eight bits each.

/// Text as bytes, as short as its letters allow.
enum PackedText {
    /// How letters are written; the raw value is kept.
    private enum Form: UInt8, CaseIterable {
        /// Anything.
        case raw
        /// Mail addresses in lower case.
        case address
        /// Postfix's long queue ids.
        case identifier
        /// Its short ones.
        case hexadecimal

        var letters: String {
            switch self {
            case .raw: ""
            case .address: "abcdefghijklmnopqrstuvwxyz0123456789.@-_+=/~!#$%&'*?^`{|}<>:,"
            case .identifier: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            case .hexadecimal: "0123456789ABCDEF"
            }
        }

        /// Bits of a letter.
        var bits: Int {
            switch self {
            case .raw: 8
            case .address, .identifier: 6
            case .hexadecimal: 4
            }
        }
    }

    /// Longest text that is kept, in bytes: that of a mail address.
    static let cap = 254

    /// The letters of all forms, 64 for each.
    private static let letters = Form.allCases.flatMap { form in
        Array(form.letters.utf8) + Array(repeating: 0, count: 64 - form.letters.utf8.count)
    }

    /// The code of each byte in each form, 256 for each; 255: it has none.
    private static let codes = Form.allCases.flatMap { form in
        var codes = [UInt8](repeating: 255, count: 256)
        for (code, letter) in form.letters.utf8.enumerated() { codes[Int(letter)] = UInt8(code) }
        return codes
    }

    /// For each byte the forms that have it, a bit each: 1 << raw value.
    private static let forms = (0..<256).map { letter in
        Form.allCases.dropFirst().reduce(into: UInt8(0)) { forms, form in
            if codes[Int(form.rawValue) * 256 + letter] != 255 { forms |= 1 << form.rawValue }
        }
    }

    /// Appends `text`, cut at ``cap``, to `bytes`: form and length, then the letters.
    static func append(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        let codes = Self.codes
        let known = Self.forms
        let count = min(cap, text.count)
        var forms: UInt8 = 0b1110
        for place in 0..<count { forms &= known[Int(text[place])] }
        let form = Form(rawValue: UInt8(7 - (forms | 1).leadingZeroBitCount)) ?? .raw
        bytes.append(form.rawValue << 6 | UInt8(min(63, count)))
        if count >= 63 { bytes.append(UInt8(count)) }
        let start = Int(form.rawValue) * 256
        let bits = form.bits
        var word: UInt32 = 0
        var filled = 0
        for place in 0..<count {
            let letter = text[place]
            let code = form == .raw ? letter : codes[start + Int(letter)]
            word = word << UInt32(bits) | UInt32(code)
            filled += bits
            if filled >= 8 {
                filled -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(filled)))
            }
        }
        if filled > 0 { bytes.append(UInt8(truncatingIfNeeded: word << UInt32(8 - filled))) }
    }

    /// The text at `place` of `bytes`, and moves `place` behind it; nil when it ends too early.
    static func take(_ bytes: ArraySlice<UInt8>, _ place: inout Int) -> [UInt8]? {
        guard place < bytes.endIndex, let form = Form(rawValue: bytes[place] >> 6) else {
            return nil
        }
        var count = Int(bytes[place] & 63)
        place += 1
        if count == 63 {
            guard place < bytes.endIndex else { return nil }
            count = Int(bytes[place])
            place += 1
        }
        let end = place + (count * form.bits + 7) / 8
        guard end <= bytes.endIndex else { return nil }
        var text: [UInt8] = []
        var word: UInt32 = 0
        var filled = 0
        for byte in bytes[place..<end] {
            word = word << 8 | UInt32(byte)
            filled += 8
            while filled >= form.bits && text.count < count {
                filled -= form.bits
                let code = word >> UInt32(filled) & (1 << UInt32(form.bits) - 1)
                text.append(
                    form == .raw
                        ? UInt8(truncatingIfNeeded: code)
                        : letters[Int(form.rawValue) * 64 + Int(code)]
                )
            }
        }
        place = end
        return text
    }
}
