// SPDX-License-Identifier: Apache-2.0
//
// One list's own mail on hold while all else flows: for an open incident whose scope is the list,
// or for a soft hold. The queue's halt is another thing, see `QueueHalt`; both may stand at once.

public import EventTime

/// How much of the mail a trip halts.
public enum HaltScope: String, Sendable, Codable, CaseIterable {
    /// The whole outbound queue of the host.
    case queue
    /// The list's own copies, as their lines appear in the log; other mail flows.
    case list
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

/// A list whose own messages are put on hold.
public struct ListHold: Sendable, Codable, Equatable {
    /// The incident that demands it; nil for a soft hold.
    public var incident: Int64?
    /// End of a soft hold; nil while an incident demands it.
    public var until: Timestamp?
    /// Messages put on hold for it.
    public var held: Int64 = 0
    /// When the first hold was done; nil until then.
    public var done: Timestamp?
    /// Why the last hold could not be done; nil when it could.
    public var failure: String?

    /// Since when no hold could be done; nil when the last one could.
    var failingSince: Timestamp?
    var ordered: Timestamp
    var lastCopy: Timestamp = .distantPast
    var leaks: [Timestamp] = []
    var leakPaged = false
    var isVerified = false

    init(incident: Int64?, until: Timestamp?, ordered: Timestamp) {
        self.incident = incident
        self.until = until
        self.ordered = ordered
    }
}
