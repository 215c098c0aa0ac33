// SPDX-License-Identifier: Apache-2.0
//
// The name of a message to other hosts.

/// The first 128 bits of the SHA-256 of a Message-ID without its brackets.
///
/// Two texts with one digest take 2^64 tries to find.
public struct MessageDigest: Hashable, Sendable {
    /// The first 64 bits.
    public let high: UInt64
    /// The next 64.
    public let low: UInt64

    /// The digest with these halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The digest of `id`, a Message-ID without its brackets.
    public init(of id: some Collection<UInt8>) {
        (high, low) = SHA256.half(of: id)
    }

    /// The digest that ``text`` wrote: 32 digits of base 16 in lower case; nil for another text.
    public init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 32,
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let high = UInt64(String(decoding: digits[..<16], as: UTF8.self), radix: 16),
            let low = UInt64(String(decoding: digits[16...], as: UTF8.self), radix: 16)
        else { return nil }
        self.high = high
        self.low = low
    }

    /// As it goes over the wire.
    public var text: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// A number for a table of whoever keeps `key` to himself: nobody else can make two digests share it.
    public func number(under key: UInt64) -> UInt64 {
        let bytes = [key, high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        return max(SHA256.half(of: bytes).high, 1)
    }
}
