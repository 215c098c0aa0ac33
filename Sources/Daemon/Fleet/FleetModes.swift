// SPDX-License-Identifier: Apache-2.0
//
// Which hosts halt mail at a trip, and which only watch, and of what each has mail on hold, as each says
// itself. The mistake to avoid: to believe that a host did what it was ordered because it was ordered.

internal import Breaker
internal import EventTime
internal import Fleet
internal import FleetLink
internal import StormDetection

/// What hosts say of their mode and of what they hold.
struct FleetModes: Sendable {
    /// Hosts that are remembered; chosen, more than a fleet has.
    static let most = 10_000

    /// So long after it said that it holds mail a host that is not there counts for a release.
    ///
    /// A day, chosen: who comes back later finds the others done; who never comes back shall not slow
    /// them for ever.
    static let awayFor = TimeSpan.hours(24)

    /// By host.
    private(set) var reports: [String: ModeReport] = [:]

    /// Takes what `host` says, unless something later is known of it.
    mutating func note(_ report: ModeReport, of host: String) {
        if let known = reports[host] {
            guard known.time < report.time else { return }
        } else if reports.count >= Self.most {
            return
        }
        reports[host] = report
    }

    /// Notes how this host is; whether that is news.
    mutating func note(
        own host: String,
        _ mode: HostMode,
        holding held: Set<String>,
        order: String? = nil,
        refusal: String? = nil,
        at now: Timestamp
    ) -> Bool {
        let known = reports[host]
        // Later than what it said before, also where its clock was set back.
        let after = known.map { $0.time + TimeSpan(microseconds: 1) } ?? now
        let report = ModeReport(
            mode: mode,
            time: max(now, after),
            order: order ?? known?.order,
            refusal: order == nil ? known?.refusal : refusal,
            held: held
        )
        if order == nil, known?.mode == mode, known?.held == report.held { return false }
        reports[host] = report
        return true
    }

    /// Copies a minute that are `host`'s of a release of `scope` at `rate` by the whole fleet; 0: all at once.
    ///
    /// It is shared out equally among the hosts that said that they hold mail of it, and this one. Who is not
    /// `there` counts for ``awayFor``. Who had no time yet to say what it holds is among `silent`, and counts.
    /// Each gives back one copy a minute at least.
    func share(
        of rate: Int64,
        _ scope: FleetScope,
        for host: String,
        there: [String],
        silent: Set<String>,
        at now: Timestamp
    ) -> Int64 {
        guard rate > 0 else { return rate }
        let here = Set(there)
        let holders = reports.filter { who, report in
            report.holds(scope) && (here.contains(who) || now - report.time < Self.awayFor)
        }
        var sharers = Set(holders.keys)
        sharers.insert(host)
        sharers.formUnion(silent)
        return max(1, rate / Int64(sharers.count))
    }
}

extension BreakerBoard {
    /// Of what this host holds mail, or gives it back, by names of the fleet.
    ///
    /// An incident counts what was held since it opened first, and opens again; the hold of its list what is
    /// held now.
    func heldForFleet(at now: Timestamp) -> Set<String> {
        var names = Set<String>()
        for incident in incidents
        where incident.state == .open && incident.mode == .armed && !incident.scope.isDrill {
            let held = holds[incident.scope]?.held ?? incident.held
            guard held > 0, now - incident.lastOpened >= FleetDesk.saysHeldAfter else { continue }
            names.insert(incident.scope.mailName ?? FleetScope.queue.name)
        }
        for clearing in clearings where clearing.action == .release && clearing.incident != 0 {
            names.insert(clearing.list ?? FleetScope.queue.name)
        }
        return names
    }
}

extension FleetDesk {
    /// So long after a host is cut off the others may take it for there: 10 s, by the keep-alive of ``Carrier``.
    private static let goesUnseen = TimeSpan.seconds(10)

    /// So long after a trip a host says that it holds mail of it.
    ///
    /// 5 s, chosen: each says it to all, and nothing is to stand in a trip's way.
    static let saysHeldAfter = TimeSpan.seconds(5)

    /// Hosts that are there and may not have said yet of what they hold mail; what the mail server defers is
    /// on hold with the next `sweep` but one.
    ///
    /// All, where the trip is younger than that; else those that came back since, and heard of it then.
    func silent(sinceTrip: TimeSpan, sweep: TimeSpan, at clock: Int64) -> Set<String> {
        let span =
            Self.saysHeldAfter.microseconds + 2 * sweep.microseconds
            + Self.goesUnseen.microseconds
        guard sinceTrip.microseconds > span else { return Set(view.hosts) }
        return Set(arrivals.filter { clock - $0.value < span * 1000 }.keys)
    }

    /// What this host says of its mode, for the brokers to keep.
    var keptMode: [(topic: FleetTopic, text: String)] {
        modes.reports[settings.host].map { [(.mode(settings.host), $0.text)] } ?? []
    }
}
