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
        windows.write(to: &writer)
        posters.write(to: &writer)
        trail.write(to: &writer)
        announce.write(to: &writer)
        threads.write(to: &writer)
        newcomers.write(to: &writer)
        policy.write(to: &writer)
        ceiling.write(to: &writer)
        steady.write(to: &writer)
        ownThreads.write(to: &writer)
        loops.write(to: &writer)
        writer.write([share.count, share.usual])
        writer.write(share.time.microseconds)
        writer.write(Int64(plans.count))
        for planned in plans { planned.write(to: &writer) }
        writer.write(first != nil)
        first?.write(to: &writer)
        writer.write(!test.isEmpty)
        test.first?.write(to: &writer)
        writer.write(lastTrip.microseconds)
        writer.write(lastHold.microseconds)
        writer.write(probationEnds.microseconds)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        self.init(address: try reader.readText())
        clock = Timestamp(microseconds: try reader.readInt())
        members = try reader.readOptionalInt()
        windows = try RollingWindows(from: &reader)
        posters = try PosterTable(from: &reader)
        trail = try Trail(from: &reader)
        announce = try AnnounceWatch(from: &reader)
        threads = try StrangerThreads(from: &reader)
        newcomers = try NewcomerWatch(from: &reader)
        policy = try PolicyWatch(from: &reader)
        ceiling = try CeilingWatch(from: &reader)
        steady = try SteadyPosters(from: &reader)
        ownThreads = try OwnThreads(from: &reader)
        loops = try LoopWatch(from: &reader)
        share.count = try reader.readAmount(limit: 1e18)
        share.usual = try reader.readAmount(limit: 1e18)
        share.time = Timestamp(microseconds: try reader.readInt())
        for _ in 0..<(try reader.readCount(limit: 64)) {
            plans.append(try PlannedCopies(from: &reader))
        }
        if try reader.readBool() { first = try Arrival(from: &reader) }
        if try reader.readBool() { test = [try StormTest(from: &reader)] }
        lastTrip = Timestamp(microseconds: try reader.readInt())
        lastHold = Timestamp(microseconds: try reader.readInt())
        probationEnds = Timestamp(microseconds: try reader.readInt())
    }
}

extension Arrival: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(time.microseconds)
        writer.write(isReply.map { $0 ? 1 : 0 })
        writer.write(isNovel)
        writer.write(isStale)
        writer.write(isAgeProven)
        writer.write(members)
        writer.write(knownPosters)
        writer.write(surge)
        writer.write(Int64(bin))
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        time = Timestamp(microseconds: try reader.readInt())
        isReply = try reader.readOptionalInt().map { $0 == 1 }
        isNovel = try reader.readBool()
        isStale = try reader.readBool()
        isAgeProven = try reader.readBool()
        members = try reader.readOptionalInt().flatMap { $0 > 0 ? $0 : nil }
        knownPosters = Int64(try reader.readCount(limit: .max))
        surge = max(1, try reader.readAmount(limit: 50))
        bin = try reader.readCount(limit: 47)
    }
}

extension StormDetector: Codable {
    /// Layout of the bytes; raised whenever it changes.
    private static let layout: Int64 = 5
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
        writer.write(Int64(places.count))
        for place in places.values.sorted() {
            states[place].value.write(to: &writer)
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
            guard places.updateValue(states.count, forKey: state.address) == nil else {
                throw SnapshotError(reason: "a list is there twice")
            }
            states.append(Boxed(state))
        }
        guard reader.isAtEnd else { throw SnapshotError(reason: "it goes on after its end") }
    }
}
