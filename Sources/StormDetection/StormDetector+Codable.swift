// SPDX-License-Identifier: Apache-2.0
//
// The detector's whole state as one text (base64 of its own bytes): a snapshot of 10,000 lists
// must not become a million JSON numbers. Settings are not part of it: they come from the
// configuration, through update(settings:). What is read back continues exactly.

import EventTime

extension ListState: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(address)
        writer.write(clock.microseconds)
        writer.write(members)
        rings.write(to: &writer)
        announce.write(to: &writer)
        newcomers.write(to: &writer)
        policy.write(to: &writer)
        ceiling.write(to: &writer)
        loops.write(to: &writer)
        writer.write(float: share.count)
        writer.write(float: share.usual)
        writer.write(share.time.microseconds)
        writer.write(Int64(plans.count))
        for planned in plans { planned.write(to: &writer) }
        writer.write(test != nil)
        test?.write(to: &writer)
        writer.write(lastTrip.microseconds)
        writer.write(lastHold.microseconds)
        writer.write(probationEnds.microseconds)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        self.init(address: try reader.readText())
        clock = Timestamp(microseconds: try reader.readInt())
        members = try reader.readOptionalInt()
        let address = rings.address
        rings = try Rings(from: &reader)
        rings.setAddress(address)
        announce = try AnnounceWatch(from: &reader)
        newcomers = try NewcomerWatch(from: &reader)
        policy = try PolicyWatch(from: &reader)
        ceiling = try CeilingWatch(from: &reader)
        loops = try LoopWatch(from: &reader)
        share.count = try reader.readFloat()
        share.usual = try reader.readFloat()
        share.time = Timestamp(microseconds: try reader.readInt())
        for _ in 0..<(try reader.readCount(limit: 64)) {
            plans.append(try PlannedCopies(from: &reader))
        }
        if try reader.readBool() { test = try StormTest(from: &reader) }
        lastTrip = Timestamp(microseconds: try reader.readInt())
        lastHold = Timestamp(microseconds: try reader.readInt())
        probationEnds = Timestamp(microseconds: try reader.readInt())
    }
}

extension Rings: Snapshotted {
    /// Writes all but the address, which names the state.
    func write(to writer: inout SnapshotWriter) {
        for kind in Kind.allCases.dropFirst() {
            let range = range(kind)
            writer.write(word: UInt32(range.count))
            for place in range { writer.write(word: words[place]) }
        }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        self.init()
        for kind in Kind.allCases.dropFirst() {
            let count = try reader.readCount(words: 4096)
            var ring: Words = []
            for _ in 0..<count { ring.append(try reader.readWord()) }
            let place = open(kind, at: 0, count)
            for (offset, word) in ring.enumerated() { set(place + offset, word) }
        }
        guard isWhole(PosterTable.Poster.self), isWhole(SteadyPosters.Poster.self),
            isWhole(AnnounceWatch.Newcomer.self), isWhole(AnnounceWatch.Intrusion.self),
            isWhole(Stranger.self), isWhole(LoopWatch.Return.self), isWhole(Arrival.self),
            isWhole(OwnThreads.Own.self), isWhole(PolicyWatch.Replier.self),
            isWhole(LoopWatch.Hop.self), isWhole(CeilingWatch.Charge.self),
            isWhole(RollingWindows.Segment.self), trail != nil, areHoursSound
        else { throw SnapshotError(reason: "a ring is too long or ends within an entry") }
        let hashes = all(PosterTable.Poster.self).map(\.hash)
        let seconds = all(RollingWindows.Segment.self).map(\.second)
        guard zip(hashes, hashes.dropFirst()).allSatisfy(<),
            zip(seconds, seconds.dropFirst()).allSatisfy(<),
            all(SteadyPosters.Poster.self).allSatisfy({ $0.days > 0 }),
            all(Arrival.self).allSatisfy({ $0.surge >= 1 && $0.surge <= 50 })
        else { throw SnapshotError(reason: "a ring is not in order") }
    }

    private func isWhole<Item: Ringed>(_: Item.Type) -> Bool {
        range(Item.kind).count % Item.width == 0 && count(Item.self) <= Item.cap
    }
}

extension StormDetector: Codable {
    /// Layout of the bytes; raised whenever it changes.
    private static let layout: Int64 = 6
    /// Most lists that are read back.
    private static let listCap = 1 << 21

    /// Reads what ``encode(to:)`` wrote, with the vendor defaults for settings.
    ///
    /// - Throws: `DecodingError.dataCorrupted` when the text is damaged or of another version.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
            guard let bytes = Base64.decode(text) else {
                throw SnapshotError(reason: "it is not base64")
            }
            try self.init(snapshot: bytes)
        } catch {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "detection state: \((error as? SnapshotError)?.reason ?? "?")"
            )
        }
    }

    /// Writes the whole state but the settings as one text.
    public func encode(to encoder: any Encoder) throws {
        var text: [UInt8] = []
        writeSnapshot { writer in
            // List by list, so that the bytes and their text are never both in memory.
            var whole = writer.bytes
            writer.bytes = Array(whole.suffix(whole.count % 3))
            whole.removeLast(writer.bytes.count)
            Base64.append(whole, to: &text)
        } last: {
            Base64.append($0.bytes, to: &text)
        }
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: text, as: UTF8.self))
    }

    /// Writes the whole state but the settings; `part` may take what is written after each list.
    private func writeSnapshot(
        part: (inout SnapshotWriter) -> Void,
        last: (SnapshotWriter) -> Void
    ) {
        var writer = SnapshotWriter()
        writer.write(Self.layout)
        fleet.write(to: &writer)
        senders.write(to: &writer)
        writer.write(Int64(states.lists))
        for place in states.places {
            states[place].write(to: &writer)
            part(&writer)
        }
        last(writer)
    }

    /// The whole state but the settings, as bytes.
    var snapshot: [UInt8] {
        var bytes: [UInt8] = []
        writeSnapshot(part: { _ in }, last: { bytes = $0.bytes })
        return bytes
    }

    /// Reads ``snapshot``.
    init(snapshot: [UInt8]) throws(SnapshotError) {
        self.init(settings: DetectionSettings())
        var reader = SnapshotReader(snapshot)
        let layout = try reader.readInt()
        guard layout == Self.layout else {
            throw SnapshotError(reason: "its layout is \(layout), not \(Self.layout)")
        }
        fleet = try FleetGuard(from: &reader)
        senders = try SenderWatch(from: &reader)
        for _ in 0..<(try reader.readCount(limit: Self.listCap)) {
            let state = try ListState(from: &reader)
            guard states.place(of: state.address) == nil else {
                throw SnapshotError(reason: "a list is there twice")
            }
            _ = states.add(state)
        }
        guard reader.isAtEnd else { throw SnapshotError(reason: "it goes on after its end") }
    }
}
