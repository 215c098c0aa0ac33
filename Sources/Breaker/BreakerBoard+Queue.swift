// SPDX-License-Identifier: Apache-2.0
//
// What the actuator answers and what the log shows of the queue. An exit status proves nothing:
// `verified` is said only when the log showed no outbound delivery for the stated time.

public import EventTime

extension BreakerBoard {
    /// Takes what became of an order.
    public mutating func take(
        _ outcome: HaltOutcome,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        switch (outcome.order.verb, outcome.result) {
        case (.holdList(let list), _), (.holdIDs(let list, _), _):
            takeHold(of: list, outcome, settings: settings, into: &effects)
        case (.clear(let step), _):
            takeClearing(step, outcome, settings: settings, into: &effects)
        case (.stop, _): takeStop(outcome, into: &effects)
        case (.halt, .done(let held, let total, let remark, _, _)),
            (.rehold, .done(let held, let total, let remark, _, _)):
            failingSince = nil
            noteHeld(outcome, held: held, total: total, remark: remark, into: &effects)
        case (.resume(let choice), .done(let count, let total, let remark, _, _)):
            guard pendingResume == outcome.order else { return }
            pendingResume = nil
            queue = .flowing
            firstHalted = nil
            self.held = total
            self.remark = remark
            effects.saveBoard()
            resolveFailure(at: outcome.time, into: &effects)
            effects.note(
                LogNote(
                    kind: .resumed,
                    priority: 5,
                    text: "mail resumed; \(count) held messages: \(choice.rawValue)"
                        + (remark.map { "; \($0)" } ?? ""),
                    incident: outcome.order.incident
                )
            )
            orderClearings(now: outcome.time, into: &effects)
        case (.rehold, .failed(let reason)):
            // The block stands; the sweep comes round again.
            remark = reason
            effects.note(
                LogNote(
                    kind: .haltFailed,
                    priority: 4,
                    text: "could not hold new mail: \(reason)",
                    incident: outcome.order.incident
                )
            )
        case (.halt, .failed(let reason)):
            guard demandsHalt else { return }
            queue = .failed(reason: reason, since: outcome.time)
            setHalt(.failed(reason: reason), &effects)
            pageFailure(reason, outcome: outcome, into: &effects)
            let since = failingSince ?? outcome.time
            failingSince = since
            guard outcome.time - since >= settings.escalateAfter else { return }
            stopServer(
                because: "mail could not be halted",
                now: outcome.time,
                settings: settings,
                into: &effects
            )
        case (.resume, .failed(let reason)):
            guard pendingResume == outcome.order else { return }
            queue = .failed(reason: reason, since: outcome.time)
            remark = reason
            effects.saveBoard()
            pageFailure(reason, outcome: outcome, into: &effects)
        }
    }

    /// Takes one successful delivery to the outside, begun at `started`, logged at `time`.
    public mutating func take(
        outboundStarted started: Timestamp,
        loggedAt time: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        lastOutbound = max(lastOutbound, time)
        // A second of slack: Postfix rounds its delays to two digits. Counted from the first halt,
        // also when it could not be done again since: whoever undoes it begins no new count.
        guard demandsHalt, let at = firstHalted, started > at + .seconds(1) else { return }
        let stands = if case .halted = queue { true } else { false }
        leaks.append(time)
        if leaks.count > Self.mostLeaks { leaks.removeFirst(leaks.count - Self.mostLeaks / 2) }
        let perMinute = Int64(leaks.count { time - $0 < .minutes(1) })
        for incident in incidents where incident.demandsHalt {
            update(incident.number, &effects) {
                $0.leaked += 1
                if stands { $0.halt = .leaking(perMinute: perMinute) }
            }
        }
        let newest = incidents.last { $0.demandsHalt }
        if stands, time - lastHold >= settings.leakHoldInterval {
            lastHold = time
            effects.order(HaltOrder(verb: .rehold, incident: newest?.number ?? 0))
        }
        if stands, !leakPaged, time - at > settings.leakGrace, let newest {
            leakPaged = true
            effects.page(newest.leakingAlert(perMinute: perMinute, now: time))
            effects.note(newest.leakingNote(perMinute: perMinute))
        }
        if perMinute >= Int64(settings.escalateCopies), time - at >= settings.escalateAfter {
            stopServer(
                because: "copies still leave (\(perMinute)/min)",
                now: time,
                settings: settings,
                into: &effects
            )
        }
    }

    private mutating func takeStop(_ outcome: HaltOutcome, into effects: inout EffectList) {
        let number = outcome.order.incident
        var kind = LogNote.Kind.serverStopped
        switch outcome.result {
        case .done(_, _, let remark, _, _):
            self.remark = remark ?? "the mail server was stopped; a reset starts it again"
            effects.saveBoard()
        case .failed(let reason):
            kind = .haltFailed
            remark = "the mail server could not be stopped: \(reason)"
            // Tried again when copies leave again.
            update(number, &effects) { $0.isServerStopped = false }
        }
        effects.note(
            LogNote(kind: kind, priority: 2, text: remark ?? "", incident: number)
        )
    }

    private mutating func noteHeld(
        _ outcome: HaltOutcome,
        held count: Int64,
        total: Int64,
        remark: String?,
        into effects: inout EffectList
    ) {
        held = total
        self.remark = remark
        if count > 0 { update(outcome.order.incident, &effects) { $0.held += count } }
        effects.saveBoard()
        guard demandsHalt else { return }
        let isHalf = haltProblem != nil
        haltProblem = outcome.problem
        if let problem = outcome.problem {
            pageFailure(problem, outcome: outcome, into: &effects)
        } else if isHalf || outcome.order.verb == .halt {
            resolveFailure(at: outcome.time, into: &effects)
        }
        guard outcome.order.verb == .halt else { return }
        firstHalted = firstHalted ?? outcome.time
        // A halt that is repeated because something of it was not done has been halted all along.
        if isHalf, case .halted = queue { return }
        queue = .halted(at: outcome.time)
        // So that the list's own mail can be told from the rest at the reset.
        for incident in incidents where incident.demandsHalt {
            guard let list = incident.scope.list else { continue }
            effects.order(HaltOrder(verb: .holdList(list), incident: incident.number))
        }
        setHalt(.halting, &effects)
        effects.note(
            LogNote(
                kind: .halted,
                priority: 2,
                text: "outbound mail halted, \(count) messages put on hold"
                    + (remark.map { "; \($0)" } ?? ""),
                incident: outcome.order.incident
            )
        )
    }

    mutating func pageFailure(
        _ reason: String,
        outcome: HaltOutcome,
        into effects: inout EffectList
    ) {
        let isResume = if case .resume = outcome.order.verb { true } else { false }
        let incident = incidents.first { $0.number == outcome.order.incident }
        let page =
            outcome.problem == nil
            ? Alert.queueFailure(
                isResume: isResume,
                reason: reason,
                incident: incident,
                now: outcome.time
            )
            : Alert.halfDone(reason, incident: incident, now: outcome.time)
        guard failurePage?.dedupKey != page.dedupKey || outcome.problem == nil else { return }
        effects.note(
            LogNote(
                kind: isResume ? .resumeFailed : .haltFailed,
                priority: 2,
                text: page.summary,
                incident: outcome.order.incident
            )
        )
        guard failurePage?.dedupKey != page.dedupKey else { return }
        resolveFailure(at: outcome.time, into: &effects)
        failurePage = page
        effects.page(page)
    }

    /// Ends the page that said a halt or resume failed: one got through, or another page took over.
    mutating func resolveFailure(at time: Timestamp, into effects: inout EffectList) {
        guard var page = failurePage else { return }
        failurePage = nil
        page.isResolved = true
        page.severity = .info
        page.ended = time
        page.advice = "Nothing to do."
        effects.page(page)
    }
}
