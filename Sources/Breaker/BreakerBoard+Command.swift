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
    /// Let mail flow again, on probation.
    case reset(BreakerScope, held: HeldChoice?)
    /// Say that the page of an incident was seen.
    case acknowledge(Int64)
    /// Let doubtful verdicts about a list pass for so long; 0: no longer.
    case holdOff(list: String, span: Span)
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
        case .trip(let scope): trip(scope, by: audit, into: &effects)
        case .reset(let scope, let held):
            reset(scope, held: held, by: audit, settings: settings, into: &effects)
        case .acknowledge(let number): acknowledge(number, by: audit, into: &effects)
        case .holdOff(let list, let span): holdOff(list, for: span, by: audit, into: &effects)
        case .setMode(let mode): set(mode, by: audit, into: &effects)
        }
    }

    private mutating func trip(
        _ scope: BreakerScope,
        by audit: Audit,
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
            reopen(standing, verdict: nil, by: audit, now: audit.time, into: &effects)
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
                    trippedBy: audit
                ),
                now: audit.time,
                into: &effects
            )
        }
        let number = incident(of: scope)?.number
        let done = mode == .armed ? "halting mail" : "observe mode: mail flows on"
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
        held: HeldChoice?,
        by audit: Audit,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        guard let standing = incident(of: scope) else {
            return effects.answer(
                CommandAnswer(
                    code: 0,
                    message: "already closed (mail flows): \(scope.name)"
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
        if standing.demandsHalt, isLast, held == nil {
            return effects.answer(
                CommandAnswer(
                    code: 64,
                    message: "say what becomes of the \(self.held) messages on hold: "
                        + "--held release (they go out) or --held keep (they stay on hold)"
                )
            )
        }
        update(standing.number, &effects) {
            $0.resetBy = audit
            $0.probationEnds = audit.time + settings.probation
        }
        var message = "reset \(scope.name), incident \(standing.number): half-open"
        if standing.demandsHalt {
            if isLast, let held {
                message += "; resuming mail, held mail: \(held.rawValue)"
                resume(held, incident: standing.number, now: audit.time, into: &effects)
            } else {
                let others = incidents.filter(\.demandsHalt).map { "\($0.number)" }
                message += "; the queue stays halted by incident \(others.joined(separator: ", "))"
            }
        }
        if let closing = incident(of: scope) {
            effects.page(closing.resetAlert)
            effects.note(closing.resetNote)
        }
        effects.wantSnapshot()
        effects.answer(CommandAnswer(code: 0, message: message, incident: standing.number))
    }

    private mutating func resume(
        _ held: HeldChoice,
        incident: Int64,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        let order = HaltOrder(verb: .resume(held), incident: incident)
        pendingResume = order
        queue = .resuming(held, since: now)
        effects.order(order)
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
        effects.saveBoard()
        effects.note(
            LogNote(kind: .mode, priority: 5, text: "\(word) now, by uid \(audit.uid)")
        )
        let open = incidents.count { $0.state == .open && $0.mode != mode }
        let rest = open == 0 ? "" : "; \(open) open incident(s) stay as they were tripped"
        effects.answer(CommandAnswer(code: 0, message: "\(word) now\(rest)"))
    }
}
