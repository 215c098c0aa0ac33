// SPDX-License-Identifier: Apache-2.0
//
// How far behind the journal a follower is: a metric, and past a limit a page. Plain value.

public import EventTime

/// How far reading has come.
public struct JournalLag: Sendable, Equatable {
    /// Everything up to here was given out, or is not mail.
    ///
    /// Nil before the first entry.
    public var position: Timestamp?
    /// The newest entry there is, mail or not; looked up at most once a second.
    public var newest: Timestamp?
    /// Of several hosts' journals, each of them; empty where there is one.
    public var hosts: [HostLag] = []
    /// How often the journal was opened again after an error.
    public var reopenings = 0
    /// Whether the thread found the end and waits there for more.
    public var isAtEnd = false
    /// How often the thread has gone round: it lives when this grows, at least once a second while
    /// there is traffic or nobody asks.
    public var turns: UInt64 = 0

    /// A follower that has not read yet.
    public init() {}

    /// How much older than the newest entry the position is; zero when caught up.
    public var behind: TimeSpan {
        guard let position, let newest else { return TimeSpan(microseconds: 0) }
        return max(newest - position, TimeSpan(microseconds: 0))
    }
}
