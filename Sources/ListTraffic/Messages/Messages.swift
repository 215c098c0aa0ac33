// SPDX-License-Identifier: Apache-2.0
//
// Messages: those in a queue, those from outside that may still become posts, and aliases whose
// message is still to come. The mistake to avoid: an arrival that leaves while its Message-ID still
// names it.

internal import Archive
internal import EventTime
internal import MailLog

/// All messages that are remembered, by queue id and by Message-ID.
struct Messages: Sendable {
    /// Finished messages that are kept for lines that come late.
    static let lingering = 1024

    private var lives = SlotTable<Life>()
    private var arrivals = SlotTable<Arrival>()
    /// The latest arrival of each Message-ID.
    private var byMessage: [UInt64: Handle<Arrival>] = [:]
    /// Children whose queue line is still to come, by the key of their life.
    private var awaited = SlotTable<AwaitedChild>()
    /// Keys of finished lives, a ring.
    private var finished: [UInt64] = []
    private var finishedNext = 0

    /// Takes the limits that `settings` give.
    mutating func setLimits(_ settings: TrafficSettings) {
        let half = { (cap: Int) in max(cap, 16) / 2 }
        lives.setLimits(
            passing: half(settings.maximumMessages) / 2,
            kept: half(settings.maximumMessages) + half(settings.maximumMessages) / 2
        )
        arrivals.setLimits(
            passing: half(settings.maximumArrivals),
            kept: half(settings.maximumArrivals)
        )
        awaited.setLimits(passing: 256, kept: 1)
    }

    /// Messages in a queue, and from outside.
    var counts: (lives: Int, arrivals: Int) { (lives.count, arrivals.count) }

    // MARK: Lives

    /// The life under `key`.
    @inline(__always)
    func find(_ key: UInt64) -> Handle<Life>? { lives.find(key) }

    /// A life, changed in place; nil when it is over.
    subscript(life: Handle<Life>) -> Life? {
        @inline(__always) get { lives[life] }
        @inline(__always) set { lives[life] = newValue }
    }

    /// What is known of a life's state; nil when it is over.
    @inline(__always)
    func flags(_ life: Handle<Life>) -> LifeFlags? { lives.peek(life) { $0.flags } }

    /// Takes `copies` as sent; false when all have been, or the life is over.
    @inline(__always)
    mutating func takeSent(_ copies: Int32, _ life: Handle<Life>) -> Bool {
        lives.change(life) { $0.takeSent(copies) } ?? false
    }

    /// Takes one recipient's line of what is due.
    @inline(__always)
    mutating func settle(_ life: Handle<Life>, isDeferred: Bool) {
        _ = lives.change(life) { life in
            if isDeferred {
                life.flags.insert(.deferred)
            } else if life.due > 0 {
                life.due -= 1
            }
        }
    }

    /// The key of a life; 0 when it is over.
    @inline(__always)
    func key(_ life: Handle<Life>) -> UInt64 { lives.key(life) ?? 0 }

    /// Marks a life as the one used last.
    @inline(__always)
    mutating func touch(_ life: Handle<Life>) { lives.touch(life) }

    /// Keeps a life apart from those of ordinary mail; gives one that this pushed out.
    mutating func keep(_ life: Handle<Life>) -> Life? { lives.move(life, to: .kept)?.value }

    /// All lives, by lane, least recently used first.
    func all(_ lanes: [Lane]) -> [Handle<Life>] { lanes.flatMap { lives.members(of: $0) } }

    /// What a new life took the place of.
    struct Begun {
        var life: Handle<Life>
        /// An older one under the same key.
        var replaced: Life?
        /// One that had to leave.
        var evicted: Life?
    }

    /// A life for the message of `line`, new in any case: an older one of the same id is over.
    mutating func begin(_ line: Line, origin: Origin) -> Begun {
        let key = line.keys.message
        let replaced = lives.find(key).flatMap { lives.remove($0) }
        if origin != .local, origin != .unseen, let early = awaited.find(key) {
            awaited.remove(early)
        }
        let (life, out) = lives.insert(key)
        let id = line.event.queueID
        lives[life]?.origin = origin
        lives[life]?.born = line.time.microseconds
        lives[life]?.queueID = PackedText(line.bytes, id)
        lives[life]?.instance = UInt32(truncatingIfNeeded: line.keys.instance)
        if Self.isShort(line.bytes, id) { lives[life]?.flags.insert(.shortID) }
        return Begun(life: life, replaced: replaced, evicted: out?.value)
    }

    /// Ends a life, which lingers for lines that are written late; gives one that has lingered
    /// long enough.
    mutating func finish(_ life: Handle<Life>) -> Life? {
        lives[life]?.flags.insert(.removed)
        let key = key(life)
        guard finished.count == Self.lingering else {
            finished.append(key)
            return nil
        }
        let oldest = finished[finishedNext]
        finished[finishedNext] = key
        finishedNext = (finishedNext + 1) % Self.lingering
        guard let old = lives.find(oldest), lives[old]?.flags.contains(.removed) == true else {
            return nil
        }
        return lives.remove(old)
    }

    /// Forgets a life.
    mutating func remove(_ life: Handle<Life>) -> Life? { lives.remove(life) }

    /// Whether the id is of the short form: hexadecimal digits only.
    private static func isShort(_ bytes: [UInt8], _ id: ByteRange) -> Bool {
        let end = min(Int(id.end), bytes.count)
        for position in min(Int(id.start), end)..<end {
            let byte = bytes[position]
            guard (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) else {
                return false
            }
        }
        return true
    }

    // MARK: Aliases whose message is still to come

    /// Keeps what an alias's line says of the life that will come under `key`.
    mutating func expect(_ child: AwaitedChild, under key: UInt64) {
        if let old = awaited.find(key) { awaited.remove(old) }
        let place = awaited.insert(key).handle
        awaited[place] = child
    }

    /// What is known of the life under `key` from its parent's line; no more after that.
    mutating func takeAwaited(_ key: UInt64) -> AwaitedChild? {
        guard awaited.count > 0, let place = awaited.find(key) else { return nil }
        return awaited.remove(place)
    }

    // MARK: Arrivals

    /// The arrival under `key`.
    func arrival(_ key: UInt64) -> Handle<Arrival>? { key == 0 ? nil : arrivals.find(key) }

    /// The latest arrival with that Message-ID.
    func arrival(named message: UInt64) -> Handle<Arrival>? {
        message == 0 ? nil : byMessage[message]
    }

    /// An arrival, changed in place; nil when it was forgotten.
    subscript(arrival: Handle<Arrival>) -> Arrival? {
        @inline(__always) get { arrivals[arrival] }
        @inline(__always) set { arrivals[arrival] = newValue }
    }

    /// The key of an arrival; 0 when it was forgotten.
    func key(_ arrival: Handle<Arrival>) -> UInt64 { arrivals.key(arrival) ?? 0 }

    /// The arrival of a life, made when there is none, and whether another had to leave for it.
    mutating func arrival(of life: Handle<Life>) -> (Handle<Arrival>, hasEvicted: Bool) {
        let it = lives[life] ?? Life()
        if let found = arrival(it.arrival) { return (found, false) }
        let lifeKey = self.key(life)
        var key = mix(lifeKey, UInt64(bitPattern: it.born))
        while key == 0 || arrivals.find(key) != nil { key = mix(key, 1) }
        let (place, out) = arrivals.insert(key)
        if let out { unname(out.value.message, out.handle) }
        arrivals[place]?.life = lifeKey
        arrivals[place]?.origin = it.origin
        arrivals[place]?.born = it.born
        lives[life]?.arrival = key
        return (place, out != nil)
    }

    /// Lets `arrival` be the one that its Message-ID names.
    mutating func name(_ arrival: Handle<Arrival>, _ message: UInt64) {
        if message != 0 { byMessage[message] = arrival }
    }

    /// Drops the arrival of a life, which turned out not to come from outside.
    mutating func dropArrival(of life: Handle<Life>) {
        guard let key = lives[life]?.arrival, key != 0 else { return }
        if let place = arrivals.find(key), let gone = arrivals.remove(place) {
            unname(gone.message, place)
        }
        lives[life]?.arrival = 0
    }

    /// Keeps an arrival apart from those that no list was named for; whether another had to leave.
    mutating func keep(_ arrival: Handle<Arrival>) -> Bool {
        guard let gone = arrivals.move(arrival, to: .kept) else { return false }
        unname(gone.value.message, gone.handle)
        return true
    }

    private mutating func unname(_ message: UInt64, _ arrival: Handle<Arrival>) {
        if message != 0, byMessage[message] == arrival { byMessage[message] = nil }
    }
}

extension Messages {
    /// Writes everything, or reads it in the place of what is here.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        var count = byMessage.count
        try parts.part(TrafficPart.messages) { (stream) throws(ArchiveDamage) in
            try stream.number(&count, from: 0)
            try stream.words(&finished, most: Self.lingering)
            try stream.number(&finishedNext, from: 0)
            try stream.check(finishedNext < Self.lingering, "a ring has no place \(finishedNext)")
        }
        try lives.archive(&parts, TrafficPart.lives)
        try arrivals.archive(&parts, TrafficPart.arrivals)
        try awaited.archive(&parts, TrafficPart.awaited)
        try parts.handles(TrafficPart.byMessage, &byMessage, count: count, in: arrivals)
    }
}
