// SPDX-License-Identifier: Apache-2.0
//
// An operator's order to arm, or to watch, carried out as a person's command here, and answered. What a
// person said here later stands.

internal import Breaker
internal import Engine
internal import EventTime
internal import Fleet
internal import Glibc
internal import StormDetection

extension Loop {
    /// Tells the others how this host is, where that changed.
    func watchMode(_ now: Timestamp) {
        guard let host = fleet?.settings.host,
            fleet?.modes.note(own: host, mode, at: now) == true
        else { return }
        fleetChanged()
    }

    private var mode: HostMode { engine.board.mode == .armed ? .armed : .observe }

    /// Does as `order` says, and answers.
    func obey(_ order: FleetOrder, at now: Timestamp) async {
        let refusal = await refusal(of: order, at: now)
        guard let host = fleet?.settings.host else { return }
        if let refusal {
            parts.log.write(4, nil, "order \(order.name) of the fleet is not obeyed: \(refusal)")
        }
        _ = fleet?.modes.note(own: host, mode, order: order.name, refusal: refusal, at: now)
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
