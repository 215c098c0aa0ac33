// SPDX-License-Identifier: Apache-2.0
//
// A queue id in two words: a hundred thousand messages in flight must not cost a string each. The
// mistake to avoid: an id with a zero byte, which would end early; it is left out.

internal import MailLog

/// Up to 16 bytes of text in two words: a queue id, without a string for each message in flight.
struct PackedText: Equatable, Sendable {
    var first: UInt64 = 0
    var second: UInt64 = 0

    init() {}

    init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }

    /// The text at `range`; empty when it is longer, or has a zero byte.
    @inline(__always)
    init(_ bytes: [UInt8], _ range: ByteRange) {
        let (start, end) = (Int(range.start), Int(range.end))
        guard end <= bytes.count, start <= end, end - start <= 16 else { return }
        for position in start..<end {
            let byte = UInt64(bytes[position])
            if byte == 0 {
                self = PackedText()
                return
            }
            let place = position - start
            if place < 8 {
                first |= byte << UInt64(place * 8)
            } else {
                second |= byte << UInt64((place - 8) * 8)
            }
        }
    }

    /// The text again.
    var text: String {
        var bytes: [UInt8] = []
        for place in 0..<16 {
            let word = place < 8 ? first : second
            let byte = UInt8(truncatingIfNeeded: word >> UInt64((place & 7) * 8))
            if byte == 0 { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
