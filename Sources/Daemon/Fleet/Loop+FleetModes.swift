// SPDX-License-Identifier: Apache-2.0
//
// An operator's order to arm, or to watch, carried out as a person's command here, and answered: what a
// person said here later stands. And what this host says of itself, and makes of what others say: of what
// it holds mail, and which share of a release is its own.

internal import Breaker
internal import Engine
internal import EventTime
internal import Fleet
internal import FleetLink
internal import Glibc
internal import Linux
internal import StormDetection

extension Loop {
    /// Tells the others how this host is, where that changed.
    func watchMode(_ now: Timestamp) {
        guard let host = fleet?.settings.host,
            fleet?.modes.note(own: host, mode, holding: engine.board.heldForFleet(at: now), at: now)
                == true
        else { return }
        fleetChanged()
    }

    /// Copies a minute at which this host gives back what it holds of `incident`, which a reset of the whole
    /// fleet ends; `rate` is of all hosts together, nil: as `ReleaseRate=` says here.
    func share(of rate: Int64?, _ scope: FleetScope, _ incident: Incident, at now: Timestamp)
        -> Int64
    {
        let settings = engine.board.settings
        let rate = rate ?? settings.releaseRate
        guard let desk = fleet else { return rate }
        let silent = desk.silent(
            sinceTrip: now - incident.lastOpened,
            sweep: settings.sweepInterval,
            at: SystemClock.monotonic
        )
        let share = desk.modes.share(
            of: rate,
            scope,
            for: desk.settings.host,
            there: desk.view.hosts,
            silent: silent,
            at: now
        )
        if share != rate {
            parts.log.write(
                5,
                nil,
                "of \(rate) copies a minute, which the fleet gives back of \(scope.name), \(share) are this host's"
            )
        }
        return share
    }

    private var mode: HostMode { engine.board.mode == .armed ? .armed : .observe }

    /// Does as `order` says, and answers.
    func obey(_ order: FleetOrder, at now: Timestamp) async {
        let refusal = await refusal(of: order, at: now)
        guard let host = fleet?.settings.host else { return }
        if let refusal {
            parts.log.write(4, nil, "order \(order.name) of the fleet is not obeyed: \(refusal)")
        }
        _ = fleet?.modes.note(
            own: host,
            mode,
            holding: engine.board.heldForFleet(at: now),
            order: order.name,
            refusal: refusal,
            at: now
        )
        fleetChanged()
    }

    /// Carries `order` out; why not, or nil.
    private func refusal(of order: FleetOrder, at now: Timestamp) async -> String? {
        if let person = engine.board.modeSetBy, person.time > order.time {
            return "\(person.who) set it here later, at \(person.time.rfc3339)"
        }
        let audit = Audit(
            uid: geteuid(),
            time: now,
            reason: order.reason,
            name: "\(order.operatorName) of the fleet"
        )
        let mode = order.mode == .armed ? Mode.armed : .observe
        let answer = await take(plainly: .command(.setMode(mode), by: audit))
        return answer.code == 0 ? nil : answer.message
    }
}
