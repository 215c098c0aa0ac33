// SPDX-License-Identifier: Apache-2.0
//
// The state of all breakers as one value, made of five whose state is their own: incidents, the
// queue, holds of lists, doubts, clearings. What is saved is what a restart goes by. What an input
// changes in which of them stands in the extensions, one file each kind of input; what is to be done
// is collected in `effects`. Nothing here waits, reads a clock or acts.

public import EventTime
public import StormDetection

/// Every breaker that is not closed, the mode, and what is known of the queue.
public struct BreakerBoard: Sendable, Equatable {
    /// Most incidents that are not closed.
    public static let mostIncidents = Incidents.most

    /// What it goes by; not saved, given at the start and whenever settings are read again.
    public private(set) var settings: BreakerSettings
    /// What is to be done since ``drain()``; the engine adds its own pages and notes.
    public var effects = EffectList()

    /// Armed or observe, for trips from now on.
    public private(set) var mode: Mode
    /// The mode that the settings named last; a change there wins over an older command.
    public private(set) var configuredMode: Mode
    /// Who set the mode; nil when the settings did.
    public private(set) var modeSetBy: Audit?

    /// Open and half-open incidents, oldest first.
    public internal(set) var incidents = Incidents()
    var outbound = QueueBreaker()
    /// Lists whose own messages are put on hold.
    public internal(set) var holds = ListHolds()
    /// What the mail server held by itself and no report counts yet; not saved: a start looks anew.
    var serverHolds = ServerHolds()
    /// What waits for a person, or was answered by one.
    public internal(set) var doubts = Doubts()
    /// What people said that lists are for.
    public internal(set) var kinds: [Subject: SaidKind] = [:]
    /// When large lists of unknown kind were paged last; nil: never.
    var unknownPaged: Timestamp?
    /// Held mail that is being given back or discarded, oldest first.
    public internal(set) var clearings = Clearings()
    var overflows = Overflows()
    /// When narrowing was tried last behind a closed gate; not saved: a start tries at once.
    var triedToNarrow: Timestamp = .distantPast

    /// Whether there is anything about `subject`: an incident, a hold, a doubt, an answer to one.
    public func knows(_ subject: Subject) -> Bool {
        incidents.of(subject) != nil || holds[subject] != nil || doubts.waiting[subject] != nil
            || doubts.holdOffs[subject] != nil || kinds[subject] != nil
    }

    /// A board with every breaker closed.
    public init(mode: Mode, settings: BreakerSettings = BreakerSettings()) {
        self.mode = mode
        self.settings = settings
        configuredMode = mode
    }

    /// Goes by `settings` from now on; what is open stays as it was tripped.
    public mutating func update(settings: BreakerSettings) { self.settings = settings }

    /// What is to be done, in the order that is a contract; asked for after each input.
    public mutating func drain() -> [Effect] {
        for incident in incidents.drainChanged() { effects.save(incident) }
        defer { effects = EffectList() }
        return effects.ordered
    }

    /// Counts what happened on the list or sender of the open incident `number`.
    public mutating func note(_ step: IncidentCourse.Step, of number: Int64, at time: Timestamp) {
        incidents.note(step, of: number, at: time)
    }

    /// Incidents whose course went on since they were saved, to be saved now.
    public mutating func takeMoved() -> [Incident] {
        incidents.keepCourses() ? incidents.drainChanged() : []
    }

    /// What is known of the queue.
    public var queue: QueueHalt { outbound.halt }

    /// A resume that a person asked for and that is not done yet.
    public var pendingResume: HaltOrder? { outbound.pendingResume }

    /// Messages that we hold: as the actuator said last, and what the mail server has held since.
    public var held: Int64 { outbound.held + serverHolds.count }

    /// Messages of these of which it is not known whose they are, as the last clearing found.
    public var undecided: Int64 { outbound.undecided }

    /// What the actuator remarked last: what somebody else changed.
    public var remark: String? { outbound.remark }

    /// Where the breaker of `scope` stands.
    public func state(of scope: Subject) -> BreakerState {
        incident(of: scope)?.state.word ?? .closed
    }

    /// The incident of `scope` that is not closed.
    public func incident(of scope: Subject) -> Incident? { incidents.of(scope) }

    /// Whether any open armed incident wants the queue halted.
    public var demandsHalt: Bool { incidents.demandHalt }

    /// Whether the mail server itself is to stop the whole of `subject`'s mail while it is open.
    public func narrows(_ subject: Subject) -> Bool { settings.haltScope(of: subject) == .narrow }

    /// What a trip of `subject` halts, where all of it is at stake.
    public func reach(of subject: Subject) -> HaltScope { settings.haltScope(of: subject) }

    /// Whether a verdict about `subject` may have been passed over for want of certainty.
    public func mayPass(_ subject: Subject) -> Bool { doubts.mayPass(subject) }

    /// Whose breaker is not closed, or that a person was asked about or answered for; their tables
    /// must not be evicted.
    public var pinned: Set<Subject> {
        var pinned = Set(incidents.map(\.scope))
        pinned.remove(.queue)
        pinned.formUnion(doubts.waiting.keys)
        pinned.formUnion(doubts.holdOffs.keys)
        pinned.formUnion(holds.subjects)
        return pinned
    }

    /// Worst state of all: open before half-open before closed.
    public var worst: BreakerState {
        incidents.contains { $0.state == .open } ? .open : incidents.isEmpty ? .closed : .halfOpen
    }

    // MARK: The mode

    /// A person sets the mode.
    mutating func set(_ mode: Mode, by audit: Audit) {
        self.mode = mode
        modeSetBy = audit
    }

    /// The settings name a mode; it counts where they named another one before.
    mutating func configure(_ mode: Mode) {
        guard mode != configuredMode else { return }
        configuredMode = mode
        self.mode = mode
    }
}

extension BreakerBoard: Codable {
    private enum CodingKeys: String, CodingKey {
        case mode, configuredMode, modeSetBy, overflows, kinds, unknownPaged
    }

    /// Reads what ``encode(to:)`` wrote; the settings are the vendor's until they are given.
    public init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        settings = BreakerSettings()
        mode = try row.decode(Mode.self, forKey: .mode)
        configuredMode = try row.decode(Mode.self, forKey: .configuredMode)
        modeSetBy = try row.decodeIfPresent(Audit.self, forKey: .modeSetBy)
        overflows = try row.decodeIfPresent(Overflows.self, forKey: .overflows) ?? Overflows()
        kinds = try row.decodeIfPresent([Subject: SaidKind].self, forKey: .kinds) ?? [:]
        unknownPaged = try row.decodeIfPresent(Timestamp.self, forKey: .unknownPaged)
        incidents = try Incidents(from: decoder)
        outbound = try QueueBreaker(from: decoder)
        holds = try ListHolds(from: decoder)
        doubts = try Doubts(from: decoder)
        clearings = try Clearings(from: decoder)
    }

    /// Writes one flat row, as every version did: each part writes its own fields of it.
    public func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(mode, forKey: .mode)
        try row.encode(configuredMode, forKey: .configuredMode)
        try row.encodeIfPresent(modeSetBy, forKey: .modeSetBy)
        if overflows != Overflows() { try row.encode(overflows, forKey: .overflows) }
        if !kinds.isEmpty { try row.encode(kinds, forKey: .kinds) }
        try row.encodeIfPresent(unknownPaged, forKey: .unknownPaged)
        try incidents.encode(to: encoder)
        try outbound.encode(to: encoder)
        try holds.encode(to: encoder)
        try doubts.encode(to: encoder)
        try clearings.encode(to: encoder)
    }
}
