// SPDX-License-Identifier: Apache-2.0
//
// Whether a promise is kept, over the outcomes of many seeds: what was measured, in the words of the
// table, and the answer. Nothing is rounded in favour of the rules.

internal import EventTime
internal import Hindsight
public import StormSimulator

/// A promise beside what was measured.
public struct Finding: Sendable, Equatable {
    /// Posts that a wrong stamp may cost; the promise is the same otherwise.
    public static let lateAllowance = 2

    /// What must be, in the words of the scenario's file.
    public var must: String
    /// What was: a median, in brackets the value of nine runs in ten, behind a minus how often
    /// nothing came; or a share of runs.
    public var measured: String
    /// Whether the promise is kept.
    public var isKept: Bool

    /// Holds `outcomes`, at least one, to `expected`; `isLate`: with late Dates.
    public init(_ expected: Expectation, _ outcomes: [TrialOutcome], isLate: Bool) {
        let later = isLate ? Self.lateAllowance : 0
        must = expected.text(later: later)
        switch expected.kind {
        case .trip:
            let values = outcomes.map { $0.first([.trip], on: expected.list, by: expected.rules) }
            let early = outcomes.count { $0.hasEarlyTrip(on: expected.list) }
            measured = Self.words(values) + (early > 0 ? Self.early(outcomes, expected, early) : "")
            isKept = Self.isWithin(values, expected, later) && early * 10 <= outcomes.count
        case .hold:
            let values = outcomes.map {
                $0.first([.softHold, .trip], on: expected.list, by: expected.rules)
            }
            measured = Self.words(values)
            isKept = Self.isWithin(values, expected, later)
        case .leak:
            let values = outcomes.map { outcome -> Int? in
                expected.list.map { outcome.leaked[$0] ?? 0 }
                    ?? outcome.leaked.values.reduce(0, +)
            }
            measured = Self.words(values)
            isKept = Self.isWithin(values, expected, later)
        case .noTrip:
            let tripped = outcomes.count { !$0.trips(on: expected.list).isEmpty }
            measured = "\(tripped) of \(outcomes.count) tripped" + Self.rules(outcomes, expected)
            isKept = Double(outcomes.count - tripped) >= expected.share * Double(outcomes.count)
        case .noHalt:
            let halted = outcomes.count {
                $0.trips(on: expected.list).contains(where: \.haltsQueue)
            }
            measured = "\(halted) of \(outcomes.count) halted" + Self.rules(outcomes, expected)
            isKept = halted == 0
        case .briefHold:
            let longest =
                outcomes.compactMap { outcome in
                    expected.list.map { outcome.longestHold[$0] }
                        ?? outcome.longestHold.values.max()
                }.max()
            measured = longest.map { "\(Int($0.seconds / 60)) min" } ?? "no hold"
            isKept = longest.map { $0 <= expected.longest } ?? true
        }
    }

    /// The value below which `share` of all lie; what never came lies above everything.
    private static func point(_ values: [Int?], _ share: Double) -> Int {
        let sorted = values.map { $0 ?? .max }.sorted()
        return sorted[Int((Double(sorted.count - 1) * share).rounded())]
    }

    private static func isWithin(_ values: [Int?], _ expected: Expectation, _ later: Int) -> Bool {
        let latest = expected.latestReply.map { $0 + later } ?? Int.max - 1
        let mostly = expected.latestMostly.map { $0 + later } ?? Int.max - 1
        return point(values, 0.5) <= latest && point(values, 0.9) <= mostly
    }

    /// `3 [4]`, `3 [-] -2`.
    private static func words(_ values: [Int?]) -> String {
        func word(_ value: Int) -> String { value == .max ? "-" : "\(value)" }
        let missed = values.count { $0 == nil }
        return "\(word(point(values, 0.5))) [\(word(point(values, 0.9)))]"
            + (missed > 0 ? " -\(missed)" : "")
    }

    /// How many tripped before the storm, by which rules, and the first day of it.
    private static func early(_ outcomes: [TrialOutcome], _ expected: Expectation, _ count: Int)
        -> String
    {
        let first = outcomes.compactMap { outcome in
            outcome.trips(on: expected.list).first {
                (expected.list == nil ? $0.allPosts : $0.posts) == 0
            }
        }
        let rules = Set(first.map(\.rule)).sorted().joined(separator: ", ")
        let day = first.map(\.time).min().map { " from \($0.rfc3339.prefix(10)) on" } ?? ""
        return ", \(count) too early, \(rules)\(day)"
    }

    /// Which rules tripped, and at which post for the first time.
    private static func rules(_ outcomes: [TrialOutcome], _ expected: Expectation) -> String {
        let first = outcomes.compactMap { $0.trips(on: expected.list).first }
        guard !first.isEmpty else { return "" }
        let names = Set(first.map(\.rule)).sorted().joined(separator: ", ")
        let posts = first.map { expected.list == nil ? $0.allPosts : $0.posts }.sorted()
        return ", at \(posts[posts.count / 2]), \(names)"
    }
}
