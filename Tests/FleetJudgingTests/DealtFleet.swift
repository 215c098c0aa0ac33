// SPDX-License-Identifier: Apache-2.0
//
// A scenario dealt over several hosts: each post goes to one of them by its Message-ID, each host reads
// its own log by its own clock with an engine of its own, and what it tells goes to one judge, five
// milliseconds later. The control is the same scenario in one log, through Trials.

import Breaker
import Engine
import EventTime
import FleetJudging
import Hindsight
import ListTraffic
import MailLog
import Settings
import StormDetection
import StormSimulator
import Testing
import Trials

/// What the judge of a dealt scenario said.
struct DealtOutcome {
    /// A verdict, and how many posts of the storm had gone out by then, on that list.
    struct Happening {
        var verdict: Verdict
        var posts: Int
    }

    var happenings: [Happening] = []
    var doubts: [ClockDoubt] = []
    var counts = JudgeCounts()
    /// Posts of the storm until the first trip of each host by itself; nil: none.
    var alone: [Int?] = []

    func trip(on list: String) -> Int? {
        happenings.first { $0.verdict.action == .trip && $0.verdict.list == list && $0.posts > 0 }?
            .posts
    }

    var trips: [Verdict] {
        happenings.map(\.verdict).filter { $0.action == .trip }
    }
}

/// One host's log, and who reads it.
private struct Voice {
    var simulation: Simulation
    var next: LogLine?
    var engine: Engine
    var batch: LineBatch
    var clock: TimeSpan
    var number: UInt64 = 0
    var beat = Timestamp.distantPast
    var tripped: Int?
}

/// A scenario on several hosts.
struct DealtFleet {
    let scenario: Scenario
    /// How far each host's clock is ahead.
    var clocks: [TimeSpan]
    /// Each batch comes so many times, as from as many brokers.
    var brokers = 1

    init(_ name: String, hasHeaders: Bool, hosts: Int = 5) throws {
        var scenario = try SeedFiles.scenario(name)
        scenario.hasHeaders = hasHeaders
        self.scenario = scenario
        clocks = Array(repeating: TimeSpan(microseconds: 0), count: hosts)
    }

    /// Posts of the storm until the trip where one log holds everything.
    func oneLog(on list: String) throws -> Int? {
        var trial = try Trial(
            scenario,
            seed: scenario.seed,
            view: TrialView(hasHeaders: scenario.hasHeaders, isLate: false)
        )
        let outcome = trial.run(for: [Expectation(.trip, list: list)])
        return outcome.happenings.first { $0.kind == .trip && $0.list == list && $0.posts > 0 }?
            .posts
    }

    /// Trips where one log holds everything.
    func oneLogTrips() throws -> Int {
        var trial = try Trial(
            scenario,
            seed: scenario.seed,
            view: TrialView(hasHeaders: scenario.hasHeaders, isLate: false)
        )
        return trial.run(for: []).happenings.filter { $0.kind == .trip }.count
    }

    /// Plays it to the end, or to the first trip on `list`.
    func run(until list: String? = nil) throws -> DealtOutcome {
        let whole = Simulation(abbreviating: scenario)
        let settings = try SettingsReader.read([
            SettingsText(path: "[Settings]", text: scenario.settings)
        ]).get().settings
        var voices = try clocks.indices.map { try voice($0, of: whole, settings) }
        var judge = FleetJudge(
            traffic: settings.traffic,
            detection: settings.detection,
            domains: Array(Set(scenario.lists.map { String($0.address.split(separator: "@")[1]) })),
            horizon: settings.journal.actHorizon,
            key: 0x5eed
        )
        var outcome = DealtOutcome()
        var posts: [String: Int] = [:]
        var counted: Set<Int> = []
        while let place = Self.earliest(voices) {
            guard let line = voices[place].next, line.time < scenario.start + scenario.duration
            else { break }
            voices[place].next = voices[place].simulation.nextLine()
            let post = line.announces.map { voices[place].simulation.posts[$0] }
            if let post, let list = post.list, post.isStorm || post.isLookAlike,
                counted.insert(line.announces.map { $0 &* clocks.count &+ place } ?? 0).inserted
            {
                posts[scenario.lists[list].address, default: 0] += 1
            }
            var stamped = line
            stamped.time = line.time + clocks[place]
            let said = Self.read(stamped, &voices[place], posts)
            for batch in said {
                let arrival = line.time + TimeSpan(microseconds: 5_000)
                var verdicts: [Verdict] = []
                for _ in 0..<brokers { verdicts += judge.take(batch, at: arrival) }
                for verdict in verdicts {
                    outcome.happenings.append(
                        .init(verdict: verdict, posts: posts[verdict.list] ?? 0)
                    )
                }
            }
            outcome.doubts += judge.takeClockDoubts()
            if let list, outcome.trip(on: list) != nil { break }
        }
        outcome.counts = judge.counts
        outcome.alone = voices.map(\.tripped)
        return outcome
    }

    private func voice(
        _ place: Int,
        of whole: Simulation,
        _ settings: Settings
    ) throws -> Voice {
        let own = whole.posts.filter { Self.host(of: $0.messageID, clocks.count) == place }
        var scenario = whole.scenario
        scenario.seed = scenario.seed &+ UInt64(place) &* 7919
        scenario.furtherHosts = []
        var simulation = Simulation(scenario, posts: own)
        var trust = TrustSettings()
        trust.postfixUsers = [scenario.mailUser]
        var engine = Engine(settings: settings, trust: trust)
        engine.keepsFacts = true
        let next = simulation.nextLine()
        return Voice(
            simulation: simulation,
            next: next,
            engine: engine,
            batch: LineBatch(scenario),
            clock: clocks[place]
        )
    }

    /// Lets a host read a line; gives what it tells: what it saw, at once, or that it is there.
    private static func read(
        _ line: LogLine,
        _ voice: inout Voice,
        _ posts: [String: Int]
    ) -> [FactBatch] {
        voice.batch.append(line)
        let effects = voice.engine.handle(.entries(voice.batch.entries, readAt: line.time))
        voice.batch.removeAll()
        for effect in effects where voice.tripped == nil {
            guard case .tripped(let verdict) = effect else { continue }
            if let count = posts[verdict.list], count > 0 { voice.tripped = count }
        }
        let facts = voice.engine.takeFacts()
        guard !facts.isEmpty || line.time - voice.beat > .minutes(1) else { return [] }
        voice.beat = line.time
        voice.number += 1
        return [
            FactBatch(
                host: "mx\(voice.clock.microseconds).\(voice.simulation.scenario.seed)",
                start: 1,
                number: voice.number,
                sent: line.time,
                facts: facts
            )
        ]
    }

    private static func earliest(_ voices: [Voice]) -> Int? {
        voices.indices.filter { voices[$0].next != nil }.min {
            (voices[$0].next?.time ?? .distantPast) < (voices[$1].next?.time ?? .distantPast)
        }
    }

    /// The host that takes a message: the same for each of its copies.
    private static func host(of messageID: String, _ hosts: Int) -> Int {
        Int(MessageDigest(of: Array(messageID.utf8)).high % UInt64(hosts))
    }
}
