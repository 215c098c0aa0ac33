// SPDX-License-Identifier: Apache-2.0
//
// The state of a fleet: two sets that only grow. Merging is their union, so that order, doubles and
// losses that are made good do not matter. The mistake to avoid: to remove a trip because it was reset;
// who still has it would bring it back, and nobody would know any more that it is over.

internal import EventTime

/// What is known of all hosts' trips and of the resets that name them.
public struct FleetBook: Sendable, Equatable {
    /// Trips that are kept of one host.
    ///
    /// Chosen: as many as a host has incidents that are not closed.
    public static let mostOfHost = 1_000
    /// Trips that are kept at all; 400 bytes each.
    public static let mostTrips = 20_000
    /// Resets that are kept.
    public static let mostResets = 10_000

    /// All trips.
    public private(set) var trips: Set<FleetTrip> = []
    /// All resets.
    public private(set) var resets: Set<FleetReset> = []
    private var named: Set<TripName> = []
    private var open: [FleetScope: Set<FleetTrip>] = [:]
    private var perHost: [String: Int] = [:]

    /// Nothing is known.
    public init() {}

    /// What adding a record came to.
    public enum Addition: Sendable, Equatable {
        /// It is in the set now.
        case new
        /// It was there.
        case known
        /// There is no room for it.
        case full
    }

    /// Adds a trip.
    public mutating func add(_ trip: FleetTrip) -> Addition {
        guard !trips.contains(trip) else { return .known }
        let count = perHost[trip.name.host, default: 0]
        guard count < Self.mostOfHost, trips.count < Self.mostTrips else { return .full }
        perHost[trip.name.host] = count + 1
        trips.insert(trip)
        if !named.contains(trip.name) { open[trip.scope, default: []].insert(trip) }
        return .new
    }

    /// Adds a reset: the trips that it names are over, also those that come later.
    public mutating func add(_ reset: FleetReset) -> Addition {
        guard !resets.contains(reset) else { return .known }
        guard resets.count < Self.mostResets else { return .full }
        resets.insert(reset)
        named.formUnion(reset.names)
        for (scope, trips) in open where trips.contains(where: { named.contains($0.name) }) {
            let left = trips.filter { !named.contains($0.name) }
            open[scope] = left.isEmpty ? nil : left
        }
        return .new
    }

    /// Adds a record.
    public mutating func add(_ record: FleetRecord) -> Addition {
        switch record {
        case .trip(let trip): add(trip)
        case .reset(let reset): add(reset)
        // No trip and no reset: its hosts keep it by themselves.
        case .order: .known
        }
    }

    /// Adds all that `other` knows.
    public mutating func merge(_ other: FleetBook) {
        for trip in other.trips { _ = add(trip) }
        for reset in other.resets { _ = add(reset) }
    }

    /// Whether a reset names that trip.
    public func isNamed(_ name: TripName) -> Bool { named.contains(name) }

    /// Whether some trip of `scope` is named by no reset.
    public func isOpen(_ scope: FleetScope) -> Bool { open[scope] != nil }

    /// The trips of `scope` that no reset names, oldest host name first.
    public func openTrips(of scope: FleetScope) -> [FleetTrip] {
        (open[scope] ?? []).sorted { $0.name < $1.name }
    }

    /// The newest trips of all hosts, at most `count`, each with the first reset that names it.
    ///
    /// Linear in what is known: for people.
    public func newest(_ count: Int) -> [(trip: FleetTrip, reset: FleetReset?)] {
        let found = trips.sorted {
            ($1.time.microseconds, $0.name) < ($0.time.microseconds, $1.name)
        }.prefix(count)
        var wanted = Dictionary(found.map { ($0.name, nil as FleetReset?) }) { first, _ in first }
        for reset in resets {
            for name in reset.names where wanted.keys.contains(name) {
                guard let first = wanted[name] ?? nil, first.time <= reset.time else {
                    wanted[name] = reset
                    continue
                }
            }
        }
        return found.map { ($0, wanted[$0.name] ?? nil) }
    }

    /// All that is open.
    public var openScopes: [FleetScope] { open.keys.sorted() }

    /// What stands over the trips that `reset` names.
    public func scopes(of reset: FleetReset) -> Set<FleetScope> {
        let names = Set(reset.names)
        return Set(trips.lazy.filter { names.contains($0.name) }.map(\.scope))
    }
}
