// SPDX-License-Identifier: Apache-2.0
//
// One incident, and one line of its timeline, as `status` and `incidents` print them. Additions only.

public import Breaker
public import StormDetection

/// One incident, as `status` and `incidents` print it.
public struct IncidentStatus: Sendable, Codable, Equatable {
    /// Its number.
    public var number: Int64
    /// What it stands over.
    @ByName public var scope: Subject
    /// The mode at the trip, the last one.
    public var mode: Word<Mode>
    /// Where it stands.
    public var state: Word<BreakerState>
    /// Rule that tripped it.
    public var rule: Word<Rule>
    /// When, RFC 3339 UTC; of the first trip.
    public var tripped: String
    /// When it tripped last, RFC 3339 UTC; nil: once.
    public var lastTripped: String?
    /// The trips before the last one, the first one first; nil: none.
    public var earlier: [EarlierTripStatus]?
    /// When it was reset; nil while open.
    public var reset: String?
    /// Who acknowledged, as `NAME at TIME`.
    public var acknowledged: String?
    /// Who reset it and why.
    public var resetBy: String?
    /// How the halt stands.
    public var halt: Word<HaltWord>
    /// What is halted; nil in the report of a daemon that did not say.
    public var reach: Word<HaltScope>?
    /// Messages held for it, since the first trip.
    public var held: Int64
    /// Outbound deliveries that began after the halt, since the first trip.
    public var leaked: Int64
    /// Copies that a person let go while the list was stopped; nil: none.
    public var letGo: Int64?
    /// One sentence.
    public var summary: String
    /// Why it halted at once or later; nil when a person tripped it.
    public var attendance: Word<Attendance.Word>?
    /// When attended hours begin next, as seen from the trip; nil where none are written down.
    public var nextAttended: String?
    /// What would leave if nothing were done, in words; nil where there is no forecast.
    public var forecast: String?
    /// Whether all mail is halted only because the mail server is not set up to be narrowed; nil: no.
    public var lacksNarrowing: Bool?
    /// What happened, oldest first; only `incidents` fills it.
    public var timeline: [MomentStatus]?

    /// What its list or sender did since the last trip; only `incidents` fills it.
    public var course: CourseStatus?

    /// Whether it halts its list's mail, and no other.
    public var haltsListAlone: Bool { isOfList && mode == .armed }

    /// When it opened: the last trip.
    public var opened: String { lastTripped ?? tripped }

    /// Whether its reach is a list's own mail, in whichever way that is stopped.
    public var isOfList: Bool { reach == .known(.list) || reach == .known(.narrow) }

    /// An incident status with every field given.
    public init(
        number: Int64,
        scope: Subject,
        mode: Mode,
        state: BreakerState,
        rule: Rule,
        tripped: String,
        reset: String?,
        acknowledged: String?,
        resetBy: String?,
        halt: HaltWord,
        held: Int64,
        leaked: Int64,
        summary: String,
        attendance: Attendance.Word? = nil,
        nextAttended: String? = nil,
        forecast: String? = nil,
        reach: HaltScope? = nil,
        letGo: Int64? = nil,
        lacksNarrowing: Bool? = nil
    ) {
        self.lacksNarrowing = lacksNarrowing
        self.letGo = letGo
        self.reach = reach.map(Word.known)
        self.number = number
        self.scope = scope
        self.mode = .known(mode)
        self.state = .known(state)
        self.rule = .known(rule)
        self.tripped = tripped
        self.reset = reset
        self.acknowledged = acknowledged
        self.resetBy = resetBy
        self.halt = .known(halt)
        self.held = held
        self.leaked = leaked
        self.summary = summary
        self.attendance = attendance.map(Word.known)
        self.nextAttended = nextAttended
        self.forecast = forecast
    }
}

/// Something that happened in an incident.
public struct MomentStatus: Sendable, Codable, Equatable {
    /// When, RFC 3339 UTC.
    public var time: String
    /// One word: `tripped`, `halted`, `verified`, `acknowledged`, `reset`, `resumed`, `closed`...,
    /// `page` for a page that was made, `delivered`, `not-delivered` and `given-up` for its way.
    public var event: String
    /// The target of pages that it is about.
    public var target: String?
    /// In words.
    public var text: String

    /// A moment with every field given.
    public init(time: String, event: String, target: String?, text: String) {
        self.time = time
        self.event = event
        self.target = target
        self.text = text
    }
}
