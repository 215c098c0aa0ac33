// SPDX-License-Identifier: Apache-2.0
//
// What a scenario must come to: a promise, with the figures that it is held to. Over many seeds the
// first figure is the median's and the second that of nine runs in ten.

public import EventTime

/// What a scenario must come to.
public struct Expectation: Sendable, Equatable {
    /// What kind of promise.
    public enum Kind: String, Sendable, CaseIterable {
        /// A trip must come.
        case trip
        /// None may come.
        case noTrip = "no-trip"
        /// The list's own mail must be held, by a soft hold or a trip.
        case hold
        /// At most so many posts may reach the members outside a hold.
        case leak
        /// The mail of others may not be halted.
        case noHalt = "no-halt"
        /// No soft hold may be longer.
        case briefHold = "brief-hold"
    }

    /// What kind of promise.
    public var kind: Kind
    /// The list it is about; nil: any, and mail that is no list's.
    public var list: String?
    /// The last post of the storm at which it may come, or that may leak; nil: any.
    public var latestReply: Int?
    /// The same for nine runs in ten; nil: they only have to come.
    public var latestMostly: Int?
    /// Rules that may speak; empty: any.
    public var rules: [String]
    /// Share of runs in which ``Kind/noTrip`` must be so.
    public var share = 1.0
    /// The longest soft hold; of ``Kind/briefHold``.
    public var longest = TimeSpan(microseconds: 0)

    /// Whether a trip must come.
    public var isTrip: Bool { kind == .trip }

    /// An expectation of a trip, or of none.
    public init(list: String?, isTrip: Bool, latestReply: Int? = nil, rules: [String] = []) {
        self.init(isTrip ? .trip : .noTrip, list: list, latestReply: latestReply, rules: rules)
    }

    /// An expectation of `kind`.
    public init(
        _ kind: Kind,
        list: String?,
        latestReply: Int? = nil,
        latestMostly: Int? = nil,
        rules: [String] = []
    ) {
        self.kind = kind
        self.list = list
        self.latestReply = latestReply
        self.latestMostly = latestMostly
        self.rules = rules
    }

    /// The promise as scenario files spell it; `later` posts more are allowed.
    public func text(later: Int = 0) -> String {
        var words = [kind.rawValue]
        if let list { words.append(list) }
        if let latestReply { words.append("within \(latestReply + later)") }
        if let latestMostly { words.append("[\(latestMostly + later)]") }
        if kind == .briefHold { words.append("within \(longest.text)") }
        if share < 1 { words.append("in \(Int((share * 100).rounded()))%") }
        if !rules.isEmpty { words.append("by \(rules.joined(separator: "|"))") }
        return words.joined(separator: " ")
    }
}
