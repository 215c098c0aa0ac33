// SPDX-License-Identifier: Apache-2.0
//
// What people say: trip, reset, acknowledge, hold off, arm, observe. Each is idempotent and leaves an audit
// record. Only `reset` lets mail flow again, and it resumes the queue only when no other open
// incident wants it halted.

public import EventTime

/// A person's command.
public enum Command: Sendable, Equatable {
    /// Open a breaker by hand.
    case trip(BreakerScope)
    /// Let mail flow again, on probation; held mail goes out at so many copies a minute.
    case reset(BreakerScope, held: HeldChoice?, rate: Int64? = nil)
    /// Give back or discard mail that is still held: of a list, of the queue (both nil), of a post.
    case clear(Clearing.Action, list: String?, post: String?, rate: Int64?)
    /// Say that the page of an incident was seen.
    case acknowledge(Int64)
    /// Let doubtful verdicts about a list pass for so long; 0: no longer.
    case holdOff(list: String, span: TimeSpan)
    /// Arm or observe.
    case setMode(Mode)
}

extension BreakerBoard {
    /// Carries out `command`, given by `audit`; the answer is among the effects.
    public mutating func take(
        _ command: Command,
        by audit: Audit,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        switch command {
        case .trip(let scope): trip(scope, by: audit, settings: settings, into: &effects)
        case .reset(let scope, let held, let rate):
            let choice = held.map { ($0, rate ?? settings.releaseRate) }
            reset(scope, held: choice, by: audit, settings: settings, into: &effects)
        case .clear(let action, let list, let post, let rate):
            clear(
                action,
                list: list,
                post: post,
                rate: rate ?? settings.releaseRate,
                by: audit,
                into: &effects
            )
        case .acknowledge(let number): acknowledge(number, by: audit, into: &effects)
        case .holdOff(let list, let span):
            holdOff(list, for: span, by: audit, settings: settings, into: &effects)
        case .setMode(let mode): set(mode, by: audit, into: &effects)
        }
    }

    private mutating func trip(
        _ scope: BreakerScope,
        by audit: Audit,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        if let standing = incident(of: scope) {
            guard standing.state == .halfOpen else {
                return effects.answer(
                    CommandAnswer(
                        code: 0,
                        message: "already open: \(scope.name), incident \(standing.number)",
                        incident: standing.number
                    )
                )
            }
            reopen(
                standing,
                verdict: nil,
                by: audit,
                now: audit.time,
                settings: settings,
                into: &effects
            )
        } else {
            guard incidents.count < Self.mostIncidents else {
                return effects.answer(
                    CommandAnswer(
                        code: 1,
                        message: "cannot trip \(scope.name): \(Self.mostIncidents) breakers are "
                            + "not closed already; reset some, or use trip --queue"
                    )
                )
            }
            open(
                Incident(
                    number: 0,
                    scope: scope,
                    mode: mode,
                    cause: .manual,
                    tripped: audit.time,
                    verdict: scope.list.flatMap { doubts[$0]?.verdict },
                    trippedBy: audit,
                    reach: settings.haltScope(of: scope)
                ),
                now: audit.time,
                into: &effects
            )
        }
        let number = incident(of: scope)?.number
        let what = incident(of: scope)?.reach == .list ? "holding the list's mail" : "halting mail"
        let done = mode == .armed ? what : "observe mode: mail flows on"
        effects.answer(
            CommandAnswer(
                code: 0,
                message: "tripped \(scope.name), incident \(number ?? 0); \(done)",
                incident: number
            )
        )
    }

    private mutating func reset(
        _ scope: BreakerScope,
        held: (choice: HeldChoice, rate: Int64)?,
        by audit: Audit,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        guard let standing = incident(of: scope) else {
            return effects.answer(
                CommandAnswer(
                    code: 0,
                    message: alreadyClosed(scope)
                        + (scope.list.flatMap { doubts[$0] }.map {
                            "; a doubtful verdict trips it at \($0.ends.rfc3339) unless you say "
                                + "listbreaker hold-off"
                        } ?? "")
                )
            )
        }
        guard standing.state == .open else {
            return effects.answer(
                CommandAnswer(
                    code: 0,
                    message: "already reset: \(scope.name) is half-open (mail flows on probation)",
                    incident: standing.number
                )
            )
        }
        guard !audit.reason.isEmpty else {
            return effects.answer(
                CommandAnswer(code: 64, message: "a reset needs a reason: --reason TEXT")
            )
        }
        let isLast = !incidents.contains { $0.demandsHalt && $0.number != standing.number }
        if let problem = problem(of: held?.choice, standing, isLast: isLast) {
            return effects.answer(CommandAnswer(code: 64, message: problem))
        }
        update(standing.number, &effects) {
            $0.resetBy = audit
            $0.probationEnds = audit.time + settings.probation
        }
        var message = "reset \(scope.name), incident \(standing.number): half-open"
        if standing.demandsHalt {
            if isLast, let held {
                message += "; resuming mail, held mail: \(held.choice.rawValue)"
                resume(standing, held, by: audit, into: &effects)
            } else {
                let others = incidents.filter(\.demandsHalt).map { "\($0.number)" }
                message += "; the queue stays halted by incident \(others.joined(separator: ", "))"
            }
        } else if standing.demandsListHold, let held {
            message += "; the list's mail flows, held mail: \(held.choice.rawValue)"
        }
        if let list = scope.list, standing.mode == .armed {
            listHolds[list] = nil
            clearList(list, standing, held, by: audit, settings: settings, into: &effects)
        }
        if let closing = incident(of: scope) {
            effects.page(closing.resetAlert)
            effects.note(closing.resetNote)
        }
        effects.wantSnapshot()
        effects.answer(CommandAnswer(code: 0, message: message, incident: standing.number))
    }

    /// What a reset of a closed breaker is answered, with what keeps mail halted all the same.
    private func alreadyClosed(_ scope: BreakerScope) -> String {
        if let halting = incidents.first(where: \.demandsHalt) {
            return "already closed: \(scope.name); mail is halted by \(halting.scope.name), "
                + "incident \(halting.number): \(halting.resetCommand)"
        }
        let mail = queue == .flowing ? "mail flows" : "the queue is being given back"
        return "already closed (\(mail)): \(scope.name)"
    }

    /// Why what is to become of held mail must be said, or said otherwise; nil when all is well.
    private func problem(
        of choice: HeldChoice?,
        _ standing: Incident,
        isLast: Bool
    ) -> String? {
        if choice == .discard, standing.scope == .queue {
            return "the whole queue's mail is not discarded; name a list, or a post: "
                + "listbreaker held"
        }
        guard choice == nil, standing.demandsListHold || (standing.demandsHalt && isLast) else {
            return nil
        }
        return "say what becomes of the \(held) messages on hold: --held release (they go out), "
            + "--held keep (they stay on hold) or --held discard (the list's are saved and deleted)"
    }

    /// Opens the queue; what its halt held goes out at the rate asked for, or stays.
    private mutating func resume(
        _ standing: Incident,
        _ held: (choice: HeldChoice, rate: Int64),
        by audit: Audit,
        into effects: inout EffectList
    ) {
        if held.choice == .keep {
            // Of those that were reset before nobody said otherwise.
            clearings.removeAll { $0.action == .release && $0.left == nil }
        } else if let list = standing.scope.list {
            // What of the list came since is known for the list's before the rest goes out.
            effects.order(HaltOrder(verb: .holdList(list), incident: standing.number))
        }
        // With a post that is still to be thrown away, by batches too, which wait for that.
        let isMetered =
            held.rate > 0 || held.choice == .keep || clearings.contains { $0.action == .discard }
        let order = HaltOrder(
            verb: .resume(isMetered ? .keep : .release),
            incident: standing.number
        )
        pendingResume = order
        queue = .resuming(isMetered ? .keep : .release, since: audit.time)
        effects.order(order)
        guard held.choice != .keep, isMetered else { return }
        clear(
            .release,
            list: nil,
            rate: held.rate,
            by: audit,
            incident: standing.number,
            now: audit.time,
            into: &effects
        )
    }

    /// What becomes of the mail that is held for the list itself.
    private mutating func clearList(
        _ list: String,
        _ standing: Incident,
        _ held: (choice: HeldChoice, rate: Int64)?,
        by audit: Audit,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        // Unsaid, it goes out with the rest when the last breaker is reset.
        let held = held ?? (.release, settings.releaseRate)
        guard held.choice != .keep else { return }
        if held.choice == .discard {
            effects.order(HaltOrder(verb: .holdList(list), incident: standing.number))
        }
        clear(
            held.choice == .discard ? .discard : .release,
            list: list,
            rate: held.rate,
            by: audit,
            incident: standing.number,
            now: audit.time,
            into: &effects
        )
    }

    private mutating func clear(
        _ action: Clearing.Action,
        list: String?,
        post: String?,
        rate: Int64,
        by audit: Audit,
        into effects: inout EffectList
    ) {
        func refuse(_ why: String) {
            effects.answer(CommandAnswer(code: 1, message: why))
        }
        if action == .discard, list == nil, post == nil {
            return refuse("say what is to be discarded: a list or a post")
        }
        if let list, listHolds[list] != nil, action == .release, post == nil {
            return refuse("the mail of \(list) is being held; reset it first")
        }
        if list == nil, post == nil, queue != .flowing {
            return refuse("the queue is halted; reset first")
        }
        clear(
            action,
            list: list,
            post: post,
            rate: rate,
            by: audit,
            incident: list.flatMap { incident(of: .list($0))?.number } ?? 0,
            now: audit.time,
            into: &effects
        )
        let what = post.map { "post \($0)" } ?? list.map { "mail held for \($0)" } ?? "held mail"
        let done = action == .release ? "releasing" : "discarding, with saved copies,"
        effects.note(
            LogNote(
                kind: .cleared,
                priority: 5,
                text: "\(done) \(what), by uid \(audit.uid): \(audit.reason)",
                list: list
            )
        )
        effects.answer(CommandAnswer(code: 0, message: "\(done) \(what)"))
    }

    private mutating func acknowledge(
        _ number: Int64,
        by audit: Audit,
        into effects: inout EffectList
    ) {
        guard let standing = incidents.first(where: { $0.number == number }) else {
            return effects.answer(
                CommandAnswer(
                    code: 1,
                    message: "no incident \(number) is open; see listbreaker incidents"
                )
            )
        }
        guard standing.acknowledgedBy == nil else {
            return effects.answer(
                CommandAnswer(
                    code: 0,
                    message: "already acknowledged: incident \(number)",
                    incident: number
                )
            )
        }
        update(number, &effects) { $0.acknowledgedBy = audit }
        if let taken = incidents.first(where: { $0.number == number }), taken.state == .open {
            effects.page(taken.acknowledgedAlert)
        }
        effects.note(
            LogNote(
                kind: .acknowledged,
                priority: 5,
                text: "incident \(number) acknowledged by uid \(audit.uid)",
                list: standing.scope.list,
                incident: number
            )
        )
        effects.answer(
            CommandAnswer(
                code: 0,
                message: "acknowledged incident \(number); it stays \(standing.state.rawValue)",
                incident: number
            )
        )
    }

    private mutating func set(_ mode: Mode, by audit: Audit, into effects: inout EffectList) {
        let word = mode == .armed ? "armed" : "in observe mode"
        guard mode != self.mode else {
            return effects.answer(CommandAnswer(code: 0, message: "already \(word)"))
        }
        self.mode = mode
        modeSetBy = audit
        effects.saveBoard()
        effects.note(
            LogNote(
                kind: .mode,
                priority: 5,
                text: "\(word) now, by uid \(audit.uid)"
                    + (audit.reason.isEmpty ? "" : ": \(audit.reason)")
            )
        )
        let open = incidents.count { $0.state == .open && $0.mode != mode }
        let rest = open == 0 ? "" : "; \(open) open incident(s) stay as they were tripped"
        effects.answer(CommandAnswer(code: 0, message: "\(word) now\(rest)"))
    }
}
