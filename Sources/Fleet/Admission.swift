// SPDX-License-Identifier: Apache-2.0
//
// Which foreign trip this host acts on. All hosts keep all trips; each judges by itself what it does
// because of one. Bounds against a host that is in a stranger's hands: so many lists an hour, lists of our own
// domains, one list's mail and not the queue. The mistakes to avoid: to count a trip twice because it is
// said again each minute; a trip is judged once, when it is new. And to count a list as often as it opens: a
// storm that is reset too early opens again with the next answer, and is the same storm.

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
    /// Its host tripped too many lists within the hour, or this one too often.
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
        case .tooMany:
            "its host had trips of \(Admission.mostAnHour) lists within the hour already, or "
                + "\(Admission.mostOfOne) of this one"
        case .alone: "all mail is halted only where two hosts say so"
        case .unknownScope: "this version does not know what it stands over"
        }
    }
}

/// This host's judgement about trips of others.
public struct Admission: Sendable {
    /// Lists, the queue for one, whose trips by one host are acted on within ``window``.
    ///
    /// Chosen: three storms an hour on one host are a lot; a host that says more is not believed.
    public static let mostAnHour = 3
    /// Trips of one of them that are acted on within ``window``.
    ///
    /// Chosen: a storm that is reset every six minutes, and is none the less over; a host that goes on all
    /// the same keeps a list's mail held, three at most, until it is shut out.
    public static let mostOfOne = 10
    /// So long a trip counts for that.
    public static let window = TimeSpan.hours(1)

    /// This host's name.
    public let host: String
    /// Domains whose lists it acts on, and those below them.
    public let domains: [String]
    /// Older trips are not acted on.
    public var horizon: TimeSpan
    private var adopted: [String: [(scope: FleetScope, time: Timestamp)]] = [:]

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
        guard note(trip, at: now) || witnesses(of: trip, in: book, now: now) >= 2 else {
            return .tooMany
        }
        return .adopted
    }

    /// Takes up that `trip` was adopted at `time`; for what was saved.
    public mutating func restore(_ trip: FleetTrip, adoptedAt time: Timestamp) {
        adopted[trip.name.host, default: []].append((trip.scope, time))
    }

    /// Whether lists of `domain` are ours.
    func isOurs(_ domain: String) -> Bool {
        domains.contains { domain == $0 || domain.hasSuffix(".\($0)") }
    }

    /// Hosts that say now what `trip` says: no count is to keep the word of two from being heard.
    private func witnesses(of trip: FleetTrip, in book: FleetBook, now: Timestamp) -> Int {
        Set(
            book.openTrips(of: trip.scope)
                .filter { $0.isArmed && now - $0.time <= horizon }
                .map(\.name.host)
        ).count
    }

    /// Counts one more of its host; false where there were too many.
    private mutating func note(_ trip: FleetTrip, at now: Timestamp) -> Bool {
        let host = trip.name.host
        let recent = adopted[host, default: []].filter {
            // A clock that was set back must not keep a host quiet for ever.
            now - $0.time < Self.window && $0.time - now < Self.window
        }
        adopted[host] = recent
        let others = Set(recent.map(\.scope)).subtracting([trip.scope]).count
        let same = recent.count { $0.scope == trip.scope }
        guard others < Self.mostAnHour, same < Self.mostOfOne else { return false }
        adopted[host] = recent + [(trip.scope, now)]
        return true
    }
}
