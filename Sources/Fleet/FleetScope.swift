// SPDX-License-Identifier: Apache-2.0
//
// What a trip of the fleet stands over.

/// What a trip stands over.
public enum FleetScope: Sendable, Hashable, Comparable {
    /// One list, by posting address, or a sender that is no list, as `sender:ADDRESS`.
    case list(String)
    /// The whole outbound queue of its host.
    case queue
    /// Something that a newer version knows: open, and acted on by nobody here.
    case unknown(String)

    /// What stands before the address of a sender that is no list.
    public static let senderMark = "sender:"
    /// Bytes of the longest address; RFC 5321 section 4.5.3.1.3.
    public static let longestAddress = 254

    /// The word in records.
    public var word: String {
        switch self {
        case .list: "list"
        case .queue: "queue"
        case .unknown(let word): word
        }
    }

    /// The list's or sender's name; nil for what is neither.
    public var list: String? { if case .list(let name) = self { name } else { nil } }

    /// As people read it.
    public var name: String { list ?? word }

    /// The part of `address` behind the `@`, where it is an address of a list or sender.
    ///
    /// Blanks, quotation marks and brackets are in none that is halted by name.
    public static func domain(of address: some StringProtocol) -> String? {
        let plain =
            address.hasPrefix(senderMark)
            ? String(address.dropFirst(senderMark.count))
            : String(address)
        guard plain.utf8.count <= longestAddress, plain == plain.lowercased() else { return nil }
        let parts = plain.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, isDomain(parts[1]),
            !parts[0].utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || forbidden.contains($0) })
        else { return nil }
        return String(parts[1])
    }

    /// Whether `text` may be a domain: RFC 1123 section 2.1, in lower case.
    static func isDomain(_ text: some StringProtocol) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            HostName.isValid(label) && !label.utf8.contains(UInt8(ascii: "_"))
        }
    }

    private static let forbidden = Array("\"<>()[],;\\".utf8)
}
