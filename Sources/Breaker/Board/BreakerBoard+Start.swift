// SPDX-License-Identifier: Apache-2.0
//
// What a start brings: what is open is halted again, what was asked is finished. What was saved may
// be damaged or older than what the actuator holds; then the queue's breaker is open until a person
// decides.

public import EventTime
import StormDetection

extension BreakerBoard {
    /// Takes the start of the daemon: re-asserts what is open, finishes what was asked.
    ///
    /// `damaged` names a state file that was set aside; then what was open is not known, and the
    /// queue's breaker opens until a person decides. `highestIncident` is the highest number that
    /// any saved state shows, a damaged one too. `foundHalted` says that the actuator holds a halt.
    public mutating func start(
        now: Timestamp,
        configured: Mode,
        damaged: String?,
        highestIncident: Int64 = 0,
        foundHalted: Bool
    ) {
        incidents.goOn(behind: highestIncident)
        configure(configured)
        effects.saveBoard()
        if let damaged {
            openQueue(.stateDamaged, mode: foundHalted ? .armed : mode, now: now)
            effects.page(
                .stateDamaged(
                    setAside: damaged,
                    incident: incident(of: .queue)?.number,
                    now: now
                )
            )
        } else if foundHalted, !demandsHalt, pendingResume == nil {
            openQueue(.foundHalted, mode: .armed, now: now)
        }
        if !demandsHalt, let order = outbound.resumeAgain(at: now) { effects.order(order) }
        startHolds(now: now)
        if case .ordered = queue, effects.ordersHalt { return }
        if let newest = incidents.newestDemandingHalt {
            outbound.reassert(at: now)
            effects.order(HaltOrder(verb: .halt, incident: newest.number))
        }
        incidents.setHalt(.halting)
        remindAfterRestart(now: now)
    }

    private mutating func openQueue(_ cause: TripCause, mode: Mode, now: Timestamp) {
        open(
            Incident(number: 0, scope: .queue, mode: mode, cause: cause, tripped: now),
            now: now
        )
    }

    /// A restart while open is told at once, under the incident's key, unless it was paged within the
    /// last minute: then whoever it is about knows.
    private mutating func remindAfterRestart(now: Timestamp) {
        for incident in incidents where incident.state == .open {
            guard now - (incident.lastPaged ?? .distantPast) >= .minutes(1) else { continue }
            incidents.update(incident.number) { $0.lastPaged = now }
            var alert = incident.reminderAlert(now: now)
            alert.kind = .restartedOpen
            effects.note(
                LogNote(
                    kind: .restartedOpen,
                    priority: 2,
                    text: "incident \(incident.number), \(incident.scope.name), is open since "
                        + incident.lastOpened.rfc3339,
                    list: incident.scope.mailName,
                    incident: incident.number
                )
            )
            alert.summary += " (the watchdog was restarted)"
            effects.page(alert)
        }
    }
}
