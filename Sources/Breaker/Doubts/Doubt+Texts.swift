// SPDX-License-Identifier: Apache-2.0
//
// What the page of a doubtful verdict says: until when it waits, and the two answers to it.

import EventTime
import StormDetection
internal import Words

extension Doubt {
    /// The page that asks.
    func alert(_ mode: Mode) -> Alert {
        let list = verdict.list
        let then =
            mode == .armed
            ? "MAIL FLOWS, and is halted at \(ends.rfc3339) unless you answer"
            : "OBSERVE MODE, mail flows on; the breaker opens at \(ends.rfc3339) unless you answer"
        var summary = "\(list): doubtful. \(then). \(verdict.evidence.summary)"
        if let forecast = verdict.evidence.forecast {
            summary += " If nothing is done: \(forecast.words)."
        }
        var figures = verdict.figures
        figures["rule"] = verdict.rule.rawValue
        figures["halts_at"] = ends.rfc3339
        figures["attendance"] = "attended"
        return Alert(
            kind: .doubtful,
            severity: .critical,
            list: list,
            summary: summary,
            advice: "Harmless: listbreaker hold-off \(shellQuoted(list)) --for 2h. A storm: "
                + "listbreaker trip \(shellQuoted(list)) --reason TEXT. To see why: "
                + "listbreaker explain \(shellQuoted(list))",
            started: paged,
            dedupKey: dedupKey,
            isObserve: mode == .observe,
            figures: figures
        )
    }

    /// The end of that page.
    func end(_ words: String, at now: Timestamp) -> Alert {
        Alert(
            kind: .doubtful,
            isResolved: true,
            severity: .info,
            list: verdict.list,
            summary: "\(verdict.list): no longer doubtful, \(words)",
            advice: "Nothing to do about this page.",
            started: paged,
            ended: now,
            dedupKey: dedupKey
        )
    }
}
