// SPDX-License-Identifier: Apache-2.0
//
// What is known of the outbound queue, and every change of it. A wish to resume lives in the states
// of resuming and nowhere else, as does the time of the first halt in those of a halt: neither can
// outlive what it belongs to.

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

/// The outbound queue: halted or not, what leaks, what is held, and what went wrong.
struct QueueBreaker: Sendable, Equatable {
    /// `first` is when the queue was halted first since mail flowed.
    enum State: Sendable, Equatable {
        case flowing
        case ordered(since: Timestamp, first: Timestamp?)
        case halted(at: Timestamp, first: Timestamp)
        case notHalted(reason: String, since: Timestamp, first: Timestamp?)
        case resuming(HaltOrder, HeldChoice, since: Timestamp, first: Timestamp?)
        case notResumed(HaltOrder, reason: String, since: Timestamp, first: Timestamp?)
    }

    private var state: State
    /// Messages that we hold, as the actuator said last.
    private(set) var held: Int64 = 0
    /// Messages of these of which it is not known whose they are, as the last clearing of a list's mail
    /// counted them; of no list under the empty name.
    private var undecidedBy: [String: Int64] = [:]
    /// What the actuator remarked last: what somebody else changed.
    var remark: String?
    /// What of the halt, which stands, could not be done.
    private var problem: String?
    /// Since when halts have failed; nil when the last one got through.
    private var failingSince: Timestamp?
    private var lastHold: Timestamp = .distantPast
    private var lastOutbound: Timestamp = .distantPast
    private var leaks = Leaks()
    /// The page that says a halt or resume failed, until one got through.
    private var failurePage: Alert?

    init() { state = .flowing }

    /// The state as it is told.
    var halt: QueueHalt {
        switch state {
        case .flowing: .flowing
        case .ordered(let since, _): .ordered(since: since)
        case .halted(let at, _): .halted(at: at)
        case .notHalted(let reason, let since, _), .notResumed(_, let reason, let since, _):
            .failed(reason: reason, since: since)
        case .resuming(_, let choice, let since, _): .resuming(choice, since: since)
        }
    }

    /// A resume that a person asked for and that is not done yet.
    var pendingResume: HaltOrder? {
        switch state {
        case .resuming(let order, _, _, _), .notResumed(let order, _, _, _): order
        default: nil
        }
    }

    /// When the queue was halted first since mail flowed; nil while it does.
    var firstHalted: Timestamp? {
        switch state {
        case .flowing: nil
        case .halted(_, let first): first
        case .ordered(_, let first), .notHalted(_, _, let first), .resuming(_, _, _, let first),
            .notResumed(_, _, _, let first):
            first
        }
    }

    private var isHalted: Bool { if case .halted = state { true } else { false } }

    // MARK: Halting

    /// Wants the queue halted; returns whether it is already, so that only what came since is to
    /// be held.
    mutating func demand(at now: Timestamp) -> Bool {
        lastHold = now
        if isHalted { return true }
        state = .ordered(since: now, first: firstHalted)
        leaks = Leaks()
        return false
    }

    /// Wants the queue halted after a start: whether it still is, is not known.
    mutating func reassert(at now: Timestamp) {
        state = .ordered(since: now, first: firstHalted)
        lastHold = now
        leaks.isPaged = false
    }

    /// Messages that we hold of which it is not known whose they are.
    var undecided: Int64 { min(held, undecidedBy.values.reduce(0, +)) }

    /// Notes what the actuator holds and remarked.
    mutating func note(held total: Int64, remark: String?) {
        note(held: total)
        self.remark = remark
    }

    /// Notes what the actuator holds.
    mutating func note(held total: Int64) {
        held = total
        if total == 0 { undecidedBy = [:] }
    }

    /// Notes how many messages that are held for `list`, or for none, are undecided.
    mutating func note(undecided count: Int64, of list: String?) {
        undecidedBy[list ?? ""] = count > 0 ? count : nil
    }

    /// A halt, or a further hold, got through.
    mutating func noteReached() { failingSince = nil }

    /// Notes what of the halt could not be done; returns whether something could not before.
    mutating func note(problem: String?) -> Bool {
        defer { self.problem = problem }
        return self.problem != nil
    }

    /// The halt is done; false where it stood already and only what was not done of it was repeated.
    mutating func halted(at time: Timestamp, wasHalf: Bool) -> Bool {
        if wasHalf, isHalted { return false }
        state = .halted(at: time, first: firstHalted ?? time)
        return true
    }

    /// The halt could not be done; returns since when it cannot.
    mutating func haltFailed(_ reason: String, at time: Timestamp) -> Timestamp {
        state = .notHalted(reason: reason, since: time, first: firstHalted)
        let since = failingSince ?? time
        failingSince = since
        return since
    }

    // MARK: Resuming

    /// A person wants mail to flow again.
    mutating func resume(_ order: HaltOrder, _ choice: HeldChoice, at now: Timestamp) {
        state = .resuming(order, choice, since: now, first: firstHalted)
    }

    /// After a start: what was wished is ordered again.
    mutating func resumeAgain(at now: Timestamp) -> HaltOrder? {
        guard let order = pendingResume, case .resume(let choice) = order.verb else { return nil }
        state = .resuming(order, choice, since: now, first: firstHalted)
        return order
    }

    /// Mail flows; false where nobody waits for this resume any more.
    mutating func resumed(_ order: HaltOrder) -> Bool {
        guard pendingResume == order else { return false }
        state = .flowing
        return true
    }

    /// The resume could not be done; false where nobody waits for it any more.
    mutating func resumeFailed(_ order: HaltOrder, _ reason: String, at time: Timestamp) -> Bool {
        guard pendingResume == order else { return false }
        state = .notResumed(order, reason: reason, since: time, first: firstHalted)
        remark = reason
        return true
    }

    // MARK: Time

    /// The verb that is due at `now`: a sweep of the halted queue, or another try; nil: none.
    mutating func due(at now: Timestamp, isDemanded: Bool, sweep: TimeSpan, retry: TimeSpan)
        -> HaltOrder.Verb?
    {
        switch state {
        case .halted where isDemanded && now - lastHold >= sweep:
            lastHold = now
            // What was not done of the halt is done by a halt, not by holding what came since.
            return problem == nil ? .rehold : .halt
        case .notHalted(let reason, let since, let first) where now - since >= retry:
            state = .notHalted(reason: reason, since: now, first: first)
            return isDemanded ? .halt : nil
        case .notResumed(let order, let reason, let since, let first) where now - since >= retry:
            state = .notResumed(order, reason: reason, since: now, first: first)
            return order.verb
        default: return nil
        }
    }

    /// Whether nothing left for `span` since the halt, in a log that was read up to `seen`.
    func isQuiet(for span: TimeSpan, seen: Timestamp) -> Bool {
        guard case .halted(let at, _) = state else { return false }
        return seen - max(at, lastOutbound) >= span
    }

    // MARK: Leaks

    /// Notes that a delivery to the outside was logged at `time`; returns the time of the first
    /// halt where it began after that.
    ///
    /// A second of slack: Postfix rounds its delays to two digits. Counted from the first halt,
    /// also when it could not be done again since: whoever undoes it begins no new count.
    mutating func sawOutbound(started: Timestamp, at time: Timestamp) -> Timestamp? {
        lastOutbound = max(lastOutbound, time)
        guard let first = firstHalted, started > first + .seconds(1) else { return nil }
        return first
    }

    /// What a delivery that got around the halt calls for.
    struct Leak {
        var perMinute: Int64
        /// Whether the halt stands, as far as is known.
        var stands: Bool
        /// Whether what came since is to be held at once.
        var wantsHold: Bool
        /// Whether it is to be paged.
        var wantsPage: Bool
    }

    /// Counts a delivery, logged at `time`, that got around the halt of `first`.
    mutating func leak(
        at time: Timestamp,
        first: Timestamp,
        holdInterval: TimeSpan,
        grace: TimeSpan
    ) -> Leak {
        let perMinute = leaks.note(time)
        let stands = isHalted
        let wantsHold = stands && time - lastHold >= holdInterval
        if wantsHold { lastHold = time }
        let wantsPage = stands && !leaks.isPaged && time - first > grace
        if wantsPage { leaks.isPaged = true }
        return Leak(
            perMinute: perMinute,
            stands: stands,
            wantsHold: wantsHold,
            wantsPage: wantsPage
        )
    }

    // MARK: The page of a failure

    /// Whether a page of that key stands.
    func isTold(_ key: String) -> Bool { failurePage?.dedupKey == key }

    /// Notes the page that stands until a halt or resume gets through.
    mutating func tell(_ page: Alert) { failurePage = page }

    /// The end of the page that stands: one got through, or another page took over.
    mutating func endTold(at time: Timestamp) -> Alert? {
        guard var page = failurePage else { return nil }
        failurePage = nil
        page.isResolved = true
        page.severity = .info
        page.ended = time
        page.advice = "Nothing to do."
        return page
    }
}

extension QueueBreaker: Codable {
    private enum CodingKeys: String, CodingKey {
        case queue, pendingResume, firstHalted, held, remark, haltProblem, failingSince
        case lastHold, lastOutbound, leaks, leakPaged, failurePage, undecided
    }

    /// Reads what ``encode(to:)`` wrote; what does not belong to the state is dropped.
    init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        let halt = try row.decode(QueueHalt.self, forKey: .queue)
        let pending = try row.decodeIfPresent(HaltOrder.self, forKey: .pendingResume)
        let first = try row.decodeIfPresent(Timestamp.self, forKey: .firstHalted)
        switch (halt, pending) {
        case (.flowing, _): state = .flowing
        case (.ordered(let since), _): state = .ordered(since: since, first: first)
        case (.halted(let at), _): state = .halted(at: at, first: first ?? at)
        case (.failed(let reason, let since), let order?):
            state = .notResumed(order, reason: reason, since: since, first: first)
        case (.failed(let reason, let since), nil):
            state = .notHalted(reason: reason, since: since, first: first)
        case (.resuming(let choice, let since), let order):
            let order = order ?? HaltOrder(verb: .resume(choice), incident: 0)
            state = .resuming(order, choice, since: since, first: first)
        }
        held = try row.decode(Int64.self, forKey: .held)
        remark = try row.decodeIfPresent(String.self, forKey: .remark)
        problem = try row.decodeIfPresent(String.self, forKey: .haltProblem)
        failingSince = try row.decodeIfPresent(Timestamp.self, forKey: .failingSince)
        lastHold = try row.decode(Timestamp.self, forKey: .lastHold)
        lastOutbound = try row.decode(Timestamp.self, forKey: .lastOutbound)
        leaks = Leaks(
            stamps: try row.decode([Timestamp].self, forKey: .leaks),
            isPaged: try row.decode(Bool.self, forKey: .leakPaged)
        )
        failurePage = try row.decodeIfPresent(Alert.self, forKey: .failurePage)
        undecidedBy = try row.decodeIfPresent([String: Int64].self, forKey: .undecided) ?? [:]
    }

    /// Writes the row, as every version did.
    func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(halt, forKey: .queue)
        try row.encodeIfPresent(pendingResume, forKey: .pendingResume)
        try row.encodeIfPresent(firstHalted, forKey: .firstHalted)
        try row.encode(held, forKey: .held)
        try row.encodeIfPresent(remark, forKey: .remark)
        try row.encodeIfPresent(problem, forKey: .haltProblem)
        try row.encodeIfPresent(failingSince, forKey: .failingSince)
        try row.encode(lastHold, forKey: .lastHold)
        try row.encode(lastOutbound, forKey: .lastOutbound)
        try row.encode(leaks.stamps, forKey: .leaks)
        try row.encode(leaks.isPaged, forKey: .leakPaged)
        try row.encodeIfPresent(failurePage, forKey: .failurePage)
        if !undecidedBy.isEmpty { try row.encode(undecidedBy, forKey: .undecided) }
    }
}
