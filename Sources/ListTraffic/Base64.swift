// SPDX-License-Identifier: Apache-2.0
//
// Bytes as text that JSON can hold. Foundation has this too, and no pure target may import it.

/// RFC 4648 section 4, without line breaks.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// `bytes` as text.
    static func text(_ bytes: [UInt8]) -> String {
        let alphabet = alphabet
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[start + 2]) }
            for place in 0..<4 {
                let sextet = Int(group >> UInt32(18 - 6 * place)) & 63
                text.append(place <= count ? alphabet[sextet] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes in `text`; nil when it is not Base64.
    static func bytes(_ text: String) -> [UInt8]? {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var (group, count, padding): (UInt32, Int, Int) = (0, 0, 0)
        for letter in text.utf8 {
            let isPadding = letter == UInt8(ascii: "=")
            let value = isPadding ? 0 : values[Int(letter)]
            guard value < 64, padding == 0 || isPadding, padding < 3 else { return nil }
            if isPadding { padding += 1 }
            group = group << 6 | UInt32(value)
            count += 1
            guard count % 4 == 0 else { continue }
            for shift in [UInt32(16), 8, 0] {
                bytes.append(UInt8(truncatingIfNeeded: group >> shift))
            }
            group = 0
        }
        guard count % 4 == 0, padding < 3 else { return nil }
        bytes.removeLast(padding)
        return bytes
    }
}
