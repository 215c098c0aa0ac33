// SPDX-License-Identifier: Apache-2.0
//
// Simulated storms on top of real traffic: how many answers were redistributed when the hold and
// the trip came. Only storms that reach 20 answers are judged.

import EventTime
import StormDetection

enum InjectedStorms {
    static let sizes: [Int64] = [500, 3000, 5000, 50_000, 1_000_000]
    static let reproductions = [3.0, 10, 50]
    static let delays = [300.0, 1800, 10_800]
    private static let timesPerList = 4
    private static let seed: UInt64 = 20_161_114
    /// Names of the rivals, in the order of ``Outcome/rivals``.
    private static let rivals =
        ["oracle, knows all but whether"] + Rival.all.map(\.name)
        + ["static, tuned with hindsight", "EWMA, tuned with hindsight"]

    /// What each rule needed on one storm; nil: missed.
    struct Outcome {
        var reproduction: Double
        var delay: Double
        var list: String
        var hold: Int?
        var trip: Int?
        var rule: Rule?
        var rivals: [Int?]
    }

    /// What the rivals have learned of a list, and how they were tuned for it.
    struct Bench {
        let limit: Rival
        let chartLimit: Double
        var chart = MovingAverage()
        var usual = Usual()

        init(_ list: RealList) {
            limit = Rival.tuned(list.rows, years: list.years)
            chartLimit = MovingAverage.tuned(list.rows, years: list.years)
        }

        mutating func note(_ row: Row, isStranger: Bool) {
            usual.note(row, isStranger: isStranger)
            if row.isReply { _ = chart.score(row.time) }
        }
    }

    static func printTable(_ lists: [RealList]) {
        for hasHeaders in [true, false] {
            print(
                "\nInjected storms, \(hasHeaders ? "with" : "without") headers: answers up to the "
                    + "soft hold | the trip, median [90 %] missed"
            )
            for members in sizes {
                let sight = Sight(hasHeaders: hasHeaders, hasAges: true, members: members)
                report(inject(lists, sight), members)
            }
        }
    }

    private static func report(_ outcomes: [Outcome], _ members: Int64) {
        print("\(members) members, \(outcomes.count) storms")
        for reproduction in reproductions {
            let cells = delays.map { delay in
                let some = outcomes.filter { $0.reproduction == reproduction && $0.delay == delay }
                return padded("\(words(some.map(\.hold))) | \(words(some.map(\.trip)))", 26)
            }
            print("    R \(padded(rounded(reproduction, 0), 3)), 5/30/180 min: \(cells.joined())")
        }
        let rules = Dictionary(grouping: outcomes.compactMap(\.rule)) { $0.rawValue }
        print(
            "    all: \(words(outcomes.map(\.hold))) | \(words(outcomes.map(\.trip))), by",
            rules.map { "\($0.key) \($0.value.count)" }.sorted().joined(separator: ", ")
        )
        for (place, name) in rivals.enumerated() {
            print("    \(padded(name, 38)): \(words(outcomes.map { $0.rivals[place] }))")
        }
        let missed = Dictionary(grouping: outcomes.filter { $0.trip == nil }) { $0.list }
        if !missed.isEmpty {
            let names = missed.map { "\($0.key) \($0.value.count)" }.sorted()
            print("    missed on: \(names.joined(separator: ", "))")
        }
    }

    /// Median, 90 % point and misses.
    static func words(_ values: [Int?]) -> String {
        guard !values.isEmpty else { return "none" }
        let sorted = values.map { $0 ?? .max }.sorted()
        func point(_ share: Double) -> String {
            let value = sorted[Int((Double(sorted.count - 1) * share).rounded())]
            return value == .max ? "-" : "\(value)"
        }
        let missed = values.count { $0 == nil }
        return "\(point(0.5)) [\(point(0.9))]\(missed > 0 ? " -\(missed)" : "")"
    }

    /// What became of every storm; `hasRivals`: also of the rules that others have.
    static func inject(
        _ lists: [RealList],
        _ sight: Sight,
        hasRivals: Bool = true
    ) -> [Outcome] {
        let clock = ActiveTime()
        var outcomes: [Outcome] = []
        for (number, list) in lists.enumerated() where list.rows.count >= 100 {
            var random = SplitMix64(seed: seed &+ UInt64(number))
            let start = list.rows[0].time
            let span = Double(list.rows[list.rows.count - 1].time - start)
            let times = (0..<timesPerList)
                .map { _ in start + Int64(span * Double.random(in: 0.3...0.95, using: &random)) }
                .sorted()
            var bench = hasRivals ? Bench(list) : nil
            // What was said of innocent traffic yesterday must not silence it today.
            var settings = DetectionSettings()
            settings.tripRepeat = .seconds(0)
            settings.softHoldRepeat = .seconds(0)
            var watcher = Watcher(name: list.name, index: 0, sight: sight, settings: settings)
            var next = 0
            for (place, row) in list.rows.enumerated() {
                while next < times.count, row.time > times[next] {
                    outcomes += storms(
                        watcher,
                        list.rows[place...],
                        times[next],
                        bench,
                        clock,
                        &random
                    )
                    next += 1
                }
                bench?.note(row, isStranger: !watcher.known.contains(row.sender))
                _ = watcher.post(row)
            }
        }
        return outcomes
    }

    private static func storms(
        _ watcher: Watcher,
        _ rest: ArraySlice<Row>,
        _ time: Int64,
        _ bench: Bench?,
        _ clock: ActiveTime,
        _ random: inout SplitMix64
    ) -> [Outcome] {
        var outcomes: [Outcome] = []
        for reproduction in reproductions {
            for delay in delays {
                let storm = SimulatedStorm(
                    members: watcher.sight.members,
                    reproduction: reproduction,
                    delay: delay
                )
                let rows = storm.rows(
                    at: time,
                    known: watcher.people,
                    clock: clock,
                    random: &random
                )
                guard rows.count > 20, let last = rows.last else { continue }
                var mixed = rows.map { (row: $0, isStorm: true) }
                mixed += rest.prefix(4000).prefix { $0.time <= last.time }
                    .map { (row: $0, isStorm: false) }
                mixed.sort { $0.row.time < $1.row.time }
                // The seed is no answer.
                if let seed = mixed.firstIndex(where: { $0.isStorm }) {
                    mixed[seed].isStorm = false
                }
                var outcome = play(watcher, mixed)
                outcome.reproduction = reproduction
                outcome.delay = delay
                guard let bench else {
                    outcomes.append(outcome)
                    continue
                }
                let oracle = OracleTest(
                    storm: storm,
                    usual: bench.usual,
                    hasThreads: watcher.sight.hasHeaders,
                    knownPosters: watcher.known.count
                )
                outcome.rivals =
                    [oracle.answers(rows, known: watcher.known, clock: clock)]
                    + (Rival.all + [bench.limit]).map {
                        $0.stormPosts(mixed, members: watcher.sight.members)
                    }
                    + [bench.chart.stormPosts(mixed, limit: bench.chartLimit)]
                outcomes.append(outcome)
            }
        }
        return outcomes
    }

    private static func play(
        _ start: Watcher,
        _ rows: [(row: Row, isStorm: Bool)]
    ) -> Outcome {
        var watcher = start
        var outcome = Outcome(
            reproduction: 0,
            delay: 0,
            list: watcher.name,
            hold: nil,
            trip: nil,
            rule: nil,
            rivals: []
        )
        var made = 0
        for (row, isStorm) in rows {
            if isStorm { made += 1 }
            guard let verdict = watcher.post(row), made > 0 else { continue }
            if verdict.action == .trip {
                outcome.trip = made
                outcome.rule = verdict.rule
                outcome.hold = outcome.hold ?? made
                break
            }
            outcome.hold = outcome.hold ?? made
        }
        return outcome
    }
}
