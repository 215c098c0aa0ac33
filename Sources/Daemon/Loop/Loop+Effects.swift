// SPDX-License-Identifier: Apache-2.0
//
// What the engine says is carried out, in its order. The mistake to avoid: to let a halt wait for the disk,
// for a page, or for other hosts.

internal import Breaker
internal import Engine
internal import EventTime
internal import HaltWire
internal import Linux
internal import Paging
internal import Store

extension Loop {
    /// Carries the effects out, in their order; but one list is stopped while its trip is being saved.
    ///
    /// What could not be saved does not keep the halt back: the trip goes on and says so. Killed between
    /// the two, we read the same lines again and decide the same, and what the actuator stopped
    /// stays so until then, see ``wantedBlocks``.
    func perform(_ effects: [Effect]) async {
        // One stamp for both: the outbox knows a page that was saved with its trip by it.
        let now = Timestamp.now
        let opened = noteOpened(effects, at: now)
        // After the orders: a halt waits for the disk twice, and not four times.
        defer { foldIfDue() }
        for case .halt(let order) in effects where order.isNarrowing { give(order) }
        var isTold = opened.isEmpty
        for effect in effects {
            // Other hosts hear of it when this one was told to halt.
            if !isTold, !effect.isAct {
                isTold = true
                tell(opened, at: now)
            }
            switch effect {
            case .save(let incidents, let pages):
                save(incidents, pages, effects.moments(at: now), at: now)
            case .halt(let order): if !order.isNarrowing { give(order) }
            case .page(let alert): await page(alert, at: now)
            case .snapshot: await saveSnapshot()
            case .answer: break
            case .softHold, .release, .tripped: break
            case .log(let note): parts.log.write(note)
            }
        }
        if !isTold { tell(opened, at: now) }
        lookAtBlocks(now)
        lookAtManager(now)
    }

    /// Says which lists are to be stopped, when that is due.
    ///
    /// A function of its own: in one that waits, reading the engine copies it.
    private func lookAtBlocks(_ now: Timestamp) {
        // Each batch of lines comes here, and nearly always there is nothing to ask for.
        if unexplained.isEmpty, engine.isAtRest, blockWish.isSilent(at: now) { return }
        let wanted = wantedBlocks
        if blockWish.isDue(wanted, at: now) { sayBlocks(wanted, at: now) }
    }

    private func give(_ order: HaltOrder) {
        let wanted = wantedBlocks
        if blockWish.lifts(wanted) { sayBlocks(wanted, at: .now) }
        submit(order)
        if let incident = engine.board.incidents.numbered(order.incident) {
            delays.ordered(order, tripped: incident.tripped, at: .now)
        }
    }

    private func submit(_ order: HaltOrder) {
        // An order must not wait for the next look at what is left.
        shortage = reserve.probe() ?? shortage
        let list: String
        var lists: [BlockedList] = []
        switch order.verb {
        case .holdList(let name): list = name
        case .clear(let step):
            guard let name = step.apart else { return lane.submit(order) }
            list = name
        case .narrow(let name):
            list = name
            // The one that it is about may not be the last of too many. Once it is lifted, an order of
            // before must not stop it again.
            let wanted = wantedBlocks
            if wanted.contains(name) {
                lists = blockedLists(wanted.subtracting([name]), after: [name])
            }
        default: return lane.submit(order)
        }
        let mail = mail(of: list)
        lane.submit(
            order,
            mail: HaltLane.ListMail(ids: mail.ids, senders: mail.senders, lists: lists)
        )
    }

    private func save(
        _ incidents: [Incident],
        _ pages: [Alert],
        _ moments: [Moment],
        at now: Timestamp
    ) {
        do throws(StoreError) {
            try parts.store.save(
                board: engine.board,
                incidents: incidents,
                pages: StoreOutbox.rows(for: pages, at: now),
                moments: moments,
                folds: false
            )
            isFoldDue = true
            storeTrouble = nil
        } catch {
            storeTrouble = "\(error)"
            parts.log.write(2, .stateDamaged, "\(error)", reason: "\(error)")
        }
    }

    /// Saves `incidents`, of which nothing is to be told.
    func keep(_ incidents: [Incident]) {
        save(incidents, [], [], at: .now)
        foldIfDue()
    }

    private func foldIfDue() {
        guard isFoldDue else { return }
        isFoldDue = false
        parts.store.fold()
    }
}

extension HaltOrder {
    /// Whether it stops one list's mail as a whole.
    fileprivate var isNarrowing: Bool { if case .narrow = verb { true } else { false } }
}

extension Effect {
    /// Whether it saves or halts, and so comes before whatever tells others.
    fileprivate var isAct: Bool {
        switch self {
        case .save, .halt: true
        default: false
        }
    }
}
