// SPDX-License-Identifier: Apache-2.0
//
// What time brings: verification, sweeps, retries, reminders, the end of probation. No timer ever
// resets a breaker: the only step it takes towards `closed` is from half-open, after a person's
// reset.

import Attended
public import EventTime
import StormDetection

extension BreakerBoard {
    /// Whether nothing is open, held, doubtful or under way: time alone changes nothing.
    public var isAtRest: Bool {
        incidents.isEmpty && doubts.waiting.isEmpty && holds.isEmpty && clearings.isEmpty
            && queue == .flowing
    }

    /// Takes a tick at `now`; the log was read up to `seen`.
    public mutating func tick(now: Timestamp, seen: Timestamp) {
        verify(now: now, seen: seen)
        repeatOrders(now: now)
        endDoubts(now: now)
        remind(now: now)
        endProbations(now: now)
        endSoftHolds(now: now)
        // First: what ends now must not be ordered once more.
        tickDrains(now: now)
        tickHolds(now: now, seen: seen)
        tickContainment(now: now, seen: seen)
        orderClearings(now: now)
    }

    private mutating func verify(now: Timestamp, seen: Timestamp) {
        guard outbound.isQuiet(for: settings.verifyAfter, seen: seen), demandsHalt else { return }
        let waiting = incidents.contains {
            if case .verified = $0.halt { false } else { $0.demandsHalt }
        }
        guard waiting else { return }
        incidents.setHalt(.verified(since: now))
        effects.note(
            LogNote(
                kind: .verified,
                priority: 5,
                text: "halt verified: nothing left for \(Int64(settings.verifyAfter.seconds)) s",
                incident: incidents.newestDemandingHalt?.number
            )
        )
    }

    private mutating func repeatOrders(now: Timestamp) {
        let verb = outbound.due(
            at: now,
            isDemanded: demandsHalt,
            sweep: settings.sweepInterval,
            retry: settings.retryInterval
        )
        guard let verb else { return }
        if case .resume = verb, let pendingResume { return effects.order(pendingResume) }
        let newest = incidents.newestDemandingHalt?.number ?? 0
        effects.order(HaltOrder(verb: verb, incident: newest))
    }

    private mutating func remind(now: Timestamp) {
        let isAttended = settings.attended.isAttended(at: now)
        // Whoever comes in is told what is open, also when it was acknowledged at night.
        let (isNew, peopleCome) = doubts.note(isAttended: isAttended)
        if isNew { effects.saveBoard() }
        for incident in incidents where incident.state == .open {
            let interval =
                incident.acknowledgedBy == nil
                ? settings.repeatInterval : settings.acknowledgedInterval
            let since = now - (incident.lastPaged ?? incident.tripped)
            guard since >= interval || peopleCome && since >= .minutes(1) else { continue }
            incidents.update(incident.number) { $0.lastPaged = now }
            effects.page(incident.reminderAlert(now: now))
        }
    }

    private mutating func endProbations(now: Timestamp) {
        for incident in incidents.closeAfterProbation(at: now) {
            effects.note(
                LogNote(
                    kind: .closed,
                    priority: 5,
                    text: "incident \(incident.number) closed (mail flows); probation is over",
                    list: incident.scope.mailName,
                    incident: incident.number
                )
            )
        }
    }
}
