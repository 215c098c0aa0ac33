// SPDX-License-Identifier: Apache-2.0
//
// Which slots of a table are taken, by which key, in which lane, and who was touched last. Each slot
// keeps the number of its last touch beside its neighbours in the lane: the neighbours evict in O(1),
// and from the numbers the order is found again when a table is read. The mistake to avoid: saving the
// order as one run; whoever is touched would change all of it.

internal import Archive

/// Which queue of eviction a record stands in.
enum Lane: Int, CaseIterable {
    /// Anybody's: evicted by others of the same lane only.
    case passing = 0
    /// Has shown to be of use.
    case kept = 1
    /// Never evicted.
    case fixed = 2
}

/// The slots of a table, in three lanes.
struct SlotOrder: Sendable {
    /// One place for a record; `lane` is negative while it is free.
    struct Slot: Sendable {
        var key: UInt64 = 0
        /// The number of its last touch; later ones are higher.
        var touched: UInt64 = 0
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

    private(set) var slots = ContiguousArray<Slot>()
    private var queues = (Queue(), Queue(), Queue(limit: .max))
    /// Touches up to now.
    private var touches: UInt64 = 0

    /// Changes the limits; what is above them leaves with the next insertions.
    mutating func setLimits(passing: Int, kept: Int) {
        queues.0.limit = passing
        queues.1.limit = kept
    }

    /// Number of slots in `lane`.
    func count(in lane: Lane) -> Int { queue(lane.rawValue).count }

    /// The slot that has to leave before another enters `lane`; nil while there is room.
    func excess(in lane: Lane) -> Int32? {
        let queue = queue(lane.rawValue)
        return queue.count >= queue.limit && queue.oldest >= 0 ? queue.oldest : nil
    }

    // MARK: Changing

    /// Adds a free slot.
    mutating func grow() { slots.append(Slot()) }

    /// Gives a free slot to a record.
    mutating func enter(_ slot: Int32, _ key: UInt64, _ lane: Lane) {
        slots[Int(slot)].key = key
        slots[Int(slot)].lane = Int8(lane.rawValue)
        slots[Int(slot)].tenant &+= 1
        link(slot)
    }

    /// Frees a slot.
    mutating func leave(_ slot: Int32) {
        unlink(slot)
        slots[Int(slot)] = Slot(tenant: slots[Int(slot)].tenant)
    }

    /// Makes a slot the most recently touched of its lane.
    @inline(__always)
    mutating func touch(_ slot: Int32) {
        unlink(slot)
        link(slot)
    }

    /// Puts a slot at the recent end of `lane`.
    mutating func move(_ slot: Int32, to lane: Lane) {
        unlink(slot)
        slots[Int(slot)].lane = Int8(lane.rawValue)
        link(slot)
    }

    // MARK: Asking

    /// The slots of `lane`, least recently touched first.
    func members(of lane: Lane) -> [Int32] {
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

    // MARK: Lanes

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
        touches &+= 1
        slots[Int(slot)].touched = touches
        append(slot)
    }

    private mutating func append(_ slot: Int32) {
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

extension SlotOrder {
    /// Writes or reads how many touches there were.
    mutating func archiveTouches(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.unsigned(&touches)
    }

    /// Writes or reads one slot; gives its key, nil when it is free.
    ///
    /// What is read stands in no lane until ``arrange(free:)``.
    mutating func archive(
        _ place: Int,
        _ stream: inout ArchiveStream
    ) throws(ArchiveDamage) -> UInt64? {
        var slot = slots[place]
        try stream.number(&slot.tenant)
        var lane = slot.lane + 1
        try stream.number(&lane, from: 0)
        try stream.check(lane <= Lane.allCases.count, "there is no lane \(lane)")
        slot.lane = lane - 1
        if slot.lane >= 0 {
            try stream.hash(&slot.key)
            try stream.unsigned(&slot.touched)
            try stream.check(slot.touched <= touches, "touch \(slot.touched) is still to come")
        }
        if stream.isReading { slots[place] = slot }
        return slot.lane >= 0 ? slot.key : nil
    }

    /// Puts what was read into its lanes, in the order of the touches.
    mutating func arrange(free: [Int32]) throws(ArchiveDamage) {
        let vacant = slots.indices.filter { slots[$0].lane < 0 }
        guard free.sorted().elementsEqual(vacant.map { Int32(clamping: $0) }) else {
            throw ArchiveDamage("not every slot is either free or taken")
        }
        let taken = slots.indices.filter { slots[$0].lane >= 0 }
            .sorted { slots[$0].touched < slots[$1].touched }
        for (earlier, later) in zip(taken, taken.dropFirst())
        where slots[earlier].touched == slots[later].touched {
            throw ArchiveDamage("two slots were touched at once")
        }
        for slot in taken { append(Int32(clamping: slot)) }
    }
}
