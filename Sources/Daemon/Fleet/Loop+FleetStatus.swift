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
        status.modes = desk.modes.reports.sorted { $0.key < $1.key }.map { host, report in
            HostModeStatus(
                host: host,
                mode: report.mode.rawValue,
                time: report.time.rfc3339,
                order: report.order,
                refusal: report.refusal
            )
        }
        status.factsLeftOut = desk.outbox.leftOut + engine.factsLeftOut
        status.certificateEnd = desk.view.certificateEnd
        status.history = count.map { count in
            desk.member.book.newest(min(count, Self.mostHistory)).map { trip, reset in
                var status = Self.status(of: trip, desk)
                status.scope = trip.scope.name
                status.resetBy = reset?.operatorName
                status.reset = reset?.time.rfc3339
                status.reason = reset?.reason
                return status
            }
        }
        return status
    }

    private func status(of scope: FleetScope, _ desk: FleetDesk) -> FleetOpenStatus {
        let incident = scope.subject.flatMap { engine.board.incident(of: $0) }
        let open = incident?.state == .open ? incident : nil
        return FleetOpenStatus(
            name: scope.name,
            trips: desk.member.book.openTrips(of: scope).map { Self.status(of: $0, desk) },
            incident: open?.number,
            held: open.map { engine.board.held(for: $0) } ?? 0
        )
    }

    private static func status(of trip: FleetTrip, _ desk: FleetDesk) -> FleetTripStatus {
        FleetTripStatus(
            name: trip.name.text,
            incident: trip.name.short,
            time: trip.time.rfc3339,
            isArmed: trip.isArmed,
            rule: trip.rule,
            evidence: trip.evidence,
            passedOver: desk.member.notes[.trip(trip)]?.ruling.reason
        )
    }
}
