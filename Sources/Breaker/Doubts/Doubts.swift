// SPDX-License-Identifier: Apache-2.0
//
// What waits for a person or was answered by one: doubtful verdicts, hold-offs, and what was read
// too late to act on. The mistake to avoid: a wait that nothing ends; each has its end.

import EventTime
public import StormDetection

/// Doubtful verdicts, hold-offs and late verdicts, by what they are about.
public struct Doubts: Sendable, Equatable {
    /// Most doubts at a time: more lists in doubt at once are no doubtful case, and halt at once.
    static let most = 100
    /// Most lists that are let pass at a time.
    static let mostHoldOffs = 1000
    /// Most lists with late verdicts that are remembered, each for a day.
    static let mostLate = 1000

    /// Doubtful verdicts that wait for an answer.
    public private(set) var waiting: [Subject: Doubt] = [:]
    /// What a person lets pass.
    public private(set) var holdOffs: [Subject: HoldOff] = [:]
    private var late: [Subject: Timestamp] = [:]
    /// Whether somebody was there at the last tick; nil before the first.
    private var wasAttended: Bool?

    init() {}

    /// Whether a verdict about `subject` may have been passed over for want of certainty.
    func mayPass(_ subject: Subject) -> Bool {
        waiting[subject] != nil || holdOffs[subject] != nil
    }

    /// Whether there is room for a doubt about `subject`.
    func hasRoom(for subject: Subject) -> Bool {
        waiting[subject] != nil || waiting.count < Self.most
    }

    /// Whether a person lets doubtful verdicts about `subject` pass at `now`.
    func isHeldOff(_ subject: Subject, at now: Timestamp) -> Bool {
        holdOffs[subject].map { now < $0.until } ?? false
    }

    /// Takes a doubt up; false where one about the same waits already, which counts it then.
    mutating func begin(_ doubt: Doubt) -> Bool {
        let subject = doubt.verdict.subject
        guard waiting[subject] == nil else {
            waiting[subject]?.repeats += 1
            return false
        }
        waiting[subject] = doubt
        return true
    }

    /// Ends the doubt about `subject`.
    mutating func end(_ subject: Subject) -> Doubt? { waiting.removeValue(forKey: subject) }

    /// Doubts whose grace is over at `now`, or all when nobody is there any more, by name.
    func due(at now: Timestamp, isAttended: Bool) -> [(subject: Subject, doubt: Doubt)] {
        guard !waiting.isEmpty else { return [] }
        return waiting.filter { now >= $0.value.ends || !isAttended }
            .map { ($0.key, $0.value) }.sorted { $0.0.name < $1.0.name }
    }

    /// Notes a person's word; false when there are too many.
    mutating func holdOff(_ subject: Subject, _ word: HoldOff) -> Bool {
        guard holdOffs[subject] != nil || holdOffs.count < Self.mostHoldOffs else { return false }
        holdOffs[subject] = word
        return true
    }

    /// Ends the hold-off of `subject`; false when there was none.
    @discardableResult
    mutating func endHoldOff(_ subject: Subject) -> Bool {
        holdOffs.removeValue(forKey: subject) != nil
    }

    /// Ends the hold-offs whose time is over at `now`, and returns what they were of, by name.
    mutating func endHoldOffs(at now: Timestamp) -> [Subject] {
        guard !holdOffs.isEmpty else { return [] }
        let over = holdOffs.filter { now >= $0.value.until }.keys.sorted { $0.name < $1.name }
        for subject in over { holdOffs[subject] = nil }
        return over
    }

    /// What is to be told of a late verdict.
    enum Late {
        /// The list had none within a day: it is told.
        case new
        /// It was told within a day.
        case known
        /// There are too many to tell of each.
        case tooMany
    }

    /// Notes a verdict about `subject` that was read too late.
    mutating func noteLate(_ subject: Subject, at now: Timestamp) -> Late {
        if let last = late[subject], now - last < .days(1) { return .known }
        if late.count >= Self.mostLate {
            late = late.filter { now - $0.value < .days(1) }
            guard late.count < Self.mostLate else { return .tooMany }
        }
        late[subject] = now
        return .new
    }

    /// Notes whether somebody is there; returns whether that changed, and whether people came.
    mutating func note(isAttended: Bool) -> (isNew: Bool, peopleCome: Bool) {
        defer { wasAttended = isAttended }
        return (isAttended != wasAttended, isAttended && wasAttended == false)
    }
}

extension Doubts: Codable {
    private enum CodingKeys: String, CodingKey {
        case waiting = "doubts"
        case holdOffs, wasAttended
        case late = "lateLists"
    }
}
