// SPDX-License-Identifier: Apache-2.0
//
// The state of all breakers as one value: what is saved is what a restart goes by. Transitions
// stand in the extensions, one file each kind of input. Nothing here waits, reads a clock or acts.

public import EventTime

/// What is known about the outbound queue.
public enum QueueHalt: Sendable, Codable, Equatable {
    /// Mail flows.
    case flowing
    /// Told to halt; not answered yet.
    case ordered(since: Timestamp)
    /// The actuator said it is halted, at this time.
    case halted(at: Timestamp)
    /// Neither halt nor resume got through; tried again after `since` plus the retry interval.
    case failed(reason: String, since: Timestamp)
    /// Told to resume; not answered yet.
    case resuming(HeldChoice, since: Timestamp)
}

/// Every breaker that is not closed, the mode, and what is known of the queue.
public struct BreakerBoard: Sendable, Codable, Equatable {
    /// Most incidents that are not closed.
    ///
    /// Chosen: far more lists than a person can look at.
    public static let mostIncidents = 1000
    /// Most clearings under way.
    static let mostClearings = 100
    /// Most leak stamps and late lists that are remembered.
    static let mostLeaks = 600, mostLate = 1000, mostSoftHolds = 1000

    /// Armed or observe, for trips from now on.
    public internal(set) var mode: Mode
    /// The mode that the settings named last; a change there wins over an older command.
    public internal(set) var configuredMode: Mode
    /// Number of the next incident.
    public internal(set) var nextNumber: Int64 = 1
    /// Open and half-open incidents, oldest first.
    public internal(set) var incidents: [Incident] = []
    /// What is known of the queue.
    public internal(set) var queue: QueueHalt = .flowing
    /// A resume that a person asked for and that is not done yet.
    public internal(set) var pendingResume: HaltOrder?
    /// Messages that we hold, as the actuator said last.
    public internal(set) var held: Int64 = 0
    /// What the actuator remarked last: what somebody else changed.
    public internal(set) var remark: String?

    var lastHold: Timestamp = .distantPast
    var lastOutbound: Timestamp = .distantPast
    var leaks: [Timestamp] = []
    var leakPaged = false
    /// The page that says a halt or resume failed, until one got through.
    var failurePage: Alert?
    /// What of the queue's halt, which stands, could not be done.
    var haltProblem: String?
    var lateLists: [String: Timestamp] = [:]
    /// Doubtful verdicts that wait for an answer, by list.
    public internal(set) var doubts: [String: Doubt] = [:]
    /// Lists whose doubtful verdicts a person lets pass.
    public internal(set) var holdOffs: [String: HoldOff] = [:]
    /// Whether somebody was there at the last tick; nil before the first.
    var wasAttended: Bool?
    /// Ends of soft holds, by list.
    public internal(set) var softHolds: [String: Timestamp] = [:]
    /// Lists whose own messages are put on hold.
    public internal(set) var listHolds: [String: ListHold] = [:]
    /// Held mail that is being given back or discarded, oldest first.
    public internal(set) var clearings: [Clearing] = []
    var nextClearing: Int64 = 1
    /// Since when halts have failed; nil when the last one got through.
    var failingSince: Timestamp?
    /// When the queue was halted first since mail flowed; nil while it does.
    var firstHalted: Timestamp?
    /// When it was last said of a table that it is full; nil in what an older version saved.
    var saidFull: [String: Timestamp]?
    /// Who set the mode; nil when the settings did.
    public internal(set) var modeSetBy: Audit?

    /// A board with every breaker closed.
    public init(mode: Mode) {
        self.mode = mode
        configuredMode = mode
    }

    /// Where the breaker of `scope` stands.
    public func state(of scope: BreakerScope) -> BreakerState {
        incident(of: scope)?.state ?? .closed
    }

    /// The incident of `scope` that is not closed.
    public func incident(of scope: BreakerScope) -> Incident? {
        incidents.last { $0.scope == scope }
    }

    /// Whether any open armed incident wants the queue halted.
    public var demandsHalt: Bool { incidents.contains { $0.demandsHalt } }

    /// Lists whose breaker is not closed, or that a person was asked about or answered for; their tables must not be evicted.
    public var pinnedLists: Set<String> {
        var pinned = Set(incidents.compactMap(\.scope.list))
        pinned.formUnion(doubts.keys)
        pinned.formUnion(holdOffs.keys)
        pinned.formUnion(listHolds.keys)
        return pinned
    }

    /// Worst state of all: open before half-open before closed.
    public var worst: BreakerState {
        incidents.contains { $0.state == .open } ? .open : incidents.isEmpty ? .closed : .halfOpen
    }

    /// Changes the incident `number` and notes that it must be saved.
    mutating func update(
        _ number: Int64,
        _ effects: inout EffectList,
        _ change: (inout Incident) -> Void
    ) {
        guard let index = incidents.firstIndex(where: { $0.number == number }) else { return }
        change(&incidents[index])
        effects.save(incidents[index])
    }

    /// Sets the halt state of every incident that demands the halt.
    mutating func setHalt(_ halt: HaltState, _ effects: inout EffectList) {
        for incident in incidents where incident.demandsHalt && incident.halt != halt {
            update(incident.number, &effects) { $0.halt = halt }
        }
    }
}
