// SPDX-License-Identifier: Apache-2.0
//
// A list that could not be narrowed has all mail halted for it. Whatever was in the way may be over in a
// moment, and everybody else's mail should not wait for a person then: within `NarrowWithin=` narrowing is
// tried again behind the closed gate, and when the mail server has the list narrowed and the log shows
// that nothing left, all else flows again. Later than that, and after a copy that left, only a
// person opens. The mistake to avoid: to take one of the two proofs for both.

import EventTime
import StormDetection
internal import Words

extension BreakerBoard {
    /// What all mail was halted for since the mail server was not set up, and it is now: the time begins.
    private mutating func startTries(now: Timestamp) {
        for incident in incidents
        where incident.lacksNarrowing && incident.demandsHalt && narrows(incident.scope) {
            incidents.update(incident.number) { $0.lacksNarrowing = false }
            effects.saveBoard()
            guard settings.narrowWithin > .seconds(0) else { continue }
            mayNarrowAgain(incident.number, since: now)
            effects.note(
                LogNote(
                    kind: .halted,
                    priority: 4,
                    text: "the mail server is set up to be narrowed now: for "
                        + "\(Int64(settings.narrowWithin.seconds)) s it is tried to let all mail but that of "
                        + "\(incident.scope.name) flow again",
                    list: incident.scope.mailName,
                    incident: incident.number
                )
            )
        }
    }

    /// All mail was halted just now because the list of an incident could not be narrowed.
    mutating func mayNarrowAgain(_ number: Int64, since now: Timestamp) {
        guard settings.narrowWithin > .seconds(0) else { return }
        incidents.update(number) { incident in
            // Counted from the first time: a list that fails again and again is no hiccup.
            incident.narrowUntil = incident.narrowUntil ?? now + settings.narrowWithin
            incident.contained = nil
        }
    }

    /// Takes what became of a try to narrow behind the closed gate; false where it was none.
    mutating func settleContainment(_ outcome: HaltOutcome) -> Bool {
        guard case .narrow = outcome.order.verb,
            let incident = incidents.numbered(outcome.order.incident),
            incident.demandsHalt, incident.narrowUntil != nil
        else { return false }
        switch outcome.result {
        case .done(let held, let total, _, _, _):
            outbound.note(held: total)
            incidents.update(incident.number) {
                $0.held += held
                $0.contained = $0.contained ?? outcome.time
            }
        case .failed(let reason):
            outbound.remark = reason
            incidents.update(incident.number) { $0.contained = nil }
        }
        effects.saveBoard()
        return true
    }

    /// Tries again, opens the gate where the list is proven contained, or says that it stays closed.
    mutating func tickContainment(now: Timestamp, seen: Timestamp) {
        startTries(now: now)
        let waiting = incidents.filter { $0.demandsHalt && $0.narrowUntil != nil }
        guard let incident = waiting.first, let end = incident.narrowUntil else { return }
        if now >= end { return endTries(of: incident, now: now) }
        // Others want all mail halted; and two lists that cannot be narrowed are no hiccup.
        guard incidents.count(where: { $0.demandsHalt }) == 1, narrows(incident.scope),
            case .halted = queue, let name = incident.scope.mailName
        else { return }
        if let contained = incident.contained, seen - contained >= settings.verifyAfter,
            outbound.isQuiet(for: settings.verifyAfter, seen: seen)
        {
            return thaw(incident, now: now)
        }
        guard incident.contained == nil, now - triedToNarrow >= settings.retryInterval else {
            return
        }
        triedToNarrow = now
        effects.order(HaltOrder(verb: .narrow(name), incident: incident.number))
    }

    /// The list is contained: all else flows again, what was held of it metered.
    private mutating func thaw(_ incident: Incident, now: Timestamp) {
        let thawed = incidents.update(incident.number) {
            $0.reach = .narrow
            $0.halt = .halting
            $0.contained = nil
        }
        guard let thawed else { return }
        effects.saveBoard()
        let order = HaltOrder(verb: .resume(.keep), incident: incident.number)
        outbound.resume(order, .keep, at: now)
        effects.order(order)
        clear(
            .release,
            .queue,
            apart: incident.scope.mailName,
            rate: settings.releaseRate,
            incident: incident.number,
            now: now
        )
        demandHold(of: incident.scope, .incident(incident.number), now: now)
        var alert = thawed.escalatedAlert("other mail flows again, the list is narrowed", now: now)
        alert.isResolved = true
        alert.severity = .info
        alert.ended = now
        effects.page(alert)
        effects.note(
            LogNote(
                kind: .verified,
                priority: 4,
                text: "\(incident.scope.name) is narrowed and nothing left for "
                    + "\(Int64(settings.verifyAfter.seconds)) s: other mail flows again",
                list: incident.scope.mailName,
                incident: incident.number
            )
        )
    }

    /// The time is over: a person is told that all mail stays halted.
    private mutating func endTries(of incident: Incident, now: Timestamp) {
        incidents.update(incident.number) { ($0.narrowUntil, $0.contained) = (nil, nil) }
        effects.saveBoard()
        let text =
            "it could not be shown to be contained within "
            + "\(Int64(settings.narrowWithin.seconds)) s; all mail stays halted until it is reset"
        var alert = incident.escalatedAlert(text, now: now)
        alert.dedupKey += "-stays"
        effects.page(alert)
        effects.note(
            LogNote(
                kind: .haltFailed,
                priority: 2,
                text: "\(incident.scope.name): \(text)",
                list: incident.scope.mailName,
                incident: incident.number
            )
        )
    }
}
