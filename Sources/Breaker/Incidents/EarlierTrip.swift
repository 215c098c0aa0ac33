// SPDX-License-Identifier: Apache-2.0
//
// A trip of an incident that opened again on probation: what it was, and what came of it until its reset. The
// incident's own fields speak of its last trip. The mistake to avoid: figures of one trip told as another's.

public import EventTime
public import StormDetection

/// A trip that was reset before its incident opened again.
public struct EarlierTrip: Sendable, Equatable, Codable {
    /// Trips of one incident that are kept at most; chosen: of more no person reads, the first stays.
    public static let most = 20

    /// When it tripped.
    public var tripped: Timestamp
    /// When a person reset it.
    public var reset: Timestamp
    /// The mode at that trip.
    public var mode: Mode
    /// The rule that tripped it.
    public var rule: Rule
    /// Copies announced and sent at that trip; nil without a verdict.
    public var announced: Int64?
    /// Copies sent at that trip; nil without a verdict.
    public var sent: Int64?
    /// What came behind it, until its reset.
    public var behind: IncidentCourse.Step
    /// Messages held from the incident's first trip to this reset.
    public var held: Int64
    /// Deliveries that began after a halt, from the incident's first trip to this reset.
    public var leaked: Int64
}

extension Incident {
    /// The opening that a reset ended, as it is kept when the next one begins.
    func ended(by reset: Audit) -> EarlierTrip {
        EarlierTrip(
            tripped: lastOpened,
            reset: reset.time,
            mode: mode,
            rule: rule,
            announced: verdict?.evidence.copiesAnnounced,
            sent: verdict?.evidence.copiesSent,
            behind: course?.sum ?? IncidentCourse.Step(),
            held: held,
            leaked: leaked
        )
    }

    /// Event time of its trip, or of the last of them where it opened again on probation.
    public var lastOpened: Timestamp {
        [tripped, verdict?.time, trippedBy?.time].compactMap { $0 }.max() ?? tripped
    }
}

extension IncidentCourse {
    /// All of it.
    var sum: Step { steps.reduce(Step(), +) }
}
