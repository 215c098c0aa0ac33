// SPDX-License-Identifier: Apache-2.0
//
// An incident as it is saved: one flat row, as every version wrote it. Of its state the row has who
// reset it, when its probation ends and when it closed, each where it applies.

import EventTime
import StormDetection

extension Incident: Codable {
    private enum CodingKeys: String, CodingKey {
        case number, scope, mode, cause, tripped, verdict, trippedBy, attendance, nextAttended
        case acknowledgedBy, resetBy, halt, held, leaked, letGo, repeats, retrips, lastPaged
        case probationEnds, closed, reach, isServerStopped, narrowUntil
        case lacksNarrowing, isAdopted, course, earlier
    }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            number: try row.decode(Int64.self, forKey: .number),
            scope: try row.decode(Subject.self, forKey: .scope),
            mode: try row.decode(Mode.self, forKey: .mode),
            cause: try row.decode(TripCause.self, forKey: .cause),
            tripped: try row.decode(Timestamp.self, forKey: .tripped),
            verdict: try row.decodeIfPresent(Verdict.self, forKey: .verdict),
            trippedBy: try row.decodeIfPresent(Audit.self, forKey: .trippedBy),
            reach: try row.decode(HaltScope.self, forKey: .reach),
            state: try Self.state(row)
        )
        attendance = try row.decodeIfPresent(Attendance.self, forKey: .attendance)
        nextAttended = try row.decodeIfPresent(Timestamp.self, forKey: .nextAttended)
        acknowledgedBy = try row.decodeIfPresent(Audit.self, forKey: .acknowledgedBy)
        halt = try row.decode(HaltState.self, forKey: .halt)
        held = try row.decode(Int64.self, forKey: .held)
        leaked = try row.decode(Int64.self, forKey: .leaked)
        letGo = try row.decodeIfPresent(Int64.self, forKey: .letGo) ?? 0
        repeats = try row.decode(Int64.self, forKey: .repeats)
        retrips = try row.decode(Int64.self, forKey: .retrips)
        lastPaged = try row.decodeIfPresent(Timestamp.self, forKey: .lastPaged)
        narrowUntil = try row.decodeIfPresent(Timestamp.self, forKey: .narrowUntil)
        lacksNarrowing = try row.decodeIfPresent(Bool.self, forKey: .lacksNarrowing) ?? false
        isServerStopped = try row.decode(Bool.self, forKey: .isServerStopped)
        isAdopted = try row.decodeIfPresent(Bool.self, forKey: .isAdopted) ?? false
        course = try row.decodeIfPresent(IncidentCourse.self, forKey: .course)
        earlier = try row.decodeIfPresent([EarlierTrip].self, forKey: .earlier) ?? []
    }

    /// A row without a reset is open, whatever else it says; one without an end is over at once.
    private static func state(_ row: KeyedDecodingContainer<CodingKeys>) throws -> State {
        guard let audit = try row.decodeIfPresent(Audit.self, forKey: .resetBy) else {
            return .open
        }
        if let closed = try row.decodeIfPresent(Timestamp.self, forKey: .closed) {
            return .closed(by: audit, at: closed)
        }
        let ends = try row.decodeIfPresent(Timestamp.self, forKey: .probationEnds)
        return .halfOpen(by: audit, until: ends ?? audit.time)
    }

    /// Writes the row.
    public func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(number, forKey: .number)
        try row.encode(scope, forKey: .scope)
        try row.encode(mode, forKey: .mode)
        try row.encode(cause, forKey: .cause)
        try row.encode(tripped, forKey: .tripped)
        try row.encodeIfPresent(verdict, forKey: .verdict)
        try row.encodeIfPresent(trippedBy, forKey: .trippedBy)
        try row.encodeIfPresent(attendance, forKey: .attendance)
        try row.encodeIfPresent(nextAttended, forKey: .nextAttended)
        try row.encodeIfPresent(acknowledgedBy, forKey: .acknowledgedBy)
        try row.encode(halt, forKey: .halt)
        try row.encode(held, forKey: .held)
        try row.encode(leaked, forKey: .leaked)
        if letGo > 0 { try row.encode(letGo, forKey: .letGo) }
        try row.encode(repeats, forKey: .repeats)
        try row.encode(retrips, forKey: .retrips)
        try row.encodeIfPresent(lastPaged, forKey: .lastPaged)
        try row.encode(reach, forKey: .reach)
        try row.encodeIfPresent(narrowUntil, forKey: .narrowUntil)
        if lacksNarrowing { try row.encode(true, forKey: .lacksNarrowing) }
        try row.encode(isServerStopped, forKey: .isServerStopped)
        if isAdopted { try row.encode(true, forKey: .isAdopted) }
        try row.encodeIfPresent(course, forKey: .course)
        if !earlier.isEmpty { try row.encode(earlier, forKey: .earlier) }
        switch state {
        case .open: break
        case .halfOpen(let audit, let until):
            try row.encode(audit, forKey: .resetBy)
            try row.encode(until, forKey: .probationEnds)
        case .closed(let audit, let at):
            try row.encode(audit, forKey: .resetBy)
            try row.encode(at, forKey: .closed)
        }
    }
}
