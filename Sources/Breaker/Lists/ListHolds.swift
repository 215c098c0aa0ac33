// SPDX-License-Identifier: Apache-2.0
//
// The lists whose own mail is on hold, firmly or softly: one entry a list, so that the two cannot
// disagree. A firm hold takes the place of a soft one; what that held stays held.

public import EventTime
public import StormDetection

/// Holds of lists, by what they are of.
public struct ListHolds: Sendable, Equatable {
    /// Most soft holds at a time.
    ///
    /// Chosen: as many as there may be incidents.
    static let mostSoft = 1000

    private var rows: [Subject: ListHold] = [:]
    /// How many of them really hold mail: asked for each line of the log.
    private var real = 0

    init() {}

    init(_ rows: [Subject: ListHold]) {
        self.rows = rows
        real = rows.values.count { $0.isReal }
    }

    /// Whether no list's mail is put on hold.
    public var isEmpty: Bool { real == 0 }

    /// The hold of `subject`'s mail; nil where it is not held, or only would be.
    public subscript(subject: Subject) -> ListHold? {
        rows[subject].flatMap { $0.isReal ? $0 : nil }
    }

    /// Those whose mail is held, by name.
    public var subjects: [Subject] {
        guard real > 0 else { return [] }
        return sorted.filter { $0.hold.isReal }.map { $0.subject }
    }

    /// When the soft hold of `subject` ends, also one that only would be; nil without one.
    public func softEnd(of subject: Subject) -> Timestamp? { rows[subject]?.until }

    /// How many soft holds there are.
    var softCount: Int { rows.values.count { $0.until != nil } }

    /// All of them, by name.
    var sorted: [(subject: Subject, hold: ListHold)] {
        rows.map { ($0.key, $0.value) }.sorted { $0.0.name < $1.0.name }
    }

    private mutating func set(_ subject: Subject, _ hold: ListHold?) {
        if rows[subject]?.isReal == true { real -= 1 }
        if hold?.isReal == true { real += 1 }
        rows[subject] = hold
    }

    // MARK: Doors

    /// Begins a hold, or begins it anew on other ground; what was held is counted on.
    mutating func begin(_ subject: Subject, _ ground: ListHold.Ground, at now: Timestamp) {
        var hold = ListHold(ground, ordered: now)
        hold.held = rows[subject]?.held ?? 0
        set(subject, hold)
    }

    /// Ends a hold, and returns it as it stood.
    @discardableResult
    mutating func end(_ subject: Subject) -> ListHold? {
        defer { set(subject, nil) }
        return rows[subject]
    }

    /// Lets a soft hold last until `end`, where it would end earlier.
    mutating func prolong(_ subject: Subject, until end: Timestamp) {
        switch rows[subject]?.ground {
        case .soft(let until) where until < end: rows[subject]?.ground = .soft(until: end)
        case .observed(let until) where until < end: rows[subject]?.ground = .observed(until: end)
        default: break
        }
    }

    /// Notes that `count` messages were held at `time`; returns the hold, and whether it is the
    /// first that was done since it began, or since one failed.
    mutating func settle(
        _ subject: Subject,
        held count: Int64,
        at time: Timestamp
    ) -> (hold: ListHold, isFirst: Bool)? {
        guard var hold = self[subject] else { return nil }
        let isFirst = hold.done == nil
        hold.held += count
        if count > 0, hold.draining != nil { hold.caught = time }
        hold.done = hold.done ?? time
        hold.failure = nil
        hold.failingSince = nil
        rows[subject] = hold
        return (hold, isFirst)
    }

    /// Counts messages that a look of `time` found on hold, made for no order.
    mutating func count(_ count: Int64, of subject: Subject, at time: Timestamp) {
        guard rows[subject]?.isReal == true else { return }
        rows[subject]?.held += count
        if rows[subject]?.draining != nil { rows[subject]?.caught = time }
    }

    /// Notes that nothing could be held at `time`, for `reason`.
    mutating func fail(_ subject: Subject, _ reason: String, at time: Timestamp) -> ListHold? {
        guard var hold = self[subject] else { return nil }
        hold.failure = reason
        hold.failingSince = hold.failingSince ?? time
        hold.done = nil
        hold.ordered = time
        rows[subject] = hold
        return hold
    }

    /// Notes a copy that left, begun at `started`; returns the hold and the copies a minute when
    /// it is a leak: when it was not in flight already at the hold's order.
    mutating func sawCopy(
        of subject: Subject,
        started: Timestamp,
        ordered: Timestamp,
        at time: Timestamp
    ) -> (hold: ListHold, perMinute: Int64)? {
        guard var hold = self[subject] else { return nil }
        defer { rows[subject] = hold }
        hold.lastCopy = max(hold.lastCopy, time)
        guard let done = hold.done, started > max(ordered, done) + .seconds(2) else { return nil }
        let perMinute = hold.leaks.note(time)
        if hold.incident != nil { hold.isVerified = false }
        return (hold, perMinute)
    }

    /// Notes that the leaks of `subject` were paged.
    mutating func notePaged(_ subject: Subject) { rows[subject]?.leaks.isPaged = true }

    /// Holds that are to be ordered again at `now`: swept, or tried again after a failure.
    mutating func due(
        at now: Timestamp,
        sweep: TimeSpan,
        retry: TimeSpan
    ) -> [(subject: Subject, hold: ListHold)] {
        guard real > 0 else { return [] }
        let due = sorted.filter { _, hold in
            let often = hold.draining == nil ? sweep : min(sweep, Self.drainSweep)
            return hold.isReal && now - hold.ordered >= (hold.failure == nil ? often : retry)
        }
        for (subject, _) in due { rows[subject]?.ordered = now }
        return due
    }

    /// What is due of lists that drain at `now`: another discard of what was caught since the last one;
    /// or the end, when nothing was caught for `quiet` and no list `isBusy` with a discard.
    mutating func drained(
        at now: Timestamp,
        after quiet: TimeSpan,
        isBusy: (Subject) -> Bool
    ) -> (again: [(Subject, ListHold)], over: [(Subject, ListHold)]) {
        guard real > 0 else { return ([], []) }
        var (again, over): ([(Subject, ListHold)], [(Subject, ListHold)]) = ([], [])
        for (subject, hold) in sorted {
            guard let since = hold.draining?.since, hold.failure == nil, !isBusy(subject) else {
                continue
            }
            if hold.caught > hold.cleared {
                rows[subject]?.cleared = now
                again.append((subject, hold))
            } else if hold.done != nil, now - max(hold.caught, since) >= quiet {
                set(subject, nil)
                over.append((subject, hold))
            }
        }
        return (again, over)
    }

    /// How often a list that drains is looked after, at least: 5 s.
    ///
    /// Chosen: that it is quiet must be seen, not guessed.
    static let drainSweep = TimeSpan.seconds(5)

    /// Holds of incidents of which no copy left for `span` in a log that was read up to `seen`.
    mutating func verify(
        seen: Timestamp,
        after span: TimeSpan
    ) -> [(subject: Subject, incident: Int64)] {
        guard real > 0 else { return [] }
        var verified: [(subject: Subject, incident: Int64)] = []
        for (subject, hold) in sorted {
            guard let number = hold.incident, let done = hold.done, !hold.isVerified,
                seen - max(done, hold.lastCopy) >= span
            else { continue }
            rows[subject]?.isVerified = true
            verified.append((subject, number))
        }
        return verified
    }

    /// Soft holds whose time is over at `now`, with their ends.
    func overdue(at now: Timestamp) -> [(subject: Subject, end: Timestamp)] {
        guard !rows.isEmpty else { return [] }
        var overdue: [(subject: Subject, end: Timestamp)] = []
        for (subject, hold) in sorted {
            if let end = hold.until, now >= end { overdue.append((subject, end)) }
        }
        return overdue
    }

    /// After a start nothing is known to be done: every hold is to be ordered again.
    mutating func restart(at now: Timestamp) -> [(subject: Subject, hold: ListHold)] {
        for subject in rows.keys {
            rows[subject]?.ordered = now
            rows[subject]?.isVerified = false
            rows[subject]?.done = nil
            // What came while nobody looked is not known.
            if rows[subject]?.draining != nil { rows[subject]?.caught = now }
        }
        return sorted.filter { $0.hold.isReal }
    }
}
