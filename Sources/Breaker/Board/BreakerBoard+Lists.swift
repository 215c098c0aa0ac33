// SPDX-License-Identifier: Apache-2.0
//
// One list's mail on hold: ordered at a trip or a soft hold, again as time passes, verified by the
// log, and widened to the whole queue when copies keep leaving. Which messages are the list's is
// the engine's business.

public import EventTime
public import StormDetection
internal import Words

extension BreakerBoard {
    /// Orders that the list's messages be held, for an incident or softly.
    mutating func demandHold(of subject: Subject, _ ground: ListHold.Ground, now: Timestamp) {
        guard let name = subject.mailName else { return }
        stopReleases(of: name)
        holds.begin(subject, ground, at: now)
        effects.saveBoard()
        if let hold = holds[subject] { order(hold, of: subject) }
    }

    /// Takes what became of an order to hold a list's messages.
    mutating func settleHold(of subject: Subject, _ outcome: HaltOutcome) {
        if settleContainment(outcome) { return }
        switch outcome.result {
        case .done(let count, let total, let remark, _, _):
            outbound.note(held: total)
            if let remark { outbound.remark = remark }
            if count > 0 { incidents.update(outcome.order.incident) { $0.held += count } }
            effects.saveBoard()
            guard let (hold, isFirst) = holds.settle(subject, held: count, at: outcome.time),
                let number = hold.incident, isFirst
            else { return }
            resolveFailure(at: outcome.time)
            incidents.update(number) { $0.halt = .halting }
            effects.note(
                LogNote(
                    kind: .listHeld,
                    priority: 2,
                    text: "mail of \(subject.name) held, \(count.counting("message")) so far; "
                        + "other mail flows",
                    list: subject.mailName,
                    incident: number
                )
            )
        case .failed(let reason):
            effects.saveBoard()
            guard let hold = holds.fail(subject, reason, at: outcome.time) else {
                outbound.remark = reason
                return
            }
            if hold.draining != nil { return failDrain(of: subject, hold, reason, outcome) }
            guard let number = hold.incident else { return }
            // Where no more than the list is at stake, nobody else's mail is halted for it.
            if !outcome.order.isOfMessages, let standing = incidents.numbered(number),
                standing.reach == .narrow, standing.staysWithList
            {
                outbound.remark = "\(subject.name) is held message by message: \(reason)"
                incidents.update(number) { $0.reach = .list }
                return order(hold, of: subject)
            }
            let incident = incidents.update(number) { $0.halt = .failed(reason: reason) }
            pageFailure(reason, outcome: outcome)
            // What cannot be narrowed is halted with all else: that is what the scope promises.
            if let incident, incident.reach == .narrow, !outcome.order.isOfMessages {
                widen(
                    incident,
                    because: "\(subject.name) cannot be narrowed: \(reason)",
                    now: outcome.time
                )
                return mayNarrowAgain(number, since: outcome.time)
            }
            guard settings.escalate != .no, let since = hold.failingSince,
                outcome.time - since >= settings.escalateAfter, let incident
            else { return }
            widen(
                incident,
                because: "mail of \(subject.name) cannot be held",
                now: outcome.time
            )
        }
    }

    /// Takes one copy of a list that is on hold and left all the same, begun at `started`, logged
    /// at `time`.
    ///
    /// `ordered` is when the hold of its message was ordered first. What began before that, or
    /// within two seconds after, was in flight.
    public mutating func sawCopy(
        of subject: Subject,
        started: Timestamp,
        ordered: Timestamp,
        loggedAt time: Timestamp
    ) {
        let leak = holds.sawCopy(of: subject, started: started, ordered: ordered, at: time)
        guard let (hold, perMinute) = leak, let number = hold.incident, let done = hold.done
        else { return }
        let leaking = incidents.update(number) {
            $0.leaked += 1
            $0.halt = .leaking(perMinute: perMinute)
        }
        guard let incident = leaking else { return }
        if !hold.leaks.isPaged, time - done > settings.leakGrace {
            holds.notePaged(subject)
            effects.page(incident.leakingAlert(perMinute: perMinute, now: time))
            effects.note(incident.leakingNote(perMinute: perMinute))
        }
        // A list that is narrowed leaves nothing to be in flight again: one copy is a way round.
        let isThrough =
            incident.reach == .narrow
            || perMinute >= Int64(settings.escalateCopies)
                && time - done >= settings.escalateAfter
        if settings.escalate != .no, isThrough {
            // What found a way once is not trusted again by itself.
            incidents.update(number) { $0.narrowUntil = nil }
            widen(
                incident,
                because: "copies of \(subject.name) still leave (\(perMinute)/min)",
                now: time
            )
        }
    }

    /// What time brings to lists on hold: sweeps, another try, verification.
    mutating func tickHolds(now: Timestamp, seen: Timestamp) {
        let due = holds.due(
            at: now,
            sweep: settings.sweepInterval,
            retry: settings.retryInterval
        )
        for (subject, hold) in due { order(hold, of: subject) }
        for (subject, number) in holds.verify(seen: seen, after: settings.verifyAfter) {
            incidents.update(number) { $0.halt = .verified(since: now) }
            effects.note(
                LogNote(
                    kind: .verified,
                    priority: 5,
                    text: "halt verified: no copy of \(subject.name) left for "
                        + "\(Int64(settings.verifyAfter.seconds)) s",
                    list: subject.mailName,
                    incident: number
                )
            )
        }
    }

    private mutating func order(_ hold: ListHold, of subject: Subject) {
        guard let name = subject.mailName else { return }
        let number = hold.incident ?? hold.draining?.incident ?? 0
        let isNarrow =
            switch hold.ground {
            case .incident(let number): incidents.numbered(number)?.reach == .narrow
            case .draining: true
            case .soft, .observed: narrows(subject)
            }
        effects.order(
            HaltOrder(verb: isNarrow ? .narrow(name) : .holdList(name), incident: number)
        )
    }

    /// What a start brings: every hold is ordered again, every batch that was under way too.
    mutating func startHolds(now: Timestamp) {
        for incident in incidents where incident.demandsListHold {
            if holds[incident.scope]?.incident == incident.number { continue }
            holds.begin(incident.scope, .incident(incident.number), at: now)
        }
        for (subject, hold) in holds.restart(at: now) {
            if let number = hold.incident { incidents.update(number) { $0.halt = .halting } }
            order(hold, of: subject)
        }
        clearings.restart(at: now)
    }

    /// Lists that were discarded and whose manager may have had more in hand: that is discarded too, and
    /// when no more comes, the list flows again, with what was posted to it meanwhile.
    mutating func tickDrains(now: Timestamp) {
        let busy = Set(clearings.lazy.filter { $0.action == .discard }.compactMap(\.list))
        let (again, over) = holds.drained(at: now, after: settings.discardQuiet) { subject in
            subject.mailName.map { busy.contains($0) } ?? false
        }
        for (subject, hold) in again {
            discardDrained(subject, hold, now: now)
        }
        for (subject, hold) in over {
            effects.saveBoard()
            let number = hold.draining?.incident ?? 0
            // What came before the reset and is other people's as well is not decided by that.
            clear(
                .release,
                subject,
                apart: subject.mailName,
                asksUntil: hold.draining?.since,
                rate: settings.releaseRate,
                incident: number,
                now: now
            )
            effects.note(
                LogNote(
                    kind: .cleared,
                    priority: 5,
                    text: "nothing of \(subject.name) was handed over for "
                        + "\(Int64(settings.discardQuiet.seconds)) s; its mail flows again",
                    list: subject.mailName,
                    incident: number
                )
            )
        }
    }

    /// A list that is to be discarded and cannot be kept stopped: after a while it flows, as is said.
    private mutating func failDrain(
        of subject: Subject,
        _ hold: ListHold,
        _ reason: String,
        _ outcome: HaltOutcome
    ) {
        outbound.remark = reason
        guard let since = hold.failingSince, outcome.time - since >= settings.escalateAfter else {
            return
        }
        holds.end(subject)
        effects.note(
            LogNote(
                kind: .haltFailed,
                priority: 3,
                text: "\(subject.name) was discarded and cannot be kept stopped: \(reason); what "
                    + "its list manager still has in hand leaves",
                list: subject.mailName,
                incident: outcome.order.incident
            )
        )
    }

    /// Discards what was caught of a list that drains, but not what was posted to it since its reset.
    private mutating func discardDrained(_ subject: Subject, _ hold: ListHold, now: Timestamp) {
        guard let (incident, since) = hold.draining else { return }
        clear(.discard, subject, sparing: since, rate: 0, incident: incident, now: now)
    }

    /// Soft holds whose time is over: the list's mail goes out again, metered.
    ///
    /// Where there is no room for that, the hold lasts until there is.
    mutating func endSoftHolds(now: Timestamp) {
        for (subject, end) in holds.overdue(at: now) {
            if holds[subject] != nil, clearings.isFull(for: subject.mailName) { continue }
            endSoftHold(of: subject, at: end, now: now)
        }
    }

    /// Ends the soft hold of `subject`, which ended at `end`; its mail goes out.
    mutating func endSoftHold(of subject: Subject, at end: Timestamp, now: Timestamp) {
        guard let hold = holds.end(subject), let name = subject.mailName else { return }
        effects.saveBoard()
        effects.add(.release(list: name, time: end))
        guard hold.isReal else { return }
        clear(.release, subject, rate: settings.releaseRate, incident: 0, now: now)
        effects.note(
            LogNote(
                kind: .softHold,
                priority: 5,
                text: "soft hold ends unconfirmed; \(hold.held.counting("message")) released",
                list: name
            )
        )
    }

    /// The list's hold is not enough: the whole queue is halted for the same incident.
    ///
    /// Not on another host's word alone: one that is in a stranger's hands could stop everybody's mail.
    mutating func widen(_ incident: Incident, because reason: String, now: Timestamp) {
        guard !incident.isAdopted else { return }
        guard let widened = incidents.update(incident.number, { $0.reach = .queue }) else { return }
        holds.end(widened.scope)
        demandHalt(for: widened, now: now)
        effects.page(incident.escalatedAlert("the whole outbound queue is halted now", now: now))
        effects.note(
            LogNote(
                kind: .leaking,
                priority: 2,
                text: "\(reason): the whole outbound queue is halted",
                list: incident.scope.mailName,
                incident: incident.number
            )
        )
    }
}
