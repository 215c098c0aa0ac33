// SPDX-License-Identifier: Apache-2.0
//
// One list's own mail on hold while all else flows: for an open incident whose scope is the list,
// or softly, for a while. The queue's halt is another thing, see `QueueHalt`; both may stand at once.

public import EventTime

/// How much of the mail a trip halts.
public enum HaltScope: String, Sendable, Codable, CaseIterable {
    /// The whole outbound queue of the host.
    case queue
    /// The list's own copies, as their lines appear in the log; other mail flows.
    case list
    /// The whole of the list's mail, by the mail server itself; other mail flows. Where that cannot
    /// be done, or a copy leaves all the same: the queue.
    case narrow
}

/// How far a breaker goes by itself when copies keep leaving.
public enum Escalation: String, Sendable, Codable, CaseIterable {
    /// Nowhere: it pages.
    case no
    /// From the list to the whole outbound queue.
    case queue
    /// On to stopping the mail server.
    case stop
}

/// A list whose own messages are put on hold, or would be if we were armed.
public struct ListHold: Sendable, Equatable {
    /// Why, and for how long.
    public enum Ground: Sendable, Equatable {
        /// An incident demands it, until it is reset.
        case incident(Int64)
        /// The list is near a trip; until then.
        case soft(until: Timestamp)
        /// The incident was reset and its mail is discarded: until whoever expands the list has handed
        /// over what it had in hand. What came to the list itself since then is not the storm's.
        case draining(incident: Int64, since: Timestamp)
        /// The same as `soft` in observe mode, or read too late to hold anything: nothing is held.
        case observed(until: Timestamp)
    }

    /// Why, and for how long.
    public internal(set) var ground: Ground
    /// Messages put on hold for it.
    public internal(set) var held: Int64 = 0
    /// When the first hold was done; nil until then.
    public internal(set) var done: Timestamp?
    /// Why the last hold could not be done; nil when it could.
    public internal(set) var failure: String?

    /// Since when no hold could be done; nil when the last one could.
    var failingSince: Timestamp?
    var ordered: Timestamp
    var lastCopy: Timestamp = .distantPast
    var leaks = Leaks()
    var isVerified = false
    /// While draining: when the last of its mail was caught, and when the last discard was begun.
    var caught: Timestamp = .distantPast
    var cleared: Timestamp = .distantPast

    init(_ ground: Ground, ordered: Timestamp) {
        self.ground = ground
        self.ordered = ordered
    }

    /// The incident that demands it.
    public var incident: Int64? { if case .incident(let number) = ground { number } else { nil } }

    /// End of a soft hold; nil while an incident demands it.
    public var until: Timestamp? {
        switch ground {
        case .incident, .draining: nil
        case .soft(let until), .observed(let until): until
        }
    }

    /// Since when it drains, and for which incident; nil where it does not.
    public var draining: (incident: Int64, since: Timestamp)? {
        if case .draining(let incident, let since) = ground { (incident, since) } else { nil }
    }

    /// Whether messages are really put on hold.
    public var isReal: Bool { if case .observed = ground { false } else { true } }
}
