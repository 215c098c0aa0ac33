// SPDX-License-Identifier: Apache-2.0
//
// What a page says, as a value. Paging renders it as Alertmanager webhook v4 and delivers it;
// here is only the meaning. Text from the log stands in `figures` and `summary`: it is a
// stranger's and must be escaped by whoever prints it.

public import EventTime

/// One page to an operator, or its end.
public struct Alert: Sendable, Codable, Equatable {
    /// What happened; the raw value is `LISTBREAKER_EVENT` and argv[1] of alert scripts.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A breaker opened.
        case trip
        /// Still open.
        case reminder
        /// Somebody took the incident over; it lasts.
        case acknowledged
        /// A person reset it: resolves the incident's page.
        case reset
        /// A doubtful verdict in attended hours: halts unless somebody answers.
        case doubtful
        /// The halt could not be carried out: MAIL NOT HALTED.
        case haltFailed = "halt-failed"
        /// A reset's resume could not be carried out: mail is still halted.
        case resumeFailed = "resume-failed"
        /// Copies still leave although halted.
        case leaking
        /// The list manager could not be stopped, or restored.
        case managerFailed = "manager-failed"
        /// Lines of the log are missing or the journal cannot be read.
        case blind
        /// Sight is back: resolves `blind`.
        case sighted
        /// Log lines were forged.
        case forged
        /// The daemon started and found a breaker open.
        case restartedOpen = "restarted-open"
        /// The state file was damaged and set aside.
        case stateDamaged = "state-damaged"
        /// A late verdict: the storm ended before we read of it; nothing was halted.
        case late
        /// A list is near a trip and its new copies are on hold; paged only where configured.
        case softHold = "soft-hold"
        /// A table of ours is full, and something is therefore not done.
        case full
        /// Large lists of which nobody knows what they are for; once a week.
        case unknownLists = "unknown-lists"
        /// The daemon failed and does not run.
        case daemonFailed = "daemon-failed"
        /// A page could not be delivered to its target.
        case undeliverable
        /// New settings were refused; the old ones stay.
        case settingsRejected = "settings-rejected"
        /// A trial.
        case test
    }

    /// How bad; Alertmanager's and PagerDuty's words.
    public enum Severity: String, Sendable, Codable {
        case critical, error, warning, info
    }

    /// What happened.
    public var kind: Kind
    /// Whether it ends an earlier page of the same ``dedupKey``.
    public var isResolved: Bool
    /// How bad.
    public var severity: Severity
    /// Incident number; nil when there is none.
    public var incident: Int64?
    /// The list's address; nil for the queue and for pages about ourselves.
    public var list: String?
    /// One sentence, at most 1,024 bytes.
    public var summary: String
    /// What to do now, in words, with the exact command.
    public var advice: String
    /// When it began.
    public var started: Timestamp
    /// When it ended; nil while it lasts.
    public var ended: Timestamp?
    /// The same for all pages of one incident, so that nothing pages twice; at most 255 bytes.
    public var dedupKey: String
    /// Whether in observe mode: nothing was halted.
    public var isObserve: Bool
    /// Further figures by name, for annotations.
    public var figures: [String: String]

    /// An alert with every field given.
    public init(
        kind: Kind,
        isResolved: Bool = false,
        severity: Severity,
        incident: Int64? = nil,
        list: String? = nil,
        summary: String,
        advice: String,
        started: Timestamp,
        ended: Timestamp? = nil,
        dedupKey: String,
        isObserve: Bool = false,
        figures: [String: String] = [:]
    ) {
        self.kind = kind
        self.isResolved = isResolved
        self.severity = severity
        self.incident = incident
        self.list = list
        self.summary = summary
        self.advice = advice
        self.started = started
        self.ended = ended
        self.dedupKey = dedupKey
        self.isObserve = isObserve
        self.figures = figures
    }
}
