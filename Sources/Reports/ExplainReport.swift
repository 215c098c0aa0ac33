// SPDX-License-Identifier: Apache-2.0
//
// What `explain` prints, as a value: which posts counted, which did not and why. Names become
// snake_case in JSON; additions only.

public import Breaker
public import StormDetection

/// Why a list, or an incident, counted or tripped.
public struct ExplainReport: Sendable, Codable, Equatable {
    /// One post of the trail.
    public struct Post: Sendable, Codable, Equatable {
        /// When its fan-out was announced, RFC 3339 UTC.
        public var time: String
        /// Who posted.
        public var poster: String
        /// What it was taken for.
        public var kind: String
        /// Queue id of its first fan-out message.
        public var queueID: String
        /// Copies announced with it.
        public var copies: Int64
        /// Why it counted, or why not.
        public var reason: String

        /// A post with every field given.
        public init(
            time: String,
            poster: String,
            kind: String,
            queueID: String,
            copies: Int64,
            reason: String
        ) {
            self.time = time
            self.poster = poster
            self.kind = kind
            self.queueID = queueID
            self.copies = copies
            self.reason = reason
        }
    }

    /// Version of this shape; 1.
    public var version = 1
    /// What is explained.
    @ByName public var scope: Subject
    /// Its breaker's.
    public var state: Word<BreakerState>
    /// The incident that is explained; nil when the breaker is closed.
    public var incident: IncidentStatus?
    /// The verdict's figures by name, as in pages; empty without a verdict.
    public var figures: [String: String]
    /// The posts, oldest first.
    public var posts: [Post]

    /// A report with every field given.
    public init(
        scope: Subject,
        state: BreakerState,
        incident: IncidentStatus?,
        figures: [String: String],
        posts: [Post]
    ) {
        self.scope = scope
        self.state = .known(state)
        self.incident = incident
        self.figures = figures
        self.posts = posts
    }
}
