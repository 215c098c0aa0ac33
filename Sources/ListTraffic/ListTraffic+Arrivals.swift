// SPDX-License-Identifier: Apache-2.0
//
// The first lines of a message: how it came, its Message-ID, its headers; and its last one. A
// birth line under a known queue id is a new message, since short ids are reused within seconds.
// The mistake to avoid: headers of the copies, which a list manager sends through the same checks;
// only those of the message from outside count.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// A life under `key`, new in any case: an older one of the same id is over.
    mutating func begin(
        _ keys: LineKeys,
        _ event: MailEvent,
        _ bytes: [UInt8],
        origin: Origin
    ) -> Int32 {
        if let slot = lives.find(keys.message) { forget(lives.remove(slot)) }
        if origin != .local, origin != .unseen, let early = awaited.find(keys.message) {
            awaited.remove(early)
        }
        let (slot, out) = lives.insert(keys.message)
        if let out { evict(out.value) }
        lives[slot].origin = origin
        lives[slot].born = event.time.microseconds
        lives[slot].queueID = PackedText(bytes, event.queueID)
        lives[slot].instance = UInt32(truncatingIfNeeded: keys.instance)
        if Self.isShort(bytes, event.queueID) { lives[slot].flags.insert(.shortID) }
        return slot
    }

    /// `client=`: an SMTP client brings a message.
    mutating func observeClient(
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        let keys = LineKeys(event, bytes)
        let origin: Origin
        if !listHosts.isEmpty, listHosts.contains(ByteHash.foldedHash(bytes, event.address)) {
            origin = .listHost
        } else {
            origin = Self.isLoopback(bytes, event.address) ? .loopback : .remote
        }
        let slot = begin(keys, event, bytes, origin: origin)
        if !event.relatedID.isEmpty, origin == .loopback {
            lives[slot].twin = ByteHash.hash(bytes, event.relatedID, seed: keys.instance)
        }
        noteLogin(slot, event.user, bytes, &out)
    }

    /// `uid= from=`: the sendmail command brings a message, or `postsuper -r` brings one back.
    mutating func observePickup(_ event: MailEvent, _ bytes: [UInt8]) {
        let keys = LineKeys(event, bytes)
        guard !event.relatedID.isEmpty else {
            _ = begin(keys, event, bytes, origin: .pickup)
            return
        }
        let oldKey = ByteHash.hash(bytes, event.relatedID, seed: keys.instance)
        var (list, isPending): (Int32?, Bool) = (nil, false)
        var before = Life()
        if let old = lives.find(oldKey) {
            before = lives[old]
            list = carriedList(old)
            isPending = lives[old].flags.contains(.pending)
            finish(old)
        }
        // The new id may be the old one.
        let slot = begin(keys, event, bytes, origin: .pickup)
        lives[slot].twin = oldKey
        lives[slot].account = before.account
        lives[slot].accountSlot = before.accountSlot
        lives[slot].outward = before.outward
        guard let list else { return }
        carry(slot, list)
        if isPending { lives[slot].flags.insert(.pending) }
    }

    /// `message-id=`: the first line of a message that the MTA itself made.
    mutating func observeMessageID(_ event: MailEvent, _ bytes: [UInt8]) {
        let keys = LineKeys(event, bytes)
        var slot = lives.find(keys.message) ?? -1
        // cleanup writes all its lines before the queue manager's first one.
        if slot < 0 || !lives[slot].flags.isDisjoint(with: [.queued, .removed]) {
            slot = begin(keys, event, bytes, origin: .local)
        }
        guard lives[slot].message == 0 else { return }
        lives[slot].message = Self.messageHash(bytes, event.messageID)
    }

    /// A header that `header_checks` wrote to the log.
    mutating func observeHeader(_ event: MailEvent, _ bytes: [UInt8]) {
        let keys = LineKeys(event, bytes)
        var slot = lives.find(keys.message) ?? -1
        if slot < 0 || !lives[slot].flags.isDisjoint(with: [.queued, .removed]) {
            slot = begin(keys, event, bytes, origin: .local)
        }
        let life = lives[slot]
        if life.origin != .remote, life.message != 0, byMessage[life.message] != nil { return }
        let place = arrival(of: slot)
        arrivals[place].read(event, bytes, delimiters: delimiters)
    }

    /// The arrival of the life in `slot`, made when there is none.
    mutating func arrival(of slot: Int32) -> Int32 {
        if lives[slot].arrival != 0, let place = arrivals.find(lives[slot].arrival) { return place }
        var key = mix(lives.key(slot), UInt64(bitPattern: lives[slot].born))
        while key == 0 || arrivals.find(key) != nil { key = mix(key, 1) }
        let (place, out) = arrivals.insert(key)
        if let out {
            tally.evictedArrivals += 1
            unname(out.value.message, out.slot)
        }
        arrivals[place].life = lives.key(slot)
        arrivals[place].origin = lives[slot].origin
        arrivals[place].born = lives[slot].born
        lives[slot].arrival = key
        return place
    }

    /// Drops the arrival of the life in `slot`, which turned out not to come from outside.
    mutating func dropArrival(of slot: Int32) {
        guard lives[slot].arrival != 0 else { return }
        if let place = arrivals.find(lives[slot].arrival) {
            let gone = arrivals.remove(place)
            unname(gone.message, place)
        }
        lives[slot].arrival = 0
    }

    private mutating func unname(_ message: UInt64, _ place: Int32) {
        if message != 0, byMessage[message] == place { byMessage[message] = nil }
    }

    /// Any line that ends a life.
    mutating func observeEnd(
        _ event: MailEvent,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) {
        guard !event.queueID.isEmpty else { return }
        let keys = LineKeys(event, bytes)
        guard let slot = lives.find(keys.message) else { return }
        if lives[slot].expansions > 0, lives[slot].list < 0 {
            tellInline(slot, event, bytes, &out)
        }
        finish(slot)
    }

    /// Ends the life in `slot`, which lingers for lines that are written late.
    mutating func finish(_ slot: Int32) {
        lives[slot].flags.insert(.removed)
        // The filter's twin may have its queue line still to come.
        if !lives[slot].flags.contains(.handed) { unpair(slot) }
        let key = lives.key(slot)
        guard finished.count == Self.lingering else {
            finished.append(key)
            return
        }
        let oldest = finished[finishedNext]
        finished[finishedNext] = key
        finishedNext = (finishedNext + 1) % Self.lingering
        if let old = lives.find(oldest), lives[old].flags.contains(.removed) {
            forget(lives.remove(old))
        }
    }

    /// The MTA started: short ids of the instance may come again without a birth line.
    ///
    /// A fan-out goes on after a restart under its id, so it is kept and only marked.
    mutating func observeStart(_ event: MailEvent, _ bytes: [UInt8]) {
        let keys = LineKeys(event, bytes)
        let instance = UInt32(truncatingIfNeeded: keys.instance)
        for lane in [Lane.passing, .kept] {
            for slot in lives.slots(in: lane)
            where lives[slot].instance == instance && lives[slot].flags.contains(.shortID) {
                if lives[slot].list < 0 {
                    forget(lives.remove(slot))
                } else {
                    lives[slot].flags.insert(.stale)
                }
            }
        }
    }

    /// Undoes what other tables keep of a life that is gone.
    mutating func forget(_ life: Life) {
        guard life.flags.contains(.unpaired) else { return }
        closeFanOut(Self.pairKey(life))
    }

    private mutating func evict(_ life: Life) {
        forget(life)
        guard !life.flags.contains(.removed) else { return }
        if life.list >= 0 { tally.evictedFanOuts += 1 } else { tally.evictedMessages += 1 }
    }

    /// Whether the id is of the short form: hexadecimal digits only.
    static func isShort(_ bytes: [UInt8], _ id: ByteRange) -> Bool {
        let end = min(Int(id.end), bytes.count)
        for position in min(Int(id.start), end)..<end {
            let byte = bytes[position]
            guard (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) else {
                return false
            }
        }
        return true
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
