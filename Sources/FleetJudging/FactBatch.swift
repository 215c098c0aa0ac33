// SPDX-License-Identifier: Apache-2.0
//
// What one host tells at once. It is stamped as it leaves: what happened before is told from that stamp
// on, so that a clock that is wrong and a host that was cut off can be told apart.

public import EventTime
public import ListTraffic

/// Facts of one host, sent together.
public struct FactBatch: Sendable, Hashable {
    /// Facts of one batch.
    public static let most = 64

    /// The host, as its certificate names it.
    public var host: String
    /// Drawn anew at each start of the host's daemon.
    public var start: UInt64
    /// Counts the batches of that start, from 1 on.
    public var number: UInt64
    /// When it was sent, by the host's clock.
    public var sent: Timestamp
    /// What the host saw, in the order of its log; empty: it only says that it is there.
    public var facts: [TrafficFact]

    /// A batch with every field given.
    public init(
        host: String,
        start: UInt64,
        number: UInt64,
        sent: Timestamp,
        facts: [TrafficFact] = []
    ) {
        self.host = host
        self.start = start
        self.number = number
        self.sent = sent
        self.facts = facts
    }
}
