// SPDX-License-Identifier: Apache-2.0
//
// The settings that hold, and what follows from them for a list of which nothing is said: worked out
// once, when they are read, and not for every post. The mistake to avoid: a number by size that
// `Limits` reads and that is missing in `bySize` below; a test compares both.

/// Settings that are shared by all posts until they are read again.
final class SettingsInForce: Sendable {
    let settings: DetectionSettings
    /// See ``StormDetector/seesAll``.
    let seesAll: Bool
    /// The limits of a list of unknown size.
    private let unknown: Limits
    /// The limits from so many members on, in rising order; the first from 0 on.
    private let sized: [(members: Int64, limits: Limits)]

    init(_ settings: DetectionSettings, seesAll: Bool = true) {
        self.settings = settings
        self.seesAll = seesAll
        unknown = Limits(settings, rules: nil, members: nil)
        let steps = Self.bySize(settings).flatMap { $0.steps.map(\.members) }
        sized = Set(steps + [0]).sorted().map { members in
            (members, Limits(settings, rules: nil, members: members))
        }
    }

    /// Every number by size that ``Limits`` reads.
    private static func bySize(_ settings: DetectionSettings) -> [BySize] {
        [
            settings.burdenHold, settings.burdenTrip, settings.policyPosters,
            settings.stormTestFloor, settings.postsPerHour, settings.posterPerHour,
        ]
    }

    /// The limits of a list of `members` of which the settings say nothing.
    func limits(members: Int64?) -> Limits {
        guard let members else { return unknown }
        var place = sized.count - 1
        while place > 0, sized[place].members > members { place -= 1 }
        var limits = sized[place].limits
        limits.members = members
        return limits
    }

    /// What the operator said about the list at `address`; nil: nothing.
    func rules(of address: String) -> ListRules? {
        settings.perList.isEmpty ? nil : settings.perList[address]
    }
}
