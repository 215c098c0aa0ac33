// SPDX-License-Identifier: Apache-2.0
//
// What /etc/listbreaker/fleet.conf says, read by listbreakerd and by listbreaker-fleetd alike. A file of
// its own: where it is not there, there is no fleet. The syntax is that of systemd.syntax(7) without
// continued lines; a key that is not known is an error, since a typing error must not mean "all domains".

public import EventTime

/// One broker.
public struct BrokerAddress: Sendable, Hashable {
    /// Name or address; what the broker's certificate must be for.
    public let host: String
    /// TCP port.
    public let port: UInt16

    /// As it is written: `HOST:PORT`.
    public var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The port of MQTT over TLS, where none is named; IANA.
    public static let usualPort: UInt16 = 8883

    /// Reads `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`; nil where it is none.
    public init?(_ text: some StringProtocol) {
        let host: Substring
        let rest: Substring
        let text = Substring(text)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
        }
        let isPlain = host.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && !"/\\\"'`$".utf8.contains($0)
        }
        guard !host.isEmpty, host.utf8.count <= 253, isPlain else { return nil }
        self.host = String(host)
        guard !rest.isEmpty else {
            port = Self.usualPort
            return
        }
        guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()), port > 0 else { return nil }
        self.port = port
    }
}

/// How this host takes part in a fleet.
public struct FleetSettings: Sendable, Equatable {
    /// Where the file is, unless told otherwise.
    public static let path = "/etc/listbreaker/fleet.conf"
    /// Bytes that are read of it.
    public static let longest = 65_536
    /// Most brokers.
    public static let mostBrokers = 3

    /// This host's name in the fleet, as its certificate has it.
    public var host = ""
    /// Domains whose lists are held here when another host trips, and those below them.
    public var domains: [String] = []
    /// The brokers; each is connected to.
    public var brokers: [BrokerAddress] = []
    /// File with the certificate of the fleet's authority.
    public var authority = "/etc/listbreaker/fleet/ca.pem"
    /// File with this host's certificate.
    public var certificate = "/etc/listbreaker/fleet/host.pem"
    /// File with its key.
    public var key = "/etc/listbreaker/fleet/host.key"
    /// Where listbreakerd listens for listbreaker-fleetd.
    public var socket = "/run/listbreaker/fleet.sock"
    /// The user as which listbreaker-fleetd runs.
    public var user = "_listbreaker-fleet"
    /// Whether this host judges what all hosts of the fleet tell of their lists.
    public var isJudge = false
    /// A foreign trip that is older is not acted on; as long as a late verdict of our own.
    public var horizon = TimeSpan.minutes(10)

    /// Nothing but the defaults.
    public init() {}

    /// Reads `text`; throws every complaint, one a line with its number.
    public init(_ text: String) throws(FleetSettingsError) {
        var wrong: [String] = []
        var isInside = false
        var number = 0
        for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let line = Self.trimmed(raw)
            guard let first = line.first, first != "#", first != ";" else { continue }
            if first == "[" {
                isInside = line == "[Fleet]"
                if !isInside { wrong.append("line \(number): the only section is [Fleet]") }
                continue
            }
            guard let equals = line.firstIndex(of: "=") else {
                wrong.append("line \(number): not 'Key=value'")
                continue
            }
            let key = Self.trimmed(line[..<equals])
            let value = Self.trimmed(line[line.index(after: equals)...])
            if !isInside {
                wrong.append("line \(number): before [Fleet]")
            } else if let problem = take(String(key), String(value)) {
                wrong.append("line \(number): \(problem)")
            }
        }
        if host.isEmpty { wrong.append("Host= is missing: this host's name in the fleet") }
        if domains.isEmpty {
            wrong.append(
                "Domains= is missing: the domains whose lists other hosts may have held here"
            )
        }
        if brokers.isEmpty { wrong.append("Brokers= is missing: one to three, HOST:PORT") }
        guard wrong.isEmpty else { throw FleetSettingsError(complaints: wrong) }
    }

    /// Takes one key; why not, or nil.
    private mutating func take(_ key: String, _ value: String) -> String? {
        let words = value.split(separator: " ").map(String.init)
        switch key {
        case "Host":
            guard HostName.isValid(value) else {
                return "Host= has at most \(HostName.longest) of a-z, 0-9, '.', '-', '_'"
            }
            host = value
        case "Domains":
            guard words.allSatisfy({ FleetScope.isDomain($0) }) else {
                return "Domains= has domains in lower case, with blanks between"
            }
            domains = words
        case "Brokers":
            let read = words.compactMap { BrokerAddress($0) }
            guard read.count == words.count, Set(read).count == read.count,
                read.count <= Self.mostBrokers
            else { return "Brokers= has one to three different HOST:PORT, with blanks between" }
            brokers = read
        case "Authority": return take(path: value, to: \.authority, key)
        case "Certificate": return take(path: value, to: \.certificate, key)
        case "Key": return take(path: value, to: \.key, key)
        case "Socket": return take(path: value, to: \.socket, key)
        case "Judge":
            guard value == "yes" || value == "no" else { return "Judge= is yes or no" }
            isJudge = value == "yes"
        case "User":
            guard !value.isEmpty, value.utf8.count <= 32 else { return "User= is a user's name" }
            user = value
        default: return "there is no key '\(key.prefix(64))'"
        }
        return nil
    }

    private mutating func take(
        path: String,
        to field: WritableKeyPath<FleetSettings, String>,
        _ key: String
    ) -> String? {
        guard path.hasPrefix("/"), path.utf8.count <= 4095 else { return "\(key)= is a full path" }
        self[keyPath: field] = path
        return nil
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while let last = rest.last, last == " " || last == "\t" || last == "\r" {
            rest.removeLast()
        }
        return rest.drop { $0 == " " || $0 == "\t" }
    }
}

/// What is wrong with the settings of the fleet.
public struct FleetSettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Each complaint.
    public let complaints: [String]
    /// All of them, one a line.
    public var description: String { complaints.joined(separator: "\n") }
}
