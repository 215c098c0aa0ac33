// SPDX-License-Identifier: Apache-2.0
//
// The detector's whole state in parts, four lists each. Settings are not part of it: they come
// from the configuration, through update(settings:). What is read back continues exactly.

public import Archive
import EventTime

/// The kinds of parts that the detector has; 64 to 95 are its own.
enum DetectorPart {
    /// What is learned of all lists together.
    static let fleet: Int32 = 64
    /// Which places a sender holds, and what was planned for any.
    static let senderTable: Int32 = 65
    static let senders: Int32 = 66
    /// Which places a list holds.
    static let listTable: Int32 = 67
    static let lists: Int32 = 68
}

extension StormDetector {
    /// Version of the layout; raised whenever a field is added, removed or moved.
    private static let layout: Int64 = 11
    /// The oldest that is still read: 10 added who has a mailbox here, 11 turns of more than two.
    private static let oldestLayout: Int64 = 9

    /// Writes the whole state but the settings, or reads it in the place of this one's.
    ///
    /// - Throws: ``ArchiveDamage`` when a part is missing, damaged or of another version; this
    ///   detector is then of no use.
    public mutating func archive(_ parts: inout ArchiveParts) throws {
        try archive(&parts, as: Self.layout)
    }

    /// The same, written in the layout of an older version.
    mutating func archive(_ parts: inout ArchiveParts, as layout: Int64) throws {
        var layout = layout
        if parts.isReading { self = StormDetector(settings: settings) }
        try parts.part(DetectorPart.fleet) { (stream) throws(ArchiveDamage) in
            try stream.signed(&layout)
            try stream.check(
                layout >= Self.oldestLayout && layout <= Self.layout,
                "its layout is \(layout), not \(Self.layout)"
            )
            try stream.value(&fleet)
        }
        parts.layout = layout
        try senders.archive(&parts)
        try states.archive(&parts)
        if parts.isReading {
            senders.update(settings)
            findUnknownLists()
        }
    }
}

extension ListState: Archived {
    init() { self.init(address: "") }

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        var address = stream.isReading ? "" : address
        try stream.text(&address)
        try stream.value(&ticker)
        try stream.number(&memberCount)
        try stream.value(&rings)
        // It stands in front of the other rings, and reading them has emptied it.
        if stream.isReading { rings.setAddress(address) }
        try stream.value(&announce)
        try stream.value(&newcomers)
        try stream.value(&policy)
        try stream.value(&ceiling)
        try stream.value(&loops)
        try stream.value(&burden)
        try stream.value(&echo)
        try stream.value(&share)
        try stream.list(&plans, most: PlannedCopies.cap)
        try stream.optional(&test)
        try stream.value(&lastTrip)
        try stream.value(&lastHold)
        try stream.value(&lastDoubt)
        try stream.value(&lastReset)
        try stream.number(&copyCount)
        try stream.value(&probationEnds)
        // 0: nothing yet.
        var kind = UInt8(
            takenFor.flatMap { ListKind.allCases.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        )
        try stream.number(&kind)
        try stream.check(Int(kind) <= ListKind.allCases.count, "it is of kind \(kind)")
        takenFor = kind == 0 ? nil : ListKind.allCases[Int(kind) - 1]
        if stream.layout >= 10 { try stream.number(&hereCount) }
    }
}

extension Rings: Archived {
    /// All but the address, which names the state.
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        if stream.isReading { self = Rings() }
        for kind in Kind.allCases.dropFirst() {
            var count = range(kind).count
            try stream.count(&count, most: 4096)
            let start = stream.isReading ? open(kind, at: 0, count) : range(kind).lowerBound
            for place in start..<start + count {
                var word = words[place]
                try stream.number(&word)
                if stream.isReading { set(place, word) }
            }
        }
        try stream.check(
            isWhole(PosterTable.Poster.self) && isWhole(SteadyPosters.Poster.self)
                && isWhole(AnnounceWatch.Newcomer.self) && isWhole(AnnounceWatch.Intrusion.self)
                && isWhole(Stranger.self) && isWhole(LoopWatch.Return.self)
                && isWhole(Arrival.self) && isWhole(OwnThreads.Own.self)
                && isWhole(PolicyWatch.Replier.self) && isWhole(LoopWatch.Hop.self)
                && isWhole(CeilingWatch.Charge.self) && isWhole(RollingWindows.Segment.self)
                && isWhole(Burden.Block.self) && isWhole(EchoWatch.Run.self)
                && trail != nil && areHoursSound,
            "a ring is too long or ends within an entry"
        )
        try stream.check(isInOrder, "a ring is not in order")
    }

    private var isInOrder: Bool {
        let hashes = all(PosterTable.Poster.self).map(\.hash)
        let seconds = all(RollingWindows.Segment.self).map(\.second)
        return zip(hashes, hashes.dropFirst()).allSatisfy(<)
            && zip(seconds, seconds.dropFirst()).allSatisfy(<)
            && all(SteadyPosters.Poster.self).allSatisfy { $0.days > 0 }
            && all(Arrival.self).allSatisfy { $0.surge >= 1 && $0.surge <= 1000 }
    }

    private func isWhole<Item: Ringed>(_: Item.Type) -> Bool {
        range(Item.kind).count % Item.width == 0 && count(Item.self) <= Item.cap
    }
}
