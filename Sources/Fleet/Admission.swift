// SPDX-License-Identifier: Apache-2.0
//
// Which foreign trip this host acts on. All hosts keep all trips; each judges by itself what it does
// because of one. Bounds against a host that is in a stranger's hands: so many an hour, lists of our own
// domains, one list's mail and not the queue. The mistake to avoid: to count a trip twice because it is
// said again each minute; a trip is judged once, when it is new.

public import EventTime

/// What this host makes of a trip.
public enum Ruling: String, Sendable, CaseIterable {
    /// It acts on it.
    case adopted
    /// It is its own.
    case own
    /// It was over before it was heard of.
    case reset
    /// Its host only watches.
    case observed
    /// Its list belongs to no domain of ours.
    case foreignDomain = "foreign-domain"
    /// It is older than the horizon: it stays a trip of its host.
    case late
    /// Its host tripped too often within the hour.
    case tooMany = "too-many"
    /// It would halt all mail, and no second host says so.
    case alone
    /// A newer version knows what it stands over.
    case unknownScope = "unknown-scope"

    /// Why it is not acted on, in words; nil where it is.
    public var reason: String? {
        switch self {
        case .adopted, .own: nil
        case .reset: "it is reset already"
        case .observed: "its host is in observe mode"
        case .foreignDomain: "the list is in no domain of this host (Domains= of fleet.conf)"
        case .late: "it was heard of too late to act on"
        case .tooMany: "its host had \(Admission.mostAnHour) trips within the hour already"
        case .alone: "all mail is halted only where two hosts say so"
        case .unknownScope: "this version does not know what it stands over"
        }
    }
}

/// This host's judgement about trips of others.
public struct Admission: Sendable, Equatable {
    /// Trips of one host that are acted on within ``window``.
    ///
    /// Chosen: three storms an hour on one host are a lot; a host that says more is not believed.
    public static let mostAnHour = 3
    /// So long a trip counts for that.
    public static let window = TimeSpan.hours(1)

    /// This host's name.
    public let host: String
    /// Domains whose lists it acts on, and those below them.
    public let domains: [String]
    /// Older trips are not acted on.
    public var horizon: TimeSpan
    private var adopted: [String: [Timestamp]] = [:]

    /// A judgement by these settings.
    public init(host: String, domains: [String], horizon: TimeSpan) {
        self.host = host
        self.domains = domains
        self.horizon = horizon
    }

    /// Judges `trip`, which is new in `book`, at `now`.
    public mutating func rule(on trip: FleetTrip, in book: FleetBook, now: Timestamp) -> Ruling {
        if trip.name.host == host { return .own }
        if book.isNamed(trip.name) { return .reset }
        if !trip.isArmed { return .observed }
        switch trip.scope {
        case .unknown: return .unknownScope
        case .list(let list):
            guard let domain = FleetScope.domain(of: list), isOurs(domain) else {
                return .foreignDomain
            }
        case .queue: break
        }
        if now - trip.time > horizon { return .late }
        if trip.scope == .queue, witnesses(of: trip, in: book, now: now) < 2 { return .alone }
        guard note(trip.name.host, at: now) else { return .tooMany }
        return .adopted
    }

    /// Takes up that a trip of `host` was adopted at `time`; for what was saved.
    public mutating func restore(adoptedFrom host: String, at time: Timestamp) {
        adopted[host, default: []].append(time)
    }

    /// Whether lists of `domain` are ours.
    func isOurs(_ domain: String) -> Bool {
        domains.contains { domain == $0 || domain.hasSuffix(".\($0)") }
    }

    /// Hosts that say now that all mail is to be halted.
    private func witnesses(of trip: FleetTrip, in book: FleetBook, now: Timestamp) -> Int {
        Set(
            book.openTrips(of: .queue)
                .filter { $0.isArmed && now - $0.time <= horizon }
                .map(\.name.host)
        ).count
    }

    /// Counts one more of `host`; false where there were too many.
    private mutating func note(_ host: String, at now: Timestamp) -> Bool {
        let recent = adopted[host, default: []].filter {
            // A clock that was set back must not keep a host quiet for ever.
            now - $0 < Self.window && $0 - now < Self.window
        }
        adopted[host] = recent
        guard recent.count < Self.mostAnHour else { return false }
        adopted[host] = recent + [now]
        return true
    }
}
