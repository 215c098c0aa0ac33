// SPDX-License-Identifier: Apache-2.0
//
// One page for one storm: whose turn it is. Judges come first, by name, then the hosts that tripped, then the
// others; each waits five seconds for each before it, and who hears that another has paged does not page. Who
// begins says so first, and the others wait for its end. Hosts that trip at the same moment hear of each
// other while the first of them waits a second, so that they stand in one order and say one key.
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
    /// What a host that tripped, with nobody before it, waits for trips of others of the same moment, in nanoseconds.
    ///
    /// 1 s, chosen: a trip reaches the last of fifty hosts within it (docs/performance.md).
    static let settling: Int64 = 1_000_000_000
    /// So long the others wait for a page that a host is about to send, in nanoseconds.
    ///
    /// 30 s, chosen: longer than an alert script may take where nothing else is set.
    static let claimHolds: Int64 = 30_000_000_000
    /// So long what was pending waits at a start, until it is heard what others paged meanwhile: 10 s, chosen;
    /// brokers hand it over in two.
    static let hearing = TimeSpan.seconds(10)
    /// So long a mark is kept that says nothing any more, in nanoseconds: one day, chosen.
    ///
    /// This host's own is emptied at the brokers meanwhile; another's may come before the trip that it is
    /// about.
    static let markHolds: Int64 = 86_400_000_000_000
    /// Marks of others that are kept; chosen, all trips that a host knows.
    static let mostMarks = FleetBook.mostTrips

    /// Nanoseconds between two looks at which marks may go.
    static let pruneInterval: Int64 = 60_000_000_000

    /// A page that waits for its turn.
    struct Waiting: Sendable {
        var alert: Alert
        /// When it was saved, as the outbox knows it.
        var time: Timestamp
        /// Since when this host stands in the order, by the monotonic clock.
        var since: Int64
        /// Its turn, by the monotonic clock.
        var due: Int64
        var scope: FleetScope
    }

    /// What another host said of its page.
    struct Told: Sendable {
        var host: String
        var mark: PageMark
        /// When it was heard, by the monotonic clock.
        var heard: Int64
    }

    /// What this host says of its own.
    struct Own: Sendable {
        var mark: PageMark
        /// Since when the trip is over, by the monotonic clock; nil: it is not.
        var over: Int64?
    }

    /// By number of the incident here.
    var waiting: [Int64: Waiting] = [:]
    /// Keys under which this host paged of what is open, by number of the incident here.
    var keys: [Int64: String] = [:]
    /// Incidents here of which a page is on its way, and no target has it yet.
    var undelivered: Set<Int64> = []
    private var pruned = Int64.min / 2
    /// Trips that this host pages of.
    private(set) var own: [TripName: Own] = [:]
    /// Trips that others page of.
    private(set) var told: [TripName: Told] = [:]

    /// Takes another host's word, or this host's own of before its start; the trip is not over.
    mutating func note(
        _ name: TripName,
        _ mark: PageMark,
        by host: String,
        me: String,
        at clock: Int64
    ) {
        if host == me {
            guard own[name] == nil, own.count < FleetBook.mostOfHost else { return }
            own[name] = Own(mark: mark)
        } else if told[name]?.mark != .sent, told[name] != nil || told.count < Self.mostMarks {
            told[name] = Told(host: host, mark: mark, heard: clock)
        }
    }

    /// Notes how far this host is with its page of `names`.
    mutating func note(own names: [TripName], _ mark: PageMark) {
        for name in names where own[name] != nil || own.count < FleetBook.mostOfHost {
            guard own[name]?.mark != .sent else { continue }
            own[name] = Own(mark: mark)
        }
    }

    /// Lets go of marks that say nothing any more, with their trip or with age; looks once a minute.
    mutating func prune(_ member: FleetMember, at clock: Int64) {
        guard clock - pruned >= Self.pruneInterval else { return }
        pruned = clock
        for (name, mark) in own where member.book.isNamed(name) {
            guard let over = mark.over else {
                own[name]?.over = clock
                continue
            }
            if clock - over >= Self.markHolds { own[name] = nil }
        }
        told = told.filter { name, mark in
            guard !member.book.isNamed(name) else { return false }
            return member.knows(name) || clock - mark.heard < Self.markHolds
        }
    }

    /// This host's place in the order, from 0.
    ///
    /// `hosts` and `judges` are those that are there, `tripped` those whose own trips keep it open.
    static func place(
        of me: String,
        isJudge: Bool,
        tripped: Set<String>,
        hosts: [String],
        judges: [String]
    ) -> Int {
        let judges = Set(judges).union(isJudge ? [me] : [])
        if isJudge { return judges.count { $0 < me } }
        let present = tripped.intersection(hosts).union(tripped.intersection([me]))
            .subtracting(judges)
        if present.contains(me) { return judges.count + present.count { $0 < me } }
        return judges.count + max(1, present.count)
            + hosts.count { $0 < me && !judges.contains($0) && !present.contains($0) }
    }
}

extension FleetDesk {
    /// Why this host need not page of `scope`: whose page was delivered; nil: nobody said so.
    func pagedBy(_ scope: FleetScope, isObserve: Bool) -> String? {
        marks(of: scope, isObserve).first { $0.mark == .sent }?.host
    }

    /// Whether another host that is there is about to page of `scope`.
    func isClaimed(_ scope: FleetScope, isObserve: Bool, at clock: Int64) -> Bool {
        marks(of: scope, isObserve).contains {
            $0.mark == .claimed && clock - $0.heard < FleetPages.claimHolds
                && view.hosts.contains($0.host)
        }
    }

    private func marks(of scope: FleetScope, _ isObserve: Bool) -> [FleetPages.Told] {
        member.book.openTrips(of: scope)
            .filter { $0.isArmed || isObserve }
            .compactMap { pages.told[$0.name] }
    }

    /// Takes a host's word of its page; of what is over it says nothing.
    mutating func note(_ name: TripName, _ mark: PageMark, by host: String, at clock: Int64) {
        guard host == settings.host || !member.book.isNamed(name) else { return }
        pages.note(name, mark, by: host, me: settings.host, at: clock)
    }

    /// How long this host waits before it pages of `scope`, in nanoseconds.
    ///
    /// It grows where others are heard to have tripped too.
    func wait(for scope: FleetScope, isOwn: Bool, isObserve: Bool, at clock: Int64) -> Int64 {
        // Nobody else acts on a trip of a host that only watches, but judges say the same.
        guard alone(at: clock) == nil, settings.isJudge || !isObserve else { return 0 }
        let trips = member.book.openTrips(of: scope).filter { $0.isArmed || isObserve }
        let others = trips.map(\.name.host).filter { $0 != settings.host }
        let place = FleetPages.place(
            of: settings.host,
            isJudge: settings.isJudge,
            tripped: Set(others).union(isOwn ? [settings.host] : []),
            hosts: view.hosts,
            judges: view.judges ?? []
        )
        let isWithOthers = view.hosts.contains { $0 != settings.host }
        if place == 0, !settings.isJudge, isWithOthers { return FleetPages.settling }
        return Int64(place) * FleetPages.step
    }

    /// The key of a page about `scope`, the same on every host that knows the same trips.
    func pageKey(of scope: FleetScope) -> String? {
        member.book.openTrips(of: scope).first.map { "fleet/\($0.name.short)-\($0.name.seconds)" }
    }

    /// What this host says of its pages, for the brokers to keep.
    var keptPages: [(topic: FleetTopic, text: String)] {
        pages.own.sorted { $0.key < $1.key }.map { name, own in
            (
                .paged(by: settings.host, name),
                member.book.isNamed(name) ? "" : own.mark.text
            )
        }
    }
}
