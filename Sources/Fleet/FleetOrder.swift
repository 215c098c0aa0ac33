// SPDX-License-Identifier: Apache-2.0
//
// A person's word that named hosts shall halt mail at a trip from now on, or only watch: canaries first. It
// names hosts and no pattern: a host that joins later begins by watching, whatever was once ordered.

public import EventTime
internal import Words

/// Whether a host halts mail at a trip.
public enum HostMode: String, Sendable, CaseIterable {
    case armed, observe
}

/// A person's order to named hosts.
public struct FleetOrder: Sendable, Hashable {
    /// Bytes of its text; chosen, 64 of the longest names and a reason.
    public static let longest = 8192
    /// Hosts that one names; more need a second order.
    public static let mostHosts = 64

    /// The operator, as the certificate names them.
    public let operatorName: String
    /// What tells it from the operator's others; a word.
    public let id: String
    /// When, by the operator's clock.
    public let time: Timestamp
    /// How the hosts shall be.
    public let mode: HostMode
    /// Which hosts, sorted.
    public let hosts: [String]
    /// Why, in the person's words; at most 1,024 bytes.
    public let reason: String

    /// Names it to its hosts: `OPERATOR/ID`.
    public var name: String { "\(operatorName)/\(id)" }

    /// An order; nil where it names no host or too many, or `operatorName` or `id` is no name.
    public init?(
        operatorName: String,
        id: String,
        time: Timestamp,
        mode: HostMode,
        hosts: some Sequence<String>,
        reason: String
    ) {
        let sorted = Set(hosts).sorted()
        guard HostName.isValid(operatorName), HostName.isValid(id), time.microseconds >= 0,
            (1...Self.mostHosts).contains(sorted.count),
            sorted.allSatisfy({ HostName.isValid($0) })
        else { return nil }
        self.operatorName = operatorName
        self.id = id
        self.time = time
        self.mode = mode
        self.hosts = sorted
        self.reason = reason.oneLine(limit: 1024)
    }

    /// Reads what ``text`` wrote.
    public init(_ bytes: [UInt8]) throws(RecordRefusal) {
        let record = try RecordText(bytes, kind: "order", limit: Self.longest)
        guard record.version == 1 else {
            throw RecordRefusal("it is an order of version \(record.version), and we know 1")
        }
        guard let mode = HostMode(rawValue: try record.required("mode")) else {
            throw RecordRefusal("'mode' is no word that we know")
        }
        guard let micros = try record.number("time") else {
            throw RecordRefusal("'time' is missing")
        }
        let order = FleetOrder(
            operatorName: try record.required("operator"),
            id: try record.required("id"),
            time: Timestamp(microseconds: micros),
            mode: mode,
            hosts: try record.all("host", most: Self.mostHosts),
            reason: try record.required("reason")
        )
        guard let order else { throw RecordRefusal("it names no host, or nobody") }
        self = order
    }

    /// As it goes over the wire.
    public var text: String {
        RecordText.text(
            "order",
            [
                ("operator", operatorName), ("id", id), ("mode", mode.rawValue),
                ("time", String(time.microseconds)), ("reason", reason),
            ] + hosts.map { ("host", $0) }
        )
    }
}
