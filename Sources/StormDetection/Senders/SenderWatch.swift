// SPDX-License-Identifier: Apache-2.0
//
// All senders that are no list: finds the state of one by its slot, and keeps what people said of
// it. Bounded by the table of ListTraffic, which tells of every sender that leaves it. The mistake
// to avoid: the address of a sender for each of his recipients; it is asked for once.

internal import Archive
import EventTime
import ListTraffic
internal import Words

/// Judges the mail of every sender that is no list.
struct SenderWatch: Sendable {
    /// Mail of one sender that went to the outside.
    struct Outward: Sendable {
        var messages: Int64
        var copies: Int64
        var refused: Int64
        var time: Timestamp
    }

    /// Slots that can be bound; the table of senders is smaller.
    static let slotCap = 1 << 21
    /// Senders with planned mailings; chosen.
    static let mostPlanned = 256

    private var states = ContiguousArray<SenderState>()
    /// Place in `states` by address.
    private var places: [String: Int] = [:]
    /// Place in `states` by slot; -1: not bound.
    private var bound = ContiguousArray<Int32>()
    /// Places that no sender holds.
    private var free: [Int] = []
    /// Planned mailings by address: they outlive a sender that is forgotten.
    private var plans: [String: [PlannedCopies]] = [:]
    private var exempt: [[UInt8]] = []

    /// Takes mail of the sender in slot `id`; `address` may be nil once it is bound.
    mutating func note(
        _ outward: Outward,
        of id: SenderID,
        address: String?,
        _ settings: DetectionSettings
    ) -> Verdict? {
        guard let place = boundPlace(id) ?? address.flatMap({ bind(id, $0) }) else { return nil }
        var unplanned = max(0, outward.copies)
        if !plans.isEmpty {
            unplanned =
                plans[states[place].address]?.take(unplanned, at: outward.time) ?? unplanned
        }
        let finding = states[place].note(outward, unplanned: unplanned, settings)
        guard let finding else { return nil }
        return states[place].conclude(finding, settings)
    }

    // MARK: Slots

    func isBound(_ id: SenderID) -> Bool { boundPlace(id) != nil }

    private func boundPlace(_ id: SenderID) -> Int? {
        let index = Int(id.index)
        guard index >= 0, index < bound.count, bound[index] >= 0 else { return nil }
        return Int(bound[index])
    }

    private mutating func bind(_ id: SenderID, _ address: String) -> Int? {
        let index = Int(id.index)
        guard index >= 0, index < Self.slotCap else { return nil }
        let place: Int
        if let known = places[address] {
            // Long addresses that were cut may be the same: the latest slot has the state.
            if states[known].slot >= 0 { bound[Int(states[known].slot)] = -1 }
            place = known
        } else {
            var state = SenderState(address: address)
            state.isExempt = isExempt(address)
            if let vacant = free.popLast() {
                place = vacant
                states[place] = state
            } else {
                place = states.count
                states.append(state)
            }
            places[address] = place
        }
        states[place].slot = id.index
        setBound(index, place)
        return place
    }

    private mutating func setBound(_ index: Int, _ place: Int) {
        while bound.count <= index { bound.append(-1) }
        bound[index] = Int32(place)
    }

    /// The sender in slot `id` is forgotten.
    mutating func forget(_ id: SenderID) {
        guard let place = boundPlace(id) else { return }
        bound[Int(id.index)] = -1
        places[states[place].address] = nil
        states[place] = SenderState(address: "")
        free.append(place)
    }

    // MARK: Commands

    /// Uses `settings` from now on.
    mutating func update(_ settings: DetectionSettings) {
        exempt = settings.senderExempt.map { Array($0.lowercased().utf8) }
        for place in places.values { states[place].isExempt = isExempt(states[place].address) }
    }

    private func isExempt(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        return exempt.contains { Glob.matches($0, bytes) }
    }

    /// Expects a mailing of the sender at `address`.
    mutating func expect(_ plan: PlannedMailing, of address: String) {
        let address = address.lowercased()
        if plans[address] == nil, plans.count >= Self.mostPlanned {
            let first = plans.min { left, right in
                let ends = [left, right].map { $0.value.map(\.plan.until).max() ?? .distantPast }
                return (ends[0], left.key) < (ends[1], right.key)
            }
            if let first { plans[first.key] = nil }
        }
        plans[address, default: []].expect(plan)
    }

    /// Addresses of which mailings are planned; lists', too, where a person planned them.
    var planned: Dictionary<String, [PlannedCopies]>.Keys { plans.keys }

    /// What is planned of the sender at `address`.
    func plans(of address: String) -> [PlannedCopies] { plans[address] ?? [] }

    /// After a person's reset: the last hour is forgotten.
    mutating func reset(_ address: String) {
        if let place = places[address] { states[place].forgetRecent() }
    }

    /// A trip of the sender was not carried out, for want of certainty.
    mutating func pass(_ address: String) {
        if let place = places[address] { states[place].pass() }
    }

    /// The figures of the sender at `address`; nil when he is not kept.
    func figures(
        of address: String,
        at time: Timestamp,
        _ settings: DetectionSettings
    ) -> ListFigures? {
        places[address].map { states[$0].figures(at: time, settings) }
    }
}

extension SenderWatch {
    /// Senders that one part of the archive holds; chosen, 1 KiB: a part is
    /// written whole.
    private static let together = 8

    /// What somebody planned for one address.
    private struct Planned: Archived {
        var address = ""
        var plans: [PlannedCopies] = []

        mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
            try stream.text(&address)
            try stream.list(&plans, most: PlannedCopies.cap)
        }
    }

    /// Writes or reads everything but the settings, into or from what is still empty.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        var planned = plans.sorted { $0.key < $1.key }.map { Planned(address: $0, plans: $1) }
        var count = states.count
        try parts.part(DetectorPart.senderTable) { (stream) throws(ArchiveDamage) in
            try stream.list(&planned, most: Self.mostPlanned)
            try stream.number(&count, from: 0)
            try stream.check(count <= Self.slotCap, "\(count) senders are too many")
            try stream.numbers(&free, most: count)
        }
        plans = Dictionary(planned.map { ($0.address, $0.plans) }) { first, _ in first }
        let vacant = Set(free)
        try parts.blocks(DetectorPart.senders, count: count, together: Self.together) {
            (place, stream) throws(ArchiveDamage) in
            var state = stream.isReading ? SenderState(address: "") : states[place]
            if !vacant.contains(place) { try stream.value(&state) }
            if stream.isReading { try restore(state, isVacant: vacant.contains(place)) }
        }
    }

    /// Puts a state at the next place.
    private mutating func restore(_ state: SenderState, isVacant: Bool) throws(ArchiveDamage) {
        let place = states.count
        states.append(state)
        guard !isVacant else { return }
        guard places.updateValue(place, forKey: state.address) == nil else {
            throw ArchiveDamage("a sender is there twice")
        }
        guard state.slot >= 0 else { return }
        guard boundPlace(SenderID(index: state.slot)) == nil else {
            throw ArchiveDamage("two senders share a slot")
        }
        setBound(Int(state.slot), place)
    }
}
