// SPDX-License-Identifier: Apache-2.0
//
// Attended hours: a doubtful verdict pages first and halts after a grace, unless a person answers
// `hold-off` or `trip`. What is sure never comes here. The mistake to avoid: waiting for somebody
// who cannot be reached, or who has gone home; then the wait is over at once.

import Attended
public import EventTime
import StormDetection
internal import Words

extension BreakerBoard {
    /// Longest hold-off.
    ///
    /// Chosen: nobody switches the watch off for a weekend by it.
    public static let longestHoldOff = TimeSpan.days(1)

    /// Whether `verdict` waits for an answer: it is doubtful, and somebody is there to give one.
    func waits(_ verdict: Verdict, now: Timestamp) -> Bool {
        !verdict.isSureTrip && settings.grace > .seconds(0) && settings.canPage
            && doubts.hasRoom(for: verdict.subject) && settings.attended.isAttended(at: now)
    }

    /// Takes a doubtful verdict: pages, and waits.
    mutating func doubt(_ verdict: Verdict, now: Timestamp) {
        let doubt = Doubt(verdict: verdict, paged: now, ends: now + settings.grace)
        guard doubts.begin(doubt) else { return }
        // What is held already stays so until it is decided.
        holds.prolong(verdict.subject, until: doubt.ends)
        effects.saveBoard()
        effects.page(doubt.alert(mode))
        effects.note(
            LogNote(
                kind: .doubtful,
                priority: 4,
                text: "doubtful, paged; trips at \(doubt.ends.rfc3339) unless answered: "
                    + verdict.evidence.summary,
                list: verdict.list
            )
        )
    }

    /// Ends the doubt about `subject`, if there is one: its page is resolved, in these words.
    mutating func endDoubt(_ subject: Subject, _ words: String, at now: Timestamp) {
        guard let doubt = doubts.end(subject) else { return }
        effects.saveBoard()
        effects.page(doubt.end(words, at: now))
    }

    /// Ends doubts that nobody answered, and hold-offs whose time is over.
    mutating func endDoubts(now: Timestamp) {
        for subject in doubts.endHoldOffs(at: now) {
            effects.saveBoard()
            effects.note(
                LogNote(
                    kind: .heldOff,
                    priority: 5,
                    text: "the hold-off is over",
                    list: subject.mailName
                )
            )
        }
        guard !doubts.waiting.isEmpty else { return }
        let isAttended = settings.attended.isAttended(at: now)
        for (subject, doubt) in doubts.due(at: now, isAttended: isAttended) {
            // We were away: whoever wanted to answer could not, and the storm is of the past.
            guard now - doubt.ends <= settings.actHorizon else {
                endDoubt(subject, "nothing was done: we were away", at: now)
                noteLate(doubt.verdict, now: now)
                continue
            }
            var incident = freshIncident(of: doubt.verdict, tripped: now, now: now)
            incident.attendance = .unanswered(since: doubt.paged)
            incident.repeats = doubt.repeats
            open(incident, now: now)
        }
    }

    /// A person lets a list go on for `span`; nothing ends an earlier word.
    mutating func holdOff(_ subject: Subject, for span: TimeSpan, by audit: Audit) {
        if let standing = incident(of: subject), standing.state == .open {
            return answer(
                1,
                "too late: \(subject.name) is open, incident \(standing.number); to let mail "
                    + "flow: \(standing.resetCommand)",
                incident: standing.number
            )
        }
        guard span > .seconds(0) else { return endHoldOff(subject, by: audit) }
        let until = audit.time + span
        guard span <= Self.longestHoldOff,
            doubts.holdOff(subject, HoldOff(until: until, by: audit))
        else {
            return answer(
                1,
                "a hold-off lasts \(Self.longestHoldOff.text) at most, for "
                    + "\(Doubts.mostHoldOffs) lists at a time"
            )
        }
        effects.saveBoard()
        let words = "\(audit.who) lets it go on until \(until.rfc3339)"
        let wasDoubtful = doubts.waiting[subject] != nil
        endDoubt(subject, words, at: audit.time)
        if holds.softEnd(of: subject) != nil {
            endSoftHold(of: subject, at: audit.time, now: audit.time)
        }
        let reason = audit.reason.isEmpty ? "" : ": \(audit.reason)"
        effects.note(
            LogNote(kind: .heldOff, priority: 5, text: words + reason, list: subject.mailName)
        )
        answer(
            0,
            "holding off \(subject.name) until \(until.rfc3339)"
                + (wasDoubtful ? "" : " (no doubtful verdict waits now)")
                + "; a sure verdict trips it all the same"
        )
    }

    private mutating func endHoldOff(_ subject: Subject, by audit: Audit) {
        guard doubts.endHoldOff(subject) else {
            return answer(0, "\(subject.name) is not held off")
        }
        effects.saveBoard()
        effects.note(
            LogNote(
                kind: .heldOff,
                priority: 5,
                text: "\(audit.who) ended the hold-off",
                list: subject.mailName
            )
        )
        answer(0, "the hold-off of \(subject.name) is over")
    }
}
