// SPDX-License-Identifier: Apache-2.0
//
// One list's mail on hold: ordered at a trip or a soft hold, again as time passes, verified by the
// log, and widened to the whole queue when copies keep leaving. Which messages are the list's is
// the engine's business.

public import EventTime
import StormDetection

extension BreakerBoard {
    /// Orders that the list's messages be held, for `incident`, or softly until `until`.
    mutating func demandHold(
        of list: String,
        incident: Int64?,
        until: Timestamp?,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        stopReleases(of: list, now: now, into: &effects)
        var hold = ListHold(incident: incident, until: until, ordered: now)
        hold.held = listHolds[list]?.held ?? 0
        listHolds[list] = hold
        effects.saveBoard()
        effects.order(HaltOrder(verb: .holdList(list), incident: incident ?? 0))
    }

    /// Takes what became of an order to hold a list's messages.
    mutating func takeHold(
        of list: String,
        _ outcome: HaltOutcome,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        switch outcome.result {
        case .done(let count, let total, let remark, _, _):
            held = total
            if let remark { self.remark = remark }
            if count > 0 { update(outcome.order.incident, &effects) { $0.held += count } }
            effects.saveBoard()
            guard var hold = listHolds[list] else { return }
            hold.held += count
            let isFirst = hold.done == nil
            hold.done = hold.done ?? outcome.time
            hold.failure = nil
            hold.failingSince = nil
            listHolds[list] = hold
            guard let number = hold.incident else { return }
            if isFirst {
                resolveFailure(at: outcome.time, into: &effects)
                update(number, &effects) { $0.halt = .halting }
                effects.note(
                    LogNote(
                        kind: .listHeld,
                        priority: 2,
                        text: "mail of \(list) held, \(count) messages so far; other mail flows",
                        list: list,
                        incident: number
                    )
                )
            }
        case .failed(let reason):
            guard var hold = listHolds[list] else {
                remark = reason
                return effects.saveBoard()
            }
            hold.failure = reason
            hold.failingSince = hold.failingSince ?? outcome.time
            hold.done = nil
            hold.ordered = outcome.time
            listHolds[list] = hold
            effects.saveBoard()
            guard let number = hold.incident else { return }
            update(number, &effects) { $0.halt = .failed(reason: reason) }
            pageFailure(reason, outcome: outcome, into: &effects)
            guard settings.escalate != .no, let since = hold.failingSince,
                outcome.time - since >= settings.escalateAfter,
                let incident = incidents.first(where: { $0.number == number })
            else { return }
            widen(
                incident,
                because: "mail of \(list) cannot be held",
                now: outcome.time,
                into: &effects
            )
        }
    }

    /// Takes one copy of a list that is on hold and left all the same, begun at `started`, logged
    /// at `time`.
    ///
    /// `ordered` is when the hold of its message was ordered first. What began before that, or
    /// within two seconds after, was in flight.
    public mutating func take(
        copyOf list: String,
        started: Timestamp,
        ordered: Timestamp,
        loggedAt time: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        guard var hold = listHolds[list] else { return }
        hold.lastCopy = max(hold.lastCopy, time)
        defer { if listHolds[list] != nil { listHolds[list] = hold } }
        guard let done = hold.done, started > max(ordered, done) + .seconds(2) else { return }
        hold.leaks.append(time)
        if hold.leaks.count > Self.mostLeaks { hold.leaks.removeFirst(Self.mostLeaks / 2) }
        let perMinute = Int64(hold.leaks.count { time - $0 < .minutes(1) })
        guard let number = hold.incident else { return }
        update(number, &effects) {
            $0.leaked += 1
            $0.halt = .leaking(perMinute: perMinute)
        }
        hold.isVerified = false
        guard let incident = incidents.first(where: { $0.number == number }) else { return }
        if !hold.leakPaged, time - done > settings.leakGrace {
            hold.leakPaged = true
            effects.page(incident.leakingAlert(perMinute: perMinute, now: time))
            effects.note(incident.leakingNote(perMinute: perMinute))
        }
        if settings.escalate != .no, perMinute >= Int64(settings.escalateCopies),
            time - done >= settings.escalateAfter
        {
            widen(
                incident,
                because: "copies of \(list) still leave (\(perMinute)/min)",
                now: time,
                into: &effects
            )
        }
    }

    /// What time brings to lists on hold: sweeps, another try, verification.
    mutating func tickHolds(
        now: Timestamp,
        seen: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        for (list, hold) in listHolds.sorted(by: { $0.key < $1.key }) {
            let pause =
                hold.failure == nil ? settings.sweepInterval : settings.retryInterval
            if now - hold.ordered >= pause {
                listHolds[list]?.ordered = now
                let order = HaltOrder(verb: .holdList(list), incident: hold.incident ?? 0)
                effects.order(order)
            }
            guard let number = hold.incident, let done = hold.done, !hold.isVerified,
                seen - max(done, hold.lastCopy) >= settings.verifyAfter
            else { continue }
            listHolds[list]?.isVerified = true
            update(number, &effects) { $0.halt = .verified(since: now) }
            effects.note(
                LogNote(
                    kind: .verified,
                    priority: 5,
                    text: "halt verified: no copy of \(list) left for "
                        + "\(Int64(settings.verifyAfter.seconds)) s",
                    list: list,
                    incident: number
                )
            )
        }
    }

    /// What a start brings: every hold is ordered again, every batch that was under way too.
    mutating func startHolds(now: Timestamp, into effects: inout EffectList) {
        for incident in incidents where incident.demandsListHold {
            guard let list = incident.scope.list else { continue }
            if listHolds[list]?.incident == incident.number { continue }
            listHolds[list] = ListHold(incident: incident.number, until: nil, ordered: now)
        }
        for (list, hold) in listHolds.sorted(by: { $0.key < $1.key }) {
            listHolds[list]?.ordered = now
            listHolds[list]?.isVerified = false
            listHolds[list]?.done = nil
            if let number = hold.incident { update(number, &effects) { $0.halt = .halting } }
            effects.order(HaltOrder(verb: .holdList(list), incident: hold.incident ?? 0))
        }
        for index in clearings.indices {
            clearings[index].isOrdered = false
            clearings[index].next = now
        }
    }

    /// Soft holds whose time is over: the list's mail goes out again, metered.
    mutating func endSoftHolds(
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        for (list, end) in softHolds.sorted(by: { $0.key < $1.key }) where now >= end {
            endSoftHold(
                of: list,
                at: end,
                now: now,
                rate: settings.releaseRate,
                into: &effects
            )
        }
    }

    /// Ends the soft hold of `list`, which ended at `end`; its mail goes out at `rate`.
    mutating func endSoftHold(
        of list: String,
        at end: Timestamp,
        now: Timestamp,
        rate: Int64,
        into effects: inout EffectList
    ) {
        softHolds[list] = nil
        effects.saveBoard()
        effects.add(.release(list: list, time: end))
        guard let hold = listHolds[list], hold.incident == nil else { return }
        listHolds[list] = nil
        clear(.release, list: list, rate: rate, incident: 0, now: now, into: &effects)
        effects.note(
            LogNote(
                kind: .softHold,
                priority: 5,
                text: "soft hold ends unconfirmed; \(hold.held) messages go out again",
                list: list
            )
        )
    }

    /// The list's hold is not enough: the whole queue is halted for the same incident.
    private mutating func widen(
        _ incident: Incident,
        because reason: String,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        update(incident.number, &effects) { $0.reach = .queue }
        if let list = incident.scope.list { listHolds[list] = nil }
        demandHalt(for: incident.number, now: now, into: &effects)
        effects.page(incident.escalatedAlert("the whole outbound queue is halted now", now: now))
        effects.note(
            LogNote(
                kind: .leaking,
                priority: 2,
                text: "\(reason): the whole outbound queue is halted",
                list: incident.scope.list,
                incident: incident.number
            )
        )
    }

    /// Stops the mail server, once, where the settings allow it.
    mutating func stopServer(
        because reason: String,
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        guard settings.escalate == .stop,
            var incident = incidents.last(where: { $0.demandsHalt }), !incident.isServerStopped
        else { return }
        // Said of the alert, too: under the key of an earlier step it would not be paged.
        incident.isServerStopped = true
        update(incident.number, &effects) { $0.isServerStopped = true }
        effects.order(HaltOrder(verb: .stop, incident: incident.number))
        effects.page(
            incident.escalatedAlert("\(reason): the mail server is being stopped", now: now)
        )
        effects.note(
            LogNote(
                kind: .leaking,
                priority: 2,
                text: "\(reason): the mail server is being stopped",
                list: incident.scope.list,
                incident: incident.number
            )
        )
    }
}
