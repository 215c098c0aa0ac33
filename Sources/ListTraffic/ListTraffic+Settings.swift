// SPDX-License-Identifier: Apache-2.0
//
// What the configuration says about lists, and who is never forgotten. New settings replace the old
// ones and nothing that was learned. The mistake to avoid: an alias of the settings before that
// still names its list.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// Takes new settings and keeps everything that was learned.
    ///
    /// Lists that the configuration no longer names stay as recognised ones; a smaller table sheds
    /// its oldest records as new ones come.
    public mutating func update(settings: TrafficSettings) {
        dropAliases()
        self.settings = settings
        delimiters = Array(settings.recipientDelimiter.utf8)
        setLimits()
        patterns = SenderPatterns()
        locals = [:]
        configuredPosters = []
        neverLists = Set(settings.neverLists.map(Self.hash))
        listHosts = Set(
            settings.listHosts.map { host in
                let bytes = Array(host.utf8)
                return ByteHash.foldedHash(bytes, ByteRange(start: 0, end: bytes.count))
            }
        )
        let before = configured
        configured = []
        var told: [TrafficEvent] = []
        for list in settings.lists { configure(list, &told) }
        for hash in before.subtracting(configured) { release(hash, &told) }
        owe(told)
    }

    /// Forgets the aliases that the settings before gave.
    private mutating func dropAliases() {
        for list in settings.lists {
            guard let slot = lists.find(Self.hash(list.address)) else { continue }
            for alias in list.aliases {
                let key = Self.hash(alias)
                if key != lists[slot].hash, addresses[key] == slot { addresses[key] = nil }
            }
        }
    }

    private mutating func setLimits() {
        let half = { (cap: Int) in max(cap, 16) / 2 }
        lists.setLimits(
            passing: max(min(settings.maximumUnconfirmedLists, settings.maximumLists), 16),
            kept: max(settings.maximumLists, 16)
        )
        lives.setLimits(
            passing: half(settings.maximumMessages) / 2,
            kept: half(settings.maximumMessages) + half(settings.maximumMessages) / 2
        )
        arrivals.setLimits(
            passing: half(settings.maximumArrivals),
            kept: half(settings.maximumArrivals)
        )
        posts.setLimits(
            passing: half(settings.maximumPosts) / 4,
            kept: max(settings.maximumPosts, 16)
        )
        fanOuts.setLimits(passing: max(settings.maximumMessages, 16), kept: 1)
        awaited.setLimits(passing: 256, kept: 1)
        senders.setLimits(
            passing: max(settings.maximumSenders, 64) / 4,
            kept: max(settings.maximumSenders, 16)
        )
        known.limit = max(settings.maximumPosters, 16)
        recipients.setLimit(max(settings.maximumRecipients, 16))
    }

    private mutating func configure(_ list: ConfiguredList, _ told: inout [TrafficEvent]) {
        let bytes = Array(list.address.utf8)
        let form = AddressForm(bytes, ByteRange(start: 0, end: bytes.count))
        let hash = form.hash(bytes)
        guard hash != 0, configured.insert(hash).inserted else { return }
        // An address that was learned as another list's alias is its own list from now on.
        if let other = addresses[hash], lists[other].hash != hash { unlearn(hash, of: other) }
        let slot: Int32
        if let found = addresses[hash] {
            slot = found
            _ = lists.move(found, to: .fixed)
        } else {
            slot = make(form.text(bytes), hash, .configured, lane: .fixed, &told)
        }
        let local = form.localHash(bytes)
        if !form.domain.isEmpty { locals[local] = locals[local] == nil ? slot : -1 }
        for alias in list.aliases {
            let key = Self.hash(alias)
            if key != 0, addresses[key] == nil { addresses[key] = slot }
        }
        for pattern in list.senderPatterns { patterns.add(pattern, list: slot) }
        for poster in list.regularPosters { configuredPosters.insert(mix(hash, person(poster))) }
    }

    private func person(_ address: String) -> UInt64 {
        let bytes = Array(address.utf8)
        return AddressForm(bytes, ByteRange(start: 0, end: bytes.count))
            .person(bytes, delimiters: delimiters).hash(bytes)
    }

    private mutating func unlearn(_ hash: UInt64, of list: Int32) {
        for place in 0..<4 where lists[list].aliases[place] == hash {
            lists[list].aliases[place] = 0
        }
        addresses[hash] = nil
    }

    private mutating func release(_ hash: UInt64, _ told: inout [TrafficEvent]) {
        guard let slot = lists.find(hash), !pinned.contains(hash) else { return }
        if let gone = lists.move(slot, to: .kept) { leave(gone, &told) }
    }

    private mutating func owe(_ told: [TrafficEvent]) {
        for event in told {
            if case .evicted(let list) = event { owed.append(list) }
        }
    }

    /// Names the lists that are never forgotten: those whose breaker is not closed.
    ///
    /// The set replaces the one before; an address that is no list yet becomes one.
    public mutating func setPinned(_ addresses: Set<String>) {
        var told: [TrafficEvent] = []
        let before = pinned
        pinned = []
        for address in addresses.sorted() {
            let bytes = Array(address.utf8)
            let form = AddressForm(bytes, ByteRange(start: 0, end: bytes.count))
            let slot = knownList(at: ByteRange(start: 0, end: bytes.count), bytes)
            let hash = slot.map { lists[$0].hash } ?? form.hash(bytes)
            guard hash != 0 else { continue }
            pinned.insert(hash)
            if let slot {
                _ = lists.move(slot, to: .fixed)
            } else {
                _ = make(form.text(bytes), hash, .expansion, lane: .fixed, &told)
            }
        }
        for hash in before.subtracting(pinned) where !configured.contains(hash) {
            release(hash, &told)
        }
        owe(told)
    }

    /// Hash of an address in a setting.
    static func hash(_ address: String) -> UInt64 {
        let bytes = Array(address.utf8)
        return AddressForm(bytes, ByteRange(start: 0, end: bytes.count)).hash(bytes)
    }
}
