// SPDX-License-Identifier: Apache-2.0
//
// One page for one storm: whose turn it is. Judges come first, by name, then the host that tripped, then the
// others; each waits five seconds for each before it, and who hears that another has paged does not page.
// Two hosts that cannot hear each other both page, under one key. The mistake to avoid: to keep a page back
// for good because somebody said that it was sent; see reminders.

internal import Breaker
internal import EventTime
internal import Fleet
internal import FleetLink

/// Pages of the fleet's trips on this host.
struct FleetPages: Sendable {
    /// What one place in the order waits, in nanoseconds.
    ///
    /// 5 s: as long as it takes to see that a host is gone (the keep-alive of ``Carrier``).
    static let step: Int64 = 5_000_000_000
    /// Marks of others that are kept; chosen, all trips that a host knows.
    static let mostMarks = FleetBook.mostTrips

    /// A page that waits for its turn.
    struct Waiting: Sendable {
        var alert: Alert
        /// When it was saved, as the outbox knows it.
        var time: Timestamp
        /// Its turn, by the monotonic clock.
        var due: Int64
        var scope: FleetScope
    }

    /// By number of the incident here.
    var waiting: [Int64: Waiting] = [:]
    /// Keys under which this host paged of what is open, by number of the incident here.
    var keys: [Int64: String] = [:]
    /// Trips that this host paged of.
    private(set) var own: Set<TripName> = []
    /// Hosts that said that they paged, by trip.
    private(set) var told: [TripName: String] = [:]

    /// Takes another host's word, or this host's own of before its start.
    mutating func note(_ name: TripName, pagedBy host: String, me: String) {
        if host == me {
            if own.count < FleetBook.mostOfHost { own.insert(name) }
        } else if told.count < Self.mostMarks {
            told[name] = host
        }
    }

    /// Notes that this host pages of `names` now.
    mutating func note(own names: [TripName]) {
        for name in names where own.count < FleetBook.mostOfHost { own.insert(name) }
    }

    /// This host's place in the order, from 0.
    ///
    /// `hosts` and `judges` are those that are there.
    static func place(of me: String, isJudge: Bool, isOwn: Bool, hosts: [String], judges: [String])
        -> Int
    {
        let judges = Set(judges).union(isJudge ? [me] : [])
        if isJudge { return judges.count { $0 < me } }
        if isOwn { return judges.count }
        return judges.count + 1 + hosts.count { $0 < me && !judges.contains($0) }
    }
}

extension FleetDesk {
    /// Why this host need not page of `scope`: who did; nil: nobody said so.
    func pagedBy(_ scope: FleetScope, isObserve: Bool) -> String? {
        member.book.openTrips(of: scope).lazy
            .filter { $0.isArmed || isObserve }
            .compactMap { pages.told[$0.name] }.first
    }

    /// How long this host waits before it pages, in nanoseconds.
    func wait(isOwn: Bool, isObserve: Bool, at clock: Int64) -> Int64 {
        // Nobody else acts on a trip of a host that only watches, but judges say the same.
        guard alone(at: clock) == nil, settings.isJudge || !isObserve else { return 0 }
        let place = FleetPages.place(
            of: settings.host,
            isJudge: settings.isJudge,
            isOwn: isOwn,
            hosts: view.hosts,
            judges: view.judges ?? []
        )
        return Int64(place) * FleetPages.step
    }

    /// The key of a page about `scope`, the same on every host that knows the same trips.
    func pageKey(of scope: FleetScope) -> String? {
        member.book.openTrips(of: scope).first.map { "fleet/\($0.name.short)-\($0.name.seconds)" }
    }

    /// What this host says of its pages, for the brokers to keep.
    var keptPages: [(topic: FleetTopic, text: String)] {
        pages.own.sorted().map { name in
            (
                .paged(by: settings.host, name),
                member.book.isNamed(name) ? "" : "listbreaker-paged 1\n"
            )
        }
    }
}
