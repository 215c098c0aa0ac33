// SPDX-License-Identifier: Apache-2.0
//
// One row of the table of keys: name, type, range, where the value lives, and one sentence. The
// reader, `show-config`, the vendor file and the manual page all come from these rows. The default
// is not written here: it is what the settings' own initialiser gives.

public import EventTime

/// What the text of a value must be.
public enum TextRule: Sendable {
    /// Any text of 1 to 1,024 bytes.
    case text
    /// An absolute path.
    case path
    /// An absolute path, or nothing.
    case optionalPath
    /// Empty, the name of a script, or an absolute path.
    case script
    /// A mail address.
    case address
    /// A mail address in which `*` stands for any text.
    case pattern
    /// A mail address, or a local part for any domain.
    case addressOrLocalPart
    /// An IP address as the log prints it.
    case host
    /// A word of letters, digits, `-`, `_` and `.`.
    case word
    /// A user's name or number.
    case user
    /// A unit of systemd, in which `*` stands for any text.
    case unit
    /// A calendar date.
    case date
    /// The name of a time zone.
    case zone
    /// Empty, or an address of the web.
    case webAddress

    /// What is expected, in words.
    var expected: String {
        switch self {
        case .text: "text of at most 1,024 bytes"
        case .path, .optionalPath: "an absolute path"
        case .script: "the name of a script, such as mailman3, or an absolute path"
        case .address: "a mail address, such as all-staff@example.org"
        case .pattern: "a sender's address, with * for any text, such as news-*@example.org"
        case .addressOrLocalPart: "a mail address or a local part"
        case .host: "an IP address, such as 192.0.2.7 or 2001:db8::7"
        case .word: "a name of letters, digits, '-', '_' and '.'"
        case .user: "a user's name or number"
        case .unit: "the name of a unit, with * for any text, such as monit.service"
        case .date: "a date, such as 2026-12-25"
        case .zone: "the name of a time zone, such as Europe/Paris"
        case .webAddress: "an address, such as https://wiki.example.org/listbreaker#"
        }
    }

    /// Whether `text` is that.
    func accepts(_ text: String) -> Bool {
        guard text.utf8.count <= 1024 else { return false }
        switch self {
        case .text: return !text.isEmpty
        case .path: return text.hasPrefix("/")
        case .optionalPath: return text.isEmpty || text.hasPrefix("/")
        case .script:
            return text.isEmpty || text.hasPrefix("/")
                || (text.first != "." && text.utf8.allSatisfy { isWordByte($0) })
        case .address: return isAddress(text, parts: 2...2)
        case .pattern, .addressOrLocalPart: return isAddress(text, parts: 1...2)
        case .host:
            return !text.isEmpty && text.utf8.count <= 45
                && text.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
        case .date: return CivilDate(iso: text) != nil
        case .zone:
            return !text.isEmpty && text.utf8.count <= 64
                && text.utf8.allSatisfy { isWordByte($0) || "/+".utf8.contains($0) }
                && text.split(separator: "/", omittingEmptySubsequences: false)
                    .allSatisfy { !$0.isEmpty && $0.first != "." }
        case .webAddress:
            return text.isEmpty
                || (text.hasPrefix("https://") || text.hasPrefix("http://"))
                    && text.utf8.allSatisfy {
                        (33..<127).contains($0) && !"\"'<>\\`".utf8.contains($0)
                    }
        case .unit:
            // A lone * would believe every unit, containers' too.
            return text.utf8.count <= 255 && text.contains { $0 != "*" }
                && text.utf8.allSatisfy { isWordByte($0) || "@:\\*".utf8.contains($0) }
        case .word, .user:
            return !text.isEmpty && text.utf8.allSatisfy { isWordByte($0) }
        }
    }

    private func isAddress(_ text: String, parts: ClosedRange<Int>) -> Bool {
        let found = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.contains(found.count) && text.utf8.count <= 254
            && found.allSatisfy {
                !$0.isEmpty && $0.utf8.allSatisfy { $0 > 32 && !"<>,;\"\\()[]".utf8.contains($0) }
            }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// Where a value lives in `Root`, of which type it is, and between which limits.
public enum Slot<Root: Sendable>: Sendable {
    /// A place in `Root`.
    public typealias Place<Value> = any WritableKeyPath<Root, Value> & Sendable

    /// yes or no.
    case toggle(Place<Bool>)
    /// A whole number.
    case integer(Place<Int64>, ClosedRange<Int64>)
    /// A whole number that fits memory.
    case count(Place<Int>, ClosedRange<Int>)
    /// A number.
    case decimal(Place<Double>, ClosedRange<Double>)
    /// A time span.
    case span(Place<TimeSpan>, ClosedRange<TimeSpan>)
    /// One text.
    case text(Place<String>, TextRule)
    /// Words; each assignment adds some, an empty one forgets those before. At most so many.
    case words(Place<[String]>, TextRule, most: Int)
    /// Something with a grammar of its own: what is expected, how it is read (false: it is not
    /// that) and how it is written.
    case other(
        expected: String,
        read: @Sendable (String, inout Root) -> Bool,
        write: @Sendable (Root) -> String
    )
}

/// One key of a section.
public struct Setting<Root: Sendable>: Sendable {
    /// The key, in CamelCase.
    public var name: String
    /// Type, limits and place.
    public var slot: Slot<Root>
    /// One sentence for the vendor file and `show-config`.
    public var summary: String

    /// The key `name`.
    init(_ name: String, _ slot: Slot<Root>, _ summary: String) {
        self.name = name
        self.slot = slot
        self.summary = summary
    }

    /// Its value in `root`, as it is written in a file.
    public func text(in root: Root) -> String {
        switch slot {
        case .toggle(let place): root[keyPath: place] ? "yes" : "no"
        case .integer(let place, _): String(root[keyPath: place])
        case .count(let place, _): String(root[keyPath: place])
        case .decimal(let place, _): decimalText(root[keyPath: place])
        case .span(let place, _): root[keyPath: place].text
        case .text(let place, _): root[keyPath: place]
        case .words(let place, _, _): root[keyPath: place].joined(separator: " ")
        case .other(_, _, let write): write(root)
        }
    }

    /// What a value must be, with its limits.
    public var expected: String {
        switch slot {
        case .toggle: "yes or no"
        case .integer(_, let range):
            "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .count(_, let range):
            "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .decimal(_, let range):
            "a number from \(decimalText(range.lowerBound)) to \(decimalText(range.upperBound))"
        case .span(_, let range):
            "a time span from \(range.lowerBound.text) to \(range.upperBound.text)"
        case .text(_, let rule): rule.expected
        case .words(_, let rule, let most): "\(rule.expected); at most \(most), between blanks"
        case .other(let expected, _, _): expected
        }
    }
}

/// `number` without a needless `.0`.
@Sendable func decimalText(_ number: Double) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
