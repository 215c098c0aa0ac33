// SPDX-License-Identifier: Apache-2.0
//
// Saved copies of discarded mail are no archive: once a day those are deleted that are older than
// `KeepSaved=` says, and that is written down. The mistake to avoid: to believe a clock that was set a
// moment ago, since a year ahead all of it would be old.

internal import Breaker
internal import Engine
internal import EventTime
internal import Settings
internal import Words

/// When saved mail is looked at next.
struct PruneWish {
    /// Longest time between two looks.
    ///
    /// Chosen: a day more or less does not matter to what is kept for months.
    static let pause = TimeSpan.days(1)
    /// How long the clock must have gone on steadily before it is believed.
    ///
    /// Chosen: time synchronisation sets a wrong clock within minutes of a start.
    static let steady = TimeSpan.hours(1)

    private(set) var due: Timestamp

    init(start: Timestamp) { due = start + Self.steady }

    /// The clock was set: it is to prove itself.
    mutating func noteJump(_ now: Timestamp) { due = now + Self.steady }

    /// Before which time what was saved is to be deleted now; nil: nothing, or not yet.
    mutating func limit(at now: Timestamp, keeping span: TimeSpan) -> Timestamp? {
        guard now >= due else { return nil }
        due = now + Self.pause
        return span > .seconds(0) ? now - span : nil
    }
}

extension Loop {
    /// Has old saved mail deleted when that is due, without waiting for it.
    func lookAtSaved(_ now: Timestamp) {
        let span = engine.settings.halt.keepSaved
        guard let limit = pruneWish.limit(at: now, keeping: span) else { return }
        let (lane, log) = (lane, parts.log)
        Task {
            let (messages, errors) = await lane.prune(before: limit)
            if messages > 0 {
                log.write(
                    5,
                    nil,
                    "\(messages.counting("saved message")) of discarded mail deleted, older than "
                        + "KeepSaved=\(span.text)"
                )
            }
            if !errors.isEmpty {
                log.write(
                    4,
                    nil,
                    "could not delete saved mail older than KeepSaved=\(span.text): "
                        + errors.joined(separator: "; ")
                )
            }
        }
    }
}
