// SPDX-License-Identifier: Apache-2.0
//
// Narrowing: what `listbreaker setup postfix --narrow` puts into main.cf once, and what the actuator
// writes into the tables that main.cf then names, while a list is open. Pure: names and texts. All are
// of type regexp, which every Postfix has and which no postmap(1) has to build. The mistake to
// avoid: a key that means more than one address; lists are named by logs, so every sign but letters
// and digits is escaped.

/// Names and texts that both sides of the narrowing share.
public enum Narrowing {
    /// The five tables, named as their files in the configuration directory.
    public enum Table: String, Sendable, CaseIterable {
        /// Posting addresses; access(5), asked by smtpd(8) for each recipient.
        case posts = "listbreaker_narrow_posts"
        /// Envelope senders of copies; access(5), asked by smtpd(8).
        case senders = "listbreaker_narrow_senders"
        /// Posting addresses; transport(5).
        case transport = "listbreaker_narrow_transport"
        /// Envelope senders of copies; `sender_dependent_default_transport_maps`.
        case routes = "listbreaker_narrow_routes"
        /// Posting addresses; virtual(5): an answer that is the question ends the expansion.
        case aliases = "listbreaker_narrow_aliases"
    }

    /// The kind of the tables.
    public static let kind = "regexp"
    /// How a table's file begins; what does not begin so is not ours to replace.
    public static let opening = "# listbreaker: narrowing."

    /// The whole text of a table.
    public static func text(of table: Table, for lists: [BlockedList]) -> String {
        let head = [
            "\(opening) Written by listbreaker-actuator; what is edited here is lost.",
            "# To undo: listbreaker reset LIST, or listbreaker setup postfix --narrow --undo",
        ]
        // Softly, posts go on, and copies are taken in and routed to nowhere: the log must show them.
        let firm = lists.filter { $0.isSoft != true }
        let posts = firm.compactMap { ListBlock.key($0.list) }
        let senders = (table == .routes ? lists : firm).flatMap { $0.senders.compactMap(pattern) }
        let lines: [String] =
            switch table {
            case .posts: posts.map { "\(exactly($0)) \(ListBlock.restriction)" }
            case .transport: posts.map { "\(exactly($0)) \(ListBlock.transport):" }
            // A `$` on the right side would be the site's to fill in, regexp_table(5).
            case .aliases:
                posts.map { "\(exactly($0)) \($0.replacing("$", with: "$$"))" }
                    + firm.filter { $0.isExtended == true }.compactMap { extended($0.list) }
            case .senders: senders.map { "\($0) \(ListBlock.restriction)" }
            case .routes: senders.map { "\($0) \(ListBlock.transport):" }
            }
        return (head + Set(lines).sorted()).joined(separator: "\n") + "\n"
    }

    /// The expression that matches `address` alone.
    private static func exactly(_ address: String) -> String { "/^\(escaped(address))$/" }

    /// What makes `LIST+x@` the list's own address, which answers with itself.
    private static func extended(_ list: String) -> String? {
        guard let address = ListBlock.key(list), let at = address.lastIndex(of: "@") else {
            return nil
        }
        let pattern = "\(escaped(String(address[..<at])))\\+.*\(escaped(String(address[at...])))"
        return "/^\(pattern)$/ \(address.replacing("$", with: "$$"))"
    }

    /// The expression for a sender in which `*` stands for any text; nil when it could be read as
    /// anything else, or would match anybody.
    static func pattern(_ sender: String) -> String? {
        guard SenderPattern(sender) != nil, sender.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        let parts = sender.split(separator: "*", omittingEmptySubsequences: false)
        return "/^\(parts.map { escaped($0.lowercased()) }.joined(separator: ".*"))$/"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if ".^$*+?()[]{}|\\/".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
