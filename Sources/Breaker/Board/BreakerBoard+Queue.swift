// SPDX-License-Identifier: Apache-2.0
//
// What the actuator answers and what the log shows of the queue. An exit status proves nothing:
// `verified` is said only when the log showed no outbound delivery for the stated time.

public import EventTime
import StormDetection
internal import Words

extension BreakerBoard {
    /// Takes what became of an order.
    public mutating func settle(_ outcome: HaltOutcome) {
        if !outcome.looks.isEmpty { take(outcome.looks) }
        switch (outcome.order.verb, outcome.result) {
        case (.holdList(let list), _), (.holdIDs(let list, _), _), (.narrow(let list), _):
            settleHold(of: Subject(list), outcome)
        case (.clear(let step), _): settleClearing(step, outcome)
        case (.stop, _): settleStop(outcome)
        case (.halt, .done(let held, let total, let remark, _, _)),
            (.rehold, .done(let held, let total, let remark, _, _)):
            outbound.noteReached()
            noteHeld(outcome, held: held, total: total, remark: remark)
        case (.resume(let choice), .done(let count, let total, let remark, _, _)):
            guard outbound.resumed(outcome.order) else { return }
            outbound.note(held: total, remark: remark)
            effects.saveBoard()
            resolveFailure(at: outcome.time)
            effects.note(
                LogNote(
                    kind: .resumed,
                    priority: 5,
                    text: "mail resumed; \(count) held messages: \(choice.rawValue)"
                        + (remark.map { "; \($0)" } ?? ""),
                    incident: outcome.order.incident
                )
            )
            orderClearings(now: outcome.time)
        case (.rehold, .failed(let reason)):
            // The block stands; the sweep comes round again.
            outbound.remark = reason
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
            let since = outbound.haltFailed(reason, at: outcome.time)
            incidents.setHalt(.failed(reason: reason))
            pageFailure(reason, outcome: outcome)
            guard outcome.time - since >= settings.escalateAfter else { return }
            stopServer(because: "mail could not be halted", now: outcome.time)
        case (.resume, .failed(let reason)):
            guard outbound.resumeFailed(outcome.order, reason, at: outcome.time) else { return }
            effects.saveBoard()
            pageFailure(reason, outcome: outcome)
        }
    }

    /// Takes one successful delivery to the outside, begun at `started`, logged at `time`.
    public mutating func sawOutbound(started: Timestamp, loggedAt time: Timestamp) {
        guard let first = outbound.sawOutbound(started: started, at: time), demandsHalt else {
            return
        }
        let leak = outbound.leak(
            at: time,
            first: first,
            holdInterval: settings.leakHoldInterval,
            grace: settings.leakGrace
        )
        for incident in incidents where incident.demandsHalt {
            incidents.update(incident.number) {
                $0.leaked += 1
                if leak.stands { $0.halt = .leaking(perMinute: leak.perMinute) }
            }
        }
        let newest = incidents.newestDemandingHalt
        if leak.wantsHold {
            effects.order(HaltOrder(verb: .rehold, incident: newest?.number ?? 0))
        }
        if leak.wantsPage, let newest {
            effects.page(newest.leakingAlert(perMinute: leak.perMinute, now: time))
            effects.note(newest.leakingNote(perMinute: leak.perMinute))
        }
        if leak.perMinute >= Int64(settings.escalateCopies),
            time - first >= settings.escalateAfter
        {
            stopServer(because: "copies still leave (\(leak.perMinute)/min)", now: time)
        }
    }

    /// Stops the mail server, once, where the settings allow it.
    private mutating func stopServer(because reason: String, now: Timestamp) {
        guard settings.escalate == .stop, let demanding = incidents.newestDemandingHalt,
            !demanding.isServerStopped,
            // Said of the alert, too: under the key of an earlier step it would not be paged.
            let incident = incidents.update(demanding.number, { $0.isServerStopped = true })
        else { return }
        let text = "\(reason): the mail server is being stopped"
        effects.order(HaltOrder(verb: .stop, incident: incident.number))
        effects.page(incident.escalatedAlert(text, now: now))
        effects.note(
            LogNote(
                kind: .leaking,
                priority: 2,
                text: text,
                list: incident.scope.mailName,
                incident: incident.number
            )
        )
    }

    private mutating func settleStop(_ outcome: HaltOutcome) {
        let number = outcome.order.incident
        var kind = LogNote.Kind.serverStopped
        switch outcome.result {
        case .done(_, _, let remark, _, _):
            outbound.remark = remark ?? "the mail server was stopped; a reset starts it again"
            effects.saveBoard()
        case .failed(let reason):
            kind = .haltFailed
            outbound.remark = "the mail server could not be stopped: \(reason)"
            // Tried again when copies leave again.
            incidents.update(number) { $0.isServerStopped = false }
        }
        effects.note(
            LogNote(kind: kind, priority: 2, text: remark ?? "", incident: number)
        )
    }

    private mutating func noteHeld(
        _ outcome: HaltOutcome,
        held count: Int64,
        total: Int64,
        remark: String?
    ) {
        outbound.note(held: total, remark: remark)
        if count > 0 { incidents.update(outcome.order.incident) { $0.held += count } }
        effects.saveBoard()
        guard demandsHalt else { return }
        let wasHalf = outbound.note(problem: outcome.problem)
        if let problem = outcome.problem {
            pageFailure(problem, outcome: outcome)
        } else if wasHalf || outcome.order.verb == .halt {
            resolveFailure(at: outcome.time)
        }
        // A halt that is repeated because something of it was not done has been halted all along.
        guard outcome.order.verb == .halt, outbound.halted(at: outcome.time, wasHalf: wasHalf)
        else { return }
        // So that the list's own mail can be told from the rest at the reset.
        for incident in incidents where incident.demandsHalt {
            guard let name = incident.scope.mailName else { continue }
            effects.order(HaltOrder(verb: .holdList(name), incident: incident.number))
        }
        incidents.setHalt(.halting)
        effects.note(
            LogNote(
                kind: .halted,
                priority: 2,
                text: "outbound mail halted, \(count.counting("message")) put on hold"
                    + (remark.map { "; \($0)" } ?? ""),
                incident: outcome.order.incident
            )
        )
    }

    mutating func pageFailure(_ reason: String, outcome: HaltOutcome) {
        let isResume = if case .resume = outcome.order.verb { true } else { false }
        let incident = incidents.numbered(outcome.order.incident)
        let page =
            outcome.problem == nil
            ? Alert.queueFailure(
                isResume: isResume,
                reason: reason,
                incident: incident,
                now: outcome.time
            )
            : Alert.halfDone(reason, incident: incident, now: outcome.time)
        let isTold = outbound.isTold(page.dedupKey)
        guard !isTold || outcome.problem == nil else { return }
        effects.note(
            LogNote(
                kind: isResume ? .resumeFailed : .haltFailed,
                priority: 2,
                text: page.summary,
                incident: outcome.order.incident
            )
        )
        guard !isTold else { return }
        resolveFailure(at: outcome.time)
        outbound.tell(page)
        effects.page(page)
    }

    /// Ends the page that said a halt or resume failed: one got through, or another page took over.
    mutating func resolveFailure(at time: Timestamp) {
        if let end = outbound.endTold(at: time) { effects.page(end) }
    }
}
