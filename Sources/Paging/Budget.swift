// SPDX-License-Identifier: Apache-2.0
//
// How many pages a target gets on their own before the rest is folded into one. A token bucket,
// so that an attacker who trips lists on purpose cannot drown the page that matters: whatever he
// does, a person gets a bounded number of pages, and nothing is dropped, only folded.

import EventTime

/// Tokens for pages of one class to one target.
struct Budget: Sendable, Equatable {
    /// What is counted apart, so that nothing can keep the others back.
    enum Purse: Sendable, CaseIterable {
        /// Pages about lists and the queue.
        case mail
        /// Pages about our own troubles.
        case ours
        /// Pages that wait for a target that was given up: its return is no flood.
        case late
    }

    /// Pages that may go out at once.
    ///
    /// Chosen: what a person can still read one by one.
    static let capacity: Int64 = 10
    /// A further page may go out after each such span.
    ///
    /// Chosen: 30 an hour wake anybody.
    static let interval = TimeSpan.minutes(2)

    private var tokens = capacity
    /// Since when the next token has been growing; nil while full.
    private var growing: Timestamp?

    /// Takes a token at `now`; false when there is none.
    mutating func take(at now: Timestamp) -> Bool {
        grow(until: now)
        guard tokens > 0 else { return false }
        tokens -= 1
        if growing == nil { growing = now }
        return true
    }

    /// When the next token is there; nil when there is one at `now`.
    mutating func nextToken(at now: Timestamp) -> Timestamp? {
        grow(until: now)
        guard tokens == 0, let growing else { return nil }
        return growing + Self.interval
    }

    private mutating func grow(until now: Timestamp) {
        guard let since = growing else { return }
        // A clock that was set back must not stop the pages: the growing starts anew.
        guard now >= since else {
            growing = now
            return
        }
        let grown = (now - since).microseconds / Self.interval.microseconds
        tokens = min(Self.capacity, tokens + min(grown, Self.capacity))
        growing =
            tokens == Self.capacity
            ? nil : since + TimeSpan(microseconds: grown * Self.interval.microseconds)
    }
}
