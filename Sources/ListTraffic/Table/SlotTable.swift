// SPDX-License-Identifier: Apache-2.0
//
// A bounded table with stable slots: what every memory of ListTraffic is built on. Records are
// found by a 64-bit hash and named by a handle while they live. Each stands in a lane with a limit
// of its own, so that a flood of strangers fills only the strangers' lane. Nothing may depend on
// the order of the index: a saved table must go on exactly like the one it was. Records stand 32
// together, so that one that changes while a copy of the table is being saved takes only its
// neighbours with it.

internal import Archive

/// What a ``SlotTable`` can hold: anything with a blank value.
protocol Blank: Sendable {
    /// The value to begin with.
    init()
}

/// Records by 64-bit key, evicted least recently touched first, by lane.
///
/// All operations are O(1). Grows on demand up to the limits of its lanes.
struct SlotTable<Value: Blank>: Sendable {
    /// A record that left, under the handle that named it.
    struct Departed {
        var handle: Handle<Value>
        var key: UInt64
        var value: Value
    }

    /// Records that stand together, a power of two.
    private static var together: Int { 32 }
    /// Records that one part of the archive holds, about 1 KiB; chosen, a part is written whole.
    private static var saved: Int { 8 }

    private var order = SlotOrder()
    /// A blank one where the slot is free.
    private var values = ContiguousArray<ContiguousArray<Value>>()
    private(set) var free: [Int32] = []
    private var index: [UInt64: Int32] = [:]
    /// The slot that was filled last of those whose keys end alike; checked when it is asked.
    ///
    /// Nine in ten look-ups are for what came lately, and spare the 190 instructions that ``index``
    /// takes, measured.
    private var hints = ContiguousArray<Int32>()
    /// A power of two; chosen, 4 KiB a table.
    private static var hintCount: Int { 1024 }

    /// An empty table for at most `passing` + `kept` records, and fixed ones beside them.
    init(passing: Int = 1, kept: Int = 1) {
        setLimits(passing: passing, kept: kept)
    }

    /// Changes the limits; what is above them leaves with the next insertions.
    mutating func setLimits(passing: Int, kept: Int) {
        order.setLimits(passing: max(passing, 1), kept: max(kept, 1))
    }

    /// Number of records.
    var count: Int { index.count }

    /// Number of records in `lane`.
    func count(in lane: Lane) -> Int { order.count(in: lane) }

    /// The record under `key`, not touched by asking.
    @inline(__always)
    func find(_ key: UInt64) -> Handle<Value>? {
        if !hints.isEmpty {
            let slot = hints[Self.hint(key)]
            if slot >= 0, order.slots[Int(slot)].key == key, order.slots[Int(slot)].lane >= 0 {
                return handle(slot)
            }
        }
        return index[key].map(handle)
    }

    @inline(__always)
    private static func hint(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: key) & (hintCount - 1)
    }

    /// Slots, free ones among them: what a walk over all records goes by.
    var places: Int { order.slots.count }

    /// The record that stands in `slot` now; nil while it is free.
    func tenant(of slot: Int32) -> Handle<Value>? {
        slot >= 0 && Int(slot) < order.slots.count && order.slots[Int(slot)].lane >= 0
            ? handle(slot) : nil
    }

    @inline(__always)
    private func handle(_ slot: Int32) -> Handle<Value> {
        Handle(slot: slot, tenant: order.slots[Int(slot)].tenant)
    }

    /// Whether the record is still there.
    @inline(__always)
    func holds(_ handle: Handle<Value>) -> Bool {
        guard handle.slot >= 0, Int(handle.slot) < order.slots.count else {
            return false
        }
        let slot = order.slots[Int(handle.slot)]
        return slot.tenant == handle.tenant && slot.lane >= 0
    }

    /// The key of a record; nil when it has left.
    @inline(__always)
    func key(_ handle: Handle<Value>) -> UInt64? {
        holds(handle) ? order.slots[Int(handle.slot)].key : nil
    }

    /// The lane of a record; nil when it has left.
    func lane(_ handle: Handle<Value>) -> Lane? {
        holds(handle) ? Lane(rawValue: Int(order.slots[Int(handle.slot)].lane)) : nil
    }

    /// The record, changed in place; nil when it has left, and what is then written is lost.
    subscript(handle: Handle<Value>) -> Value? {
        // A record is copied out and back. Accessors that yield its place allocated at each call
        // (measured: 13 allocations and 3,900 instructions a line). Where each delivery passes,
        // `peek` and `change` spare the copy.
        @inline(__always) get {
            holds(handle)
                ? values[Int(handle.slot) / Self.together][Int(handle.slot) % Self.together] : nil
        }
        @inline(__always) set {
            guard holds(handle) else { return }
            values[Int(handle.slot) / Self.together][Int(handle.slot) % Self.together] =
                newValue ?? Value()
        }
    }

    /// What `read` says of the record, which is not copied for it; nil when it has left.
    @inline(__always)
    func peek<Answer>(_ handle: Handle<Value>, _ read: (Value) -> Answer) -> Answer? {
        guard holds(handle) else { return nil }
        return read(values[Int(handle.slot) / Self.together][Int(handle.slot) % Self.together])
    }

    /// Changes the record where it stands; nil, and nothing done, when it has left.
    @inline(__always)
    mutating func change<Answer>(
        _ handle: Handle<Value>,
        _ change: (inout Value) -> Answer
    ) -> Answer? {
        guard holds(handle) else { return nil }
        return change(&values[Int(handle.slot) / Self.together][Int(handle.slot) % Self.together])
    }

    /// Puts a blank record under `key`, which must be absent, and names whom it pushed out.
    mutating func insert(
        _ key: UInt64,
        lane: Lane = .passing
    ) -> (handle: Handle<Value>, out: Departed?) {
        let out = makeRoom(in: lane)
        let slot: Int32
        if let last = free.popLast() {
            slot = last
        } else {
            slot = Int32(clamping: order.slots.count)
            grow()
        }
        values[Int(slot) / Self.together][Int(slot) % Self.together] = Value()
        index[key] = slot
        order.enter(slot, key, lane)
        if hints.isEmpty { hints = ContiguousArray(repeating: -1, count: Self.hintCount) }
        hints[Self.hint(key)] = slot
        return (handle(slot), out)
    }

    /// Takes a record out and returns it; nil when it has left before.
    @discardableResult
    mutating func remove(_ handle: Handle<Value>) -> Value? {
        guard let value = self[handle] else { return nil }
        let slot = Int(handle.slot)
        index[order.slots[slot].key] = nil
        order.leave(handle.slot)
        values[slot / Self.together][slot % Self.together] = Value()
        free.append(handle.slot)
        return value
    }

    /// Marks a record as the most recently used of its lane.
    @inline(__always)
    mutating func touch(_ handle: Handle<Value>) {
        guard holds(handle), order.slots[Int(handle.slot)].newer >= 0 else { return }
        order.touch(handle.slot)
    }

    /// Moves a record to `lane`, and names whom it pushed out there.
    mutating func move(_ handle: Handle<Value>, to lane: Lane) -> Departed? {
        guard let old = self.lane(handle), old != lane else { return nil }
        let out = makeRoom(in: lane)
        order.move(handle.slot, to: lane)
        return out
    }

    /// The records of `lane`, least recently touched first.
    func members(of lane: Lane) -> [Handle<Value>] { order.members(of: lane).map(handle) }

    /// At most `limit` records of `lane`, most recently touched first.
    func newest(in lane: Lane, limit: Int) -> [Handle<Value>] {
        order.newest(in: lane, limit: limit).map(handle)
    }

    /// Adds a free slot that stands in no list of free ones.
    private mutating func grow() {
        if order.slots.count % Self.together == 0 {
            values.append([])
            values[values.count - 1].reserveCapacity(Self.together)
        }
        values[values.count - 1].append(Value())
        order.grow()
    }

    private mutating func makeRoom(in lane: Lane) -> Departed? {
        guard let slot = order.excess(in: lane) else { return nil }
        let oldest = handle(slot)
        let key = order.slots[Int(slot)].key
        return remove(oldest).map { Departed(handle: oldest, key: key, value: $0) }
    }
}

extension SlotTable where Value: Archived {
    /// Slots, free ones too.
    private static var mostSlots: Int { Int(Int32.max) }

    /// Writes every record with its slot and its place in its lane, or reads them in the place of what
    /// is here; the limits the caller sets afterwards.
    ///
    /// A record says itself when it was touched, so that one that is touched changes no part but its
    /// own. `kind` and the one after it are the table's.
    mutating func archive(_ parts: inout ArchiveParts, _ kind: Int32) throws {
        var slots = order.slots.count
        var free = free
        if parts.isReading { self = SlotTable(passing: .max, kept: .max) }
        try parts.part(kind) { (stream) throws(ArchiveDamage) in
            try stream.number(&slots, from: 0)
            try stream.check(slots <= Self.mostSlots, "\(slots) slots are too many")
            try stream.numbers(&free, most: slots)
            try order.archiveTouches(&stream)
        }
        try parts.blocks(kind + 1, count: slots, together: Self.saved) {
            (place, stream) throws(ArchiveDamage) in
            if stream.isReading { grow() }
            guard let key = try order.archive(place, &stream) else { return }
            // A copy: what is written must not be changed, or its neighbours would be copied too.
            var value = values[place / Self.together][place % Self.together]
            try stream.value(&value)
            guard stream.isReading else { return }
            values[place / Self.together][place % Self.together] = value
            guard index.updateValue(Int32(place), forKey: key) == nil else {
                throw ArchiveDamage("a key is there twice")
            }
        }
        guard parts.isReading else { return }
        try order.arrange(free: free)
        self.free = free
    }
}
