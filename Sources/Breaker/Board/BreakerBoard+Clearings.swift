// SPDX-License-Identifier: Apache-2.0
//
// Held mail on its way out, or into quarantine. Metered by copies, one batch at a time, and
// stopped by the next sign of the storm. What finds no room stays on hold, and that is said.

import EventTime
import StormDetection
internal import Words

extension BreakerBoard {
    /// Begins to give back or discard held mail; ordered at once where that may be.
    ///
    /// False where there was no room for it: then the mail stays on hold, as a page says.
    @discardableResult
    mutating func clear(
        _ action: Clearing.Action,
        _ subject: Subject,
        post: String? = nil,
        sparing since: Timestamp? = nil,
        apart: String? = nil,
        asksUntil: Timestamp? = nil,
        rate: Int64,
        by audit: Audit? = nil,
        incident: Int64,
        now: Timestamp
    ) -> Bool {
        effects.saveBoard()
        let wish = Clearing(
            number: 0,
            action: action,
            list: subject.mailName,
            post: post,
            spares: since,
            apart: apart,
            asksUntil: asksUntil,
            rate: max(0, rate),
            by: audit,
            incident: incident,
            began: now,
            next: now
        )
        guard case .yes = clearings.begin(wish) else {
            sayClearingsFull(action, subject, now: now)
            return false
        }
        orderClearings(now: now)
        return true
    }

    private mutating func sayClearingsFull(
        _ action: Clearing.Action,
        _ subject: Subject,
        now: Timestamp
    ) {
        let name = subject.mailName.map { shellQuoted($0) + " " } ?? ""
        sayFull(
            .clearings,
            subject,
            "its held mail stays on hold: \(Clearings.most) releases or discards are under way.",
            advice: "When some are done (listbreaker status): listbreaker held "
                + "\(action.rawValue) \(name)--reason TEXT",
            now: now
        )
    }

    /// Orders every batch that is due.
    mutating func orderClearings(now: Timestamp) {
        guard !clearings.isEmpty else { return }
        let held = Set(holds.subjects.compactMap(\.mailName))
        let due = clearings.orderDue(
            at: now,
            isFlowing: queue == .flowing,
            isStopped: { held.contains($0) }
        )
        for order in due { effects.order(order) }
    }

    /// Takes what became of a batch.
    mutating func settleClearing(_ step: Clearing.Step, _ outcome: HaltOutcome) {
        effects.saveBoard()
        switch outcome.result {
        case .done(let count, let total, let remark, let copies, let left):
            outbound.note(held: total)
            if let undecided = outcome.undecided {
                outbound.note(undecided: undecided, of: step.list)
            }
            let settled = clearings.settle(
                step,
                messages: count,
                copies: copies,
                left: left,
                at: outcome.time,
                retry: settings.retryInterval,
                sweep: settings.sweepInterval
            )
            guard let settled else { return }
            if step.passes, count > 0 { notePassed(step, count, copies, outcome) }
            if settled.isFinished {
                finish(settled.clearing, count, remark: remark)
                if let undecided = outcome.undecided { sayUndecided(undecided, settled.clearing) }
                return
            }
            if let remark { outbound.remark = remark }
            orderClearings(now: outcome.time)
        case .failed(let reason):
            guard clearings.fail(step, next: outcome.time + settings.retryInterval) else { return }
            outbound.remark = reason
            effects.note(
                LogNote(
                    kind: .resumeFailed,
                    priority: 4,
                    text: "could not \(step.action.rawValue) held mail: \(reason)",
                    list: step.list,
                    incident: outcome.order.incident
                )
            )
        }
    }

    /// A new sign of the storm: what was being released of `list` stays on hold.
    ///
    /// nil: what the queue's halt held.
    mutating func stopReleases(of list: String?) {
        for clearing in clearings.stopReleases(of: list) {
            effects.note(
                LogNote(
                    kind: .cleared,
                    priority: 4,
                    text: "the release of held mail is stopped after "
                        + clearing.copies.counting("copy", "copies"),
                    list: list,
                    incident: clearing.incident
                )
            )
        }
    }

    /// What of one post went while its list is stopped.
    private mutating func notePassed(
        _ step: Clearing.Step,
        _ count: Int64,
        _ copies: Int64,
        _ outcome: HaltOutcome
    ) {
        incidents.update(outcome.order.incident) { $0.letGo += copies }
        effects.note(
            LogNote(
                kind: .cleared,
                priority: 5,
                text:
                    "\(count.counting("held message")), \(copies.counting("copy", "copies")) of post "
                    + "\(step.post ?? ""): let go; the rest of the list stays stopped",
                list: step.list,
                incident: outcome.order.incident
            )
        )
    }

    private mutating func finish(_ clearing: Clearing, _ count: Int64, remark: String?) {
        outbound.remark = remark
        // What of a post went while its list was stopped was told then.
        guard clearing.messages > 0, count > 0 || !clearing.isOfPost else { return }
        let what = clearing.action == .release ? "went out again" : "saved and deleted"
        effects.note(
            LogNote(
                kind: .cleared,
                priority: 5,
                text: clearing.messages.counting("held message") + ", "
                    + clearing.copies.counting("copy", "copies") + ": \(what)",
                list: clearing.list,
                incident: clearing.incident
            )
        )
    }

    /// What nobody decided stays, and a person is told how to.
    private mutating func sayUndecided(_ count: Int64, _ clearing: Clearing) {
        guard count > 0, clearing.messages > 0 || clearing.by != nil else { return }
        let whose = clearing.list.map { "\($0) and others' at once, or cannot be read" }
        effects.note(
            LogNote(
                kind: .cleared,
                priority: 4,
                text: "\(count.counting("message")) on hold "
                    + "\(count == 1 ? "stays" : "stay") there, neither released nor discarded: "
                    + "\(count == 1 ? "it is" : "they are") "
                    + (whose ?? "not readable, so that whose it is is not known")
                    + "; listbreaker held, then held release|discard POST",
                list: clearing.list,
                incident: clearing.incident
            )
        )
    }
}
