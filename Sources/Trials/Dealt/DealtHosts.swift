// SPDX-License-Identifier: Apache-2.0
//
// One host's mail dealt over several: each post goes to one of them by its Message-ID, each host reads
// its own log by its own clock with an engine of its own, and what it tells goes to one judge, five
// milliseconds later. The mistake to avoid: the judge's time from anything but what it was told.

internal import Breaker
internal import Engine
public import EventTime
public import FleetJudging
internal import ListTraffic
public import Settings
public import StormDetection
public import StormSimulator

/// A line of one of the hosts, and what was said of it.
public struct DealtStep {
    /// When it was written, by a clock that is right.
    public let time: Timestamp
    /// The post that this line announces for the first time.
    public let announced: SimulatedPost?
    /// Trips of its host by itself.
    public var alone: [Verdict] = []
    /// What the judge says.
    public var judged: [Verdict] = []
}

/// The posts of one mail host, dealt over several that have one judge.
public struct DealtHosts {
    /// How long what a host tells is under way to the judge: 5 ms, chosen.
    private static let underWay = TimeSpan(microseconds: 5_000)

    private var voices: [DealtVoice]
    private var judge: FleetJudge
    private let end: Timestamp
    private let brokers: Int
    private let probation: TimeSpan
    private var announced: Set<Int> = []

    /// Hosts that read the posts of `whole` under `settings`.
    ///
    /// - Parameters:
    ///   - whole: what one host would have written.
    ///   - settings: of each host, and of the judge.
    ///   - clocks: how far each host's clock is ahead; one a host.
    ///   - brokers: how many bring each batch to the judge.
    public init(_ whole: Simulation, settings: Settings, clocks: [TimeSpan], brokers: Int = 1) {
        let scenario = whole.scenario
        voices = clocks.indices.map { place in
            DealtVoice(
                place,
                of: whole.posts.filter { Self.host(of: $0.messageID, clocks.count) == place },
                scenario,
                settings,
                clock: clocks[place]
            )
        }
        judge = FleetJudge(
            traffic: settings.traffic,
            detection: settings.detection,
            domains: Array(Set(scenario.lists.map { String($0.address.split(separator: "@")[1]) })),
            horizon: settings.journal.actHorizon,
            key: 0x5eed
        )
        end = scenario.start + scenario.duration
        self.brokers = brokers
        probation = settings.halt.probation
    }

    /// What the judge left out so far.
    public var counts: JudgeCounts { judge.counts }

    /// Hosts whose clocks are off that were not named yet.
    public mutating func takeClockDoubts() -> [ClockDoubt] { judge.takeClockDoubts() }

    /// Lets the host whose turn it is read its next line; nil: all is read.
    public mutating func step() -> DealtStep? {
        guard let place = earliest, let line = voices[place].take(), line.time < end else {
            return nil
        }
        var first: SimulatedPost?
        if let number = line.announces,
            announced.insert(number &* voices.count &+ place).inserted
        {
            first = voices[place].simulation.posts[number]
        }
        var step = DealtStep(time: line.time, announced: first)
        let batch = voices[place].read(line, &step.alone)
        if let batch {
            for _ in 0..<brokers {
                step.judged += judge.take(batch, at: line.time + Self.underWay)
            }
        }
        return step
    }

    /// A person resets `list` on all hosts, and its mail goes on.
    public mutating func reset(_ list: String, at time: Timestamp) {
        judge.noteReset(list: list, at: time, probation: probation)
        for place in voices.indices { voices[place].reset(list, at: time) }
    }

    private var earliest: Int? {
        voices.indices.filter { voices[$0].next != nil }.min {
            (voices[$0].next?.time ?? .distantPast) < (voices[$1].next?.time ?? .distantPast)
        }
    }

    /// The host that takes a message: the same for each of its copies.
    private static func host(of messageID: String, _ hosts: Int) -> Int {
        Int(MessageDigest(of: Array(messageID.utf8)).high % UInt64(hosts))
    }
}
