// SPDX-License-Identifier: Apache-2.0
//
// How each reason to be blind is said: in the log at once, and by one page that ends when it does.

import Breaker
import EventTime
import Words

extension Sight {
    /// The words of one reason.
    struct Reason {
        /// How the page begins.
        var head = "listbreaker is BLIND"
        /// What is said when it is over.
        var end: String
        /// What to do.
        var advice: String
        /// What its pages go by.
        var key: String
    }

    /// Says `why`, or, nil, that it is over; since when it was so.
    func tell(
        _ why: String?,
        _ reason: Reason,
        since: Timestamp,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        effects.add(
            note: LogNote(
                kind: why == nil ? .sighted : .suppressed,
                priority: why == nil ? 5 : 2,
                text: why.map { "blind: \($0)" } ?? reason.end
            )
        )
        effects.add(
            page: Alert(
                kind: why == nil ? .sighted : .blind,
                isResolved: why == nil,
                severity: why == nil ? .info : .critical,
                summary: why.map { "\(reason.head): \($0)".oneLine(limit: 900) } ?? reason.end,
                advice: why == nil ? "Nothing to do." : reason.advice,
                started: since,
                ended: why == nil ? now : nil,
                dedupKey: reason.key
            )
        )
    }
}
