// SPDX-License-Identifier: Apache-2.0
//
// Saving and restoring everything that is remembered, the settings with it, so that a restored
// memory goes on exactly like the one that was saved, slot numbers included. The mistake to avoid:
// an order that depends on a set's or dictionary's own; each is written sorted.

internal import EventTime
internal import MailLog

extension ListTraffic: Codable {
    /// Goes up when the form of what is saved changes; an older form is refused.
    private static let form = 2

    /// Writes one string: a compact image of the whole memory.
    public func encode(to encoder: any Encoder) throws {
        var writer = SnapshotWriter()
        writer.write(Self.form)
        settings.write(to: &writer)
        lists.write(to: &writer)
        lives.write(to: &writer)
        arrivals.write(to: &writer)
        posts.write(to: &writer)
        fanOuts.write(to: &writer)
        awaited.write(to: &writer)
        senders.write(to: &writer)
        for (message, place) in byMessage.sorted(by: { $0.key < $1.key }) {
            writer.write(hash: message)
            writer.write(place)
        }
        writer.write(hash: 0)
        writer.write(addresses.count)
        for (hash, list) in addresses.sorted(by: { $0.key < $1.key }) {
            writer.write(word: hash)
            writer.write(list)
        }
        for set in [configured, pinned, pinnedSenders, filters, known.exact] {
            writer.write(words: set.sorted())
        }
        writer.write(bits: known.filter)
        writer.write(known.filtered)
        writer.write(known.refused)
        writer.write(bits: recipients.newer)
        writer.write(bits: recipients.older)
        writer.write(recipients.inserted)
        writer.write(words: finished)
        writer.write(finishedNext)
        writer.write(serial)
        writer.write(words: owed.map { UInt64(truncatingIfNeeded: $0.index) })
        writer.write(words: owedSenders.map { UInt64(truncatingIfNeeded: $0.index) })
        tally.write(to: &writer)
        var container = encoder.singleValueContainer()
        try container.encode(writer.finished())
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError.dataCorrupted` when a byte of it is damaged or its form is another.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
            var reader = try SnapshotReader(text)
            try self.init(from: &reader)
        } catch {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "saved list traffic is damaged or of another form"
            )
        }
    }

    private init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        let form: Int = try reader.number()
        guard form == Self.form else { throw SnapshotDamage() }
        var settings = try TrafficSettings(from: &reader)
        let named = settings.lists
        settings.lists = []
        self.init(settings: settings)
        settings.lists = named
        lists = try SlotTable(from: &reader)
        lives = try SlotTable(from: &reader)
        arrivals = try SlotTable(from: &reader)
        posts = try SlotTable(from: &reader)
        fanOuts = try SlotTable(from: &reader)
        awaited = try SlotTable(from: &reader)
        senders = try SlotTable(from: &reader)
        while case let message = try reader.hash(), message != 0 {
            let place: Int32 = try reader.number()
            guard arrivals.isTaken(place) else { throw SnapshotDamage() }
            byMessage[message] = place
        }
        for _ in 0..<(try reader.count(of: 9)) {
            let hash = try reader.word()
            let list: Int32 = try reader.number()
            guard lists.isTaken(list) else { throw SnapshotDamage() }
            addresses[hash] = list
        }
        configured = Set(try reader.words())
        pinned = Set(try reader.words())
        pinnedSenders = Set(try reader.words())
        filters = Set(try reader.words())
        try readMemories(&reader)
        finished = try reader.words()
        finishedNext = try reader.number()
        serial = try reader.number()
        owed = try reader.words().map { ListID(index: Int32(truncatingIfNeeded: $0)) }
        owedSenders = try reader.words().map { SenderID(index: Int32(truncatingIfNeeded: $0)) }
        tally = try TrafficCounts(from: &reader)
        guard reader.isAtEnd, finished.count <= Self.lingering,
            (0..<Self.lingering).contains(finishedNext)
        else { throw SnapshotDamage() }
        update(settings: settings)
    }

    private mutating func readMemories(_ reader: inout SnapshotReader) throws(SnapshotDamage) {
        let exact = Set(try reader.words())
        let filter = try reader.bits(most: Int(KnownPosters.filterBits / 64))
        guard filter.isEmpty || filter.count == Int(KnownPosters.filterBits / 64) else {
            throw SnapshotDamage()
        }
        known = KnownPosters(
            limit: known.limit,
            exact: exact,
            filter: filter,
            filtered: try reader.number(),
            refused: try reader.number()
        )
        let most = RecentRecipients.mostWords
        let (newer, older) = (try reader.bits(most: most), try reader.bits(most: most))
        recipients = RecentRecipients(
            limit: recipients.limit,
            newer: newer,
            older: older,
            inserted: try reader.number()
        )
    }
}

extension TrafficSettings {
    /// Appends every setting.
    func write(to writer: inout SnapshotWriter) {
        writer.write(lists.count)
        for list in lists {
            writer.write(list.address)
            writer.write(list.aliases)
            writer.write(list.senderPatterns)
            writer.write(list.regularPosters)
        }
        writer.write(recognisesLists)
        writer.write(neverLists)
        writer.write(listHosts)
        writer.write(recipientDelimiter)
        for number in [
            smallestFanOut, maximumLists, maximumUnconfirmedLists, maximumMessages,
            maximumArrivals, maximumPosts, maximumPosters, maximumRecipients, maximumSenders,
        ] {
            writer.write(number)
        }
    }

    /// Reads every setting.
    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        self.init()
        for _ in 0..<(try reader.count()) {
            lists.append(
                ConfiguredList(
                    address: try reader.text(),
                    aliases: try reader.texts(),
                    senderPatterns: try reader.texts(),
                    regularPosters: try reader.texts()
                )
            )
        }
        recognisesLists = try reader.flag()
        neverLists = try reader.texts()
        listHosts = try reader.texts()
        recipientDelimiter = try reader.text()
        smallestFanOut = try reader.number()
        maximumLists = try reader.number()
        maximumUnconfirmedLists = try reader.number()
        maximumMessages = try reader.number()
        maximumArrivals = try reader.number()
        maximumPosts = try reader.number()
        maximumPosters = try reader.number()
        maximumRecipients = try reader.number()
        maximumSenders = try reader.number()
    }
}

extension TrafficCounts {
    /// Appends what is counted, not what is measured anew each time.
    func write(to writer: inout SnapshotWriter) {
        for number in [
            events, evictedLists, evictedUnconfirmedLists, evictedMessages, evictedFanOuts,
            evictedArrivals, evictedPosts, evictedSenders, unknownLines, suppressedLines,
            blindSince?.microseconds ?? .min,
        ] {
            writer.write(number)
        }
        writer.write(forged.count)
        for (trust, count) in forged.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.write(trust.rawValue)
            writer.write(count)
        }
    }

    /// Reads what was counted.
    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        self.init()
        events = try reader.number()
        evictedLists = try reader.number()
        evictedUnconfirmedLists = try reader.number()
        evictedMessages = try reader.number()
        evictedFanOuts = try reader.number()
        evictedArrivals = try reader.number()
        evictedPosts = try reader.number()
        evictedSenders = try reader.number()
        unknownLines = try reader.number()
        suppressedLines = try reader.number()
        let blind: Int64 = try reader.number()
        blindSince = blind == .min ? nil : Timestamp(microseconds: blind)
        for _ in 0..<(try reader.count(of: 2)) {
            guard let trust = Trust(rawValue: try reader.number()) else { throw SnapshotDamage() }
            forged[trust] = try reader.number()
        }
    }
}
