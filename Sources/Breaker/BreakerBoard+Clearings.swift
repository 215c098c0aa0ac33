// SPDX-License-Identifier: Apache-2.0
//
// Held mail on its way out, or into quarantine. Metered by copies, one batch at a time, and
// stopped by the next sign of the storm. The mistake to avoid: giving mail of the halted queue
// back before the queue is resumed; it would only be held again.

import EventTime

extension BreakerBoard {
    /// Begins to give back or discard held mail; ordered at once where that may be.
    mutating func clear(
        _ action: Clearing.Action,
        list: String?,
        post: String? = nil,
        rate: Int64,
        by audit: Audit? = nil,
        incident: Int64,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        effects.saveBoard()
        if let same = clearings.firstIndex(where: { $0.list == list && $0.post == post }) {
            clearings[same].action = action
            clearings[same].rate = rate
            clearings[same].by = audit
            return
        }
        if clearings.count >= Self.mostClearings {
            sayDropped(clearings.removeFirst(), now: now, into: &effects)
        }
        let clearing = Clearing(
            number: nextClearing,
            action: action,
            list: list,
            post: post,
            rate: max(0, rate),
            by: audit,
            incident: incident,
            began: now,
            next: now
        )
        nextClearing += 1
        clearings.append(clearing)
        orderClearings(now: now, into: &effects)
    }

    /// Orders every batch that is due.
    mutating func orderClearings(now: Timestamp, into effects: inout EffectList) {
        for index in clearings.indices where !clearings[index].isOrdered {
            let clearing = clearings[index]
            let mayGo =
                clearing.action == .discard || (queue == .flowing && !awaitsDiscard(clearing, now))
            guard now >= clearing.next, mayGo else { continue }
            clearings[index].isOrdered = true
            effects.order(HaltOrder(verb: .clear(clearing.step), incident: clearing.incident))
        }
    }

    /// Whether what is to be thrown away might go out with this release: it waits for that.
    ///
    /// But no longer than ``Clearing/patience``, lest a full disk keep everybody's mail.
    private func awaitsDiscard(_ release: Clearing, _ now: Timestamp) -> Bool {
        clearings.contains { other in
            other.action == .discard && now - other.began < Clearing.patience
                && (other.post != nil || other.list == release.list)
        }
    }

    /// Takes what became of a batch.
    mutating func takeClearing(
        _ step: Clearing.Step,
        _ outcome: HaltOutcome,
        settings: BreakerSettings,
        into effects: inout EffectList
    ) {
        effects.saveBoard()
        if case .done(_, let total, _, _, _) = outcome.result { held = total }
        guard let index = clearings.firstIndex(where: { $0.number == step.number }) else { return }
        clearings[index].isOrdered = false
        switch outcome.result {
        case .done(let count, _, let remark, let copies, let left):
            clearings[index].messages += count
            clearings[index].copies += copies
            clearings[index].left = left
            if left == 0 { return finishClearing(at: index, remark: remark, into: &effects) }
            if let remark { self.remark = remark }
            let due = clearings[index].due(after: copies, at: outcome.time)
            clearings[index].next = count > 0 ? due : outcome.time + settings.retryInterval
            orderClearings(now: outcome.time, into: &effects)
        case .failed(let reason):
            remark = reason
            clearings[index].next = outcome.time + settings.retryInterval
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
    mutating func stopReleases(
        of list: String?,
        now: Timestamp,
        into effects: inout EffectList
    ) {
        for clearing in clearings where clearing.action == .release && clearing.list == list {
            effects.note(
                LogNote(
                    kind: .cleared,
                    priority: 4,
                    text: "the release of held mail is stopped after \(clearing.copies) copies",
                    list: list,
                    incident: clearing.incident
                )
            )
        }
        clearings.removeAll { $0.action == .release && $0.list == list }
    }

    private mutating func finishClearing(
        at index: Int,
        remark: String?,
        into effects: inout EffectList
    ) {
        let clearing = clearings.remove(at: index)
        self.remark = remark
        guard clearing.messages > 0 else { return }
        let what = clearing.action == .release ? "went out again" : "saved and deleted"
        effects.note(
            LogNote(
                kind: .cleared,
                priority: 5,
                text: "\(clearing.messages) held messages, \(clearing.copies) copies: \(what)",
                list: clearing.list,
                incident: clearing.incident
            )
        )
    }
}
