// SPDX-License-Identifier: Apache-2.0
//
// Which lists Postfix itself is to hold, and when to say so again. The whole set is said each time, so
// that a call that was lost, or a daemon that was killed, leaves nothing standing. The mistake to
// avoid: to lift a list's block after its mail is given back, which would be stopped again.

internal import EventTime

/// When the actuator is told which lists are blocked.
struct BlockWish {
    /// How long it is said again after the last list was lifted.
    ///
    /// Chosen: SMTP sessions that were open then still put mail on hold.
    static let aftercare = TimeSpan.hours(1)

    private var said: Set<String>
    private var next: Timestamp = .distantPast
    private var end: Timestamp = .distantPast

    /// With the lists that the actuator found blocked.
    init(said: Set<String> = []) { self.said = said }

    /// Whether a list that was said is no longer `wanted`.
    func lifts(_ wanted: Set<String>) -> Bool { !said.isSubset(of: wanted) }

    /// Whether at `now` nothing is to be said as long as no list is wanted.
    func isSilent(at now: Timestamp) -> Bool { said.isEmpty && now >= end }

    /// Whether it is to be said at `now`: `wanted` changed, or it is time to look again.
    func isDue(_ wanted: Set<String>, at now: Timestamp) -> Bool {
        wanted != said || (now >= next && (!wanted.isEmpty || now < end))
    }

    /// It is said at `now`, and again after `interval`.
    mutating func say(_ wanted: Set<String>, at now: Timestamp, again interval: TimeSpan) {
        if lifts(wanted) { end = now + Self.aftercare }
        said = wanted
        next = now + interval
    }
}
