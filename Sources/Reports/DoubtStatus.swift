// SPDX-License-Identifier: Apache-2.0
//
// What `status` prints of that which waits for a person, or was answered by one. Additions only.

public import StormDetection

/// A doubtful verdict that waits for an answer.
public struct DoubtStatus: Sendable, Codable, Equatable {
    /// The list's address.
    public var list: String
    /// The rule that spoke.
    public var rule: Word<Rule>
    /// When it was paged, RFC 3339 UTC.
    public var paged: String
    /// When the breaker opens unless somebody answers.
    public var ends: String
    /// One sentence.
    public var summary: String

    /// A doubt with every field given.
    public init(list: String, rule: Rule, paged: String, ends: String, summary: String) {
        self.list = list
        self.rule = .known(rule)
        self.paged = paged
        self.ends = ends
        self.summary = summary
    }
}

/// A planned mailing that is not over.
public struct ExpectedStatus: Sendable, Codable, Equatable {
    /// The list's address, or `sender:ADDRESS`.
    public var list: String
    /// Until when, RFC 3339 UTC.
    public var until: String
    /// Copies that it may announce.
    public var copies: Int64
    /// Copies of these that were not announced yet.
    public var left: Int64

    /// A planned mailing with every field given.
    public init(list: String, until: String, copies: Int64, left: Int64) {
        self.list = list
        self.until = until
        self.copies = copies
        self.left = left
    }
}

/// A person's word that a list may go on.
public struct HoldOffStatus: Sendable, Codable, Equatable {
    /// The list's address.
    public var list: String
    /// Until when, RFC 3339 UTC.
    public var until: String
    /// Who said so, as `NAME at TIME`.
    public var by: String
    /// Their words; may be empty.
    public var reason: String

    /// A hold-off with every field given.
    public init(list: String, until: String, by: String, reason: String) {
        self.list = list
        self.until = until
        self.by = by
        self.reason = reason
    }
}
