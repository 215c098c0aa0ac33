// SPDX-License-Identifier: Apache-2.0
//
// What status and metrics show of one list: rates, ratios, beliefs, and how near each rule is to
// its limit. A near miss above 1 of a rule that tripped is expected: limits hold at the moment
// of a post, figures at the moment of asking.

public import EventTime

/// The figures of one list at one moment.
public struct ListFigures: Sendable, Codable, Equatable {
    /// One rolling window.
    public struct Window: Sendable, Codable, Equatable {
        /// Its length.
        public var span: TimeSpan
        /// Posts.
        public var posts: Int64
        /// Replies among them.
        public var replies: Int64
        /// Distinct people; at most 768 are remembered.
        public var posters: Int64
        /// Copies announced.
        public var copiesAnnounced: Int64
        /// Copies that left.
        public var copiesSent: Int64

        /// Replies per post that is none; the replies themselves when there is none.
        public var replyRatio: Double { Double(replies) / Double(max(1, posts - replies)) }
        /// Replies per copy announced; 0 without copies.
        public var repliesPerCopy: Double {
            copiesAnnounced > 0 ? Double(replies) / Double(copiesAnnounced) : 0
        }
    }

    /// How near one rule is to speaking.
    public struct NearMiss: Sendable, Codable, Equatable {
        /// The rule.
        public var rule: Rule
        /// Its figure now.
        public var figure: Double
        /// The figure at which it trips, above 0.
        public var limit: Double
        /// Figure over limit.
        public var share: Double { figure / limit }
    }

    /// One minute, five minutes, one hour, 24 hours.
    public var windows: [Window]
    /// Members; nil when unknown.
    public var members: Int64?
    /// Posts a year by distinct people, as learned.
    public var postsPerYear: Double
    /// Whether the list is too new for novelty to count.
    public var isWarmingUp: Bool
    /// Expected R; nil before the second post.
    public var reproduction: Double?
    /// Lower end of its 90 % interval.
    public var reproductionLow: Double?
    /// Upper end of its 90 % interval.
    public var reproductionHigh: Double?
    /// P(storm), 0 to 1; nil before the second post.
    public var probability: Double?
    /// The rules that apply, nearest first.
    public var nearMisses: [NearMiss]
    /// When detection last said trip; nil: never, or reset since.
    public var tripped: Timestamp?
    /// What each member got lately; nil of a sender that is no list.
    public var burden: BurdenFigures?
    /// What somebody said that the list is for; nil: nobody did.
    public var kind: ListKind?
    /// What its traffic shows; nil of a sender that is no list.
    public var learnedKind: LearnedKind?
}

/// What each member of a list got, whoever wrote it, in posts.
public struct BurdenFigures: Sendable, Codable, Equatable {
    /// Within the last hour; it reaches back into the clock hour before.
    public var hour: Int64
    /// Within six hours, to the clock hour.
    public var sixHours: Int64
    /// Within 24 hours.
    public var day: Int64
    /// Within seven days.
    public var week: Int64
    /// When those of the last 24 hours began, to the hour; nil: there were none.
    public var since: Timestamp?
    /// The most of 24 hours that the list ever had without a trip.
    public var busiestDay: Int64
}
