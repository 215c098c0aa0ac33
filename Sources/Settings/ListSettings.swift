// SPDX-License-Identifier: Apache-2.0
//
// `[List ADDRESS]` as it was written. A key that is missing means "as in [Detection]", which may
// stand in a later file: so it is resolved at the end, not while reading.

public import Breaker
public import StormDetection

/// What was said about one list.
public struct ListSettings: Sendable, Equatable {
    /// Posting address, in lower case.
    public var address: String
    /// `Aliases=`: other addresses of the same list.
    public var aliases: [String] = []
    /// `SenderPatterns=`: envelope senders of its copies that recognition does not find.
    public var senderPatterns: [String] = []
    /// `Scope=`: what a trip of this list halts; nil: as in `[Halt]`.
    public var scope: HaltScope?
    /// What detection is told; the stranger thresholds are in the six fields below.
    public var rules = ListRules()
    /// `StrangersPerHour=`.
    public var strangersPerHour: Int64?
    /// `StrangersPerSixHours=`.
    public var strangersPerSixHours: Int64?
    /// `StrangersPerDay=`.
    public var strangersPerDay: Int64?
    /// `SoftHoldStrangersPerHour=`.
    public var softHoldStrangersPerHour: Int64?
    /// `SoftHoldStrangersPerSixHours=`.
    public var softHoldStrangersPerSixHours: Int64?
    /// `SoftHoldStrangersPerDay=`.
    public var softHoldStrangersPerDay: Int64?

    /// A list of which nothing is said yet.
    public init(address: String) {
        self.address = address
    }

    /// The rules, with thresholds that were not given taken from `detection`.
    func resolved(in detection: DetectionSettings) -> ListRules {
        var rules = rules
        rules.regularPosters = rules.regularPosters.map { $0.lowercased() }
        rules.strangers = Self.merge(
            (strangersPerHour, strangersPerSixHours, strangersPerDay),
            over: detection.strangers
        )
        rules.softHoldStrangers = Self.merge(
            (softHoldStrangersPerHour, softHoldStrangersPerSixHours, softHoldStrangersPerDay),
            over: detection.softHoldStrangers
        )
        return rules
    }

    /// The thresholds given over those of `[Detection]`; nil when none was given.
    private static func merge(
        _ given: (Int64?, Int64?, Int64?),
        over fallback: StrangerThresholds
    ) -> StrangerThresholds? {
        if given.0 == nil && given.1 == nil && given.2 == nil { return nil }
        return StrangerThresholds(
            perHour: given.0 ?? fallback.perHour,
            perSixHours: given.1 ?? fallback.perSixHours,
            perDay: given.2 ?? fallback.perDay
        )
    }
}
