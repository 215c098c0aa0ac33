// SPDX-License-Identifier: Apache-2.0
//
// What the daemon tells of the fleet: who is there, what is open, and what this host does about it.

/// One broker.
public struct BrokerStatus: Sendable, Codable, Equatable {
    /// As the settings name it.
    public var name: String
    /// Whether listbreaker-fleetd is connected to it.
    public var isConnected: Bool
    /// Why not, or what it refuses; nil: nothing.
    public var trouble: String?

    /// A broker.
    public init(name: String, isConnected: Bool, trouble: String?) {
        self.name = name
        self.isConnected = isConnected
        self.trouble = trouble
    }
}

/// One trip of the fleet.
public struct FleetTripStatus: Sendable, Codable, Equatable {
    /// Its name in full, as a reset names it.
    public var name: String
    /// Host and number of the incident there.
    public var incident: String
    /// When, RFC 3339 UTC, by the clock of its host.
    public var time: String
    /// Whether its host halts mail.
    public var isArmed: Bool
    /// The rule.
    public var rule: String
    /// Why, in words.
    public var evidence: String
    /// Why this host does not act on it; nil: it does, or it is its own.
    public var passedOver: String?
    /// The list's address, `queue` for all mail; nil: that of the scope that it is told with.
    public var scope: String?
    /// Who reset it; nil: nobody, it is open.
    public var resetBy: String?
    /// When, RFC 3339 UTC, by the operator's clock.
    public var reset: String?
    /// Why, in the operator's words.
    public var reason: String?

    /// A trip that nobody reset.
    public init(
        name: String,
        incident: String,
        time: String,
        isArmed: Bool,
        rule: String,
        evidence: String,
        passedOver: String?
    ) {
        self.name = name
        self.incident = incident
        self.time = time
        self.isArmed = isArmed
        self.rule = rule
        self.evidence = evidence
        self.passedOver = passedOver
    }
}

/// One list, or the queue, that is open in the fleet.
public struct FleetOpenStatus: Sendable, Codable, Equatable {
    /// The list's address; `queue` for all mail.
    public var name: String
    /// Its trips that no reset names.
    public var trips: [FleetTripStatus]
    /// This host's incident of it that is open; nil: mail flows here.
    public var incident: Int64?
    /// Messages that this host holds for it; 0: nothing here matched it yet.
    public var held: Int64

    /// A scope with every field given.
    public init(name: String, trips: [FleetTripStatus], incident: Int64?, held: Int64) {
        self.name = name
        self.trips = trips
        self.incident = incident
        self.held = held
    }
}

/// The fleet, as this host sees it.
public struct FleetStatus: Sendable, Codable, Equatable {
    /// This host's name in it; nil where it has none.
    public var host: String?
    /// Why this host decides alone now; nil: it hears the others.
    public var alone: String?
    /// The brokers.
    public var brokers: [BrokerStatus]
    /// Hosts that some broker says are there.
    public var hosts: [String]
    /// Those of them that judge; nil: not known.
    public var judges: [String]?
    /// How each host is, as it says itself, by name; nil: not known.
    public var modes: [HostModeStatus]?
    /// When this host's certificate ends, in seconds since 1970; nil: not known.
    public var certificateEnd: Int64?
    /// What is open, by name.
    public var open: [FleetOpenStatus]
    /// What this host hears as a judge; nil: it is none.
    public var judge: JudgeStatus?
    /// Facts of this host's lists that reached no judge, for want of room; nil: not known.
    public var factsLeftOut: Int64?
    /// The latest trips of all hosts, newest first; nil: not asked for.
    public var history: [FleetTripStatus]?

    /// A status with every field given.
    public init(
        host: String?,
        alone: String?,
        brokers: [BrokerStatus] = [],
        hosts: [String] = [],
        open: [FleetOpenStatus] = [],
        judge: JudgeStatus? = nil
    ) {
        self.host = host
        self.alone = alone
        self.brokers = brokers
        self.hosts = hosts
        self.open = open
        self.judge = judge
    }
}

/// What a judge hears.
public struct JudgeStatus: Sendable, Codable, Equatable {
    /// Hosts that told something.
    public var hosts: Int
    /// Hosts whose clocks are off, with how far, in words.
    public var clocks: [String]
    /// Facts that came too late to be judged.
    public var late: Int64
    /// Verdicts that one host's word alone made, and that were left to that host.
    public var alone: Int64
    /// Batches of facts that came faster than they could be taken, and were lost; nil: not known.
    public var lost: Int64?

    /// A judge with every field given.
    public init(hosts: Int, clocks: [String], late: Int64, alone: Int64, lost: Int64? = nil) {
        self.hosts = hosts
        self.clocks = clocks
        self.late = late
        self.alone = alone
        self.lost = lost
    }
}

/// Whether a host halts mail at a trip, as it says itself.
public struct HostModeStatus: Sendable, Codable, Equatable {
    /// The host.
    public var host: String
    /// `armed` or `observe`.
    public var mode: String
    /// When it said so, RFC 3339 UTC, by its clock.
    public var time: String
    /// The operator's order that it took last; nil: none.
    public var order: String?
    /// Why it did not do as that order says; nil: it did.
    public var refusal: String?

    /// A host with every field given.
    public init(host: String, mode: String, time: String, order: String?, refusal: String?) {
        self.host = host
        self.mode = mode
        self.time = time
        self.order = order
        self.refusal = refusal
    }
}
