// SPDX-License-Identifier: Apache-2.0
//
// A scenario over many seeds, all its promises, with headers and without, with late Dates and
// without: the rows of the judge's table.

public import Settings
public import StormSimulator

/// One promise of one scenario, with headers or without.
public struct TrialRow: Sendable, Equatable {
    /// Name of the scenario.
    public var scenario: String
    /// Whether the log has headers.
    public var hasHeaders: Bool
    /// The promise, as the scenario's file has it.
    public var must: String
    /// With Dates as they are in the scenario.
    public var usual: Finding?
    /// With everybody's first mail 16 to 40 minutes late.
    public var late: Finding?

    /// The names of promises that are not kept: `SCENARIO, headers on: PROMISE`.
    public var missed: [String] {
        let view = "\(scenario), headers \(hasHeaders ? "on" : "off")"
        return [
            usual?.isKept == false ? "\(view): \(must)" : nil,
            late?.isKept == false ? "\(view), late: \(must)" : nil,
        ].compactMap { $0 }
    }
}

/// The rows of a scenario.
public enum TrialTable {
    /// Seeds that a scenario is played with: its own first.
    public static func seeds(of scenario: Scenario, count: Int, from first: UInt64 = 0) -> [UInt64]
    {
        (0..<UInt64(max(1, count))).map { scenario.seed &+ (first &+ $0) &* 1_000_003 }
    }

    /// Plays `scenario`, called `name`, with each of `seeds` in each of `views`.
    ///
    /// Throws what is wrong with the scenario's settings.
    public static func rows(
        _ scenario: Scenario,
        name: String,
        seeds: [UInt64],
        views: [TrialView] = TrialView.allCases
    ) throws(SettingsErrors) -> [TrialRow] {
        var rows: [TrialRow] = []
        for hasHeaders in [true, false] {
            let promises =
                hasHeaders || scenario.expectationsWithoutHeaders.isEmpty
                ? scenario.expectations : scenario.expectationsWithoutHeaders
            var own = promises.map { promise in
                TrialRow(scenario: name, hasHeaders: hasHeaders, must: promise.text())
            }
            for view in views where view.hasHeaders == hasHeaders {
                var outcomes: [TrialOutcome] = []
                for seed in seeds {
                    var trial = try Trial(scenario, seed: seed, view: view)
                    outcomes.append(trial.run(for: promises))
                }
                for (place, promise) in promises.enumerated() {
                    let finding = Finding(promise, outcomes, isLate: view.isLate)
                    if view.isLate { own[place].late = finding } else { own[place].usual = finding }
                }
            }
            rows += own
        }
        return rows
    }
}
