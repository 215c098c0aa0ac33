// SPDX-License-Identifier: Apache-2.0
//
// A person lets mail flow again. The queue resumes only when no other open incident wants it halted;
// what becomes of held mail must be said. What is given back or discarded without a reset, too.

import EventTime
import StormDetection
internal import Words

extension BreakerBoard {
    /// What is to become of held mail, and at how many copies a minute.
    typealias Wish = (choice: HeldChoice, rate: Int64)

    mutating func reset(_ scope: Subject, held: Wish?, by audit: Audit) {
        guard let standing = incident(of: scope) else {
            return answer(
                0,
                alreadyClosed(scope)
                    + (doubts.waiting[scope].map {
                        "; a doubtful verdict trips it at \($0.ends.rfc3339) unless you say "
                            + "listbreaker hold-off"
                    } ?? "")
            )
        }
        guard standing.state == .open else {
            return answer(
                0,
                "already reset: \(scope.name) is half-open (mail flows on probation)",
                incident: standing.number
            )
        }
        guard !audit.reason.isEmpty else {
            return answer(64, "a reset needs a reason: --reason TEXT")
        }
        let others = incidents.filter { $0.demandsHalt && $0.number != standing.number }
        if let problem = problem(of: held?.choice, standing, isLast: others.isEmpty) {
            return answer(64, problem)
        }
        let until = audit.time + settings.probation
        let closing = incidents.update(standing.number) { $0.reset(by: audit, until: until) }
        var message = "reset \(scope.name), incident \(standing.number): half-open"
        var areAllBegun = true
        if standing.demandsHalt {
            if others.isEmpty, let held {
                message += "; resuming mail, held mail: \(held.choice.rawValue)"
                areAllBegun = resume(standing, held, by: audit)
            } else {
                let numbers = others.map { "\($0.number)" }.joined(separator: ", ")
                message += "; the queue stays halted by incident \(numbers)"
            }
        } else if standing.demandsListHold, let held {
            message += "; the list's mail flows, held mail: \(held.choice.rawValue)"
        }
        if scope != .queue, standing.mode == .armed {
            let drains = held?.choice == .discard && narrows(scope)
            if drains {
                drain(standing, since: audit.time)
                message +=
                    "; its list manager may have more of it in hand: nothing of the list leaves until "
                    + "\(Int64(settings.discardQuiet.seconds)) s after the last of that, then it flows"
            } else {
                holds.end(scope)
            }
            areAllBegun = clearList(standing, held, by: audit) && areAllBegun
        }
        if held?.choice == .discard {
            message += "; what is not known for the list's or for others' stays: listbreaker held"
        }
        if !areAllBegun {
            message +=
                "; BUT IT STAYS ON HOLD: \(Clearings.most) releases or discards are under "
                + "way; later: listbreaker held"
        }
        if let closing {
            effects.page(closing.resetAlert)
            effects.note(closing.resetNote)
        }
        effects.wantSnapshot()
        answer(0, message, incident: standing.number)
    }

    /// What a reset of a closed breaker is answered, with what keeps mail halted all the same.
    private func alreadyClosed(_ scope: Subject) -> String {
        if let halting = incidents.newestDemandingHalt {
            return "already closed: \(scope.name); mail is halted by \(halting.scope.name), "
                + "incident \(halting.number): \(halting.resetCommand)"
        }
        let mail = outbound.halt == .flowing ? "mail flows" : "the queue is being given back"
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
        return
            "say what becomes of the mail on hold (\(held.counting("message"))): --held release sends it, "
            + "--held keep leaves it on hold, --held discard saves the list's and deletes it"
    }

    /// Opens the queue; what its halt held goes out at the rate asked for, or stays.
    ///
    /// False where there was no room for that release.
    private mutating func resume(_ standing: Incident, _ held: Wish, by audit: Audit) -> Bool {
        if held.choice == .keep {
            // Of those that were reset before nobody said otherwise.
            clearings.forgetUnbegunReleases()
        } else if let name = standing.scope.mailName {
            // What of the list came since is known for the list's before the rest goes out.
            effects.order(HaltOrder(verb: .holdList(name), incident: standing.number))
        }
        // With a post that is still to be thrown away, by batches too, which wait for that.
        // And where the list's storm is thrown away, its mail is told apart before the rest goes.
        let apart = held.choice == .discard ? standing.scope.mailName : nil
        let isMetered =
            held.rate > 0 || held.choice == .keep || clearings.hasDiscard || apart != nil
        let choice: HeldChoice = isMetered ? .keep : .release
        let order = HaltOrder(verb: .resume(choice), incident: standing.number)
        outbound.resume(order, choice, at: audit.time)
        effects.order(order)
        guard held.choice != .keep, isMetered else { return true }
        return clear(
            .release,
            .queue,
            apart: apart,
            rate: held.rate,
            by: audit,
            incident: standing.number,
            now: audit.time
        )
    }

    /// Keeps the list stopped while what its manager has in hand is still to come.
    private mutating func drain(_ standing: Incident, since: Timestamp) {
        holds.begin(
            standing.scope,
            .draining(incident: standing.number, since: since),
            at: since
        )
        effects.saveBoard()
        if let name = standing.scope.mailName {
            effects.order(HaltOrder(verb: .narrow(name), incident: standing.number))
        }
    }

    /// What becomes of the mail that is held for the list itself; false where there was no room.
    private mutating func clearList(
        _ standing: Incident,
        _ held: Wish?,
        by audit: Audit
    ) -> Bool {
        // Unsaid, it goes out with the rest when the last breaker is reset.
        let held = held ?? (.release, settings.releaseRate)
        guard held.choice != .keep else { return true }
        if held.choice == .discard, let name = standing.scope.mailName {
            effects.order(HaltOrder(verb: .holdList(name), incident: standing.number))
        }
        return clear(
            held.choice == .discard ? .discard : .release,
            standing.scope,
            sparing: held.choice == .discard && holds[standing.scope]?.draining != nil
                ? audit.time : nil,
            rate: held.rate,
            by: audit,
            incident: standing.number,
            now: audit.time
        )
    }

    /// Gives back or discards mail that is held, without a reset.
    mutating func clearByHand(
        _ action: Clearing.Action,
        _ subject: Subject,
        post: String?,
        rate: Int64,
        by audit: Audit
    ) {
        if action == .discard, subject == .queue, post == nil {
            return answer(1, "say what is to be discarded: a list or a post")
        }
        if holds[subject] != nil, action == .release, post == nil {
            return answer(
                1,
                holds[subject]?.draining == nil
                    ? "the mail of \(subject.name) is being held; reset it first"
                    : "the storm of \(subject.name) is being discarded; it flows by itself when its "
                        + "list manager has handed over nothing for "
                        + "\(Int64(settings.discardQuiet.seconds)) s"
            )
        }
        if subject == .queue, post == nil, queue != .flowing {
            return answer(1, "the queue is halted; reset first")
        }
        guard !clearings.isFull(for: subject.mailName, post: post) else {
            return answer(
                1,
                "cannot \(action.rawValue) it now: \(Clearings.most) releases or discards are "
                    + "under way; nothing was begun, try again when some are done"
            )
        }
        let isStopped = holds[subject] != nil
        clear(
            action,
            subject,
            post: post,
            rate: rate,
            by: audit,
            incident: subject == .queue ? 0 : incident(of: subject)?.number ?? 0,
            now: audit.time
        )
        let what =
            post.map { "post \($0)" } ?? subject.mailName.map { "mail held for \($0)" }
            ?? "held mail"
        let done = action == .release ? "releasing" : "discarding, with saved copies,"
        effects.note(
            LogNote(
                kind: .cleared,
                priority: 5,
                text: "\(done) \(what), by \(audit.who): \(audit.reason)",
                list: subject.mailName
            )
        )
        answer(0, "\(done) \(what)\(action == .release ? condition(isStopped) : "")")
    }

    /// What a release that was just begun waits for, or is bounded by.
    private func condition(_ isStopped: Bool) -> String {
        if queue != .flowing {
            let halting = incidents.newestDemandingHalt.map {
                " by incident \($0.number); it goes when that is reset: \($0.resetCommand)"
            }
            return ": NOTHING GOES NOW, all mail is halted"
                + (halting ?? "; it goes when that is over")
        }
        return isStopped
            ? ": its copies alone go, the rest of the list stays stopped; what of it is still to be "
                + "handed over follows within \(Int64(settings.sweepInterval.seconds)) s each time"
            : ""
    }
}
