// SPDX-License-Identifier: Apache-2.0
//
// The first lines of a message: how it came, its Message-ID, its headers; and its last one. A
// birth line under a known queue id is a new message, since short ids are reused within seconds.
// The mistake to avoid: headers of the copies, which a list manager sends through the same checks;
// only those of the message from outside count.

internal import MailLog

extension ListTraffic {
    /// A life for the message of `line`, new in any case.
    mutating func begin(_ line: Line, origin: Origin) -> Handle<Life> {
        let begun = messages.begin(line, origin: origin)
        if let old = begun.replaced { forget(old) }
        if let out = begun.evicted {
            forget(out)
            noteEvicted(out)
        }
        return begun.life
    }

    /// `client=`: an SMTP client brings a message.
    mutating func observeClient(_ line: Line) {
        let origin = self.origin(of: line)
        let life = begin(line, origin: origin)
        if !line.event.relatedID.isEmpty, origin == .loopback {
            messages[life]?.twin = line.key(line.event.relatedID)
        }
        noteLogin(life, line)
    }

    /// Where a client's message comes from.
    func origin(of line: Line) -> Origin {
        if !listHosts.isEmpty,
            listHosts.contains(ByteHash.foldedHash(line.bytes, line.event.address))
        {
            return .listHost
        }
        return Self.isLoopback(line.bytes, line.event.address) ? .loopback : .remote
    }

    /// `uid= from=`: the sendmail command brings a message, or `postsuper -r` brings one back.
    mutating func observePickup(_ line: Line) {
        guard !line.event.relatedID.isEmpty else {
            _ = begin(line, origin: .pickup)
            return
        }
        let oldKey = line.key(line.event.relatedID)
        var list: Handle<ListRecord>?
        var before = Life()
        if let old = messages.find(oldKey), let life = messages[old] {
            before = life
            list = carriedList(old)
            finish(old)
        }
        // The new id may be the old one.
        let life = begin(line, origin: .pickup)
        messages[life]?.twin = oldKey
        messages[life]?.inheritSender(of: before)
        guard let list else { return }
        carry(life, list)
        if before.flags.contains(.pending) { messages[life]?.flags.insert(.pending) }
    }

    /// `message-id=`: the first line of a message that the MTA itself made.
    mutating func observeMessageID(_ line: Line) {
        let life = unqueued(line)
        guard messages[life]?.message == 0 else { return }
        messages[life]?.message = Self.messageHash(line.bytes, line.event.messageID)
        if ledger != nil { noteID(line.bytes, line.event.messageID) }
    }

    /// A header that `header_checks` wrote to the log.
    mutating func observeHeader(_ line: Line) {
        let life = unqueued(line)
        guard let it = messages[life] else { return }
        if it.origin != .remote, messages.arrival(named: it.message) != nil { return }
        let place = arrival(of: life)
        messages[place]?.read(line.event, line.bytes, delimiters: directory.delimiters)
        if ledger != nil { noteIDs(of: line.event, line.bytes) }
    }

    /// The life of `line`, made when there is none whose lines still come.
    private mutating func unqueued(_ line: Line) -> Handle<Life> {
        // cleanup writes all its lines before the queue manager's first one.
        if let life = messages.find(line.keys.message),
            messages[life]?.flags.isDisjoint(with: [.queued, .removed]) == true
        {
            return life
        }
        return begin(line, origin: .local)
    }

    /// The arrival of a life, made when there is none.
    mutating func arrival(of life: Handle<Life>) -> Handle<Arrival> {
        let (arrival, hasEvicted) = messages.arrival(of: life)
        if hasEvicted { tally.evictedArrivals += 1 }
        return arrival
    }

    /// Any line that ends a life.
    mutating func observeEnd(_ line: Line) {
        guard !line.event.queueID.isEmpty, let life = messages.find(line.keys.message),
            let it = messages[life]
        else { return }
        if it.expansions > 0, it.list.isNone { tellInline(life, line) }
        if line.event.kind == .removed { close(it) }
        finish(life)
    }

    /// Ends a life, which lingers for lines that are written late.
    mutating func finish(_ life: Handle<Life>) {
        // The filter's twin may have its queue line still to come.
        if messages[life]?.flags.contains(.handed) == false { unpair(life) }
        if let gone = messages.finish(life) { forget(gone) }
    }

    /// The MTA started: short ids of the instance may come again without a birth line.
    ///
    /// A fan-out goes on after a restart under its id, so it is kept and only marked.
    mutating func observeStart(_ line: Line) {
        let instance = UInt32(truncatingIfNeeded: line.keys.instance)
        for life in messages.all([.passing, .kept]) {
            guard let it = messages[life], it.instance == instance, it.flags.contains(.shortID)
            else { continue }
            if it.list.isNone {
                if let gone = messages.remove(life) { forget(gone) }
            } else {
                messages[life]?.flags.insert(.stale)
            }
        }
    }

    /// Undoes what other tables keep of a life that is gone.
    mutating func forget(_ life: Life) {
        if life.flags.contains(.unpaired) { twins.close(life) }
    }

    /// Counts a life that had to leave before it was over.
    private mutating func noteEvicted(_ life: Life) {
        guard !life.flags.contains(.removed) else { return }
        if life.list.isNone { tally.evictedMessages += 1 } else { tally.evictedFanOuts += 1 }
    }

    /// Whether `address` is 127.0.0.0/8 or ::1.
    static func isLoopback(_ bytes: [UInt8], _ address: ByteRange) -> Bool {
        let (start, end) = (Int(address.start), min(Int(address.end), bytes.count))
        if end - start == 3 {
            return bytes[start] == 0x3a && bytes[start + 1] == 0x3a && bytes[start + 2] == 0x31
        }
        guard end - start >= 7 else { return false }
        return bytes[start] == 0x31 && bytes[start + 1] == 0x32 && bytes[start + 2] == 0x37
            && bytes[start + 3] == 0x2e
    }

    /// The hash of a Message-ID without its brackets; 0 for an empty one.
    static func messageHash(_ bytes: [UInt8], _ range: ByteRange) -> UInt64 {
        let id = Arrival.firstID(bytes, range) ?? range
        return id.isEmpty ? 0 : max(ByteHash.hash(bytes, id), 1)
    }
}
