// SPDX-License-Identifier: Apache-2.0
//
// What people say: trip, acknowledge, arm, observe; reset and hold-off have files of their own. Each
// is idempotent and leaves an audit record. Only `reset` lets mail flow again.

public import EventTime
public import StormDetection
internal import Words

/// A person's command.
public enum Command: Sendable, Equatable {
    /// Open a breaker by hand.
    case trip(Subject)
    /// Open a breaker because another host of the fleet did; the audit record says which and why.
    case adopt(Subject)
    /// Let mail flow again, on probation; held mail goes out at so many copies a minute.
    case reset(Subject, held: HeldChoice?, rate: Int64? = nil)
    /// Give back or discard mail that is still held: of a list, of the queue, or of a post of them.
    case clear(Clearing.Action, Subject, post: String?, rate: Int64?)
    /// Say that the page of an incident was seen.
    case acknowledge(Int64)
    /// Let doubtful verdicts about a list pass for so long; 0: no longer.
    case holdOff(Subject, span: TimeSpan)
    /// Say what a list is for; nil: it is learned.
    case kind(Subject, ListKind?)
    /// Arm or observe.
    case setMode(Mode)
}

extension BreakerBoard {
    /// Carries out `command`, given by `audit`; the answer is among the effects.
    public mutating func obey(_ command: Command, by audit: Audit) {
        switch command {
        case .trip(let scope): trip(scope, by: audit)
        case .adopt(let scope): adopt(scope, by: audit)
        case .reset(let scope, let held, let rate):
            reset(scope, held: held.map { ($0, rate ?? settings.releaseRate) }, by: audit)
        case .clear(let action, let subject, let post, let rate):
            let rate = rate ?? settings.releaseRate
            clearByHand(action, subject, post: post, rate: rate, by: audit)
        case .acknowledge(let number): acknowledge(number, by: audit)
        case .holdOff(let subject, let span): holdOff(subject, for: span, by: audit)
        case .kind(let subject, let kind): sayKind(subject, kind, by: audit)
        case .setMode(let mode): change(to: mode, by: audit)
        }
    }

    /// Answers the person.
    mutating func answer(_ code: Int32, _ message: String, incident: Int64? = nil) {
        effects.answer(CommandAnswer(code: code, message: message, incident: incident))
    }

    private mutating func trip(_ scope: Subject, by audit: Audit) {
        if let standing = incident(of: scope) {
            guard standing.state.word == .halfOpen else {
                return answer(
                    0,
                    "already open: \(scope.name), incident \(standing.number)",
                    incident: standing.number
                )
            }
            reopen(standing, verdict: nil, by: audit, now: audit.time)
        } else {
            guard !incidents.isFull else {
                return answer(
                    1,
                    "cannot trip \(scope.name): \(Incidents.most) breakers are not closed "
                        + "already; reset some, or use trip --queue"
                )
            }
            open(
                Incident(
                    number: 0,
                    scope: scope,
                    mode: mode,
                    cause: .manual,
                    tripped: audit.time,
                    verdict: doubts.waiting[scope]?.verdict,
                    trippedBy: audit,
                    reach: settings.haltScope(of: scope)
                ),
                now: audit.time
            )
        }
        let tripped = incident(of: scope)
        let what = tripped?.demandsListHold == true ? "holding the list's mail" : "halting mail"
        let done = mode == .armed ? what : "observe mode: mail flows on"
        answer(
            0,
            "tripped \(scope.name), incident \(tripped?.number ?? 0); \(done)",
            incident: tripped?.number
        )
    }

    private mutating func acknowledge(_ number: Int64, by audit: Audit) {
        guard let standing = incidents.numbered(number) else {
            return answer(1, "no incident \(number) is open; see listbreaker incidents")
        }
        guard standing.acknowledgedBy == nil else {
            return answer(0, "already acknowledged: incident \(number)", incident: number)
        }
        let taken = incidents.update(number) { $0.acknowledgedBy = audit }
        if let taken, taken.state == .open { effects.page(taken.acknowledgedAlert) }
        effects.note(
            LogNote(
                kind: .acknowledged,
                priority: 5,
                text: "incident \(number) acknowledged by \(audit.who)",
                list: standing.scope.mailName,
                incident: number
            )
        )
        answer(
            0,
            "acknowledged incident \(number); it stays \(standing.state.word.rawValue)",
            incident: number
        )
    }

    private mutating func change(to mode: Mode, by audit: Audit) {
        let word = mode == .armed ? "armed" : "in observe mode"
        guard mode != self.mode else { return answer(0, "already \(word)") }
        set(mode, by: audit)
        effects.saveBoard()
        effects.note(
            LogNote(
                kind: .mode,
                priority: 5,
                text: "\(word) now, by \(audit.who)"
                    + (audit.reason.isEmpty ? "" : ": \(audit.reason)")
            )
        )
        let open = incidents.count { $0.state == .open && $0.mode != mode }
        let rest =
            open == 0
            ? ""
            : "; \(open.counting("open incident")) \(open == 1 ? "stays as it was" : "stay as they were")"
        answer(0, "\(word) now\(rest)")
    }
}
