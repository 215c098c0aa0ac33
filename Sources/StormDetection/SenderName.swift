// SPDX-License-Identifier: Apache-2.0
//
// How a sender that is no list is named where a list's address stands: in verdicts, breakers, pages
// and on the command line. The mark cannot begin a list's address: RFC 5322 has no colon in it.

/// Names of senders among names of lists: `sender:billing@example.org`.
public enum SenderName {
    /// What stands before the login or envelope sender.
    public static let mark = "sender:"

    /// The name of the sender at `address`.
    public static func of(_ address: String) -> String { mark + address }

    /// The login or envelope sender that `name` is of; nil when it is a list's.
    public static func address(_ name: String) -> String? {
        name.hasPrefix(mark) ? String(name.dropFirst(mark.count)) : nil
    }
}
