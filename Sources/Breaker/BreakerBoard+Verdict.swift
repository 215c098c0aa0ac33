// SPDX-License-Identifier: Apache-2.0
//
// Verdicts in, open breakers out. The mistake to avoid: acting on an old verdict. A verdict that is
// read long after its entry only pages, since halting then stops innocent mail for a dead storm.

import Attended
public import EventTime
public import StormDetection

extension BreakerBoard {
    /// Takes a verdict of detection, read at `now`.
    public mutating func take(
        _ verdict: Verdict,
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        let scope = BreakerScope.list(verdict.list)
        let standing = incident(of: scope)
        // Read again after a crash: the person who reset it knew of these posts.
        if let reset = standing?.resetBy, verdict.time <= reset.time { return }
        switch (standing?.state ?? .closed, verdict.action) {
        case (.open, _):
            if let standing { update(standing.number, &effects) { $0.repeats += 1 } }
        case (.closed, .softHold):
            softHold(verdict, now: now, settings: settings, into: &effects)
        case (.closed, .trip), (.halfOpen, _):
            if now - verdict.time > settings.actHorizon {
                noteLate(verdict, now: now, settings: settings, into: &effects)
            } else if isHeldOff(verdict.list, at: now), !verdict.isSureTrip {
                return
            } else if let standing {
                reopen(
                    standing,
                    verdict: verdict,
                    now: now,
                    settings: settings,
                    into: &effects
                )
            } else if waits(verdict, now: now, settings) {
                doubt(verdict, now: now, settings: settings, into: &effects)
            } else {
                var incident = Incident(
                    number: 0,
                    scope: scope,
                    mode: mode,
                    cause: .verdict,
                    tripped: verdict.time,
                    verdict: verdict,
                    reach: settings.haltScope(of: scope)
                )
                incident.attendance = verdict.isSureTrip ? .sure : .unattended
                incident.nextAttended = settings.attended.nextStart(after: now)
                open(incident, now: now, into: &effects)
            }
        }
    }

    /// Opens `incident` under the next number, halts, pages.
    mutating func open(
        _ incident: Incident,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        guard incidents.count < Self.mostIncidents else {
            return foldIntoQueue(incident, now: now, into: &effects)
        }
        var opened = incident
        if let verdict = opened.verdict {
            softHolds[verdict.list] = nil
            effects.add(.tripped(verdict))
        }
        opened.number = nextNumber
        opened.lastPaged = now
        nextNumber += 1
        incidents.append(opened)
        effects.save(opened)
        demand(opened, now: now, into: &effects)
        effects.page(opened.tripAlert)
        effects.note(opened.tripNote)
        if let list = opened.scope.list {
            holdOffs[list] = nil
            endDoubt(list, "see incident \(opened.number)", at: now, into: &effects)
        }
    }

    /// Orders what `incident` wants halted; releases of its mail that are under way stop.
    private mutating func demand(
        _ incident: Incident,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        if let list = incident.scope.list {
            stopReleases(of: list, now: now, into: &effects)
            if incident.demandsListHold {
                demandHold(
                    of: list,
                    incident: incident.number,
                    until: nil,
                    now: now,
                    into: &effects
                )
            } else {
                // A soft hold becomes the trip; what it held stays held.
                listHolds[list] = nil
            }
        }
        if incident.demandsHalt {
            demandHalt(for: incident.number, now: now, into: &effects)
        }
    }

    /// Opens a half-open incident again, under its own number.
    mutating func reopen(
        _ standing: Incident,
        verdict: Verdict?,
        by audit: Audit? = nil,
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        let mode = mode
        // Never narrower than it was: it may have leaked.
        let reach =
            standing.reach == .queue ? .queue : settings.haltScope(of: standing.scope)
        update(standing.number, &effects) {
            $0.resetBy = nil
            $0.probationEnds = nil
            $0.acknowledgedBy = nil
            $0.retrips += 1
            $0.mode = mode
            $0.verdict = verdict ?? $0.verdict
            $0.attendance = verdict == nil ? nil : verdict?.isSureTrip == true ? .sure : .probation
            $0.trippedBy = audit ?? $0.trippedBy
            $0.halt = mode == .armed ? .halting : .notHalted
            $0.lastPaged = now
            $0.reach = reach
            $0.isServerStopped = false
        }
        guard let reopened = incident(of: standing.scope) else { return }
        if let list = reopened.scope.list { holdOffs[list] = nil }
        if let verdict { effects.add(.tripped(verdict)) }
        demand(reopened, now: now, into: &effects)
        effects.page(reopened.tripAlert)
        effects.note(reopened.tripNote)
    }

    /// Orders a halt, or only a further hold where the queue is halted already.
    mutating func demandHalt(
        for incident: Int64,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        pendingResume = nil
        lastHold = now
        stopReleases(of: nil, now: now, into: &effects)
        if case .halted = queue {
            effects.order(HaltOrder(verb: .rehold, incident: incident))
            if let list = incidents.first(where: { $0.number == incident })?.scope.list {
                effects.order(HaltOrder(verb: .holdList(list), incident: incident))
            }
        } else {
            queue = .ordered(since: now)
            leaks.removeAll()
            leakPaged = false
            effects.order(HaltOrder(verb: .halt, incident: incident))
        }
    }

    mutating func noteLate(
        _ verdict: Verdict,
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        if let last = lateLists[verdict.list], now - last < .days(1) { return }
        if lateLists.count >= Self.mostLate {
            lateLists = lateLists.filter { now - $0.value < .days(1) }
            guard lateLists.count < Self.mostLate else {
                return sayFull(.late, list: verdict.list, now: now, into: &effects)
            }
        }
        lateLists[verdict.list] = now
        effects.saveBoard()
        if settings.pagesLate { effects.page(.late(verdict, now: now)) }
        effects.note(
            LogNote(
                kind: .late,
                priority: 4,
                text: "late verdict, nothing halted: \(verdict.evidence.summary)",
                list: verdict.list
            )
        )
    }

    private mutating func softHold(
        _ verdict: Verdict,
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        guard now - verdict.time <= settings.softHoldSpan, softHolds[verdict.list] == nil,
            !isHeldOff(verdict.list, at: now)
        else { return }
        guard softHolds.count < Self.mostSoftHolds else {
            return sayFull(.softHolds, list: verdict.list, now: now, into: &effects)
        }
        let until = verdict.time + settings.softHoldSpan
        softHolds[verdict.list] = until
        effects.saveBoard()
        effects.add(.softHold(verdict))
        if mode == .armed, now < until {
            demandHold(of: verdict.list, incident: nil, until: until, now: now, into: &effects)
        }
        if settings.pagesSoftHolds {
            effects.page(.softHold(verdict, until: until, mode: mode))
        }
        effects.note(
            LogNote(
                kind: .softHold,
                priority: 5,
                text: "near a trip (\(verdict.rule.rawValue)): \(verdict.evidence.summary)",
                list: verdict.list
            )
        )
    }

    /// The table of incidents is full: the queue's own breaker opens instead, if it is not open.
    private mutating func foldIntoQueue(
        _ incident: Incident,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        if let standing = self.incident(of: .queue), standing.state == .open {
            return update(standing.number, &effects) { $0.repeats += 1 }
        }
        guard let oldest = incidents.firstIndex(where: { $0.state == .halfOpen }) else {
            // All are open, so the queue is halted, or in observe mode all is paged, already.
            return
        }
        incidents[oldest].closed = now
        effects.save(incidents[oldest])
        incidents.remove(at: oldest)
        open(incident, now: now, into: &effects)
    }
}
