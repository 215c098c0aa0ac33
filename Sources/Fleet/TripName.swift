// SPDX-License-Identifier: Apache-2.0
//
// The name of one opening of one breaker. It must never be given twice, also not by a host whose state
// was lost and whose incidents are numbered anew: a reset of long ago would close it. So the time of the
// trip is part of it.

/// One opening of one incident of one host: `mx3.example.org/7.0.1795908071`.
public struct TripName: Sendable, Hashable, Comparable {
    /// The host, as its certificate names it.
    public let host: String
    /// The incident's number on that host.
    public let incident: Int64
    /// How often that incident had opened again before.
    public let opening: Int64
    /// Event time of the incident's trip, in whole seconds since 1970.
    public let seconds: Int64

    /// A name; nil where `host` is none or a number is negative.
    public init?(host: String, incident: Int64, opening: Int64, seconds: Int64) {
        guard HostName.isValid(host), incident >= 0, opening >= 0, seconds >= 0 else { return nil }
        self.host = host
        self.incident = incident
        self.opening = opening
        self.seconds = seconds
    }

    /// The name that ``text`` wrote; nil where it is none, or written in another way.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= HostName.longest + 64 else { return nil }
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let numbers = halves[1].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, let incident = Int64(numbers[0]), let opening = Int64(numbers[1]),
            let seconds = Int64(numbers[2])
        else { return nil }
        self.init(
            host: String(halves[0]),
            incident: incident,
            opening: opening,
            seconds: seconds
        )
        // One name, one text: no leading zeros, no plus sign.
        guard self.text == text else { return nil }
    }

    /// As it stands in records and topics.
    public var text: String { "\(host)/\(tail)" }

    /// The part behind the host.
    public var tail: String { "\(incident).\(opening).\(seconds)" }

    /// As people read it: host and incident.
    public var short: String { "\(host)/\(incident)" }

    /// By host, then from old to new.
    public static func < (left: Self, right: Self) -> Bool {
        (left.host, left.incident, left.opening, left.seconds)
            < (right.host, right.incident, right.opening, right.seconds)
    }
}

/// What may be the name of a host or an operator in a fleet.
public enum HostName {
    /// Bytes of the longest: RFC 5280 appendix A.1, ub-common-name.
    public static let longest = 64

    /// Letters in lower case, digits, `-`, `_` and `.`; begins with a letter or a digit.
    ///
    /// None of them means anything in an MQTT topic or a shell.
    public static func isValid(_ name: some StringProtocol) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= longest else { return false }
        guard isWord(first) else { return false }
        return name.utf8.allSatisfy {
            isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                || $0 == UInt8(ascii: "_")
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
