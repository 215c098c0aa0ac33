// SPDX-License-Identifier: Apache-2.0
//
// How far what would have happened reaches: the one place of the judge that knows.
// The settings say it, and the verdict, which reaches no further than its stake.

internal import Breaker
public import Hindsight
public import Settings
internal import StormDetection

/// How far a trip reaches.
public enum Reach {
    /// Whether `event` halts other people's mail under `settings`; only trips do.
    public static func haltsQueue(_ event: ReplayEvent, _ settings: Settings) -> Bool {
        guard event.kind == .trip, event.verdict?.reach != .list else { return false }
        if Subject(event.list).sender != nil {
            return (settings.halt.senderScope ?? settings.halt.scope) != .list
        }
        let own = settings.lists.first { $0.address == event.list }?.scope
        return (own ?? settings.halt.scope) == .queue
    }
}
