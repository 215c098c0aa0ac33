// SPDX-License-Identifier: Apache-2.0
//
// What a list did from its trip to the reset, or until now, as `incidents` prints it. Additions only.

/// Posts and copies behind a trip, in equal steps.
public struct CourseStatus: Sendable, Codable, Equatable {
    /// Where the first step begins: the trip, RFC 3339 UTC.
    public var start: String
    /// How long a step is.
    public var stepSeconds: Int64
    /// Posts of each step; of a sender that is no list, messages.
    public var posts: [Int64]
    /// Copies that were announced.
    public var copiesAnnounced: [Int64]
    /// Copies that left, those under way at the halt and those that a person let go included.
    public var copiesSent: [Int64]

    /// A course with every field given.
    public init(
        start: String,
        stepSeconds: Int64,
        posts: [Int64],
        copiesAnnounced: [Int64],
        copiesSent: [Int64]
    ) {
        self.start = start
        self.stepSeconds = stepSeconds
        self.posts = posts
        self.copiesAnnounced = copiesAnnounced
        self.copiesSent = copiesSent
    }
}
