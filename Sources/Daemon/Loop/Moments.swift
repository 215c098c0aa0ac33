// SPDX-License-Identifier: Apache-2.0
//
// What goes into an incident's timeline: the notes and pages that name it, saved in the transaction
// of what they tell of.

internal import Breaker
internal import Engine
internal import EventTime
internal import Reports
internal import Store

extension [Effect] {
    /// The moments of incidents among these effects, which happened at `now`.
    func moments(at now: Timestamp) -> [Moment] {
        compactMap { effect in
            switch effect {
            case .log(let note):
                note.incident.flatMap { incident in
                    incident == 0
                        ? nil
                        : Moment(
                            incident: incident,
                            time: now,
                            event: note.kind.word,
                            text: note.text
                        )
                }
            case .page(let alert):
                alert.incident.map {
                    Moment(
                        incident: $0,
                        time: now,
                        event: "page",
                        text: "\(alert.kind.rawValue): \(alert.summary)"
                    )
                }
            default: nil
            }
        }
    }
}

extension LogNote.Kind {
    /// The kind as JSON writes words: `halt-failed`.
    var word: String {
        rawValue.reduce(into: "") { text, character in
            text += character.isUppercase ? "-\(character.lowercased())" : String(character)
        }
    }
}

extension Moment {
    /// The moment as `incidents` prints it.
    var status: MomentStatus {
        MomentStatus(
            time: time.rfc3339,
            event: event,
            target: target.isEmpty ? nil : target,
            text: text
        )
    }
}
