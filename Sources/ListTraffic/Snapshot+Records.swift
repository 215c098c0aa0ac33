// SPDX-License-Identifier: Apache-2.0
//
// How each kind of record is saved, field by field, read back in the same order. The mistake to
// avoid: adding a field to a record and not here; the property test that compares a restored
// memory with the one it came from then fails.

/// A record that can be saved.
protocol Saved: Blank {
    /// Appends every field.
    func write(to writer: inout SnapshotWriter)
    /// Reads every field, in the order of ``write(to:)``.
    init(from reader: inout SnapshotReader) throws(SnapshotDamage)
}

extension Life: Saved {
    func write(to writer: inout SnapshotWriter) {
        for hash in [message, sender, expansion, arrival, twin, successor, account] {
            writer.write(hash: hash)
        }
        writer.write(hash: queueID.first)
        writer.write(hash: queueID.second)
        writer.write(born)
        writer.write(list)
        writer.write(serial)
        writer.write(recipients)
        writer.write(size)
        writer.write(sent)
        writer.write(instance)
        writer.write(flags.rawValue)
        writer.write(origin.rawValue)
        writer.write(expansions)
        writer.write(accountSlot)
        writer.write(outward)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        message = try reader.hash()
        sender = try reader.hash()
        expansion = try reader.hash()
        arrival = try reader.hash()
        twin = try reader.hash()
        successor = try reader.hash()
        account = try reader.hash()
        queueID = PackedText(first: try reader.hash(), second: try reader.hash())
        born = try reader.number()
        list = try reader.number()
        serial = try reader.number()
        recipients = try reader.number()
        size = try reader.number()
        sent = try reader.number()
        instance = try reader.number()
        flags = LifeFlags(rawValue: try reader.number())
        origin = Origin(rawValue: try reader.number()) ?? .unseen
        expansions = try reader.number()
        accountSlot = try reader.number()
        outward = try reader.number()
        guard list >= -1, recipients >= 0, size >= 0, sent >= 0, expansions >= 0,
            accountSlot >= -1, outward >= 0
        else {
            throw SnapshotDamage()
        }
    }
}

extension Arrival: Saved {
    func write(to writer: inout SnapshotWriter) {
        for hash in [life, message, sender, foreignSender, poster, parent, root] {
            writer.write(hash: hash)
        }
        writer.write(posterAddress)
        writer.write(date)
        writer.write(born)
        writer.write(headers.rawValue)
        writer.write(origin.rawValue)
        writer.write(isRobot)
        writer.write(isReply)
        writer.write(isReturned)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        life = try reader.hash()
        message = try reader.hash()
        sender = try reader.hash()
        foreignSender = try reader.hash()
        poster = try reader.hash()
        parent = try reader.hash()
        root = try reader.hash()
        posterAddress = try reader.text()
        date = try reader.number()
        born = try reader.number()
        headers = SeenHeaders(rawValue: try reader.number())
        origin = Origin(rawValue: try reader.number()) ?? .unseen
        isRobot = try reader.flag()
        isReply = try reader.flag()
        isReturned = try reader.flag()
    }
}

extension PostRecord: Saved {
    func write(to writer: inout SnapshotWriter) {
        writer.write(hash: root)
        writer.write(hash: arrival)
        writer.write(time)
        writer.write(copies)
        writer.write(pendingSent)
        writer.write(isTold)
        writer.write(hasExpansion)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        root = try reader.hash()
        arrival = try reader.hash()
        time = try reader.number()
        copies = try reader.number()
        pendingSent = try reader.number()
        isTold = try reader.flag()
        hasExpansion = try reader.flag()
    }
}

extension AwaitedChild: Saved {
    func write(to writer: inout SnapshotWriter) {
        writer.write(alias)
        writer.write(hash: arrival)
        writer.write(list)
        writer.write(serial)
        writer.write(inline)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        alias = try reader.text()
        arrival = try reader.hash()
        list = try reader.number()
        serial = try reader.number()
        inline = try reader.number()
        guard list >= -1, inline >= 0 else { throw SnapshotDamage() }
    }
}

extension OpenFanOut: Saved {
    func write(to writer: inout SnapshotWriter) {
        writer.write(count)
        writer.write(hash: life)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        count = try reader.number()
        life = try reader.hash()
    }
}

extension RegularPoster {
    func write(to writer: inout SnapshotWriter) {
        writer.write(hash: poster)
        guard poster != 0 else { return }
        writer.write(address)
        writer.write(first)
        writer.write(posts)
        writer.write(isRegular)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        poster = try reader.hash()
        guard poster != 0 else { return }
        address = try reader.text()
        first = try reader.number()
        posts = try reader.number()
        isRegular = try reader.flag()
    }
}

extension ListRecord: Saved {
    func write(to writer: inout SnapshotWriter) {
        writer.write(address)
        writer.write(hash: hash)
        writer.write(serial)
        writer.write(origin.rawValue)
        writer.write(showsReplies)
        for number in [posts, announced, sent, currentCopies, lastPost] {
            writer.write(number)
        }
        writer.write(knownPosters)
        for place in 0..<8 { writer.write(fanOuts[place]) }
        writer.write(hash: currentPost)
        for place in 0..<Self.watched { writer.write(hash: aliases[place]) }
        for place in 0..<Self.watched { regulars[place].write(to: &writer) }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        address = try reader.text()
        hash = try reader.hash()
        serial = try reader.number()
        origin = ListOrigin(rawValue: try reader.number()) ?? .configured
        showsReplies = try reader.flag()
        posts = try reader.number()
        announced = try reader.number()
        sent = try reader.number()
        currentCopies = try reader.number()
        lastPost = try reader.number()
        knownPosters = try reader.number()
        for place in 0..<8 { fanOuts[place] = try reader.number() }
        currentPost = try reader.hash()
        for place in 0..<Self.watched { aliases[place] = try reader.hash() }
        for place in 0..<Self.watched { regulars[place] = try RegularPoster(from: &reader) }
    }
}

extension SlotTable where Value: Saved {
    /// Writes every record with its slot, lane and place in the lane.
    func write(to writer: inout SnapshotWriter) {
        writer.write(slots.count)
        writer.write(free.count)
        for slot in free { writer.write(slot) }
        for lane in [Lane.passing, .kept, .fixed] {
            let members = slots(in: lane)
            writer.write(members.count)
            for slot in members {
                writer.write(slot)
                writer.write(hash: key(slot))
                self[slot].write(to: &writer)
            }
        }
    }

    /// Reads a table whose limits the caller sets afterwards.
    init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
        self.init(passing: .max, kept: .max)
        // Every slot is either free or taken, so the bytes that follow bound the number.
        let total = try reader.count()
        var free: [Int32] = []
        for _ in 0..<(try reader.count()) { free.append(try reader.number()) }
        try reserve(total, free: free)
        for lane in [Lane.passing, .kept, .fixed] {
            for _ in 0..<(try reader.count()) {
                let slot: Int32 = try reader.number()
                let key = try reader.hash()
                try restore(slot, key: key, lane: lane, value: try Value(from: &reader))
            }
        }
        guard count + free.count == total, !free.contains(where: isTaken) else {
            throw SnapshotDamage()
        }
    }
}
