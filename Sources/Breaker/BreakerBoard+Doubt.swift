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
    /// Most doubts at a time: more lists in doubt at once are no doubtful case, and halt at once.
    static let mostDoubts = 100
    /// Most lists that are let pass at a time.
    static let mostHoldOffs = 1000
    /// Longest hold-off.
    ///
    /// Chosen: nobody switches the watch off for a weekend by it.
    public static let longestHoldOff = TimeSpan.days(1)

    /// Whether a person lets doubtful verdicts about `list` pass at `now`.
    func isHeldOff(_ list: String, at now: Timestamp) -> Bool {
        holdOffs[list].map { now < $0.until } ?? false
    }

    /// Whether a verdict about `list` may have been passed over for want of certainty.
    public func mayPass(_ list: String) -> Bool { doubts[list] != nil || holdOffs[list] != nil }

    /// Whether `verdict` waits for an answer: it is doubtful, and somebody is there to give one.
    func waits(_ verdict: Verdict, now: Timestamp, _ settings: BreakerSettings) -> Bool {
        !verdict.isSureTrip && settings.grace > .seconds(0) && settings.canPage
            && (doubts[verdict.list] != nil || doubts.count < Self.mostDoubts)
            && settings.attended.isAttended(at: now)
    }

    /// Takes a doubtful verdict: pages, and waits.
    mutating func doubt(
        _ verdict: Verdict,
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        guard doubts[verdict.list] == nil else {
            doubts[verdict.list]?.repeats += 1
            return
        }
        let doubt = Doubt(verdict: verdict, paged: now, ends: now + settings.grace)
        doubts[verdict.list] = doubt
        // What is held already stays so until it is decided.
        if let end = softHolds[verdict.list], end < doubt.ends {
            softHolds[verdict.list] = doubt.ends
            if listHolds[verdict.list]?.incident == nil {
                listHolds[verdict.list]?.until = doubt.ends
            }
        }
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

    /// Ends the doubt about `list`, if there is one: its page is resolved, in these words.
    mutating func endDoubt(
        _ list: String,
        _ words: String,
        at now: Timestamp,
        into effects: inout EffectList
    ) {
        guard let doubt = doubts.removeValue(forKey: list) else { return }
        effects.saveBoard()
        effects.page(doubt.end(words, at: now))
    }

    /// Ends doubts that nobody answered, and hold-offs whose time is over.
    mutating func endDoubts(
        now: Timestamp,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        for (list, holdOff) in holdOffs.sorted(by: { $0.key < $1.key }) where now >= holdOff.until {
            holdOffs[list] = nil
            effects.saveBoard()
            effects.note(
                LogNote(kind: .heldOff, priority: 5, text: "the hold-off is over", list: list)
            )
        }
        guard !doubts.isEmpty else { return }
        let isAttended = settings.attended.isAttended(at: now)
        for (list, doubt) in doubts.sorted(by: { $0.key < $1.key })
        where now >= doubt.ends || !isAttended {
            // We were away: whoever wanted to answer could not, and the storm is of the past.
            guard now - doubt.ends <= settings.actHorizon else {
                endDoubt(list, "nothing was done: we were away", at: now, into: &effects)
                noteLate(doubt.verdict, now: now, settings: settings, into: &effects)
                continue
            }
            var incident = Incident(
                number: 0,
                scope: .list(list),
                mode: mode,
                cause: .verdict,
                tripped: now,
                verdict: doubt.verdict,
                reach: settings.haltScope(of: .list(list))
            )
            incident.attendance = .unanswered(since: doubt.paged)
            incident.nextAttended = settings.attended.nextStart(after: now)
            incident.repeats = doubt.repeats
            open(incident, now: now, into: &effects)
        }
    }

    /// A person lets a list go on for `span`; nothing ends an earlier word.
    mutating func holdOff(
        _ list: String,
        for span: TimeSpan,
        by audit: Audit,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        if let standing = incident(of: .list(list)), standing.state == .open {
            return effects.answer(
                CommandAnswer(
                    code: 1,
                    message: "too late: \(list) is open, incident \(standing.number); to let mail "
                        + "flow: \(standing.resetCommand)",
                    incident: standing.number
                )
            )
        }
        guard span > .seconds(0) else { return endHoldOff(list, by: audit, into: &effects) }
        guard span <= Self.longestHoldOff,
            holdOffs[list] != nil || holdOffs.count < Self.mostHoldOffs
        else {
            return effects.answer(
                CommandAnswer(
                    code: 1,
                    message: "a hold-off lasts \(Self.longestHoldOff.text) at most, for "
                        + "\(Self.mostHoldOffs) lists at a time"
                )
            )
        }
        let until = audit.time + span
        holdOffs[list] = HoldOff(until: until, by: audit)
        effects.saveBoard()
        let words = "uid \(audit.uid) lets it go on until \(until.rfc3339)"
        let wasDoubtful = doubts[list] != nil
        endDoubt(list, words, at: audit.time, into: &effects)
        if softHolds[list] != nil {
            endSoftHold(
                of: list,
                at: audit.time,
                now: audit.time,
                rate: settings.releaseRate,
                into: &effects
            )
        }
        let reason = audit.reason.isEmpty ? "" : ": \(audit.reason)"
        effects.note(
            LogNote(kind: .heldOff, priority: 5, text: words + reason, list: list)
        )
        effects.answer(
            CommandAnswer(
                code: 0,
                message: "holding off \(list) until \(until.rfc3339)"
                    + (wasDoubtful ? "" : " (no doubtful verdict waits now)")
                    + "; a sure verdict trips it all the same"
            )
        )
    }

    private mutating func endHoldOff(
        _ list: String,
        by audit: Audit,
        into effects: inout EffectList
    ) {
        let stood = holdOffs.removeValue(forKey: list) != nil
        if stood {
            effects.saveBoard()
            effects.note(
                LogNote(
                    kind: .heldOff,
                    priority: 5,
                    text: "uid \(audit.uid) ended the hold-off",
                    list: list
                )
            )
        }
        effects.answer(
            CommandAnswer(
                code: 0,
                message: stood ? "the hold-off of \(list) is over" : "\(list) is not held off"
            )
        )
    }
}

extension Doubt {
    /// The page that asks.
    func alert(_ mode: Mode) -> Alert {
        let list = verdict.list
        let then =
            mode == .armed
            ? "MAIL FLOWS, and is halted at \(ends.rfc3339) unless you answer"
            : "OBSERVE MODE, mail flows on; the breaker opens at \(ends.rfc3339) unless you answer"
        var summary = "\(list): doubtful. \(then). \(verdict.evidence.summary)"
        if let forecast = verdict.evidence.forecast {
            summary += " If nothing is done: \(forecast.words)."
        }
        var figures = verdict.figures
        figures["rule"] = verdict.rule.rawValue
        figures["halts_at"] = ends.rfc3339
        figures["attendance"] = "attended"
        return Alert(
            kind: .doubtful,
            severity: .critical,
            list: list,
            summary: summary,
            advice: "Harmless: listbreaker hold-off \(shellQuoted(list)) --for 2h. A storm: "
                + "listbreaker trip \(shellQuoted(list)) --reason TEXT. To see why: "
                + "listbreaker explain \(shellQuoted(list))",
            started: paged,
            dedupKey: dedupKey,
            isObserve: mode == .observe,
            figures: figures
        )
    }

    /// The end of that page.
    func end(_ words: String, at now: Timestamp) -> Alert {
        Alert(
            kind: .doubtful,
            isResolved: true,
            severity: .info,
            list: verdict.list,
            summary: "\(verdict.list): no longer doubtful, \(words)",
            advice: "Nothing to do about this page.",
            started: paged,
            ended: now,
            dedupKey: dedupKey
        )
    }
}
