// SPDX-License-Identifier: Apache-2.0
//
// The states of all lists, and which list is where. States stand thirty-two together: an array that
// doubles would hold up to twice their memory, one block for each costs 40 bytes, and small blocks leave
// holes between growing rings; but they are copied together while a snapshot is taken (with 32 its
// peak is 1.11 of before, with 64 it was 1.17). Addresses are found by a table of places alone, because
// each state has its own address. The mistake to avoid: a state that is copied out, changed and copied
// back.

internal import Archive

/// All lists, by place and by address.
struct ListShelf: Sendable {
    private static let together = 32
    /// Lists that one part of the archive holds, some 3 KiB.
    ///
    /// Chosen: a part is written whole when one of them changes; with one list a part, a snapshot of
    /// 100,000 took a fifth more memory.
    private static let saved = 4
    /// A slot that was never used, and one whose list was removed.
    private static let empty: Int32 = -1
    private static let removed: Int32 = -2

    private var states = ContiguousArray<ContiguousArray<ListState>>()
    /// Places by the hash of the address: open addressing, at most three quarters used.
    private var slots = ContiguousArray<Int32>()
    /// Slots that are not empty, and lists.
    private var used = 0
    private(set) var lists = 0
    /// Places that no list holds.
    private var vacant: [Int32] = []

    /// Places, vacant ones included.
    var count: Int {
        states.isEmpty ? 0 : (states.count - 1) * Self.together + (states.last?.count ?? 0)
    }

    /// The state at `place`; changed in place, but copied when read.
    subscript(place: Int) -> ListState {
        get { states[place / Self.together][place % Self.together] }
        _modify { yield &states[place / Self.together][place % Self.together] }
    }

    /// Whether the list at `place` is the one at `address`.
    func holds(_ address: String, at place: Int) -> Bool {
        states[place / Self.together][place % Self.together].rings.isAddress(address)
    }

    /// Places that a list holds, in rising order.
    var places: [Int] { slots.filter { $0 >= 0 }.map(Int.init).sorted() }

    /// Where the list at `address` is; nil: it is not kept.
    func place(of address: String) -> Int? {
        guard !slots.isEmpty else { return nil }
        var slot = address.hashValue & (slots.count - 1)
        while slots[slot] != Self.empty {
            let place = Int(slots[slot])
            if place >= 0 && holds(address, at: place) { return place }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Takes a list that is not there yet, and gives its place.
    mutating func add(_ state: ListState) -> Int {
        if used * 4 >= slots.count * 3 { spread() }
        let place = Int(vacant.popLast() ?? Int32(count))
        if place < count { self[place] = state } else { append(state) }
        lists += 1
        enter(place)
        return place
    }

    private mutating func append(_ state: ListState) {
        if count % Self.together == 0 {
            states.append([])
            states[states.count - 1].reserveCapacity(Self.together)
        }
        states[states.count - 1].append(state)
    }

    /// Puts `place` into an unused slot.
    private mutating func enter(_ place: Int) {
        var slot = self[place].address.hashValue & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        if slots[slot] == Self.empty { used += 1 }
        slots[slot] = Int32(place)
    }

    /// Makes room in the table.
    private mutating func spread() {
        let places = places
        var capacity = 16
        while capacity < places.count * 2 { capacity *= 2 }
        slots = ContiguousArray(repeating: Self.empty, count: capacity)
        used = 0
        for place in places { enter(place) }
    }

    /// Forgets the list at `place`.
    mutating func remove(at place: Int) {
        guard !slots.isEmpty else { return }
        var slot = self[place].address.hashValue & (slots.count - 1)
        while slots[slot] != Int32(place) {
            guard slots[slot] != Self.empty else { return }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Self.removed
        lists -= 1
        self[place] = ListState()
        vacant.append(Int32(place))
    }
}

extension ListShelf {
    /// Most places that are read back.
    private static let mostPlaces = 1 << 21

    /// Writes or reads all lists, each at its place, into or from a shelf that is empty.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        var count = count
        try parts.part(DetectorPart.listTable) { (stream) throws(ArchiveDamage) in
            try stream.number(&count, from: 0)
            try stream.check(count <= Self.mostPlaces, "\(count) lists are too many")
            try stream.numbers(&vacant, most: count)
        }
        let empty = Set(vacant)
        try parts.blocks(DetectorPart.lists, count: count, together: Self.saved) {
            (place, stream) throws(ArchiveDamage) in
            // A copy: what is written must not be changed, or its neighbours would be copied too.
            var state = stream.isReading ? ListState() : self[place]
            if !empty.contains(Int32(place)) { try stream.value(&state) }
            if stream.isReading { try restore(state, isVacant: empty.contains(Int32(place))) }
        }
    }

    /// Puts a state at the next place.
    private mutating func restore(_ state: ListState, isVacant: Bool) throws(ArchiveDamage) {
        if isVacant { return append(state) }
        guard place(of: state.address) == nil else {
            throw ArchiveDamage("a list is there twice")
        }
        if used * 4 >= slots.count * 3 { spread() }
        append(state)
        lists += 1
        enter(count - 1)
    }
}

extension Rings {
    /// The list's address: its bytes, then zeros to the end of the word.
    var address: String {
        String(decoding: (0..<addressLength).map { addressByte($0) }, as: UTF8.self)
    }

    private var addressLength: Int {
        let range = range(.address)
        guard let last = words[range].last else { return 0 }
        return range.count * 4 - last.leadingZeroBitCount / 8
    }

    private func addressByte(_ place: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: words[place / 4] >> UInt32(place % 4 * 8))
    }

    /// Whether it is `address`, without making a text of it.
    func isAddress(_ address: String) -> Bool {
        let length = range(.address).count
        guard length == (address.utf8.count + 3) / 4 else { return false }
        var place = 0
        var word: UInt32 = 0
        var shift: UInt32 = 0
        for byte in address.utf8 {
            word |= UInt32(byte) << shift
            shift += 8
            guard shift == 32 else { continue }
            guard words[place] == word else { return false }
            place += 1
            word = 0
            shift = 0
        }
        return shift == 0 || words[place] == word
    }

    /// Names the list; before anything else is kept.
    mutating func setAddress(_ address: String) {
        let count = address.utf8.count
        let place = open(.address, at: 0, (count + 3) / 4)
        for (offset, byte) in address.utf8.enumerated() {
            let word = place + offset / 4
            set(word, words[word] | UInt32(byte) << UInt32(offset % 4 * 8))
        }
    }
}
