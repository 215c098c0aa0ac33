// SPDX-License-Identifier: Apache-2.0
//
// What `listbreaker learn` read out of older logs, taken by the engine that watches. It opens and
// closes no breaker, orders nothing, and replaces nothing that was learned here: it fills lists of
// which little is known. Who did it and when stands in the log.

import Breaker
import EventTime
import ListTraffic
import Settings
import StormDetection
internal import Words

extension Engine {
    /// Takes what `older` learned, on the word of `audit`.
    mutating func learn(from older: EngineSnapshot, by audit: Audit) {
        let known = traffic.learn(from: older.traffic)
        var taken = 0
        for address in known {
            guard let list = traffic.list(at: address), traffic.address(of: list) == address,
                detector.learn(from: older.detector, list: address, in: list)
            else { continue }
            taken += 1
        }
        // Changes of kind that came of it are said by this note, and by `status`.
        _ = detector.drainKindChanges()
        let span =
            older.sight.lastEntry.map { ", up to \($0.rfc3339)" } ?? ""
        let text =
            "learned from older logs\(span): \(taken.counting("list")) of which little was known, "
            + "and the posters of \(known.count); \(known.count - taken) of them kept what was "
            + "learned here"
        board.effects.add(
            note: LogNote(
                kind: .learned,
                priority: 5,
                text: "\(text); by \(audit.who) at \(audit.time.rfc3339)"
                    + (audit.reason.isEmpty ? "" : ": \(audit.reason)")
            )
        )
        board.effects.wantSnapshot()
        board.effects.answer(CommandAnswer(code: 0, message: text))
    }
}
