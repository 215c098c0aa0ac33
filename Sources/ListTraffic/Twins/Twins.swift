// SPDX-License-Identifier: Apache-2.0
//
// Fan-outs that a content filter may still give back under another id, and the filters that were
// seen to do so. The mistake to avoid: a fan-out that is over and still counted as open; the next
// post of the same people would be taken for its twin.

internal import Archive

/// Which fan-outs wait for a filter's twin.
struct Twins: Sendable {
    /// Filters and hosts that are remembered.
    private static let mostFilters = 64

    private var fanOuts = SlotTable<OpenFanOut>()
    /// Host and relay of every content filter that was seen to give messages back.
    private var filters: Set<UInt64> = []

    /// Takes the limits that `settings` give.
    mutating func setLimits(_ settings: TrafficSettings) {
        fanOuts.setLimits(passing: max(settings.maximumMessages, 16), kept: 1)
    }

    /// What a filter leaves the same: Message-ID, sender, number of recipients.
    private static func key(_ life: Life) -> UInt64 {
        mix(mix(life.message, life.sender), UInt64(truncatingIfNeeded: Int(life.recipients)))
    }

    /// Key of the youngest open fan-out of the same post, sender and number of recipients.
    func youngest(like life: Life) -> UInt64? {
        fanOuts.find(Self.key(life)).flatMap { fanOuts[$0]?.life }
    }

    /// Notes that a filter may give the fan-out `life` back; gives the key of the next older one.
    mutating func open(_ life: Life, under key: UInt64) -> UInt64 {
        let pair = Self.key(life)
        let place = fanOuts.find(pair) ?? fanOuts.insert(pair).handle
        let older = fanOuts[place]?.life ?? 0
        fanOuts[place]?.count += 1
        fanOuts[place]?.life = key
        return older
    }

    /// Counts one open fan-out like `life` less.
    mutating func close(_ life: Life) {
        guard let place = fanOuts.find(Self.key(life)) else { return }
        fanOuts[place]?.count -= 1
        if (fanOuts[place]?.count ?? 0) <= 0 { fanOuts.remove(place) }
    }

    /// Whether any filter is known.
    var hasFilters: Bool { !filters.isEmpty }

    /// Whether `relay` is a filter; it joins host and relay.
    func isFilter(_ relay: UInt64) -> Bool { filters.contains(relay) }

    /// Remembers that `relay` gives messages back.
    mutating func noteFilter(_ relay: UInt64) {
        if filters.count < Self.mostFilters { filters.insert(relay) }
    }
}

extension Twins {
    /// Writes everything, or reads it in the place of what is here.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        try parts.part(TrafficPart.filters) { (stream) throws(ArchiveDamage) in
            try stream.set(&filters)
        }
        try fanOuts.archive(&parts, TrafficPart.fanOuts)
    }
}
