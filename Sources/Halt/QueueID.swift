// SPDX-License-Identifier: Apache-2.0
//
// The one thing a caller may name in a command to the actuator. It goes into the standard input
// of postsuper(1), one a line, so it must not hold a newline, a blank or a path.

/// A Postfix queue ID, short or long form.
///
/// 5 to 32 ASCII letters and digits: the short form is hexadecimal, the long one leaves out
/// vowels (postconf(5), enable_long_queue_ids).
public struct QueueID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The ID as Postfix prints it.
    public let text: String

    /// Nil when `text` is not a queue ID.
    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (5...32).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    /// Nil when `bytes` are not a queue ID.
    init?(bytes: ArraySlice<UInt8>) {
        guard (5...32).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The ID as Postfix prints it.
    public var description: String { text }

    /// Byte order of the texts.
    public static func < (left: QueueID, right: QueueID) -> Bool { left.text < right.text }

    static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
