// SPDX-License-Identifier: Apache-2.0
//
// A number that depends on how many members a list has, such as `0:12 100:10 1000:8`. Below the
// first step the first value holds. A list of unknown size has a value of its own, because
// taking it for small or for large would each be wrong in one direction.

/// A number by list size.
public struct BySize: Sendable, Equatable, CustomStringConvertible {
    /// One step: `value` holds from `members` members on.
    public struct Step: Sendable, Equatable {
        /// Fewest members, 0 or more.
        public var members: Int64
        /// The number.
        public var value: Int64

        /// A step of `value` from `members` on.
        public init(members: Int64, value: Int64) {
            self.members = members
            self.value = value
        }
    }

    /// Steps in rising order of members; at least one, at most 16.
    public let steps: [Step]
    /// The number when the size is not known.
    public let unknown: Int64

    /// Steps as pairs of members and value, in rising order.
    init(_ pairs: [(Int64, Int64)], unknown: Int64) {
        steps = pairs.map { Step(members: $0.0, value: $0.1) }
        self.unknown = unknown
    }

    /// Reads `0:12 100:10 unknown:8`; a single number holds for every size.
    ///
    /// Nil when empty, not rising, negative, or longer than 16 steps. Without `unknown:` the
    /// first step's value holds for it.
    public init?(parsing text: String) {
        var steps: [Step] = []
        var unknown: Int64?
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let last = parts.last, let value = Int64(last), value >= 0
            else { return nil }
            if parts.count == 2 && parts[0] == "unknown" {
                unknown = value
                continue
            }
            let from = parts.count == 1 ? 0 : Int64(parts[0])
            guard let from, from >= (steps.last.map { $0.members + 1 } ?? 0), from < .max,
                steps.count < 16
            else { return nil }
            steps.append(Step(members: from, value: value))
        }
        guard let first = steps.first else { return nil }
        self.steps = steps
        self.unknown = unknown ?? first.value
    }

    /// The number for a list of `members`; nil: unknown.
    public func value(members: Int64?) -> Int64 {
        guard let members else { return unknown }
        return (steps.last { $0.members <= members } ?? steps[0]).value
    }

    /// The text that ``init(parsing:)`` reads.
    public var description: String {
        (steps.map { "\($0.members):\($0.value)" } + ["unknown:\(unknown)"])
            .joined(separator: " ")
    }
}
