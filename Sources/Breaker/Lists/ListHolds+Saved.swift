// SPDX-License-Identifier: Apache-2.0
//
// Holds as they are saved: ends of soft holds by name, and beside them what really holds mail, as
// every version wrote it. Where the two disagree, what an incident demands wins.

import EventTime
import StormDetection

extension ListHolds: Codable {
    private enum CodingKeys: String, CodingKey { case softHolds, listHolds }

    /// What really holds mail.
    private struct Row: Codable {
        var incident: Int64?
        var until: Timestamp?
        var held: Int64
        var done: Timestamp?
        var failure: String?
        var failingSince: Timestamp?
        var ordered: Timestamp
        var lastCopy: Timestamp
        var leaks: [Timestamp]
        var leakPaged: Bool
        var isVerified: Bool
        /// Of a list that drains; `incident` is nil then.
        var drains: Int64?
        var drainsSince: Timestamp?
        var caught: Timestamp?
        var cleared: Timestamp?
    }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let ends = try container.decode([Subject: Timestamp].self, forKey: .softHolds)
        let saved = try container.decode([Subject: Row].self, forKey: .listHolds)
        var rows = ends.mapValues { ListHold(.observed(until: $0), ordered: .distantPast) }
        for (subject, row) in saved {
            let ground: ListHold.Ground =
                if let number = row.incident {
                    .incident(number)
                } else if let number = row.drains {
                    .draining(incident: number, since: row.drainsSince ?? row.ordered)
                } else {
                    .soft(until: ends[subject] ?? row.until ?? row.ordered)
                }
            var hold = ListHold(ground, ordered: row.ordered)
            hold.held = row.held
            hold.done = row.done
            hold.failure = row.failure
            hold.failingSince = row.failingSince
            hold.lastCopy = row.lastCopy
            hold.leaks = Leaks(stamps: row.leaks, isPaged: row.leakPaged)
            hold.isVerified = row.isVerified
            hold.caught = row.caught ?? .distantPast
            hold.cleared = row.cleared ?? .distantPast
            rows[subject] = hold
        }
        self.init(rows)
    }

    /// Writes both tables.
    public func encode(to encoder: any Encoder) throws {
        var ends: [Subject: Timestamp] = [:]
        var saved: [Subject: Row] = [:]
        for (subject, hold) in sorted {
            ends[subject] = hold.until
            guard hold.isReal else { continue }
            saved[subject] = Row(
                incident: hold.incident,
                until: hold.until,
                held: hold.held,
                done: hold.done,
                failure: hold.failure,
                failingSince: hold.failingSince,
                ordered: hold.ordered,
                lastCopy: hold.lastCopy,
                leaks: hold.leaks.stamps,
                leakPaged: hold.leaks.isPaged,
                isVerified: hold.isVerified,
                drains: hold.draining?.incident,
                drainsSince: hold.draining?.since,
                caught: hold.draining == nil ? nil : hold.caught,
                cleared: hold.draining == nil ? nil : hold.cleared
            )
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ends, forKey: .softHolds)
        try container.encode(saved, forKey: .listHolds)
    }
}
