// SPDX-License-Identifier: Apache-2.0
//
// The block for one list: what `listbreaker setup postfix --list-block` puts into main.cf once, and
// what the actuator writes into the tables that main.cf then names. Pure: names and texts. The
// mistake to avoid: a key that Postfix would read as something else, since lists are named by logs.

/// A list whose posts Postfix itself is to hold.
public struct BlockedList: Sendable, Codable, Equatable {
    /// Its posting address.
    public var list: String
    /// Envelope senders of its copies, in which `*` stands for any text.
    public var senders: [String]
    /// Whether only its copies are to stop, where Postfix can be narrowed; absent: no.
    ///
    /// What its posts become must be seen at a soft hold.
    public var isSoft: Bool?
    /// Whether Postfix expands the list as well where its address has an extension, `LIST+x@`; absent: no.
    ///
    /// Found by the actuator, never asked for.
    package var isExtended: Bool?

    /// The list as it is asked for.
    package var plain: BlockedList {
        var list = self
        list.isExtended = nil
        return list
    }

    /// Whether tables of Postfix can name it; its mail goes on where they cannot.
    package var isNameable: Bool { ListBlock.key(list) != nil }

    /// A list.
    public init(list: String, senders: [String], isSoft: Bool = false) {
        self.list = list
        self.senders = senders
        self.isSoft = isSoft ? true : nil
    }
}

/// Names and texts that both sides of the block share.
public enum ListBlock {
    /// The three tables, named as their files in the configuration directory.
    public enum Table: String, Sendable, CaseIterable {
        /// Posting addresses; access(5), asked by smtpd(8) for each recipient.
        case posts = "listbreaker_posts"
        /// Envelope senders of copies; access(5), asked by smtpd(8).
        case senders = "listbreaker_senders"
        /// Posting addresses; transport(5), for what is given to sendmail(1).
        case transport = "listbreaker_transport"
    }

    /// Kinds of tables that Postfix's programs notice a change of without a reload.
    public static let kinds = ["hash", "lmdb", "cdb", "btree"]
    /// The restriction class that main.cf defines and the tables name.
    public static let restriction = "listbreaker_hold"
    /// The header by which a message that the block put on hold is known.
    ///
    /// Postfix puts it above its own Received header, where no sender can.
    public static let header = "X-Listbreaker-Hold"
    /// What smtpd(8) logs as the reason.
    public static let reason = "held by listbreaker"
    /// The transport of a blocked list's address; there is no such service.
    ///
    /// It is named in `defer_transports`. Not `retry:`, which smtpd(8) answers with 450 (measured).
    public static let transport = "listbreaker"
    /// What postqueue(1) gives as the reason why such mail waits.
    package static let waiting = "deferred transport"
    /// How a table's file begins; what does not begin so is not ours to replace.
    public static let opening = "# listbreaker: list block."

    /// Lists in one request: 64.
    ///
    /// Chosen: with the senders that lists have, a request fits into its line of 64 KiB.
    public static let most = 64

    /// The whole text of a table.
    public static func text(of table: Table, for lists: [BlockedList]) -> String {
        let head = [
            "\(opening) Written by listbreaker-actuator; what is edited here is lost.",
            "# To undo: listbreaker reset LIST, or listbreaker setup postfix --list-block --undo",
        ]
        let keys: [String] =
            switch table {
            case .posts, .transport: lists.compactMap { key($0.list) }
            case .senders: lists.flatMap { $0.senders.compactMap(senderKey) }
            }
        let value = table == .transport ? "\(transport):" : restriction
        let lines = Set(keys).sorted().map { "\($0) \(value)" }
        return (head + lines).joined(separator: "\n") + "\n"
    }

    /// The key of an address; nil when it could be read as anything but that address.
    ///
    /// What would have to be quoted (RFC 5322 section 3.2.3) Postfix takes for a comment, a route or two
    /// addresses on the right side of a table.
    package static func key(_ address: String) -> String? {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), address.utf8.count <= 254,
            address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !specials.contains($0) }),
            address.first != "#", !address.contains("*")
        else { return nil }
        return address.lowercased()
    }

    private static let specials = Set("\"(),:;<>[\\]".utf8)

    /// The key that a sender's pattern comes to.
    ///
    /// `LIST-bounces+*@` is asked for without its extension where `recipient_delimiter` is `+`, as
    /// Mailman wants it; other patterns cannot be said in these tables.
    package static func senderKey(_ pattern: String) -> String? {
        guard let star = pattern.firstIndex(of: "*") else { return key(pattern) }
        let front = pattern[..<star]
        guard front.last == "+", let at = pattern.lastIndex(of: "@"), at > star else { return nil }
        return key("\(front.dropLast())\(pattern[at...])")
    }
}
