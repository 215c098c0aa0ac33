// SPDX-License-Identifier: Apache-2.0
//
// What one run of a scenario came to, counted in posts of its storm.

public import EventTime
public import Hindsight

/// What one run came to.
public struct TrialOutcome: Sendable, Equatable {
    /// One thing that would have happened.
    public struct Happening: Sendable, Equatable {
        /// What kind of thing.
        public var kind: ReplayEvent.Kind
        /// The list, or the sender.
        public var list: String
        /// Event time.
        public var time: Timestamp
        /// Posts of the storm on this list that were redistributed by then, the decisive one counted.
        public var posts: Int
        /// The same on all lists.
        public var allPosts: Int
        /// Which rule; empty for a release.
        public var rule: String
        /// Whether the mail of others is halted with it.
        public var haltsQueue: Bool
    }

    /// In the order in which they came.
    public internal(set) var happenings: [Happening] = []
    /// Posts of the storm that reached the members, by list: no hold and no trip was in their way.
    public internal(set) var leaked: [String: Int] = [:]
    /// The longest soft hold of each list that began with the story or after that: how long of it
    /// somebody was there to answer.
    public internal(set) var longestHold: [String: TimeSpan] = [:]
    /// Posts of the storm that were redistributed as long as the run went on.
    public internal(set) var posts = 0
    /// Lines that were read.
    public internal(set) var entries = 0

    /// Storm posts until the first happening of `kinds` on `list`; nil: there was none.
    ///
    /// What came before the storm's first post is no answer to it.
    func first(
        _ kinds: Set<ReplayEvent.Kind>,
        on list: String?,
        by rules: [String]
    ) -> Int? {
        for happening in happenings where kinds.contains(happening.kind) {
            guard list == nil || happening.list == list else { continue }
            let posts = list == nil ? happening.allPosts : happening.posts
            guard posts > 0 else { continue }
            return rules.isEmpty || rules.contains(happening.rule) ? posts : nil
        }
        return nil
    }

    /// Trips on `list`, all of them.
    func trips(on list: String?) -> [Happening] {
        happenings.filter { $0.kind == .trip && (list == nil || $0.list == list) }
    }

    /// Whether a trip came before the storm had begun.
    func hasEarlyTrip(on list: String?) -> Bool {
        trips(on: list).contains { (list == nil ? $0.allPosts : $0.posts) == 0 }
    }
}
