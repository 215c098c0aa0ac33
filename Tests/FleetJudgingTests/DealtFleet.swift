// SPDX-License-Identifier: Apache-2.0
//
// A scenario dealt over several hosts, and what their judge says. The control is the same scenario in
// one log, through Trials.

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
    /// Trips of hosts by themselves, once the storm had begun.
    var alone: [Verdict] = []

    func trip(on list: String) -> Int? {
        happenings.first { $0.verdict.action == .trip && $0.verdict.list == list && $0.posts > 0 }?
            .posts
    }

    var trips: [Verdict] {
        happenings.map(\.verdict).filter { $0.action == .trip }
    }
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
        let settings = try SettingsReader.read([
            SettingsText(path: "[Settings]", text: scenario.settings)
        ]).get().settings
        var hosts = DealtHosts(
            Simulation(abbreviating: scenario),
            settings: settings,
            clocks: clocks,
            brokers: brokers
        )
        var outcome = DealtOutcome()
        var posts: [String: Int] = [:]
        while let step = hosts.step() {
            if let post = step.announced, let list = post.list, post.isStorm || post.isLookAlike {
                posts[scenario.lists[list].address, default: 0] += 1
            }
            outcome.alone += step.alone.filter { posts[$0.list, default: 0] > 0 }
            for verdict in step.judged {
                outcome.happenings.append(
                    .init(verdict: verdict, posts: posts[verdict.list] ?? 0)
                )
            }
            outcome.doubts += hosts.takeClockDoubts()
            if let list, outcome.trip(on: list) != nil { break }
        }
        outcome.counts = hosts.counts
        return outcome
    }
}
