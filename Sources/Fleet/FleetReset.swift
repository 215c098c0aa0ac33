// SPDX-License-Identifier: Apache-2.0
//
// A person's reset for the whole fleet. It closes the trips that it names and no others; what a reader
// does not understand of it makes it void.

public import EventTime
internal import Words

/// A person's word that the named trips are over.
public struct FleetReset: Sendable, Hashable {
    /// Bytes of its text; chosen, 64 of the longest names and a reason.
    public static let longest = 8192
    /// Trips that one names; more need a second reset.
    public static let mostNames = 64

    /// What becomes of held mail; the words of `reset --held`.
    public enum Held: String, Sendable, CaseIterable {
        case keep, release, discard
    }

    /// The operator, as the certificate names them.
    public let operatorName: String
    /// What tells it from the operator's others; a word.
    public let id: String
    /// When, by the operator's clock.
    public let time: Timestamp
    /// What becomes of held mail, on each host.
    public let held: Held
    /// Copies a minute at which all hosts together give held mail back; nil: as the settings of each say.
    public let rate: Int64?
    /// Why, in the person's words; at most 1,024 bytes.
    public let reason: String
    /// The trips that are over, sorted.
    public let names: [TripName]

    /// A reset; nil where it names no trip or too many, or `operatorName` or `id` is no name.
    public init?(
        operatorName: String,
        id: String,
        time: Timestamp,
        held: Held,
        rate: Int64?,
        reason: String,
        names: some Sequence<TripName>
    ) {
        let sorted = Set(names).sorted()
        guard HostName.isValid(operatorName), HostName.isValid(id), time.microseconds >= 0,
            (1...Self.mostNames).contains(sorted.count), rate.map({ $0 >= 0 }) ?? true
        else { return nil }
        self.operatorName = operatorName
        self.id = id
        self.time = time
        self.held = held
        self.rate = rate
        self.reason = reason.oneLine(limit: 1024)
        self.names = sorted
    }

    /// Reads what ``text`` wrote.
    public init(_ bytes: [UInt8]) throws(RecordRefusal) {
        let record = try RecordText(bytes, kind: "reset", limit: Self.longest)
        guard record.version == 1 else {
            throw RecordRefusal("it is a reset of version \(record.version), and we know 1")
        }
        guard try record.required("verb") == "reset", try record.optional("scope") == nil else {
            throw RecordRefusal("it is a reset of a kind that we do not know")
        }
        guard let held = Held(rawValue: try record.required("held")) else {
            throw RecordRefusal("'held' is no word that we know")
        }
        guard let micros = try record.number("time") else {
            throw RecordRefusal("'time' is missing")
        }
        var names: [TripName] = []
        for text in try record.all("name", most: Self.mostNames) {
            guard let name = TripName(text) else {
                throw RecordRefusal("'name' is no name of a trip")
            }
            names.append(name)
        }
        let reset = FleetReset(
            operatorName: try record.required("operator"),
            id: try record.required("id"),
            time: Timestamp(microseconds: micros),
            held: held,
            rate: try record.number("rate"),
            reason: try record.required("reason"),
            names: names
        )
        guard let reset else { throw RecordRefusal("it names no trip, or nobody") }
        self = reset
    }

    /// As it goes over the wire.
    public var text: String {
        RecordText.text(
            "reset",
            [
                ("operator", operatorName), ("id", id), ("verb", "reset"),
                ("time", String(time.microseconds)), ("held", held.rawValue),
                ("rate", rate.map { String($0) }), ("reason", reason),
            ] + names.map { ("name", $0.text) }
        )
    }
}
