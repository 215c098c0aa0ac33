// SPDX-License-Identifier: Apache-2.0
//
// One of several hosts: its log, and who reads it.

internal import Breaker
internal import Engine
internal import EventTime
internal import FleetJudging
internal import ListTraffic
internal import MailLog
internal import Settings
internal import StormDetection
internal import StormSimulator

/// One host's log, and the engine that reads it.
struct DealtVoice {
    /// How often a host says that it is there, and time passes for its breaker; chosen.
    private static let beat = TimeSpan.minutes(1)

    private(set) var simulation: Simulation
    /// Its next line, stamped by a clock that is right.
    private(set) var next: LogLine?
    private let name: String
    private let clock: TimeSpan
    private var engine: Engine
    private var lines: LineBatch
    private var number: UInt64 = 0
    private var told = Timestamp.distantPast

    /// The host at `place`, whose clock is ahead by `clock`, with `posts` of what `scenario` has.
    init(
        _ place: Int,
        of posts: [SimulatedPost],
        _ scenario: Scenario,
        _ settings: Settings,
        clock: TimeSpan
    ) {
        var scenario = scenario
        scenario.seed = scenario.seed &+ UInt64(place) &* 7919
        scenario.furtherHosts = []
        simulation = Simulation(scenario, posts: posts)
        var trust = TrustSettings()
        trust.postfixUsers = [scenario.mailUser]
        engine = Engine(settings: settings, trust: trust)
        engine.keepsFacts = true
        engine.seesAll = false
        lines = LineBatch(scenario)
        name = "mx\(place)"
        self.clock = clock
        next = simulation.nextLine()
    }

    /// Its next line; the one behind it is the next one then.
    mutating func take() -> LogLine? {
        defer { next = simulation.nextLine() }
        return next
    }

    /// Reads a line; gives what it tells: what it saw, at once, or that it is there.
    mutating func read(_ line: LogLine, _ trips: inout [Verdict]) -> FactBatch? {
        let isBeat = line.time - told > Self.beat
        var stamped = line
        stamped.time = line.time + clock
        var effects =
            isBeat ? engine.handle(.tick(now: stamped.time, seen: stamped.time)) : []
        lines.append(stamped)
        effects += engine.handle(.entries(lines.entries, readAt: stamped.time))
        lines.removeAll()
        for case .tripped(let verdict) in effects { trips.append(verdict) }
        let facts = engine.takeFacts()
        guard !facts.isEmpty || isBeat else { return nil }
        told = line.time
        number += 1
        return FactBatch(host: name, start: 1, number: number, sent: stamped.time, facts: facts)
    }

    /// A person resets `list`.
    mutating func reset(_ list: String, at time: Timestamp) {
        let audit = Audit(uid: 0, time: time, reason: "assumed")
        let reset = Command.reset(Subject(list), held: .keep)
        _ = engine.handle(.command(reset, by: audit))
    }
}
