// SPDX-License-Identifier: Apache-2.0
//
// The keys of [List ADDRESS]. An empty value means "as in [Detection]", which is also the default
// of each.

import EventTime
import StormDetection

extension SettingsTable {
    /// `[List ADDRESS]`.
    public static let list: [Setting<ListSettings>] = kindKeys + thresholdKeys

    private static let kindKeys: [Setting<ListSettings>] = [
        Setting(
            "AnnounceOnly",
            .optionalToggle(\.rules.announceOnly),
            "Only regular posters may post; empty: learned."
        ),
        Setting(
            "RegularPosters",
            .words(\.rules.regularPosters, .address, most: 256),
            "Addresses that may post to an announce-only list; empty: learned."
        ),
        Setting(
            "Aliases",
            .words(\.aliases, .address, most: 64),
            "Other addresses of the same list."
        ),
        Setting(
            "SenderPatterns",
            .words(\.senderPatterns, .pattern, most: 64),
            "Envelope senders of its copies, with * for any text; needed only where not recognised."
        ),
        Setting(
            "Scope",
            .optionalChoice(\.scope),
            "What a trip of this list halts, queue, list or narrow; empty: as in [Halt]."
        ),
        Setting(
            "Members",
            .optionalInteger(\.rules.members, 1...1_000_000_000),
            "Members; empty: learned from the fan-outs."
        ),
        Setting(
            "CeilingExempt",
            .toggle(\.rules.isCeilingExempt),
            "The ceiling is off for this list; the other rules stay."
        ),
        Setting(
            "PlannedMailing",
            .mailings(\.rules.plannedMailings),
            "A mailing that does not count against the ceiling: COPIES until TIME (RFC 3339)."
        ),
    ]

    private static let thresholdKeys: [Setting<ListSettings>] = [
        Setting(
            "AnnouncePosts",
            .optionalInteger(\.rules.announcePosts, 1...16),
            "As in [Detection], for this list."
        ),
        Setting(
            "LearnedAnnounceAction",
            .optionalChoice(\.rules.learnedAnnounceAction),
            "As in [Detection], for this list."
        ),
        Setting(
            "StrangersPerHour",
            .optionalInteger(\.strangersPerHour, 0...32),
            "As in [Detection], for this list."
        ),
        Setting(
            "StrangersPerSixHours",
            .optionalInteger(\.strangersPerSixHours, 0...32),
            "As in [Detection], for this list."
        ),
        Setting(
            "StrangersPerDay",
            .optionalInteger(\.strangersPerDay, 0...32),
            "As in [Detection], for this list."
        ),
        Setting(
            "SoftHoldStrangersPerHour",
            .optionalInteger(\.softHoldStrangersPerHour, 0...32),
            "As in [Detection], for this list."
        ),
        Setting(
            "SoftHoldStrangersPerSixHours",
            .optionalInteger(\.softHoldStrangersPerSixHours, 0...32),
            "As in [Detection], for this list."
        ),
        Setting(
            "SoftHoldStrangersPerDay",
            .optionalInteger(\.softHoldStrangersPerDay, 0...32),
            "As in [Detection], for this list."
        ),
        Setting(
            "PolicyPosters",
            .optionalInteger(\.rules.policyPosters, 0...128),
            "Distinct repliers of the policy rule, whatever the size; 0: off."
        ),
        Setting(
            "PolicyReplies",
            .optionalInteger(\.rules.policyReplies, 0...10_000),
            "As in [Detection], for this list."
        ),
        Setting(
            "PolicyCopies",
            .optionalInteger(\.rules.policyCopies, 0...1_000_000_000),
            "As in [Detection], for this list."
        ),
        Setting(
            "StormTestFloor",
            .optionalInteger(\.rules.stormTestFloor, 1...10_000),
            "Fewest fresh posters of the storm test, whatever the size."
        ),
        Setting(
            "FalseTripsPerListYear",
            .optionalDecimal(\.rules.falseTripsPerListYear, 0.0001...100),
            "As in [Detection], for this list."
        ),
        Setting(
            "PostsPerHour",
            .optionalInteger(\.rules.postsPerHour, 1...1_000_000),
            "Posts an hour, whatever the size."
        ),
        Setting(
            "CopiesPerHour",
            .optionalInteger(\.rules.copiesPerHour, 0...1_000_000_000_000),
            "As in [Detection], for this list."
        ),
    ]
}
