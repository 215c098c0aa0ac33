// SPDX-License-Identifier: Apache-2.0
//
// What an old log shows after a trip that would have been: how many copies the list announced in the
// day behind it, which an open breaker would have kept. The mistake to avoid: counting what was
// announced before the trip as kept.

internal import Engine
public import EventTime
internal import StormDetection

/// A trip of a replay and the day behind it.
public struct Aftermath: Equatable, Sendable {
    /// The list.
    public var list: String
    /// When its breaker would have opened.
    public var tripped: Timestamp
    /// Copies that the list announced in the 24 hours behind it; where the log ends before, at least
    /// so many until its end.
    public var copies: Int64
}

/// The days behind trips.
struct Aftermaths: Sendable {
    /// Trips that are followed; chosen, some hundred KiB.
    static let most = 1_000
    /// How long a list is followed; chosen, a person comes within a day.
    static let span = TimeSpan.days(1)

    /// What is known, in the order of the trips.
    private(set) var known: [Aftermath] = []
    private var open: [(list: String, tripped: Timestamp, before: Int64)] = []

    /// Takes note of a trip; `engine` has read on from it for a ``Replay/pieceSpan`` at most, and what
    /// was announced meanwhile is missing.
    mutating func begin(_ verdict: Verdict, _ engine: Engine) {
        guard known.count + open.count < Self.most,
            !open.contains(where: { $0.list == verdict.list })
        else { return }
        open.append((verdict.list, verdict.time, engine.announced(by: verdict.list)))
    }

    /// Looks at the lists whose day is over at `now`, of which `engine` has read nothing yet.
    mutating func look(_ engine: Engine, at now: Timestamp) {
        while let first = open.first, first.tripped + Self.span <= now {
            open.removeFirst()
            know(first, engine)
        }
    }

    /// Looks at all others: the log ends.
    mutating func end(_ engine: Engine) {
        for one in open { know(one, engine) }
        open = []
    }

    private mutating func know(
        _ one: (list: String, tripped: Timestamp, before: Int64),
        _ engine: Engine
    ) {
        // A list that was forgotten meanwhile counts anew.
        let copies = max(0, engine.announced(by: one.list) - one.before)
        known.append(Aftermath(list: one.list, tripped: one.tripped, copies: copies))
    }
}
