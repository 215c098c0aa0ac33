// SPDX-License-Identifier: Apache-2.0
//
// The one thing a caller may name in a command to the actuator. It goes into the standard input
// of postsuper(1), one a line, or becomes an argument of exim(8), so it must not hold a newline,
// a blank or a path, nor begin with a hyphen.

/// A queue ID of any mail server.
///
/// 5 to 32 ASCII letters and digits. Postfix: the short form is hexadecimal, the long one leaves
/// out vowels (postconf(5), enable_long_queue_ids). Exim: three groups with hyphens between them.
public struct QueueID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The ID as Postfix prints it.
    public let text: String

    /// Nil when `text` is not a queue ID.
    public init?(_ text: some StringProtocol) {
        guard Self.isValid(text.utf8) else { return nil }
        self.text = String(text)
    }

    /// Nil when `bytes` are not a queue ID.
    package init?(bytes: ArraySlice<UInt8>) {
        guard Self.isValid(bytes) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The ID as Postfix prints it.
    public var description: String { text }

    /// Microseconds of the second in which Postfix made the message, 0 to 999,999; nil for another form.
    ///
    /// Postfix's mail_queue_enter(3): the short form begins with them as five hexadecimal digits, the long
    /// one has four digits of base 52 in front of its `z`, behind six of the second.
    package var microsecond: Int64? {
        let bytes = Array(text.utf8)
        let value: Int64?
        if let mark = bytes.lastIndex(of: UInt8(ascii: "z")) {
            value = mark >= 10 ? Self.number(bytes[mark - 4..<mark], Self.longDigits) : nil
        } else {
            value = bytes.count > 5 ? Self.number(bytes[..<5], Self.shortDigits) : nil
        }
        return value.flatMap { $0 < 1_000_000 ? $0 : nil }
    }

    /// The second since 1970 in which Postfix made the message; nil for the short form and others.
    ///
    /// Postfix's mail_queue_enter(3): what stands in front of the four digits of ``microsecond``, in base 52.
    package var second: Int64? {
        let bytes = Array(text.utf8)
        guard let mark = bytes.lastIndex(of: UInt8(ascii: "z")), (10...14).contains(mark) else {
            return nil
        }
        return Self.number(bytes[..<(mark - 4)], Self.longDigits)
    }

    private static let shortDigits = Array("0123456789ABCDEF".utf8)
    /// Postfix's mail_queue.h: digits and letters but for the vowels.
    private static let longDigits = Array(
        "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz".utf8
    )

    private static func number(_ bytes: ArraySlice<UInt8>, _ digits: [UInt8]) -> Int64? {
        bytes.reduce(Int64?.some(0)) { sum, byte in
            guard let sum, let digit = digits.firstIndex(of: byte) else { return nil }
            return sum * Int64(digits.count) + Int64(digit)
        }
    }

    /// Byte order of the texts.
    public static func < (left: QueueID, right: QueueID) -> Bool { left.text < right.text }

    private static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        guard (5...32).contains(bytes.count), let first = bytes.first, isAllowed(first) else {
            return false
        }
        return bytes.allSatisfy { isAllowed($0) || $0 == UInt8(ascii: "-") }
    }

    /// Whether `byte` is an ASCII letter or digit.
    package static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
