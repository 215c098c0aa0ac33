// SPDX-License-Identifier: Apache-2.0
//
// A trip of some host of the fleet, over or not, for `incidents --fleet`.

/// One trip of the fleet, and who said that it is over.
public struct FleetIncident: Sendable, Codable, Equatable {
    /// Its name in full.
    public var name: String
    /// Host and number of the incident there.
    public var incident: String
    /// The list's address; `queue` for all mail.
    public var scope: String
    /// When, RFC 3339 UTC, by the clock of its host.
    public var time: String
    /// Whether its host halts mail.
    public var isArmed: Bool
    /// The rule.
    public var rule: String
    /// Why, in words.
    public var evidence: String
    /// Why this host did not act on it; nil: it did, or it is its own.
    public var passedOver: String?
    /// Who reset it; nil: nobody, it is open.
    public var resetBy: String?
    /// When, RFC 3339 UTC, by the operator's clock.
    public var reset: String?
    /// Why, in the operator's words.
    public var reason: String?

    /// A trip that nobody reset.
    public init(
        name: String,
        incident: String,
        scope: String,
        time: String,
        isArmed: Bool,
        rule: String,
        evidence: String,
        passedOver: String?
    ) {
        self.name = name
        self.incident = incident
        self.scope = scope
        self.time = time
        self.isArmed = isArmed
        self.rule = rule
        self.evidence = evidence
        self.passedOver = passedOver
    }
}
