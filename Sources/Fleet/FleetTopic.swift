// SPDX-License-Identifier: Apache-2.0
//
// Topics of the brokers, and what may stand under them. The broker lets a certificate write below its own
// name only, so the name in the topic is who speaks; a record that says otherwise is refused.

/// A topic, and what is known by it.
public enum FleetTopic: Sendable, Hashable {
    /// `lb/trip/HOST/N`: a trip of that host.
    case trip(TripName)
    /// `lb/reset/OPERATOR/ID`: a reset of that operator.
    case reset(operatorName: String, id: String)
    /// `lb/order/OPERATOR/ID`: an order of that operator to some hosts.
    case order(operatorName: String, id: String)
    /// `lb/mode/HOST`: whether that host halts mail.
    case mode(String)
    /// `lb/host/HOST`: whether that host is there.
    case host(String)
    /// `lb/facts/HOST`: what that host saw of its lists; no broker keeps it.
    case facts(String)
    /// `lb/paged/HOST/OWNER/N`: that host paged its operators of that trip.
    case paged(by: String, TripName)

    /// What a judge listens to beside ``filters``.
    public static let judgeFilters = ["lb/facts/+"]
    /// What a host listens to, resets first: a broker hands over what it kept in this order, and who
    /// joins must not act on a trip whose reset follows, nor page of one that was paged.
    public static let filters = [
        "lb/reset/#", "lb/paged/#", "lb/trip/#", "lb/host/#", "lb/order/#", "lb/mode/+",
    ]
    /// Bytes of the longest.
    public static let longest = 256

    /// The topic that ``text`` wrote; nil: none of ours.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longest else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "lb" else { return nil }
        switch (parts[1], parts.count) {
        case ("trip", 4):
            guard let name = TripName("\(parts[2])/\(parts[3])") else { return nil }
            self = .trip(name)
        case ("reset", 4):
            guard HostName.isValid(parts[2]), HostName.isValid(parts[3]) else { return nil }
            self = .reset(operatorName: String(parts[2]), id: String(parts[3]))
        case ("paged", 5):
            guard HostName.isValid(parts[2]), let name = TripName("\(parts[3])/\(parts[4])") else {
                return nil
            }
            self = .paged(by: String(parts[2]), name)
        case ("order", 4):
            guard HostName.isValid(parts[2]), HostName.isValid(parts[3]) else { return nil }
            self = .order(operatorName: String(parts[2]), id: String(parts[3]))
        case ("mode", 3):
            guard HostName.isValid(parts[2]) else { return nil }
            self = .mode(String(parts[2]))
        case ("host", 3):
            guard HostName.isValid(parts[2]) else { return nil }
            self = .host(String(parts[2]))
        case ("facts", 3):
            guard HostName.isValid(parts[2]) else { return nil }
            self = .facts(String(parts[2]))
        default: return nil
        }
    }

    /// As the broker has it.
    public var text: String {
        switch self {
        case .trip(let name): "lb/trip/\(name.text)"
        case .reset(let operatorName, let id): "lb/reset/\(operatorName)/\(id)"
        case .order(let operatorName, let id): "lb/order/\(operatorName)/\(id)"
        case .mode(let name): "lb/mode/\(name)"
        case .host(let name): "lb/host/\(name)"
        case .facts(let name): "lb/facts/\(name)"
        case .paged(let host, let name): "lb/paged/\(host)/\(name.text)"
        }
    }
}

/// A record together with who said it.
public enum FleetRecord: Sendable, Hashable {
    case trip(FleetTrip)
    case reset(FleetReset)
    case order(FleetOrder)

    /// Reads `bytes` that stood under `topic`; throws where they are none, or speak for another.
    public init(topic: some StringProtocol, _ bytes: [UInt8]) throws(RecordRefusal) {
        switch FleetTopic(topic) {
        case .trip(let name):
            let trip = try FleetTrip(bytes)
            guard trip.name == name else {
                throw RecordRefusal("it bears another name than its topic")
            }
            self = .trip(trip)
        case .reset(let operatorName, let id):
            let reset = try FleetReset(bytes)
            guard reset.operatorName == operatorName, reset.id == id else {
                throw RecordRefusal("it bears another name than its topic")
            }
            self = .reset(reset)
        case .order(let operatorName, let id):
            let order = try FleetOrder(bytes)
            guard order.operatorName == operatorName, order.id == id else {
                throw RecordRefusal("it bears another name than its topic")
            }
            self = .order(order)
        case .host, .mode, .facts, .paged, nil:
            throw RecordRefusal("its topic is none for a trip, a reset or an order")
        }
    }

    /// Where it stands.
    public var topic: FleetTopic {
        switch self {
        case .trip(let trip): .trip(trip.name)
        case .reset(let reset): .reset(operatorName: reset.operatorName, id: reset.id)
        case .order(let order): .order(operatorName: order.operatorName, id: order.id)
        }
    }

    /// As it goes over the wire.
    public var text: String {
        switch self {
        case .trip(let trip): trip.text
        case .reset(let reset): reset.text
        case .order(let order): order.text
        }
    }
}

/// How far a host is with its page of a trip, as it stands under ``FleetTopic/paged(by:_:)``.
public enum PageMark: Sendable, Hashable {
    /// It is about to send it; the others wait a while.
    case claimed
    /// It was delivered.
    case sent

    /// What a host said; whatever is not known counts as sent, as a version before means it.
    public init(_ text: some StringProtocol) {
        self = text == Self.claimed.text ? .claimed : .sent
    }

    /// As it goes over the wire.
    public var text: String {
        switch self {
        case .claimed: "listbreaker-paged 1\nstate: claimed\n"
        case .sent: "listbreaker-paged 1\n"
        }
    }
}
