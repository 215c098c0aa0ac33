// SPDX-License-Identifier: Apache-2.0
//
// Senders that are no list: who hands us mail for the outside. Only what proves who it is makes a
// record: a login, or a program of this host. The mistake to avoid: a record for the envelope
// sender of mail from outside; that is anybody's text, and would fill the table for him.

internal import MailLog

/// Names one sender in memory; valid until the sender is evicted.
///
/// Never saved: save the address.
public struct SenderID: Hashable, Sendable {
    /// Slot in the table of senders.
    public var index: Int32

    /// The sender in slot `index`.
    public init(index: Int32) {
        self.index = index
    }
}

/// One sender that is no list.
struct SenderRecord: Blank {
    /// Longest address, in bytes: with a mark before it, it must pass for a list's name, 254.
    static let longest = 240

    /// Login or envelope sender in lower case, at most ``longest`` bytes, without control
    /// characters.
    var address = ""
    /// Whether it is a login, and not the envelope sender that a program of this host wrote.
    var isLogin = false

    /// The text of `form` as an address that may be shown, compared and typed.
    static func text(_ form: AddressForm, _ bytes: [UInt8]) -> String {
        var text = ""
        for scalar in form.text(bytes).unicodeScalars {
            let isPlain = scalar.value > 0x20 && scalar.value != 0x7f
            text.unicodeScalars.append(isPlain ? scalar : "?")
            if text.utf8.count > longest {
                text.unicodeScalars.removeLast()
                break
            }
        }
        return text
    }
}
