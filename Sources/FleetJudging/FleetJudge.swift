// SPDX-License-Identifier: Apache-2.0
//
// The judge: facts of all hosts into one table of traffic and one detector, the same that each host has
// for itself. Each post goes in once, at a time that the judge believes. The mistake to avoid: to let
// what a host says of its clock move a list's; what comes too late is learned, and never judged.

public import EventTime
public import ListTraffic
public import StormDetection

/// Judges what several hosts saw, as if one log held it all.
public struct FleetJudge: Sendable {
    /// Hosts that are listened to; further ones are not, and are counted.
    public static let mostHosts = 2_000
    /// How long a relay's post waits for the word of the host that made the copies: 2 s, chosen; what both
    /// say is on its way for less.
    static let relayWait = TimeSpan.seconds(2)
    /// Posts of relays that wait; further ones are judged at once.
    static let mostWaiting = 10_000

    /// Older facts are learned and not judged; as long as a host acts on its own late verdicts.
    public var horizon: TimeSpan
    let domains: [String]
    var key: UInt64
    var traffic: ListTraffic
    var detector: StormDetector
    var hosts: [String: HostSight] = [:]
    var posts = JoinedPosts()
    var witnesses = Witnesses()
    var waiting: [(due: Timestamp, host: String, fact: TrafficFact)] = []
    private var doubts: [ClockDoubt] = []
    var events: [TrafficEvent] = []
    /// What was left out, and why.
    public internal(set) var counts = JudgeCounts()

    /// A judge that has heard nothing, and knows what one host knows by itself.
    ///
    /// `key` is drawn by chance and told nobody: by it messages get their numbers here. The tables are
    /// shared with that host until either changes.
    public init(
        traffic: ListTraffic,
        detector: StormDetector,
        domains: [String],
        horizon: TimeSpan,
        key: UInt64
    ) {
        self.domains = domains
        self.horizon = horizon
        self.key = key
        self.traffic = traffic
        self.traffic.keepsFacts = false
        self.detector = detector
        self.detector.seesAll = true
    }

    /// A judge that has heard nothing and knows nobody.
    public init(
        traffic: TrafficSettings,
        detection: DetectionSettings,
        domains: [String],
        horizon: TimeSpan,
        key: UInt64
    ) {
        self.init(
            traffic: ListTraffic(settings: traffic),
            detector: StormDetector(settings: detection),
            domains: domains,
            horizon: horizon,
            key: key
        )
    }

    /// Hosts that told something, or that they are there.
    public var hostCount: Int { hosts.count }

    /// Takes what a host sent, which came at `arrival` by this host's clock; gives the verdicts.
    ///
    /// `mayHaveWaited`: it may have lain here before it was looked at, and says nothing of its host's clock.
    public mutating func take(
        _ batch: FactBatch,
        at arrival: Timestamp,
        mayHaveWaited: Bool = false
    ) -> [Verdict] {
        var verdicts = release(at: arrival)
        guard hosts[batch.host] != nil || hosts.count < Self.mostHosts else {
            counts.strangeHosts += 1
            return verdicts
        }
        guard
            hosts[batch.host, default: HostSight()].take(start: batch.start, number: batch.number)
        else {
            counts.doubles += 1
            return verdicts
        }
        if !mayHaveWaited,
            let offset = hosts[batch.host]?.note(sent: batch.sent, at: arrival)
        {
            doubts.append(ClockDoubt(host: batch.host, offset: offset))
        }
        for fact in batch.facts.prefix(FactBatch.most) {
            let time = HostSight.time(of: fact.time, sent: batch.sent, arrival: arrival)
            take(fact, from: batch.host, at: time, now: arrival, &verdicts)
        }
        return verdicts
    }

    /// Judges the posts of relays that nobody else told in time.
    public mutating func release(at now: Timestamp) -> [Verdict] {
        var verdicts: [Verdict] = []
        guard let first = waiting.first, first.due <= now else { return verdicts }
        let due = waiting.prefix { $0.due <= now }
        waiting.removeFirst(due.count)
        for (_, host, fact) in due {
            guard case .post(let post) = fact.happening else { continue }
            tell(post, of: fact.list, from: host, at: fact.time, now: now, &verdicts)
        }
        return verdicts
    }

    /// Whether ``release(at:)`` has something to do within ``relayWait``.
    public var isWaiting: Bool { !waiting.isEmpty }

    /// Hosts whose clocks are off that were not named yet.
    public mutating func takeClockDoubts() -> [ClockDoubt] {
        defer { doubts = [] }
        return doubts
    }

    /// After a person's reset: evidence begins anew, and doubt is enough for `probation`.
    public mutating func noteReset(list: String, at time: Timestamp, probation: TimeSpan) {
        detector.noteReset(list: list, time: time)
        detector.setProbation(list: list, until: time + probation)
    }

    /// A verdict of `list` was not acted on: the next one may come at once.
    public mutating func notePassed(list: String) { detector.notePassed(list: list) }

    /// Goes by other settings from now on; nothing that was learned is lost.
    public mutating func update(traffic: TrafficSettings, detection: DetectionSettings) {
        self.traffic.update(settings: traffic)
        detector.update(settings: detection)
    }

    /// What the judge knows of the list at `address`; nil: nothing.
    public func facts(of address: String) -> ListFacts? {
        traffic.list(at: address).map { traffic.facts(of: $0) }
    }
}

/// What a judge left out.
public struct JudgeCounts: Sendable, Equatable {
    /// Batches that had come before.
    public var doubles: Int64 = 0
    /// Batches of hosts for which there was no room.
    public var strangeHosts: Int64 = 0
    /// Facts of lists in none of the domains.
    public var foreign: Int64 = 0
    /// Facts that were learned and not judged.
    public var late: Int64 = 0
    /// Verdicts that one host's word alone made.
    public var alone: Int64 = 0

    /// Nothing was left out.
    public init() {}
}
