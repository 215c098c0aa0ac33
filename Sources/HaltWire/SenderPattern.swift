// SPDX-License-Identifier: Apache-2.0
//
// Whose mail is a list's, by its envelope sender: an address, or one with `*` in it for VERP.

internal import Words

/// An envelope sender in which `*` stands for any text, without regard to ASCII case.
package struct SenderPattern: Equatable {
    private let bytes: [UInt8]

    /// Nil when `text` is no address with a name of three bytes or more in front of its `@`: what
    /// would match anybody's mail is no list's sender.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count >= 2, text.utf8.count <= 254,
            parts.dropLast().joined().utf8.count(where: { $0 != UInt8(ascii: "*") }) >= 3,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return nil }
        bytes = text.utf8.map(Self.lowered)
    }

    /// Whether `sender` as a whole is one of these; linear but for the number of `*`.
    package func matches(_ sender: String) -> Bool {
        Glob.matches(bytes, sender.utf8.map(Self.lowered))
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
}
