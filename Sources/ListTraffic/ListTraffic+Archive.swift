// SPDX-License-Identifier: Apache-2.0
//
// Saving and restoring everything that is remembered, the settings with it, so that a restored
// memory goes on exactly like the one that was saved, slot numbers included. The mistake to avoid:
// an order that depends on a set's or dictionary's own; each is written sorted.

public import Archive
internal import MailLog

/// The kinds of parts that ListTraffic has; 1 to 63 are its own.
enum TrafficPart {
    /// Settings, small sets, counters.
    static let frame: Int32 = 1
    static let configured: Int32 = 2
    static let byMessage: Int32 = 3
    static let addresses: Int32 = 4
    static let posters: Int32 = 5
    static let posterFilter: Int32 = 6
    static let newerRecipients: Int32 = 7
    static let olderRecipients: Int32 = 8
    /// Each table has two kinds: its order, and its records.
    static let lists: Int32 = 10
    static let lives: Int32 = 12
    static let arrivals: Int32 = 14
    static let posts: Int32 = 16
    static let fanOuts: Int32 = 18
    static let awaited: Int32 = 20
    static let senders: Int32 = 22
}

extension ListTraffic {
    /// Version of the layout; raised whenever a field is added, removed or moved.
    private static let layout = 3

    /// Writes everything that is remembered, or reads it in the place of what is here.
    ///
    /// - Throws: ``ArchiveDamage`` when a part is missing, damaged or of another version; this
    ///   value is then of no use.
    public mutating func archive(_ parts: inout ArchiveParts) throws {
        var saved = settings
        var frame = TrafficFrame(self)
        try parts.part(TrafficPart.frame) { (stream) throws(ArchiveDamage) in
            var layout = Self.layout
            try stream.number(&layout)
            try stream.check(layout == Self.layout, "its layout is \(layout), not \(Self.layout)")
            try stream.value(&saved)
            try stream.value(&frame)
        }
        try parts.list(TrafficPart.configured, &saved.lists, count: frame.named, together: 64)
        if parts.isReading {
            var bare = saved
            bare.lists = []
            self = ListTraffic(settings: bare)
            frame.restore(&self)
        }
        try lists.archive(&parts, TrafficPart.lists)
        try lives.archive(&parts, TrafficPart.lives)
        try arrivals.archive(&parts, TrafficPart.arrivals)
        try posts.archive(&parts, TrafficPart.posts)
        try fanOuts.archive(&parts, TrafficPart.fanOuts)
        try awaited.archive(&parts, TrafficPart.awaited)
        try senders.archive(&parts, TrafficPart.senders)
        try parts.slots(TrafficPart.byMessage, &byMessage, count: frame.byMessage, in: arrivals)
        try parts.slots(TrafficPart.addresses, &addresses, count: frame.addresses, in: lists)
        try known.archive(&parts, frame.posters)
        try recipients.archive(&parts)
        if parts.isReading { update(settings: saved) }
    }
}

/// What stands in the first part.
private struct TrafficFrame: Archived {
    /// Sizes of what stands in parts of its own.
    var named = 0
    var byMessage = 0
    var addresses = 0
    var posters = 0
    private var configured: Set<UInt64> = []
    private var pinned: Set<UInt64> = []
    private var pinnedSenders: Set<UInt64> = []
    private var filters: Set<UInt64> = []
    private var finished: [UInt64] = []
    private var finishedNext = 0
    private var serial: UInt32 = 0
    private var owed: [Int32] = []
    private var owedSenders: [Int32] = []
    private var tally = TrafficCounts()

    init() {}

    init(_ traffic: ListTraffic) {
        named = traffic.settings.lists.count
        byMessage = traffic.byMessage.count
        addresses = traffic.addresses.count
        posters = traffic.known.exact.count
        configured = traffic.configured
        pinned = traffic.pinned
        pinnedSenders = traffic.pinnedSenders
        filters = traffic.filters
        finished = traffic.finished
        finishedNext = traffic.finishedNext
        serial = traffic.serial
        owed = traffic.owed.map(\.index)
        owedSenders = traffic.owedSenders.map(\.index)
        tally = traffic.tally
    }

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&named, from: 0)
        try stream.number(&byMessage, from: 0)
        try stream.number(&addresses, from: 0)
        try stream.number(&posters, from: 0)
        try stream.set(&configured)
        try stream.set(&pinned)
        try stream.set(&pinnedSenders)
        try stream.set(&filters)
        try stream.words(&finished, most: ListTraffic.lingering)
        try stream.number(&finishedNext)
        try stream.check(
            (0..<ListTraffic.lingering).contains(finishedNext),
            "the ring of finished messages has no place \(finishedNext)"
        )
        try stream.number(&serial)
        try stream.numbers(&owed)
        try stream.numbers(&owedSenders)
        try stream.value(&tally)
    }

    func restore(_ traffic: inout ListTraffic) {
        traffic.configured = configured
        traffic.pinned = pinned
        traffic.pinnedSenders = pinnedSenders
        traffic.filters = filters
        traffic.finished = finished
        traffic.finishedNext = finishedNext
        traffic.serial = serial
        traffic.owed = owed.map(ListID.init(index:))
        traffic.owedSenders = owedSenders.map(SenderID.init(index:))
        traffic.tally = tally
    }
}

extension ArchiveParts {
    /// Keys that name slots of `table`, in parts of 4,096.
    fileprivate mutating func slots<Value>(
        _ kind: Int32,
        _ slots: inout [UInt64: Int32],
        count: Int,
        in table: SlotTable<Value>
    ) throws {
        let sorted = isReading ? [] : slots.sorted { $0.key < $1.key }
        var read: [UInt64: Int32] = [:]
        try blocks(kind, count: count, together: 4096) { (place, stream) throws(ArchiveDamage) in
            var (key, slot) = stream.isReading ? (0, 0) : sorted[place]
            try stream.word(&key)
            try stream.number(&slot)
            guard stream.isReading else { return }
            try stream.check(table.isTaken(slot), "no record stands in slot \(slot)")
            read[key] = slot
        }
        if isReading { slots = read }
    }
}
