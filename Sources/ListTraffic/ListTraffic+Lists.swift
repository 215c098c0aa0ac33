// SPDX-License-Identifier: Apache-2.0
//
// The directory of lists: which address is which list. A recognised list first stands among the unconfirmed, which only push out each other,
// until it fanned out. The mistake to avoid: learning an alias that is itself another list.

internal import EventTime
internal import MailLog

extension ListTraffic {
    /// The posting address of `list`, in lower case; empty when there is no such list.
    public func address(of list: ListID) -> String {
        lists.isTaken(list.index) ? lists[list.index].address : ""
    }

    /// The list whose posting address or alias is `address`, without regard to case.
    public func list(at address: String) -> ListID? {
        let bytes = Array(address.utf8)
        let range = ByteRange(start: 0, end: bytes.count)
        return knownList(at: range, bytes).map { ListID(index: $0) }
    }

    /// What is known about `list`; all empty when there is no such list.
    public func facts(of list: ListID) -> ListFacts {
        let record = lists.isTaken(list.index) ? lists[list.index] : ListRecord()
        var regulars: [String] = []
        for place in 0..<ListRecord.watched where record.regulars[place].isRegular {
            regulars.append(record.regulars[place].address)
        }
        return ListFacts(
            address: record.address,
            origin: record.origin,
            isConfigured: configured.contains(record.hash),
            isConfirmed: lists.isTaken(list.index) && lists.lane(list.index) != .passing,
            members: record.members,
            knownPosters: Int(record.knownPosters),
            regularPosters: regulars,
            posts: record.posts,
            announced: record.announced,
            sent: record.sent,
            hasHeaders: record.showsReplies,
            lastPost: record.lastPost == .min ? nil : Timestamp(microseconds: record.lastPost)
        )
    }

    /// Every list in memory, in no particular order.
    public var allLists: [ListID] {
        [Lane.passing, .kept, .fixed].flatMap { lane in
            lists.slots(in: lane).map { ListID(index: $0) }
        }
    }

    /// At most `limit` lists: the pinned, then those that fanned out, then others; in each those
    /// first that were touched last.
    ///
    /// O(`limit`), however many are in memory.
    public func recentLists(limit: Int) -> [ListID] {
        var found: [ListID] = []
        for lane in [Lane.fixed, .kept, .passing] {
            found += lists.newest(in: lane, limit: limit - found.count).map { ListID(index: $0) }
        }
        return found
    }

    /// The list at the address at `range`; nil when it is none of ours.
    func knownList(at range: ByteRange, _ bytes: [UInt8]) -> Int32? {
        guard !range.isEmpty else { return nil }
        let form = AddressForm(bytes, range)
        return addresses[form.hash(bytes)] ?? addresses[form.localHash(bytes)]
    }

    /// The list at `form`, made when there is none and lists are recognised.
    mutating func resolve(
        _ form: AddressForm,
        _ origin: ListOrigin,
        _ bytes: [UInt8],
        _ out: inout [TrafficEvent]
    ) -> Int32? {
        let (hash, local) = (form.hash(bytes), form.localHash(bytes))
        if let list = addresses[hash] ?? addresses[local] { return list }
        // An owner- alias carries the host's domain, whatever domain was posted to.
        if origin == .ownerAlias, let list = locals[local], list >= 0 { return list }
        guard settings.recognisesLists, !neverLists.contains(hash), !neverLists.contains(local)
        else { return nil }
        return make(form.text(bytes), hash, origin, lane: .passing, &out)
    }

    /// A new list; an alias or pin that waits for its address applies at once.
    mutating func make(
        _ address: String,
        _ hash: UInt64,
        _ origin: ListOrigin,
        lane: Lane,
        _ out: inout [TrafficEvent]
    ) -> Int32 {
        let (slot, gone) = lists.insert(hash, lane: pinned.contains(hash) ? .fixed : lane)
        if let gone { leave(gone, &out) }
        serial &+= 1
        lists[slot].address = address
        lists[slot].hash = hash
        lists[slot].serial = serial
        lists[slot].origin = origin
        addresses[hash] = slot
        return slot
    }

    mutating func leave(
        _ gone: SlotTable<ListRecord>.Evicted,
        _ out: inout [TrafficEvent]
    ) {
        unaddress(gone.value, gone.slot)
        if gone.value.announced >= Int64(smallestFanOut) {
            tally.evictedLists += 1
        } else {
            tally.evictedUnconfirmedLists += 1
        }
        out.append(.evicted(list: ListID(index: gone.slot)))
    }

    private mutating func unaddress(_ record: ListRecord, _ slot: Int32) {
        if addresses[record.hash] == slot { addresses[record.hash] = nil }
        for place in 0..<4 where record.aliases[place] != 0 {
            if addresses[record.aliases[place]] == slot { addresses[record.aliases[place]] = nil }
        }
    }

    /// A list that fanned out is kept apart from those that only a sender named.
    mutating func confirm(_ list: Int32, _ out: inout [TrafficEvent]) {
        guard lists.lane(list) == .passing, lists[list].announced >= Int64(smallestFanOut) else {
            return
        }
        if let gone = lists.move(list, to: .kept) { leave(gone, &out) }
    }

    /// Learns from an alias's own line that mail for `alias` goes to `list`.
    mutating func learn(_ alias: String, of list: Int32) {
        let hash = Self.hash(alias)
        guard hash != 0, hash != lists[list].hash, addresses[hash] == nil else { return }
        for place in 0..<4 where lists[list].aliases[place] == 0 {
            lists[list].aliases[place] = hash
            addresses[hash] = list
            return
        }
    }
}
