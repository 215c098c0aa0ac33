// SPDX-License-Identifier: Apache-2.0
//
// Verdicts in, open breakers out. The mistake to avoid: acting on an old verdict. A verdict that is
// read long after its entry only pages, since halting then stops innocent mail for a dead storm.

import Attended
public import EventTime
public import StormDetection
internal import Words

extension BreakerBoard {
    /// Takes a verdict of detection, read at `now`.
    public mutating func judge(_ verdict: Verdict, now: Timestamp) {
        let scope = verdict.subject
        let standing = incident(of: scope)
        // Read again after a crash: the person who reset it knew of these posts.
        if let reset = standing?.resetBy, verdict.time <= reset.time { return }
        // What its manager still hands over of a storm that was discarded is no new one, and nothing of it
        // leaves.
        if let hold = holds[scope], hold.draining != nil, hold.failure == nil {
            incidents.update(standing?.number ?? 0) { $0.repeats += 1 }
            return
        }
        switch (standing?.state.word ?? .closed, verdict.action) {
        case (.open, .trip) where standing?.isAdopted == true:
            if let standing { confirm(standing, verdict, now: now) }
        case (.open, _):
            if let standing { incidents.update(standing.number) { $0.repeats += 1 } }
        case (.closed, .softHold):
            softHold(verdict, now: now)
        case (.closed, .trip), (.halfOpen, _):
            if now - verdict.time > settings.actHorizon {
                noteLate(verdict, now: now)
            } else if doubts.isHeldOff(scope, at: now), !verdict.isSureTrip {
                return
            } else if let standing {
                reopen(standing, verdict: verdict, now: now)
            } else if waits(verdict, now: now) {
                doubt(verdict, now: now)
            } else {
                var incident = freshIncident(of: verdict, tripped: verdict.time, now: now)
                incident.attendance = verdict.isSureTrip ? .sure : .unattended
                open(incident, now: now)
            }
        }
    }

    /// A fresh incident that `verdict` opens.
    func freshIncident(of verdict: Verdict, tripped: Timestamp, now: Timestamp) -> Incident {
        var incident = Incident(
            number: 0,
            scope: verdict.subject,
            mode: mode,
            cause: .verdict,
            tripped: tripped,
            verdict: verdict,
            reach: settings.haltScope(of: verdict.subject, verdict)
        )
        incident.nextAttended = settings.attended.nextStart(after: now)
        return incident
    }

    /// Opens `incident` under the next number, halts, pages.
    mutating func open(_ incident: Incident, now: Timestamp) {
        guard !incidents.isFull else { return foldIntoQueue(incident, now: now) }
        var wanted = incident
        wanted.lastPaged = now
        wanted.lacksNarrowing = settings.lacksNarrowing(wanted.scope, reach: wanted.reach)
        let opened = incidents.open(wanted)
        if let verdict = opened.verdict { effects.add(.tripped(verdict)) }
        demand(opened, now: now)
        effects.page(opened.tripAlert)
        effects.note(opened.tripNote)
        guard opened.scope != .queue else { return }
        doubts.endHoldOff(opened.scope)
        endDoubt(opened.scope, "see incident \(opened.number)", at: now)
    }

    /// Orders what `incident` wants halted; releases of its mail that are under way stop.
    mutating func demand(_ incident: Incident, now: Timestamp) {
        if let name = incident.scope.mailName {
            stopReleases(of: name)
            if incident.demandsListHold {
                demandHold(of: incident.scope, .incident(incident.number), now: now)
            } else if incident.demandsHalt || holds[incident.scope]?.draining == nil {
                // A soft hold becomes the trip; what it held stays held.
                holds.end(incident.scope)
            }
        }
        if incident.demandsHalt { demandHalt(for: incident, now: now) }
    }

    /// Opens a half-open incident again, under its own number.
    mutating func reopen(
        _ standing: Incident,
        verdict: Verdict?,
        by audit: Audit? = nil,
        isAdopted: Bool = false,
        now: Timestamp
    ) {
        let reach: HaltScope =
            if isAdopted {
                settings.adoptedScope(of: standing.scope)
            } else if standing.reach == .queue {
                // Never narrower than it was: it may have leaked.
                .queue
            } else {
                settings.haltScope(of: standing.scope, verdict ?? standing.verdict)
            }
        let mode = mode
        let lacksNarrowing = settings.lacksNarrowing(standing.scope, reach: reach)
        let reopened = incidents.update(standing.number) {
            $0.reopen(
                verdict,
                by: audit,
                mode: mode,
                reach: reach,
                lacksNarrowing: lacksNarrowing,
                isAdopted: isAdopted,
                at: now
            )
        }
        guard let reopened else { return }
        doubts.endHoldOff(reopened.scope)
        if let verdict { effects.add(.tripped(verdict)) }
        demand(reopened, now: now)
        effects.page(reopened.tripAlert)
        effects.note(reopened.tripNote)
    }

    /// Orders a halt, or only a further hold where the queue is halted already.
    mutating func demandHalt(for incident: Incident, now: Timestamp) {
        stopReleases(of: nil)
        guard outbound.demand(at: now) else {
            return effects.order(HaltOrder(verb: .halt, incident: incident.number))
        }
        effects.order(HaltOrder(verb: .rehold, incident: incident.number))
        if let name = incident.scope.mailName {
            effects.order(HaltOrder(verb: .holdList(name), incident: incident.number))
        }
    }

    mutating func noteLate(_ verdict: Verdict, now: Timestamp) {
        switch doubts.noteLate(verdict.subject, at: now) {
        case .known: return
        case .tooMany:
            return sayFull(
                .late,
                verdict.subject,
                isPaged: settings.pagesLate,
                "late verdict, nothing halted, as with \(Doubts.mostLate) lists within a day: "
                    + "\(verdict.evidence.summary).",
                advice: "Look whether it goes on: listbreaker status. Why was the log read so "
                    + "late? listbreaker doctor",
                now: now
            )
        case .new: break
        }
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

    private mutating func softHold(_ verdict: Verdict, now: Timestamp) {
        let subject = verdict.subject
        guard now - verdict.time <= settings.softHoldSpan, !doubts.isHeldOff(subject, at: now),
            holds[subject]?.draining == nil
        else { return }
        let until = softHoldEnd(of: verdict)
        if let end = holds.softEnd(of: subject) {
            guard until > end, isUnattended(at: verdict.time) else { return }
            // The doubt lasts, and so does the hold. Each minute of a storm need not be saved: what
            // was saved last ends a little earlier.
            holds.prolong(subject, until: until)
            if until - end >= .minutes(10) { effects.saveBoard() }
            return
        }
        guard verdict.isContinued != true else { return }
        guard holds.softCount < ListHolds.mostSoft else {
            return sayFull(
                .softHolds,
                subject,
                "near a trip (\(verdict.rule.rawValue)), but its new copies are not held: "
                    + "\(ListHolds.mostSoft) other lists are held softly already.",
                advice: "To hold it now: listbreaker trip "
                    + "\(shellQuoted(subject.name)) --reason TEXT",
                now: now
            )
        }
        effects.saveBoard()
        effects.add(.softHold(verdict))
        if mode == .armed, now < until {
            demandHold(of: subject, .soft(until: until), now: now)
        } else {
            holds.begin(subject, .observed(until: until), at: .distantPast)
        }
        let members = verdict.evidence.members ?? 0
        let isLarge = settings.softHoldPageMembers > 0 && members >= settings.softHoldPageMembers
        if settings.pagesSoftHolds || isLarge {
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

    /// Until when `verdict` holds its list: a while where somebody is there to answer, else until
    /// somebody is, or the posts have stopped.
    private func softHoldEnd(of verdict: Verdict) -> Timestamp {
        let soon = verdict.time + settings.softHoldSpan
        guard isUnattended(at: verdict.time),
            let start = settings.softHoldHours.nextStart(after: verdict.time)
        else { return soon }
        return max(soon, min(start, verdict.time + settings.softHoldQuiet))
    }

    /// Whether there are hours at which somebody answers a soft hold, and `time` is in none of them.
    private func isUnattended(at time: Timestamp) -> Bool {
        !settings.softHoldHours.isEmpty && !settings.softHoldHours.isAttended(at: time)
    }

    /// The table of incidents is full: the queue's own breaker opens instead, if it is not open.
    ///
    /// Where all are open and none of them halts the queue, the newest one's halt is widened to it.
    private mutating func foldIntoQueue(_ incident: Incident, now: Timestamp) {
        if let standing = self.incident(of: .queue), standing.state == .open {
            incidents.update(standing.number) { $0.repeats += 1 }
        } else if incidents.closeOldestHalfOpen(at: now) {
            return open(incident, now: now)
        } else if incident.demandsListHold, !demandsHalt, settings.escalate != .no,
            let newest = incidents.last(where: { $0.demandsListHold && !$0.isAdopted })
        {
            widen(
                newest,
                because: "\(Incidents.most) breakers are open, and one more list storms",
                now: now
            )
        }
        let isHalted = incident.mode == .observe || demandsHalt
        sayFull(
            .incidents,
            incident.scope,
            "it should trip, but \(Incidents.most) breakers are not closed already; "
                + (isHalted ? "nothing more is to be halted." : "ITS MAIL IS NOT HALTED."),
            advice: "Reset what is over: listbreaker status. To halt all mail: listbreaker trip "
                + "--queue --reason TEXT",
            now: now
        )
    }
}
