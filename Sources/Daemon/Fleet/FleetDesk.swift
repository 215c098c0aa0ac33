// SPDX-License-Identifier: Apache-2.0
//
// The daemon's share in the fleet, as a value that the loop owns: the member, how the carrier stands, and
// what it still has to be told. The mistake to avoid: to let anything here keep a halt waiting. A host
// without a fleet has no desk.

internal import Breaker
internal import EventTime
internal import Fleet
internal import FleetJudging
internal import FleetLink
internal import Linux
internal import Store
internal import StormDetection

/// What the loop keeps of the fleet.
struct FleetDesk: Sendable {
    /// So long the carrier may say nothing: it asks every ten seconds.
    ///
    /// Chosen.
    static let patience: Int64 = 30_000_000_000
    /// So long this host must be alone before that is paged, in nanoseconds; 60 s, chosen: a broker that
    /// restarts is back sooner.
    static let pagesAfter: Int64 = 60_000_000_000
    /// So long after its start no host's clock is doubted, in nanoseconds: what they told meanwhile lay with the
    /// carrier.
    ///
    /// 20 s, chosen: some thousand batches are handed over in a few.
    static let clocksAfter: Int64 = 20_000_000_000
    /// Least time between two saves of what a judge knows.
    ///
    /// 2 s, chosen: killed, it forgets at most so much of what hosts told, a post or two of a storm.
    static let memoryInterval = TimeSpan.seconds(2)

    let settings: FleetSettings
    var member: FleetMember
    /// Names the states of ``LinkMark``.
    private let start = UInt64.random(in: 1 ... .max)
    private var change: UInt64 = 1
    /// How the carrier stands, as it said last.
    private(set) var view = CarrierView()
    /// Since when each host is there, by the monotonic clock.
    private(set) var arrivals: [String: Int64] = [:]
    /// When it said that, by the monotonic clock; nil: never.
    private var heard: Int64?
    /// Since when this host is alone, by the monotonic clock.
    private var aloneSince: Int64?
    private(set) var isAlonePaged = false
    /// So long after the last batch was lost none is called lost any more, in nanoseconds: 10 min, chosen.
    static let lossHolds: Int64 = 600_000_000_000
    /// When the carrier last told of a batch that was lost, by the monotonic clock.
    private var lostAt: Int64?
    private var isLossPaged = false
    /// What this host saw of its lists and the carrier did not fetch yet.
    var outbox = FactOutbox()
    /// What judges what all hosts saw; nil: this host is no judge.
    var judge: FleetJudge?
    /// Where it saves what it knows, and when that is due.
    var memory: Habits?
    var memoryPace = SavePace(least: Self.memoryInterval)
    /// Pages of trips of the fleet.
    var pages = FleetPages()
    /// What hosts say of their mode, this one among them.
    var modes = FleetModes()
    /// Hosts whose clocks are off, in words, by host.
    var clocks: [String: String] = [:]

    /// When it began, by the monotonic clock.
    let began = SystemClock.monotonic

    init(_ settings: FleetSettings) {
        self.settings = settings
        member = FleetMember(settings)
    }

    /// The state that the carrier is to know.
    var mark: LinkMark { LinkMark(start: start, change: change) }

    /// The carrier has something new to be told.
    mutating func noteChange() { change += 1 }

    /// What this host wants kept at the brokers.
    var kept: [LinkRecord] {
        (member.kept + keptPages + keptMode).map { LinkRecord(topic: $0.topic.text, text: $0.text) }
    }

    /// Takes the carrier's word of itself.
    mutating func note(_ view: CarrierView?, at clock: Int64) {
        heard = clock
        guard let view else { return }
        self.view.brokers = Array(view.brokers.prefix(FleetSettings.mostBrokers))
        self.view.hosts = Array(view.hosts.filter { HostName.isValid($0) }.prefix(10_000))
        let known = arrivals
        arrivals = Dictionary(self.view.hosts.map { ($0, known[$0] ?? clock) }) { first, _ in first
        }
        self.view.certificateEnd = view.certificateEnd
        // A carrier that was started again counts from nothing.
        if let lost = view.lost, lost > 0, lost != self.view.lost { lostAt = clock }
        self.view.lost = view.lost
        self.view.judges = view.judges.map { Array($0.filter { HostName.isValid($0) }.prefix(100)) }
    }

    /// Why this host decides alone; nil: it hears the others.
    func alone(at clock: Int64) -> String? {
        guard let heard else { return "listbreaker-fleetd did not ask yet" }
        guard clock - heard < Self.patience else {
            return "listbreaker-fleetd has not asked for \((clock - heard) / 1_000_000_000) s"
        }
        guard !view.brokers.contains(where: \.isConnected) else { return nil }
        let why = view.brokers.lazy.compactMap(\.trouble).first.map { ": \($0)" } ?? ""
        return "no broker is connected\(why)"
    }

    /// Whether it is to be paged now that this host is alone, with the reason, or no longer; nil: neither.
    mutating func turn(at clock: Int64) -> (isAlone: Bool, reason: String)? {
        guard let reason = alone(at: clock) else {
            aloneSince = nil
            guard isAlonePaged else { return nil }
            isAlonePaged = false
            return (false, "")
        }
        let since = aloneSince ?? clock
        aloneSince = since
        guard !isAlonePaged, clock - since >= Self.pagesAfter else { return nil }
        isAlonePaged = true
        return (true, reason)
    }

    /// Whether it is to be paged now that facts of others are lost, or that they no longer are; nil: neither.
    mutating func turnLoss(at clock: Int64) -> Bool? {
        let isLosing = lostAt.map { clock - $0 < Self.lossHolds } ?? false
        guard isLosing != isLossPaged else { return nil }
        isLossPaged = isLosing
        return isLosing
    }

    /// The trip that `incident` is for other hosts; nil where it is none for them, or cannot be named.
    func trip(of incident: Incident, senders: () -> [String]) -> FleetTrip? {
        guard incident.state == .open, !incident.isAdopted, let name = name(of: incident) else {
            return nil
        }
        let scope: FleetScope
        switch (incident.cause, incident.scope) {
        case (.stateDamaged, _), (.foundHalted, _), (_, .drill): return nil
        case (_, .queue): scope = .queue
        case (_, .list(let address)): scope = .list(address)
        case (_, .sender(let address)): scope = .list(FleetScope.senderMark + address)
        }
        return FleetTrip(
            name: name,
            scope: scope,
            time: incident.lastOpened,
            isArmed: incident.mode == .armed,
            rule: incident.rule.rawValue,
            senders: senders(),
            evidence: incident.summary
        )
    }

    /// The name of the opening at which `incident` is.
    func name(of incident: Incident) -> TripName? {
        TripName(
            host: settings.host,
            incident: incident.number,
            opening: incident.retrips,
            seconds: Int64(incident.tripped.seconds)
        )
    }
}

extension FleetScope {
    /// What it is to the board; nil for what this version does not know.
    var subject: Subject? {
        switch self {
        case .list(let name): Subject(name)
        case .queue: .queue
        case .unknown: nil
        }
    }
}
