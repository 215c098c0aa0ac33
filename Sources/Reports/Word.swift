// SPDX-License-Identifier: Apache-2.0
//
// A word in a report. Whoever reads one compares cases, never letters: renaming a word for people
// must not change what a program decides. The mistake to avoid: failing on a word that a newer
// daemon says. It is kept, shown as it is, and is none of those that we know.

/// One of the words that we know, or another.
public enum Word<Known>: Sendable, Equatable, Codable
where Known: RawRepresentable & Equatable & Sendable, Known.RawValue == String {
    /// One that we know.
    case known(Known)
    /// One that we do not.
    case other(String)

    /// The word that we know; nil where it is another.
    public var known: Known? { if case .known(let known) = self { known } else { nil } }

    /// The word itself; a stranger's where it is ``other(_:)``, for printers to escape.
    public var text: String {
        switch self {
        case .known(let known): known.rawValue
        case .other(let text): text
        }
    }

    /// The word `text`.
    public init(_ text: String) {
        self = Known(rawValue: text).map(Self.known) ?? .other(text)
    }

    /// Reads the word from a string.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the word as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Whether `word` is this one.
    public static func == (word: Self, known: Known) -> Bool { word == .known(known) }

    /// Whether `word` is another one.
    public static func != (word: Self, known: Known) -> Bool { !(word == known) }
}
