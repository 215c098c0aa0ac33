// SPDX-License-Identifier: Apache-2.0
//
// One scenario, played through the engine in memory. The mistake to avoid: taking a verdict's stamp
// for the moment at which it came; hosts with wrong clocks stamp as they like. What counts is which
// posts had been redistributed when it was said.

internal import Attended
internal import EventTime
internal import Hindsight
internal import MailLog
public import Settings
internal import StormDetection
public import StormSimulator

/// What a run sees, and how late mail comes.
public struct TrialView: Sendable, Hashable, CaseIterable {
    /// Whether header_checks logs headers.
    public var hasHeaders: Bool
    /// Whether everybody's first mail comes 16 to 40 minutes late, as by greylisting.
    public var isLate: Bool

    /// A view with both given.
    public init(hasHeaders: Bool, isLate: Bool) {
        self.hasHeaders = hasHeaders
        self.isLate = isLate
    }

    /// All four.
    public static let allCases = [
        TrialView(hasHeaders: true, isLate: false), TrialView(hasHeaders: false, isLate: false),
        TrialView(hasHeaders: true, isLate: true), TrialView(hasHeaders: false, isLate: true),
    ]

    /// For tables.
    public var text: String {
        "headers \(hasHeaders ? "on" : "off")\(isLate ? ", late" : "")"
    }
}

/// One scenario against the rules.
public struct Trial: Sendable {
    private let settings: Settings
    private var simulation: Simulation
    private var replay: Replay
    private var batch: LineBatch
    private var outcome = TrialOutcome()
    /// Storm posts by list, and which posts of the plan were counted.
    private var counts: [String: Int] = [:]
    private var counted: Set<Int> = []
    /// Lists whose copies do not leave, and since when.
    private var holds: [String: Timestamp] = [:]
    private var open: Set<String> = []
    /// Lists whose hold began before the first post that counts.
    private var early: Set<String> = []
    /// The list of the last storm post, until it is clear whether that was held.
    private var pending: (list: String, until: Timestamp)?

    /// `scenario` with another `seed`, as `view` shows it, under its own settings.
    ///
    /// Throws what is wrong with the settings.
    public init(
        _ scenario: Scenario,
        seed: UInt64,
        view: TrialView
    ) throws(SettingsErrors) {
        var scenario = scenario
        scenario.seed = seed
        scenario.hasHeaders = view.hasHeaders
        if view.isLate, scenario.lateness == nil {
            var late = Lateness(least: .minutes(16), most: .minutes(40))
            late.isFirstOnly = true
            scenario.lateness = late
        }
        let text = SettingsText(path: "[Settings]", text: scenario.settings)
        settings = try SettingsReader.read([text]).get().settings
        simulation = Simulation(abbreviating: scenario)
        replay = Replay(settings: settings, mtaUsers: [], assumeReset: .days(1), until: nil)
        batch = LineBatch(scenario)
    }

    /// Plays it to the end, or until `expectations` can gain nothing any more.
    public mutating func run(for expectations: [Expectation]) -> TrialOutcome {
        let awaited = Self.awaited(expectations)
        while let line = simulation.nextLine() {
            let list = line.announces.flatMap { stormList($0) }
            let isClear = pending.map { line.time > $0.until } ?? false
            if list != nil || isClear || batch.entries.entries.count >= Replay.batchLimit {
                flush()
            }
            if let awaited, awaited.isSubset(of: open) { break }
            if let list {
                counts[list, default: 0] += 1
                outcome.posts += 1
                // A verdict on a post comes with its own lines, or not on it.
                pending = (list, line.time + .seconds(5))
            }
            batch.append(line)
        }
        flush()
        note(replay.finish())
        for (list, since) in holds { end(list, since, at: replay.last ?? since) }
        return outcome
    }

    /// Lists that need no more than a trip; nil: the end of the story matters.
    private static func awaited(_ expectations: [Expectation]) -> Set<String>? {
        var lists: Set<String> = []
        for expected in expectations {
            switch expected.kind {
            case .noTrip, .noHalt, .briefHold: return nil
            case .trip, .hold, .leak:
                guard let list = expected.list else { return nil }
                lists.insert(list)
            }
        }
        return lists.isEmpty ? nil : lists
    }

    /// The list of a post of the plan that counts and was not counted yet.
    private mutating func stormList(_ place: Int) -> String? {
        let post = simulation.posts[place]
        guard post.isStorm || post.isLookAlike, counted.insert(place).inserted else { return nil }
        return post.list.map { simulation.scenario.lists[$0].address } ?? ""
    }

    private mutating func flush() {
        outcome.entries += batch.entries.entries.count
        note(replay.take(&batch.entries))
        batch.removeAll()
        guard let (list, _) = pending else { return }
        if holds[list] == nil, !open.contains(list) { outcome.leaked[list, default: 0] += 1 }
        pending = nil
    }

    private mutating func note(_ events: [ReplayEvent]) {
        for event in events {
            outcome.happenings.append(
                TrialOutcome.Happening(
                    kind: event.kind,
                    list: event.list,
                    time: event.time,
                    posts: counts[event.list] ?? 0,
                    allPosts: outcome.posts,
                    rule: event.verdict?.rule.rawValue ?? "",
                    haltsQueue: Reach.haltsQueue(event, settings)
                )
            )
            switch event.kind {
            case .softHold:
                holds[event.list] = holds[event.list] ?? event.time
                // What began before the story is no answer to it.
                if outcome.posts == 0 { early.insert(event.list) }
            case .release:
                if let since = holds.removeValue(forKey: event.list) {
                    end(event.list, since, at: event.time)
                }
            case .trip:
                open.insert(event.list)
                if let since = holds.removeValue(forKey: event.list) {
                    end(event.list, since, at: event.time)
                }
            }
        }
    }

    private mutating func end(_ list: String, _ since: Timestamp, at time: Timestamp) {
        guard early.remove(list) == nil else { return }
        let known = outcome.longestHold[list] ?? TimeSpan(microseconds: 0)
        outcome.longestHold[list] = max(known, attended(since, until: time))
    }

    /// How long somebody was there between two moments, to the minute: at night a hold is right.
    private func attended(_ since: Timestamp, until end: Timestamp) -> TimeSpan {
        var sum: Int64 = 0
        var time = since
        while time < end {
            let next = min(end, time + .minutes(1))
            if settings.detection.attended.isAttended(at: time) {
                sum += (next - time).microseconds
            }
            time = next
        }
        return TimeSpan(microseconds: sum)
    }
}
