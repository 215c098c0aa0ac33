// SPDX-License-Identifier: Apache-2.0
//
// Messages that the mail server puts on hold by itself, counted as its log says so. They are ours only
// once a look through the queue has found them, with the next sweep; until then no report counts them, while
// a list manager hands over hundreds. The mistake to avoid: counting one twice. So each look says when
// it began: what was held until then is in its figures, and is forgotten here.

public import EventTime
public import StormDetection

/// What a look through the queue found of a list whose mail the mail server holds by itself.
public struct HoldLook: Sendable, Equatable {
    /// Whose mail.
    public var subject: Subject
    /// When the look began.
    public var began: Timestamp
    /// Messages on hold that are known for the list's since this look.
    public var held: Int64
    /// Those of them that came after it had begun.
    public var later: Int64

    /// A look.
    public init(_ subject: Subject, began: Timestamp, held: Int64, later: Int64) {
        self.subject = subject
        self.began = began
        self.held = held
        self.later = later
    }
}

/// What the mail server has held since it was looked last.
struct ServerHolds: Sendable, Equatable {
    /// Most stretches of time of one list that are told apart.
    ///
    /// Chosen: 16 bytes each; when there are more, all become twice as long.
    static let mostSlots = 4096
    /// How long such a stretch is at first: 1 ms.
    ///
    /// Chosen: a look through a queue takes longer.
    static let slot = TimeSpan(microseconds: 1000)

    private struct Slot: Equatable {
        var time: Timestamp
        var count: Int64
    }

    private struct Row: Equatable {
        /// When the last look began; nil since the start: how far the saved figures go is not known.
        var looked: Timestamp?
        var slots: [Slot] = []
        var width = ServerHolds.slot
        var count: Int64 = 0

        /// Adds what was held from `time` on.
        mutating func add(_ slot: Slot) {
            if let last = slots.last, slot.time - last.time < width {
                slots[slots.count - 1].count += slot.count
            } else {
                slots.append(slot)
            }
        }
    }

    private var rows: [Subject: Row] = [:]

    /// Messages of all lists.
    var count: Int64 { rows.values.reduce(0) { $0 + ($1.looked == nil ? 0 : $1.count) } }

    /// Messages of `subject`.
    func count(of subject: Subject) -> Int64 {
        rows[subject].map { $0.looked == nil ? 0 : $0.count } ?? 0
    }

    /// Notes that the log, at `time`, said that a message of `subject` is held.
    mutating func note(_ subject: Subject, at time: Timestamp) {
        var row = rows.removeValue(forKey: subject) ?? Row()
        defer { rows[subject] = row }
        if let looked = row.looked, time <= looked { return }
        row.count += 1
        row.add(Slot(time: time, count: 1))
        while row.slots.count > Self.mostSlots {
            row.width = TimeSpan(microseconds: row.width.microseconds * 2)
            let slots = row.slots
            row.slots.removeAll(keepingCapacity: true)
            for slot in slots { row.add(slot) }
        }
    }

    /// Notes a look: what it found is in the figures of its report.
    mutating func note(_ look: HoldLook) {
        var row = rows[look.subject] ?? Row()
        row.looked = max(row.looked ?? look.began, look.began)
        row.slots.removeAll { $0.time <= look.began }
        var later = look.later
        row.slots = row.slots.compactMap { slot in
            let found = min(later, slot.count)
            later -= found
            return found == slot.count
                ? nil : Slot(time: slot.time, count: slot.count - found)
        }
        row.count = row.slots.reduce(0) { $0 + $1.count }
        if row.slots.isEmpty { row.width = Self.slot }
        rows[look.subject] = row
    }

    /// Forgets every list that is not in `kept`.
    mutating func keep(_ kept: Set<Subject>) { rows = rows.filter { kept.contains($0.key) } }
}
