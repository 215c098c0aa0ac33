// SPDX-License-Identifier: Apache-2.0
//
// What happened in an incident, moment by moment, for people who ask afterwards. Nothing decides by
// it. The mistake to avoid: putting this into the incident's body, which is written anew with each
// copy that leaks.

public import EventTime

/// One moment of an incident.
public struct Moment: Sendable, Equatable {
    /// The incident's number.
    public var incident: Int64
    /// When.
    public var time: Timestamp
    /// What happened, one word, such as `tripped`.
    public var event: String
    /// The target of pages that it is about; empty where none is.
    public var target: String
    /// In words; at most 1,024 bytes are kept.
    public var text: String

    /// A moment; NUL, which SQLite cannot keep, becomes U+FFFD.
    public init(incident: Int64, time: Timestamp, event: String, target: String = "", text: String)
    {
        self.incident = incident
        self.time = time
        self.event = Codec.storable(event)
        self.target = Codec.storable(target)
        self.text = Codec.storable(String(decoding: text.utf8.prefix(1024), as: UTF8.self))
    }

    func put(in db: Database) throws {
        let fields = [String(incident), String(time.microseconds), event, target, text]
        try db.execute(
            """
            INSERT INTO timeline (incident, time, event, target, text, checksum)
            SELECT ?, ?, ?, ?, ?, ?
            WHERE (SELECT count(*) FROM timeline WHERE incident = ?) < \(Schema.momentsKept)
            """,
            [
                incident, time.microseconds, event, target, text, Checksum(fields).stored, incident,
            ]
        )
    }
}

extension Store {
    /// Adds moments, in one transaction that is on the disk when this returns.
    public func append(_ moments: [Moment]) throws(StoreError) {
        guard !moments.isEmpty else { return }
        try write(.saveTimeline) { db in
            for moment in moments { try moment.put(in: db) }
        }
    }

    /// The moments of an incident, in the order in which they were noted.
    public func timeline(of incident: Int64) throws(StoreError) -> [Moment] {
        try rows(.readIncidents, .timeline, "WHERE incident = ? ORDER BY id", [incident]).map {
            Moment(
                incident: incident,
                time: Timestamp(microseconds: Int64($0[1]) ?? 0),
                event: $0[2],
                target: $0[3],
                text: $0[4]
            )
        }
    }
}
