// SPDX-License-Identifier: Apache-2.0
//
// The directory of lists: which address is which list, what the configuration says of it, and who
// is never forgotten. A recognised list first stands among the unconfirmed, which only push out each
// other, until it fanned out. The mistake to avoid: learning an alias that is itself another list.

internal import Archive
internal import MailLog

/// All lists, by address.
struct Directory: Sendable {
    private var lists = SlotTable<ListRecord>()
    /// Lists by hash of their addresses.
    private var addresses: [UInt64: Handle<ListRecord>] = [:]
    /// Configured lists by hash of the local part; one that two share names nothing.
    private var locals: [UInt64: Handle<ListRecord>] = [:]
    private var patterns = SenderPatterns()
    private var neverLists: Set<UInt64> = []
    /// List and poster, of every poster that the configuration calls regular.
    private var configuredPosters: Set<UInt64> = []
    /// Hashes of the lists that the configuration names.
    private var configured: Set<UInt64> = []
    private var pinned: Set<UInt64> = []
    private var settings = TrafficSettings()
    /// Bytes that begin an address extension.
    private(set) var delimiters: [UInt8] = []

    /// A list that had to leave.
    struct Gone {
        var list: ListID
        /// Whether it had fanned out.
        var wasConfirmed: Bool
    }

    /// ``TrafficSettings/smallestFanOut``, within reason.
    var smallestFanOut: Int32 { Int32(clamping: max(settings.smallestFanOut, 2)) }

    /// Whether an address that is no list yet may become one.
    var recognisesLists: Bool { settings.recognisesLists }

    /// Lists, and those of them that did not fan out yet.
    var counts: (lists: Int, unconfirmed: Int) { (lists.count, lists.count(in: .passing)) }

    // MARK: Records

    /// A list, changed in place; nil when it was forgotten.
    subscript(list: Handle<ListRecord>) -> ListRecord? {
        @inline(__always) get { lists[list] }
        @inline(__always) set { lists[list] = newValue }
    }

    /// The hash of a list's address: its part in the keys of common tables; nil when forgotten.
    @inline(__always)
    func hash(_ list: Handle<ListRecord>) -> UInt64? { lists.peek(list) { $0.hash } }

    /// Whether a post with headers that show replies was seen on a list.
    @inline(__always)
    func showsReplies(_ list: Handle<ListRecord>) -> Bool {
        lists.peek(list) { $0.showsReplies } ?? false
    }

    /// Counts copies that were delivered.
    @inline(__always)
    mutating func countSent(_ copies: Int64, _ list: Handle<ListRecord>) {
        _ = lists.change(list) { $0.sent &+= copies }
    }

    /// Notes where copies of the post `message` went.
    mutating func note(
        _ copies: Int64,
        of message: UInt64,
        to destination: Destination,
        _ list: Handle<ListRecord>
    ) {
        _ = lists.change(list) { $0.note(copies, of: message, to: destination) }
    }

    /// Whether a member of the list is known to have his mailbox on this host.
    @inline(__always)
    func hasMailboxes(_ list: Handle<ListRecord>) -> Bool {
        lists.peek(list) { $0.mailboxes.members > 0 } ?? false
    }

    /// Whether the list is still there.
    @inline(__always)
    func holds(_ list: Handle<ListRecord>) -> Bool { lists.holds(list) }

    /// The list with that number.
    func list(_ id: ListID) -> Handle<ListRecord>? { lists.tenant(of: id.index) }

    /// At most `limit` lists: the pinned, then those that fanned out, then others; in each those
    /// first that were touched last.
    func recent(limit: Int) -> [ListID] {
        var found: [ListID] = []
        for lane in [Lane.fixed, .kept, .passing] {
            let more = lists.newest(in: lane, limit: limit - found.count)
            found += more.map { ListID(index: $0.slot) }
        }
        return found
    }

    /// Those that fanned out, are pinned or configured, among `count` places from `place` on; and the
    /// next place, nil at the end.
    func confirmed(from place: Int, count: Int) -> (lists: [ListID], next: Int?) {
        let end = min(lists.places, place + count)
        let found = (max(0, place)..<max(0, place, end)).compactMap { lists.tenant(of: Int32($0)) }
            .filter(isConfirmed).map { ListID(index: $0.slot) }
        return (found, end < lists.places ? end : nil)
    }

    /// Whether the configuration names the list with this hash.
    func isConfigured(_ hash: UInt64) -> Bool { configured.contains(hash) }

    /// Whether the configuration calls the poster regular; `key` joins list and poster.
    func isRegular(_ key: UInt64) -> Bool { configuredPosters.contains(key) }

    /// Whether the list fanned out, is pinned or configured.
    @inline(__always)
    func isConfirmed(_ list: Handle<ListRecord>) -> Bool { lists.lane(list) != .passing }

    /// Marks a list as the one used last.
    mutating func touch(_ list: Handle<ListRecord>) { lists.touch(list) }

    // MARK: Addresses

    /// The list whose address has this hash.
    func list(at hash: UInt64) -> Handle<ListRecord>? { addresses[hash] }

    /// The list at the address at `range`; nil when it is none of ours.
    func known(at range: ByteRange, _ bytes: [UInt8]) -> Handle<ListRecord>? {
        guard !range.isEmpty else { return nil }
        let form = AddressForm(bytes, range)
        return addresses[form.hash(bytes)] ?? addresses[form.localHash(bytes)]
    }

    /// The list whose sender pattern matches the address at `range`.
    func list(bySender range: ByteRange, _ bytes: [UInt8]) -> Handle<ListRecord>? {
        guard !patterns.isEmpty, Int(range.end) <= bytes.count, !range.isEmpty else { return nil }
        return patterns.list(of: bytes[Int(range.start)..<Int(range.end)])
    }

    /// The list at `form`, made when there is none and lists are recognised; and who left for it.
    mutating func resolve(
        _ form: AddressForm,
        _ origin: ListOrigin,
        _ bytes: [UInt8]
    ) -> (list: Handle<ListRecord>?, gone: Gone?) {
        let (hash, local) = (form.hash(bytes), form.localHash(bytes))
        if let list = addresses[hash] ?? addresses[local] { return (list, nil) }
        // An owner- alias carries the host's domain, whatever domain was posted to.
        if origin == .ownerAlias, let list = locals[local], !list.isNone { return (list, nil) }
        guard recognisesLists, !neverLists.contains(hash), !neverLists.contains(local) else {
            return (nil, nil)
        }
        let (list, gone) = make(form.text(bytes), hash, origin, lane: .passing)
        return (list, gone)
    }

    /// Lists that fanned out, are pinned or configured.
    var confirmed: [Handle<ListRecord>] {
        [Lane.fixed, .kept].flatMap { lists.members(of: $0) }
    }

    /// The place of a list that was learned elsewhere, made when there is none; nil when lists are not
    /// recognised, when the address is never one, or when another would have to leave for it.
    mutating func place(for older: ListRecord) -> Handle<ListRecord>? {
        if let list = addresses[older.hash] { return list }
        guard recognisesLists, !neverLists.contains(older.hash),
            lists.count(in: .kept) < max(settings.maximumLists, 16)
        else { return nil }
        return make(older.address, older.hash, older.origin, lane: .kept).0
    }

    /// A new list; a pin that waits for its address applies at once.
    private mutating func make(
        _ address: String,
        _ hash: UInt64,
        _ origin: ListOrigin,
        lane: Lane
    ) -> (Handle<ListRecord>, Gone?) {
        let (list, out) = lists.insert(hash, lane: pinned.contains(hash) ? .fixed : lane)
        let gone = out.map { leave($0) }
        lists[list]?.address = address
        lists[list]?.hash = hash
        lists[list]?.origin = origin
        addresses[hash] = list
        return (list, gone)
    }

    private mutating func leave(_ gone: SlotTable<ListRecord>.Departed) -> Gone {
        let record = gone.value
        if addresses[record.hash] == gone.handle { addresses[record.hash] = nil }
        for place in 0..<ListRecord.watched where record.aliases[place] != 0 {
            if addresses[record.aliases[place]] == gone.handle {
                addresses[record.aliases[place]] = nil
            }
        }
        return Gone(
            list: ListID(index: gone.handle.slot),
            wasConfirmed: record.announced >= Int64(smallestFanOut)
        )
    }

    /// A list that fanned out is kept apart from those that only a sender named.
    mutating func confirm(_ list: Handle<ListRecord>) -> Gone? {
        guard lists.lane(list) == .passing,
            (lists[list]?.announced ?? 0) >= Int64(smallestFanOut)
        else { return nil }
        return lists.move(list, to: .kept).map { leave($0) }
    }

    /// Learns from an alias's own line that mail for `alias` goes to `list`.
    mutating func learn(_ alias: String, of list: Handle<ListRecord>) {
        let hash = AddressForm.hash(of: alias)
        guard let record = lists[list], hash != 0, hash != record.hash, addresses[hash] == nil
        else { return }
        for place in 0..<ListRecord.watched where record.aliases[place] == 0 {
            lists[list]?.aliases[place] = hash
            addresses[hash] = list
            return
        }
    }
}

extension Directory {
    // MARK: Settings

    /// Takes new settings and keeps everything that was learned; gives the lists that left.
    ///
    /// Lists that the configuration no longer names stay as recognised ones.
    mutating func update(_ settings: TrafficSettings) -> [Gone] {
        dropAliases()
        self.settings = settings
        delimiters = Array(settings.recipientDelimiter.utf8)
        lists.setLimits(
            passing: max(min(settings.maximumUnconfirmedLists, settings.maximumLists), 16),
            kept: max(settings.maximumLists, 16)
        )
        patterns = SenderPatterns()
        locals = [:]
        configuredPosters = []
        neverLists = Set(settings.neverLists.map(AddressForm.hash(of:)))
        let before = configured
        configured = []
        var gone: [Gone] = []
        for list in settings.lists { configure(list, &gone) }
        for hash in before.subtracting(configured) { release(hash, &gone) }
        return gone
    }

    /// Forgets the aliases that the settings before gave.
    private mutating func dropAliases() {
        for list in settings.lists {
            guard let found = lists.find(AddressForm.hash(of: list.address)) else { continue }
            for alias in list.aliases {
                let key = AddressForm.hash(of: alias)
                if key != lists[found]?.hash, addresses[key] == found { addresses[key] = nil }
            }
        }
    }

    private mutating func configure(_ list: ConfiguredList, _ gone: inout [Gone]) {
        let bytes = Array(list.address.utf8)
        let form = AddressForm(bytes, ByteRange(start: 0, end: bytes.count))
        let hash = form.hash(bytes)
        guard hash != 0, configured.insert(hash).inserted else { return }
        // An address that was learned as another list's alias is its own list from now on.
        if let other = addresses[hash], lists[other]?.hash != hash { unlearn(hash, of: other) }
        let handle: Handle<ListRecord>
        if let found = addresses[hash] {
            handle = found
            _ = lists.move(found, to: .fixed)
        } else {
            let made = make(form.text(bytes), hash, .configured, lane: .fixed)
            handle = made.0
            if let out = made.1 { gone.append(out) }
        }
        let local = form.localHash(bytes)
        if !form.domain.isEmpty { locals[local] = locals[local] == nil ? handle : Handle.none }
        for alias in list.aliases {
            let key = AddressForm.hash(of: alias)
            if key != 0, addresses[key] == nil { addresses[key] = handle }
        }
        for pattern in list.senderPatterns { patterns.add(pattern, list: handle) }
        for poster in list.regularPosters { configuredPosters.insert(mix(hash, person(poster))) }
    }

    private func person(_ address: String) -> UInt64 {
        let bytes = Array(address.utf8)
        return AddressForm(bytes, ByteRange(start: 0, end: bytes.count))
            .person(bytes, delimiters: delimiters).hash(bytes)
    }

    private mutating func unlearn(_ hash: UInt64, of list: Handle<ListRecord>) {
        for place in 0..<ListRecord.watched where lists[list]?.aliases[place] == hash {
            lists[list]?.aliases[place] = 0
        }
        addresses[hash] = nil
    }

    private mutating func release(_ hash: UInt64, _ gone: inout [Gone]) {
        guard let list = lists.find(hash), !pinned.contains(hash) else { return }
        if let out = lists.move(list, to: .kept) { gone.append(leave(out)) }
    }

    /// Names the lists that are never forgotten; gives those that left.
    ///
    /// The set replaces the one before; an address that is no list yet becomes one.
    mutating func setPinned(_ names: Set<String>) -> [Gone] {
        var gone: [Gone] = []
        let before = pinned
        pinned = []
        for name in names.sorted() {
            let bytes = Array(name.utf8)
            let range = ByteRange(start: 0, end: bytes.count)
            let form = AddressForm(bytes, range)
            let list = known(at: range, bytes)
            let hash = list.flatMap { lists[$0]?.hash } ?? form.hash(bytes)
            guard hash != 0 else { continue }
            pinned.insert(hash)
            if let list {
                _ = lists.move(list, to: .fixed)
            } else if let out = make(form.text(bytes), hash, .expansion, lane: .fixed).1 {
                gone.append(out)
            }
        }
        for hash in before.subtracting(pinned) where !configured.contains(hash) {
            release(hash, &gone)
        }
        return gone
    }
}

extension Directory {
    /// Writes everything but the settings, or reads it in the place of what is here; `update` has
    /// to follow.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        var count = addresses.count
        try parts.part(TrafficPart.directory) { (stream) throws(ArchiveDamage) in
            try stream.number(&count, from: 0)
            try stream.set(&configured)
            try stream.set(&pinned)
        }
        try lists.archive(&parts, TrafficPart.lists)
        try parts.handles(TrafficPart.addresses, &addresses, count: count, in: lists)
    }
}
