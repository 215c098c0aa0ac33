// SPDX-License-Identifier: Apache-2.0
//
// What an operator says about one list, section [List ADDRESS]; nil means: as in [Detection].
// The last words of each comment are the key.

public import EventTime

/// A mailing that is planned: its copies never count against the ceiling.
public struct PlannedMailing: Sendable, Equatable, Codable {
    /// Copies it may announce, 1 or more.
    public var copies: Int64
    /// Until when.
    public var until: Timestamp

    /// A planned mailing of `copies` that ends at `until`.
    public init(copies: Int64, until: Timestamp) {
        self.copies = copies
        self.until = until
    }
}

/// Settings of one list.
public struct ListRules: Sendable, Equatable {
    /// Whether only regular posters may post; nil: learned.
    ///
    /// `AnnounceOnly=`.
    public var announceOnly: Bool?
    /// What a person said the list is for, by `listbreaker kind`; ``announceOnly`` goes before it.
    public var kind: ListKind?
    /// Addresses that may post to an announce-only list, in lower case.
    ///
    /// Empty: whoever posted first, and whoever posted longer ago than
    /// ``DetectionSettings/announceWindow``. `RegularPosters=`.
    public var regularPosters: [String] = []
    /// Members, where the operator knows better than the fan-outs.
    ///
    /// `Members=`.
    public var members: Int64?
    /// Whether the ceiling is off for it; the other rules stay.
    ///
    /// `CeilingExempt=`.
    public var isCeilingExempt = false
    /// Planned mailings, at most 16.
    ///
    /// `PlannedMailing=COPIES until TIME`, may repeat.
    public var plannedMailings: [PlannedMailing] = []
    /// ``DetectionSettings/announcePosts``.
    ///
    /// `AnnouncePosts=`.
    public var announcePosts: Int64?
    /// ``DetectionSettings/learnedAnnounceAction``.
    ///
    /// `LearnedAnnounceAction=`.
    public var learnedAnnounceAction: LearnedAnnounceAction?
    /// ``DetectionSettings/strangers``.
    ///
    /// `StrangersPerHour=` and its sisters.
    public var strangers: StrangerThresholds?
    /// ``DetectionSettings/softHoldStrangers``.
    ///
    /// `SoftHoldStrangersPerHour=` and its sisters.
    public var softHoldStrangers: StrangerThresholds?
    /// Distinct repliers of the policy rule, whatever the size; 0: off.
    ///
    /// `PolicyPosters=`.
    public var policyPosters: Int64?
    /// ``DetectionSettings/policyReplies``.
    ///
    /// `PolicyReplies=`.
    public var policyReplies: Int64?
    /// ``DetectionSettings/policyCopies``.
    ///
    /// `PolicyCopies=`.
    public var policyCopies: Int64?
    /// Fewest fresh posters of the storm test, whatever the size.
    ///
    /// `StormTestFloor=`.
    public var stormTestFloor: Int64?
    /// ``DetectionSettings/falseTripsPerListYear``.
    ///
    /// `FalseTripsPerListYear=`.
    public var falseTripsPerListYear: Double?
    /// Posts an hour, whatever the size.
    ///
    /// `PostsPerHour=`.
    public var postsPerHour: Int64?
    /// ``DetectionSettings/copiesPerHour``.
    ///
    /// `CopiesPerHour=`.
    public var copiesPerHour: Int64?

    /// Nothing said: everything as in `[Detection]`.
    public init() {}
}
