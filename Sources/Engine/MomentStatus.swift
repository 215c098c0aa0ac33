// SPDX-License-Identifier: Apache-2.0
//
// One line of an incident's timeline, as `incidents` prints it. Additions only.

/// Something that happened in an incident.
public struct MomentStatus: Sendable, Codable, Equatable {
    /// When, RFC 3339 UTC.
    public var time: String
    /// One word: `tripped`, `halted`, `verified`, `acknowledged`, `reset`, `resumed`, `closed`...,
    /// `page` for a page that was made, `delivered`, `not-delivered` and `given-up` for its way.
    public var event: String
    /// The target of pages that it is about.
    public var target: String?
    /// In words.
    public var text: String

    /// A moment with every field given.
    public init(time: String, event: String, target: String?, text: String) {
        self.time = time
        self.event = event
        self.target = target
        self.text = text
    }
}
