// SPDX-License-Identifier: Apache-2.0
//
// Large lists of which nobody knows what they are for, named once a week until somebody says it. It
// opens and closes nothing, and nobody is woken for it.

import Attended
public import EventTime
public import StormDetection
internal import Words

extension BreakerBoard {
    /// How often they are paged.
    static let unknownInterval = TimeSpan.days(7)
    /// How long a list is watched before it is named: somebody who makes one says what it is for
    /// first; chosen.
    public static let unknownGrace = TimeSpan.days(1)
    /// Lists that one page names; `doctor` has the rest.
    ///
    /// Chosen: a summary holds 1,024 bytes.
    private static let mostNamed = 5

    /// Whether it is time to name them: once a week, while nothing is open, and when somebody is there
    /// if there are hours.
    public func isUnknownDue(at now: Timestamp) -> Bool {
        guard incidents.isEmpty else { return false }
        if let last = unknownPaged, now - last < Self.unknownInterval, now >= last { return false }
        return settings.attended.isEmpty || settings.attended.isAttended(at: now)
    }

    /// Names `lists`, the largest first, in one page and a line of the log; none is nothing to say.
    public mutating func nameUnknown(_ lists: [UnknownList], now: Timestamp) {
        guard let largest = lists.first else { return }
        unknownPaged = now
        effects.saveBoard()
        let names = lists.prefix(Self.mostNamed).map { "\($0.address) (\($0.members.grouped))" }
        let rest = lists.count - names.count
        let text =
            "large lists of unknown kind: \(names.joined(separator: ", "))"
            + (rest > 0 ? " and \(Int64(rest).counting("other"))" : "")
        effects.note(LogNote(kind: .kind, priority: 5, text: text, list: largest.address))
        effects.page(
            Alert(
                kind: .unknownLists,
                severity: .info,
                summary:
                    "\(text.prefix(1).uppercased())\(text.dropFirst()). Nobody has said what they "
                    + "are for, and too little was seen to tell: so early only a hold protects them.",
                advice: "Say it of each: listbreaker kind \(shellWord(largest.address)) announce, "
                    + "or discussion, or role. 'listbreaker doctor' names them all.",
                started: now,
                dedupKey: "unknown-lists-\(now.seconds / 86400)",
                isObserve: mode == .observe
            )
        )
    }
}
