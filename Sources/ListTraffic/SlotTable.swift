// SPDX-License-Identifier: Apache-2.0
//
// A bounded table with stable slots: what every memory of ListTraffic is built on. Records are
// found by a 64-bit hash and keep their slot number while they live. Each stands in a lane with a
// limit of its own, so that a flood of strangers fills only the strangers' lane. Nothing may
// depend on the order of the index: a saved table must go on exactly like the one it was.

/// What a ``SlotTable`` can hold: anything with a blank value.
protocol Blank: Sendable {
    /// The value of a free slot.
    init()
}

/// Which queue of eviction a record stands in.
enum Lane: Int {
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
        var lane: Int8 = -1
        var value = Value()
    }

    /// Both ends of one lane.
    struct Queue: Sendable {
        var newest: Int32 = -1
        var oldest: Int32 = -1
        var count = 0
        var limit = 0
    }

    /// What an insertion pushed out.
    struct Evicted {
        var slot: Int32
        var key: UInt64
        var value: Value
    }

    private(set) var slots: [Slot] = []
    private(set) var free: [Int32] = []
    private var index: [UInt64: Int32] = [:]
    private(set) var queues: (Queue, Queue, Queue)

    /// An empty table for at most `passing` + `kept` records, and fixed ones beside them.
    init(passing: Int, kept: Int) {
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
    func count(in lane: Lane) -> Int {
        switch lane {
        case .passing: queues.0.count
        case .kept: queues.1.count
        case .fixed: queues.2.count
        }
    }

    /// The slot of `key`, not touched by asking.
    @inline(__always)
    func find(_ key: UInt64) -> Int32? { index[key] }

    /// Whether `slot` holds a record.
    func isTaken(_ slot: Int32) -> Bool {
        slot >= 0 && Int(slot) < slots.count && slots[Int(slot)].lane >= 0
    }

    /// The key of the record in `slot`.
    func key(_ slot: Int32) -> UInt64 { slots[Int(slot)].key }

    /// The lane of the record in `slot`.
    func lane(_ slot: Int32) -> Lane { Lane(rawValue: Int(slots[Int(slot)].lane)) ?? .passing }

    /// The record in `slot`.
    subscript(slot: Int32) -> Value {
        @inline(__always) _read { yield slots[Int(slot)].value }
        @inline(__always) _modify { yield &slots[Int(slot)].value }
    }

    /// Puts a blank record under `key`, which must be absent, and names whom it pushed out.
    mutating func insert(_ key: UInt64, lane: Lane = .passing) -> (slot: Int32, out: Evicted?) {
        let out = makeRoom(in: lane)
        let slot: Int32
        if let last = free.popLast() {
            slot = last
        } else {
            slot = Int32(clamping: slots.count)
            slots.append(Slot())
        }
        slots[Int(slot)].key = key
        slots[Int(slot)].lane = Int8(lane.rawValue)
        index[key] = slot
        link(slot)
        return (slot, out)
    }

    /// Takes the record out of `slot` and returns it.
    @discardableResult
    mutating func remove(_ slot: Int32) -> Value {
        unlink(slot)
        index[slots[Int(slot)].key] = nil
        let value = slots[Int(slot)].value
        slots[Int(slot)] = Slot()
        free.append(slot)
        return value
    }

    /// Marks `slot` as the most recently used of its lane.
    @inline(__always)
    mutating func touch(_ slot: Int32) {
        guard slots[Int(slot)].newer >= 0 else { return }
        unlink(slot)
        link(slot)
    }

    /// Moves the record in `slot` to `lane`, and names whom it pushed out there.
    mutating func move(_ slot: Int32, to lane: Lane) -> Evicted? {
        guard slots[Int(slot)].lane != Int8(lane.rawValue) else { return nil }
        let out = makeRoom(in: lane)
        unlink(slot)
        slots[Int(slot)].lane = Int8(lane.rawValue)
        link(slot)
        return out
    }

    /// The slots of `lane`, least recently touched first.
    func slots(in lane: Lane) -> [Int32] {
        var found: [Int32] = []
        var next = queue(lane.rawValue).oldest
        while next >= 0, found.count <= slots.count {
            found.append(next)
            next = slots[Int(next)].newer
        }
        return found
    }

    /// At most `limit` slots of `lane`, most recently touched first.
    func newest(in lane: Lane, limit: Int) -> [Int32] {
        var found: [Int32] = []
        var next = queue(lane.rawValue).newest
        while next >= 0, found.count < limit {
            found.append(next)
            next = slots[Int(next)].older
        }
        return found
    }

    /// Makes `total` free slots of an empty table, of which those in `free` stay free.
    mutating func reserve(_ total: Int, free: [Int32]) throws(SnapshotDamage) {
        guard slots.isEmpty, total <= Int(Int32.max), Set(free).count == free.count,
            free.allSatisfy({ $0 >= 0 && Int($0) < total })
        else { throw SnapshotDamage() }
        slots = Array(repeating: Slot(), count: total)
        self.free = free
    }

    /// Puts a saved record into its slot, as the most recently touched of its lane.
    mutating func restore(
        _ slot: Int32,
        key: UInt64,
        lane: Lane,
        value: Value
    ) throws(SnapshotDamage) {
        guard slot >= 0, Int(slot) < slots.count, slots[Int(slot)].lane < 0, index[key] == nil
        else { throw SnapshotDamage() }
        slots[Int(slot)].key = key
        slots[Int(slot)].lane = Int8(lane.rawValue)
        slots[Int(slot)].value = value
        index[key] = slot
        link(slot)
    }

    private mutating func makeRoom(in lane: Lane) -> Evicted? {
        let queue = queue(lane.rawValue)
        guard queue.count >= queue.limit, queue.oldest >= 0 else { return nil }
        let key = slots[Int(queue.oldest)].key
        return Evicted(slot: queue.oldest, key: key, value: remove(queue.oldest))
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
