// SPDX-License-Identifier: Apache-2.0
//
// The keys of [Detection] about senders that are no list. The ceiling stops at 60,000 messages,
// since counts of an hour stop at 65,535.

import EventTime
import StormDetection

extension SettingsTable {
    /// Those of `[Detection]` about senders that are no list.
    static let senderKeys: [Setting<Settings>] = [
        Setting(
            "SenderMessagesPerHour",
            .integer(\.detection.senderMessagesPerHour, 0...60_000),
            "Messages an hour that a sender who is no list may send to the outside; 0: off."
        ),
        Setting(
            "SenderCopiesPerHour",
            .integer(\.detection.senderCopiesPerHour, 0...4_000_000_000),
            "Recipients outside that such a sender may reach an hour; 0: off."
        ),
        Setting(
            "SenderKnownAfter",
            .span(\.detection.senderKnownAfter, .days(0)...(.days(3650))),
            "A sender watched for less may have CeilingLearnedLimit= times as much."
        ),
        Setting(
            "SenderKnownDays",
            .integer(\.detection.senderKnownDays, 0...1000),
            "So may one who sent on fewer days."
        ),
        Setting(
            "SenderRefusedShare",
            .decimal(\.detection.senderRefusedShare, 0...1),
            "Share of recipients refused that leaves no doubt, nor grace to a new sender; 0: off."
        ),
        Setting(
            "SenderExempt",
            .words(\.detection.senderExempt, .pattern, most: 256),
            "Logins and envelope senders without a ceiling, with * for any text."
        ),
    ]
}
