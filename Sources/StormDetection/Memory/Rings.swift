// SPDX-License-Identifier: Apache-2.0
//
// Everything of one list that grows with use, in one block of memory: a dozen arrays of their own
// would cost 50 bytes each before they hold anything, and a hundred thousand lists have a million of
// them. Each ring is a run of whole words; what is put into one moves those behind it, a few hundred
// bytes. The mistake to avoid: a ring without a cap, here nothing stops it.

import EventTime

/// What can be kept in a ring: a fixed number of words.
protocol Ringed: Sendable {
    /// The ring it lives in.
    static var kind: Rings.Kind { get }
    /// Words of one.
    static var width: Int { get }
    /// Most of them; who adds keeps to it, and a snapshot with more is refused.
    static var cap: Int { get }

    init(from words: Rings.Words, at place: Int)
    func store(to words: inout Rings.Words, at place: Int)
}

/// The rings of one list, each oldest first unless its type says otherwise.
struct Rings: Sendable, Equatable {
    typealias Words = ContiguousArray<UInt32>

    /// The rings, in the order in which they lie in memory: what changes most stands last.
    enum Kind: Int, CaseIterable, Sendable {
        case address, hours, posters, steady, newcomers, intrusions, strangers, returns, first,
            ownThreads
        case repliers, hops, echoes, burden, charges, segments, trail
    }

    /// Memory grows by so many words at a time, and is given back when as many lie idle as are used.
    ///
    /// What malloc(3) gives grows by as many: larger steps leave holes where a ring was that no grown
    /// one fits into (of 100,000 lists with 30 posts, 15 MiB less with the states' own savings).
    private static let step = 4

    private static let total = 17

    private(set) var words = Words()
    /// Where each ring ends, in words.
    private var ends = [17 of UInt16](repeating: 0)

    static func == (left: Rings, right: Rings) -> Bool {
        left.words == right.words
            && Kind.allCases.allSatisfy { left.ends[$0.rawValue] == right.ends[$0.rawValue] }
    }

    /// The words of a ring.
    @inline(__always)
    func range(_ kind: Kind) -> Range<Int> {
        let start = kind.rawValue == 0 ? 0 : Int(ends[kind.rawValue - 1])
        return start..<Int(ends[kind.rawValue])
    }

    /// Puts `count` zeros into a ring, before its word `offset`; gives where they are.
    mutating func open(_ kind: Kind, at offset: Int, _ count: Int) -> Int {
        let needed = words.count + count
        if words.capacity < needed { resize(to: needed) }
        let place = range(kind).lowerBound + offset
        words.insert(contentsOf: repeatElement(0, count: count), at: place)
        for later in kind.rawValue..<Self.total { ends[later] += UInt16(count) }
        return place
    }

    /// Takes `count` words out of a ring, from its word `offset` on.
    mutating func close(_ kind: Kind, at offset: Int, _ count: Int) {
        guard count > 0 else { return }
        let place = range(kind).lowerBound + offset
        words.removeSubrange(place..<place + count)
        for later in kind.rawValue..<Self.total { ends[later] -= UInt16(count) }
        let idle = words.capacity - words.count
        if idle > words.count && idle > 32 * Self.step { resize(to: words.count) }
    }

    private mutating func resize(to count: Int) {
        // Doubling would leave a third of it unused.
        var moved = Words()
        moved.reserveCapacity((count + Self.step - 1) / Self.step * Self.step)
        moved.append(contentsOf: words)
        words = moved
    }

    /// Changes one word in place.
    mutating func set(_ place: Int, _ word: UInt32) {
        words[place] = word
    }
}

extension Rings {
    /// How many there are.
    @inline(__always)
    func count<Item: Ringed>(_: Item.Type) -> Int { range(Item.kind).count / Item.width }

    /// The one at `index`.
    subscript<Item: Ringed>(_: Item.Type, index: Int) -> Item {
        @inline(__always)
        get { Item(from: words, at: range(Item.kind).lowerBound + index * Item.width) }
        set { newValue.store(to: &words, at: range(Item.kind).lowerBound + index * Item.width) }
    }

    /// The latest.
    func last<Item: Ringed>(_: Item.Type) -> Item? {
        let count = count(Item.self)
        return count > 0 ? self[Item.self, count - 1] : nil
    }

    /// All of them.
    func all<Item: Ringed>(_: Item.Type) -> some BidirectionalCollection<Item> {
        (0..<count(Item.self)).lazy.map { self[Item.self, $0] }
    }

    /// Puts `item` before the one at `index`.
    mutating func insert<Item: Ringed>(_ item: Item, at index: Int) {
        let place = open(Item.kind, at: index * Item.width, Item.width)
        item.store(to: &words, at: place)
    }

    /// Adds `item` as the latest; the oldest goes when there is no room.
    mutating func append<Item: Ringed>(_ item: Item) { append(item, dropping: 0) }

    /// Adds `item` as the latest in the place of the oldest `gone`; one goes when there is no room.
    ///
    /// What stands behind the ring moves only when more than one goes, or none.
    mutating func append<Item: Ringed>(_ item: Item, dropping gone: Int) {
        let gone = gone == 0 && count(Item.self) >= Item.cap ? 1 : gone
        guard gone > 0 else { return insert(item, at: count(Item.self)) }
        removeFirst(Item.self, gone - 1)
        rotate(Item.self, from: 0, item)
    }

    /// Takes the one at `index` out and puts `item` at the end; nothing behind the ring moves.
    mutating func rotate<Item: Ringed>(_: Item.Type, from index: Int, _ item: Item) {
        let range = range(Item.kind)
        let last = range.upperBound - Item.width
        var place = range.lowerBound + index * Item.width
        while place < last {
            words[place] = words[place + Item.width]
            place += 1
        }
        item.store(to: &words, at: last)
    }

    /// How many of the oldest there are for which `isPast` holds.
    func past<Item: Ringed>(_: Item.Type, _ isPast: (Item) -> Bool) -> Int {
        let total = count(Item.self)
        var past = 0
        while past < total && isPast(self[Item.self, past]) { past += 1 }
        return past
    }

    /// Drops the oldest `count`.
    mutating func removeFirst<Item: Ringed>(_: Item.Type, _ count: Int = 1) {
        close(Item.kind, at: 0, count * Item.width)
    }

    /// Drops the oldest while `isPast` holds; gives how many that were.
    @discardableResult
    mutating func removePast<Item: Ringed>(_: Item.Type, _ isPast: (Item) -> Bool) -> Int {
        let past = past(Item.self, isPast)
        removeFirst(Item.self, past)
        return past
    }

    /// Drops all for which `isGone` holds.
    mutating func removeAll<Item: Ringed>(_: Item.Type, where isGone: (Item) -> Bool) {
        let total = count(Item.self)
        var kept = 0
        for index in 0..<total {
            let item = self[Item.self, index]
            guard !isGone(item) else { continue }
            if kept < index { self[Item.self, kept] = item }
            kept += 1
        }
        close(Item.kind, at: kept * Item.width, (total - kept) * Item.width)
    }

    /// Empties rings.
    mutating func clear(_ kinds: Kind...) {
        for kind in kinds { close(kind, at: 0, range(kind).count) }
    }
}

/// Two numbers in one word.
func paired(_ low: UInt16, _ high: UInt16) -> UInt32 { UInt32(low) | UInt32(high) << 16 }

extension UInt32 {
    /// The lower half of a word.
    var low: UInt16 { UInt16(truncatingIfNeeded: self) }
    /// The upper half of a word.
    var high: UInt16 { UInt16(truncatingIfNeeded: self >> 16) }

    /// Seconds since 1970 as rings keep them: held within 1970 and 2106.
    init(_ time: Timestamp) { self.init(clamping: time.seconds) }

    /// `count` less, at least 0.
    func less(_ count: UInt32) -> UInt32 { self > count ? self - count : 0 }
}
