// SPDX-License-Identifier: Apache-2.0
//
// What time brings: verification, sweeps, retries, reminders, the end of probation; and what a
// start brings. No timer ever resets a breaker: the only step it takes towards `closed` is from
// half-open, after a person's reset.

import Attended
public import EventTime

extension BreakerBoard {
    /// Takes a tick at `now`; the log was read up to `seen`.
    public mutating func tick(
        now: Timestamp,
        seen: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        verify(now: now, seen: seen, settings: settings, into: &effects)
        repeatOrders(now: now, settings: settings, into: &effects)
        endDoubts(now: now, settings: settings, into: &effects)
        remind(now: now, settings: settings, into: &effects)
        endProbations(now: now, into: &effects)
        endSoftHolds(now: now, settings: settings, into: &effects)
        tickHolds(now: now, seen: seen, settings: settings, into: &effects)
        orderClearings(now: now, into: &effects)
    }

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
        foundHalted: Bool,
        into effects: inout EffectList
    ) {
        nextNumber = max(nextNumber, highestIncident < .max ? highestIncident + 1 : 1)
        if configured != configuredMode {
            configuredMode = configured
            mode = configured
        }
        effects.saveBoard()
        if let damaged {
            var incident = Incident(
                number: 0,
                scope: .queue,
                mode: foundHalted ? .armed : mode,
                cause: .stateDamaged,
                tripped: now
            )
            incident.halt = incident.mode == .armed ? .halting : .notHalted
            open(incident, now: now, into: &effects)
            effects.page(
                .stateDamaged(
                    setAside: damaged,
                    incident: self.incident(of: .queue)?.number,
                    now: now
                )
            )
        } else if foundHalted, !demandsHalt, pendingResume == nil {
            open(
                Incident(
                    number: 0,
                    scope: .queue,
                    mode: .armed,
                    cause: .foundHalted,
                    tripped: now
                ),
                now: now,
                into: &effects
            )
        }
        if let order = pendingResume, !demandsHalt {
            if case .resume(let choice) = order.verb { queue = .resuming(choice, since: now) }
            effects.order(order)
        }
        startHolds(now: now, into: &effects)
        if case .ordered = queue, effects.ordersHalt { return }
        if let newest = incidents.last(where: { $0.demandsHalt }) {
            queue = .ordered(since: now)
            lastHold = now
            leakPaged = false
            effects.order(HaltOrder(verb: .halt, incident: newest.number))
        }
        setHalt(.halting, &effects)
        remindAfterRestart(now: now, into: &effects)
    }

    private mutating func verify(
        now: Timestamp,
        seen: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        guard case .halted(let at) = queue, demandsHalt else { return }
        guard seen - max(at, lastOutbound) >= settings.verifyAfter else { return }
        let waiting = incidents.contains {
            if case .verified = $0.halt { false } else { $0.demandsHalt }
        }
        guard waiting else { return }
        setHalt(.verified(since: now), &effects)
        effects.note(
            LogNote(
                kind: .verified,
                priority: 5,
                text: "halt verified: nothing left for \(Int64(settings.verifyAfter.seconds)) s",
                incident: incidents.last { $0.demandsHalt }?.number
            )
        )
    }

    private mutating func repeatOrders(
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        let newest = incidents.last { $0.demandsHalt }?.number ?? 0
        switch queue {
        case .halted where demandsHalt && now - lastHold >= settings.sweepInterval:
            lastHold = now
            // What was not done of the halt is done by a halt, not by holding what came since.
            let verb: HaltOrder.Verb = haltProblem == nil ? .rehold : .halt
            effects.order(HaltOrder(verb: verb, incident: newest))
        case .failed(let reason, let since) where now - since >= settings.retryInterval:
            queue = .failed(reason: reason, since: now)
            if demandsHalt {
                effects.order(HaltOrder(verb: .halt, incident: newest))
            } else if let pendingResume {
                effects.order(pendingResume)
            }
        default: break
        }
    }

    private mutating func remind(
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        let isAttended = settings.attended.isAttended(at: now)
        // Whoever comes in is told what is open, also when it was acknowledged at night.
        let peopleCome = isAttended && wasAttended == false
        if isAttended != wasAttended {
            wasAttended = isAttended
            effects.saveBoard()
        }
        for incident in incidents where incident.state == .open {
            let interval =
                incident.acknowledgedBy == nil
                ? settings.repeatInterval : settings.acknowledgedInterval
            let since = now - (incident.lastPaged ?? incident.tripped)
            guard since >= interval || peopleCome && since >= .minutes(1) else { continue }
            update(incident.number, &effects) { $0.lastPaged = now }
            effects.page(incident.reminderAlert(now: now))
        }
    }

    /// A restart while open is told at once, under the incident's key, unless it was paged within the
    /// last minute: then whoever it is about knows.
    private mutating func remindAfterRestart(now: Timestamp, into effects: inout EffectList) {
        for incident in incidents where incident.state == .open {
            guard now - (incident.lastPaged ?? .distantPast) >= .minutes(1) else { continue }
            update(incident.number, &effects) { $0.lastPaged = now }
            var alert = incident.reminderAlert(now: now)
            alert.kind = .restartedOpen
            effects.note(
                LogNote(
                    kind: .restartedOpen,
                    priority: 2,
                    text: "incident \(incident.number), \(incident.scope.name), is open since "
                        + incident.tripped.rfc3339,
                    list: incident.scope.list,
                    incident: incident.number
                )
            )
            alert.summary += " (the watchdog was restarted)"
            effects.page(alert)
        }
    }

    private mutating func endProbations(now: Timestamp, into effects: inout EffectList) {
        for incident in incidents {
            guard let end = incident.probationEnds, now >= end else { continue }
            update(incident.number, &effects) { $0.closed = now }
            effects.note(
                LogNote(
                    kind: .closed,
                    priority: 5,
                    text: "incident \(incident.number) closed (mail flows); probation is over",
                    list: incident.scope.list,
                    incident: incident.number
                )
            )
        }
        incidents.removeAll { $0.closed != nil }
    }
}
