// SPDX-License-Identifier: Apache-2.0
//
// A trip before the last one of an incident that opened again, as `status` and `incidents` print it. Additions only.

public import Breaker
internal import EventTime
public import StormDetection

/// An earlier trip of an incident, and what came of it until its reset.
public struct EarlierTripStatus: Sendable, Codable, Equatable {
    /// When, RFC 3339 UTC.
    public var tripped: String
    /// When it was reset, RFC 3339 UTC.
    public var reset: String
    /// The mode at that trip.
    public var mode: Word<Mode>
    /// The rule that tripped it.
    public var rule: Word<Rule>
    /// Copies announced until that trip; nil where a person tripped it.
    public var copiesAnnounced: Int64?
    /// Copies sent until that trip; nil where a person tripped it.
    public var copiesSent: Int64?
    /// Posts from that trip to its reset.
    public var posts: Int64
    /// Copies announced from that trip to its reset.
    public var announced: Int64
    /// Copies that left from that trip to its reset.
    public var left: Int64
    /// Messages held for it.
    public var held: Int64
    /// Deliveries of it that began after its halt.
    public var leaked: Int64

    /// A trip; `before` is the one before it, whose held and leaked are not this one's.
    public init(_ trip: EarlierTrip, behind before: EarlierTrip?) {
        tripped = trip.tripped.rfc3339
        reset = trip.reset.rfc3339
        mode = .known(trip.mode)
        rule = .known(trip.rule)
        copiesAnnounced = trip.announced
        copiesSent = trip.sent
        posts = trip.behind.posts
        announced = trip.behind.announced
        left = trip.behind.sent
        held = max(0, trip.held - (before?.held ?? 0))
        leaked = max(0, trip.leaked - (before?.leaked ?? 0))
    }
}

extension EarlierTripStatus {
    /// All of an incident's, the first one first; nil: it tripped once.
    public static func all(of incident: Incident) -> [EarlierTripStatus]? {
        let trips = incident.earlier
        guard !trips.isEmpty else { return nil }
        return trips.indices.map {
            EarlierTripStatus(trips[$0], behind: $0 > 0 ? trips[$0 - 1] : nil)
        }
    }
}
