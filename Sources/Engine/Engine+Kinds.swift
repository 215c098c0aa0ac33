// SPDX-License-Identifier: Apache-2.0
//
// What lists are for, between what people said, what is learned, and who is told. A list that is
// learned to be another kind is noted in the log, because the rules that count people go by it.

import Breaker
import EventTime
import Reports
import Settings
import StormDetection

extension Engine {
    /// Notes the lists that are taken for another kind.
    mutating func noteKinds() {
        for change in detector.drainKindChanges() where board.kinds[Subject(change.list)] == nil {
            board.effects.add(
                note: LogNote(
                    kind: .kind,
                    priority: 5,
                    text: "\(change.list) looks like one of kind \(change.now.rawValue) now, of "
                        + "\(change.before.rawValue) before: \(change.evidence)",
                    list: change.list
                )
            )
        }
    }

    /// The kind of `subject` for people: by whose word, or what it rests on.
    func kindStatus(of subject: Subject, _ figures: ListFigures?) -> KindStatus? {
        guard let learned = figures?.learnedKind else { return nil }
        let said = board.kinds[subject]
        let name = subject.mailName ?? ""
        let by: String? =
            if settings.detection.perList[name]?.announceOnly != nil { "the settings" } else {
                said.map {
                    "\($0.by.who) at \($0.by.time.rfc3339)"
                        + ($0.by.reason.isEmpty ? "" : ": \($0.by.reason)")
                }
            }
        return KindStatus(
            kind: (figures?.kind ?? learned.kind)?.rawValue ?? "unknown",
            saidBy: by,
            learned: learned.kind?.rawValue,
            evidence: learned.evidence
        )
    }
}
