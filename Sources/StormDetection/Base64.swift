// SPDX-License-Identifier: Apache-2.0
//
// Base64 of RFC 4648 section 4, with padding, without line breaks; strict when reading.

/// Bytes as text.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text of `bytes`, padded where their count is no multiple of three.
    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let second = start + 1 < bytes.count ? bytes[start + 1] : 0
            let third = start + 2 < bytes.count ? bytes[start + 2] : 0
            let word = UInt32(bytes[start]) << 16 | UInt32(second) << 8 | UInt32(third)
            for shift in [18, 12, 6, 0] as [UInt32] {
                text.append(alphabet[Int(word >> shift & 63)])
            }
            for place in 0..<max(0, start + 3 - bytes.count) {
                text[text.count - 1 - place] = UInt8(ascii: "=")
            }
        }
    }

    /// Nil when `text` is not what ``encode(_:)`` writes.
    static func decode(_ text: String) -> [UInt8]? {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var word: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text.utf8 {
            if character == UInt8(ascii: "=") {
                padding += 1
                word <<= 6
            } else {
                guard padding == 0, values[Int(character)] < 64 else { return nil }
                word = word << 6 | UInt32(values[Int(character)])
            }
            count += 1
            guard count == 4 else { continue }
            guard padding < 3 else { return nil }
            for shift in ([16, 8, 0] as [UInt32]).dropLast(padding) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
            word = 0
            count = 0
        }
        return count == 0 ? bytes : nil
    }
}
