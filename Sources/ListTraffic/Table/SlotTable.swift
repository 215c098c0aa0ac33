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

/// Which queue of eviction a record stands in.
enum Lane: Int, CaseIterable {
    /// Anybody's: evicted by others of the same lane only.
    case passing = 0
    /// Has shown to be of use.
    case kept = 1
    /// Never evicted.
    case fixed = 2
}

/// Records by 64-bit key, evicted least recently touched first, by lane.
///
/// All operations are O(1). Grows on demand up to the limits of its lanes.
struct SlotTable<Value: Blank>: Sendable {
    /// One place for a record; `lane` is negative while it is free.
    struct Slot: Sendable {
        var key: UInt64 = 0
        /// Next more recently touched; -1 at the end.
        var newer: Int32 = -1
        /// Next less recently touched; -1 at the end.
        var older: Int32 = -1
        /// How many records have stood here; after four thousand million it begins anew.
        var tenant: UInt32 = 0
        var lane: Int8 = -1
    }

    /// Both ends of one lane.
    private struct Queue: Sendable {
        var newest: Int32 = -1
        var oldest: Int32 = -1
        var count = 0
        var limit = 0
    }

    /// A record that left, under the handle that named it.
    struct Departed {
        var handle: Handle<Value>
        var key: UInt64
        var value: Value
    }

    /// Records that stand together, a power of two.
    static var together: Int { 32 }

    private var slots = ContiguousArray<Slot>()
    /// A blank one where the slot is free.
    private var values = ContiguousArray<ContiguousArray<Value>>()
    private(set) var free: [Int32] = []
    private var index: [UInt64: Int32] = [:]
    private var queues: (Queue, Queue, Queue)

    /// An empty table for at most `passing` + `kept` records, and fixed ones beside them.
    init(passing: Int = 1, kept: Int = 1) {
        queues = (Queue(), Queue(), Queue(limit: .max))
        setLimits(passing: passing, kept: kept)
    }

    /// Changes the limits; what is above them leaves with the next insertions.
    mutating func setLimits(passing: Int, kept: Int) {
        queues.0.limit = max(passing, 1)
        queues.1.limit = max(kept, 1)
    }

    /// Number of records.
    var count: Int { index.count }

    /// Number of records in `lane`.
    func count(in lane: Lane) -> Int { queue(lane.rawValue).count }

    /// The record under `key`, not touched by asking.
    @inline(__always)
    func find(_ key: UInt64) -> Handle<Value>? { index[key].map(handle) }

    /// The record that stands in `slot` now; nil while it is free.
    func tenant(of slot: Int32) -> Handle<Value>? {
        slot >= 0 && Int(slot) < slots.count && slots[Int(slot)].lane >= 0 ? handle(slot) : nil
    }

    @inline(__always)
    private func handle(_ slot: Int32) -> Handle<Value> {
        Handle(slot: slot, tenant: slots[Int(slot)].tenant)
    }

    /// Whether the record is still there.
    @inline(__always)
    func holds(_ handle: Handle<Value>) -> Bool {
        guard handle.slot >= 0, Int(handle.slot) < slots.count else { return false }
        let slot = slots[Int(handle.slot)]
        return slot.tenant == handle.tenant && slot.lane >= 0
    }

    /// The key of a record; nil when it has left.
    @inline(__always)
    func key(_ handle: Handle<Value>) -> UInt64? {
        holds(handle) ? slots[Int(handle.slot)].key : nil
    }

    /// The lane of a record; nil when it has left.
    func lane(_ handle: Handle<Value>) -> Lane? {
        holds(handle) ? Lane(rawValue: Int(slots[Int(handle.slot)].lane)) : nil
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
            slot = Int32(clamping: slots.count)
            grow()
        }
        put(Value(), in: slot, key, lane)
        slots[Int(slot)].tenant &+= 1
        link(slot)
        return (handle(slot), out)
    }

    private mutating func put(_ value: Value, in slot: Int32, _ key: UInt64, _ lane: Lane) {
        slots[Int(slot)].key = key
        slots[Int(slot)].lane = Int8(lane.rawValue)
        values[Int(slot) / Self.together][Int(slot) % Self.together] = value
        index[key] = slot
    }

    /// Takes a record out and returns it; nil when it has left before.
    @discardableResult
    mutating func remove(_ handle: Handle<Value>) -> Value? {
        guard let value = self[handle] else { return nil }
        let slot = Int(handle.slot)
        unlink(handle.slot)
        index[slots[slot].key] = nil
        values[slot / Self.together][slot % Self.together] = Value()
        slots[slot] = Slot(tenant: handle.tenant)
        free.append(handle.slot)
        return value
    }

    /// Marks a record as the most recently used of its lane.
    @inline(__always)
    mutating func touch(_ handle: Handle<Value>) {
        guard holds(handle), slots[Int(handle.slot)].newer >= 0 else { return }
        unlink(handle.slot)
        link(handle.slot)
    }

    /// Moves a record to `lane`, and names whom it pushed out there.
    mutating func move(_ handle: Handle<Value>, to lane: Lane) -> Departed? {
        guard holds(handle), slots[Int(handle.slot)].lane != Int8(lane.rawValue) else { return nil }
        let out = makeRoom(in: lane)
        unlink(handle.slot)
        slots[Int(handle.slot)].lane = Int8(lane.rawValue)
        link(handle.slot)
        return out
    }

    /// The records of `lane`, least recently touched first.
    func members(of lane: Lane) -> [Handle<Value>] {
        var found: [Handle<Value>] = []
        var next = queue(lane.rawValue).oldest
        while next >= 0, found.count <= slots.count {
            found.append(handle(next))
            next = slots[Int(next)].newer
        }
        return found
    }

    /// At most `limit` records of `lane`, most recently touched first.
    func newest(in lane: Lane, limit: Int) -> [Handle<Value>] {
        var found: [Handle<Value>] = []
        var next = queue(lane.rawValue).newest
        while next >= 0, found.count < limit {
            found.append(handle(next))
            next = slots[Int(next)].older
        }
        return found
    }

    // MARK: Slots and lanes

    /// Adds a free slot that stands in no list of free ones.
    private mutating func grow() {
        if slots.count % Self.together == 0 {
            values.append([])
            values[values.count - 1].reserveCapacity(Self.together)
        }
        values[values.count - 1].append(Value())
        slots.append(Slot())
    }

    private mutating func makeRoom(in lane: Lane) -> Departed? {
        let queue = queue(lane.rawValue)
        guard queue.count >= queue.limit, queue.oldest >= 0 else { return nil }
        let oldest = handle(queue.oldest)
        let key = slots[Int(oldest.slot)].key
        return remove(oldest).map { Departed(handle: oldest, key: key, value: $0) }
    }

    private func queue(_ lane: Int) -> Queue {
        lane == 0 ? queues.0 : lane == 1 ? queues.1 : queues.2
    }

    private mutating func setQueue(_ lane: Int, _ queue: Queue) {
        if lane == 0 {
            queues.0 = queue
        } else if lane == 1 {
            queues.1 = queue
        } else {
            queues.2 = queue
        }
    }

    private mutating func link(_ slot: Int32) {
        let lane = Int(slots[Int(slot)].lane)
        var queue = queue(lane)
        slots[Int(slot)].older = queue.newest
        slots[Int(slot)].newer = -1
        if queue.newest >= 0 { slots[Int(queue.newest)].newer = slot } else { queue.oldest = slot }
        queue.newest = slot
        queue.count += 1
        setQueue(lane, queue)
    }

    private mutating func unlink(_ slot: Int32) {
        let lane = Int(slots[Int(slot)].lane)
        var queue = queue(lane)
        let (newer, older) = (slots[Int(slot)].newer, slots[Int(slot)].older)
        if newer >= 0 { slots[Int(newer)].older = older } else { queue.newest = older }
        if older >= 0 { slots[Int(older)].newer = newer } else { queue.oldest = newer }
        queue.count -= 1
        setQueue(lane, queue)
    }
}

extension SlotTable {
    /// How many records have stood in each slot, free ones too.
    var tenants: [UInt32] { slots.map(\.tenant) }

    /// A table of blank records as one was saved: `members` by lane, least recently touched first.
    init(
        tenants: [UInt32],
        free: [Int32],
        members: [[Int32]]
    ) throws(ArchiveDamage) {
        self.init(passing: .max, kept: .max)
        guard tenants.count <= Int(Int32.max),
            free.count + members.reduce(0, { $0 + $1.count }) == tenants.count
        else { throw ArchiveDamage("not every slot is either free or taken") }
        var isSeen = Array(repeating: false, count: tenants.count)
        for slot in [[free], members].joined().joined() {
            guard slot >= 0, Int(slot) < tenants.count, !isSeen[Int(slot)] else {
                throw ArchiveDamage("slot \(slot) is there twice, or not at all")
            }
            isSeen[Int(slot)] = true
        }
        for tenant in tenants {
            grow()
            slots[slots.count - 1].tenant = tenant
        }
        self.free = free
        for (lane, members) in members.enumerated() {
            for slot in members {
                slots[Int(slot)].lane = Int8(lane)
                link(slot)
            }
        }
    }

    /// Fills in what a record was that ``init(tenants:free:members:)`` left blank.
    mutating func restore(
        _ handle: Handle<Value>,
        _ key: UInt64,
        _ value: Value
    ) throws(ArchiveDamage) {
        guard holds(handle), index.updateValue(handle.slot, forKey: key) == nil else {
            throw ArchiveDamage("a key is there twice")
        }
        slots[Int(handle.slot)].key = key
        self[handle] = value
    }
}
