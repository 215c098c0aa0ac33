// SPDX-License-Identifier: Apache-2.0
//
// The fleet as this host sees it, for people.

internal import Breaker
internal import Engine
internal import EventTime
internal import Fleet
internal import FleetLink
internal import Linux
internal import Reports

extension Loop {
    /// Trips that one answer lists; chosen, as for incidents: a page or two of a terminal.
    private static let mostHistory = 100

    /// The fleet as this host sees it, with so many of its latest trips; nil: none.
    func fleetStatus(history count: Int? = nil) -> FleetStatus {
        guard let desk = fleet else {
            return FleetStatus(
                host: nil,
                alone: "no fleet is set up: there is no \(FleetSettings.path)"
            )
        }
        var status = FleetStatus(
            host: desk.settings.host,
            alone: desk.alone(at: SystemClock.monotonic),
            brokers: desk.view.brokers.map {
                BrokerStatus(name: $0.name, isConnected: $0.isConnected, trouble: $0.trouble)
            },
            hosts: desk.view.hosts.sorted(),
            open: desk.member.book.openScopes.map { self.status(of: $0, desk) },
            judge: desk.judgeStatus
        )
        status.judges = desk.view.judges
        status.history = count.map { count in
            desk.member.book.newest(min(count, Self.mostHistory)).map { trip, reset in
                Self.incident(trip, reset, desk)
            }
        }
        return status
    }

    private func status(of scope: FleetScope, _ desk: FleetDesk) -> FleetOpenStatus {
        let incident = scope.subject.flatMap { engine.board.incident(of: $0) }
        let open = incident?.state == .open ? incident : nil
        return FleetOpenStatus(
            name: scope.name,
            trips: desk.member.book.openTrips(of: scope).map { trip in
                FleetTripStatus(
                    name: trip.name.text,
                    incident: trip.name.short,
                    time: trip.time.rfc3339,
                    isArmed: trip.isArmed,
                    rule: trip.rule,
                    evidence: trip.evidence,
                    passedOver: desk.member.notes[.trip(trip)]?.ruling.reason
                )
            },
            incident: open?.number,
            held: open?.held ?? 0
        )
    }

    private static func incident(
        _ trip: FleetTrip,
        _ reset: FleetReset?,
        _ desk: FleetDesk
    ) -> FleetIncident {
        var incident = FleetIncident(
            name: trip.name.text,
            incident: trip.name.short,
            scope: trip.scope.name,
            time: trip.time.rfc3339,
            isArmed: trip.isArmed,
            rule: trip.rule,
            evidence: trip.evidence,
            passedOver: desk.member.notes[.trip(trip)]?.ruling.reason
        )
        incident.resetBy = reset?.operatorName
        incident.reset = reset?.time.rfc3339
        incident.reason = reset?.reason
        return incident
    }
}
