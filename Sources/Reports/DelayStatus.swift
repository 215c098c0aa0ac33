// SPDX-License-Identifier: Apache-2.0
//
// How long the daemon took from a trip to its order and from the order to the halt, as a histogram in the
// sense of Prometheus: counts up to each bound, so that hosts and restarts can be added up.

/// How long something took, since the daemon was started.
public struct DelayStatus: Sendable, Codable, Equatable {
    /// Upper bounds of the buckets, in seconds, rising.
    ///
    /// Chosen: 5 ms is what a decision may take, 15 ms a stop, 2 s others' mail.
    public static let bounds = [
        0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60,
    ]

    /// How many took at most each of ``bounds``; those that took less are in every later one too.
    public private(set) var within = [Int64](repeating: 0, count: Self.bounds.count)
    /// All of them together, in seconds.
    public private(set) var sumSeconds = 0.0
    /// How many there were.
    public private(set) var count: Int64 = 0

    /// Nothing so far.
    public init() {}

    /// Notes one that took `seconds`; a clock that was set back counts as no time at all.
    public mutating func note(_ seconds: Double) {
        let seconds = max(0, seconds)
        for place in Self.bounds.indices where seconds <= Self.bounds[place] { within[place] += 1 }
        sumSeconds += seconds
        count += 1
    }
}

/// The two that matter.
public struct DelaysStatus: Sendable, Codable, Equatable {
    /// From the stamp of the decisive log line, or a person's command, to the order to the actuator.
    public var decision = DelayStatus()
    /// From that order to the first halt, or the first stop of the list, that was done.
    public var halt = DelayStatus()

    /// Nothing so far.
    public init() {}
}
