// SPDX-License-Identifier: Apache-2.0
//
// Held mail on its way out, or into quarantine: which batches are due. The mistake to avoid: giving
// mail of the halted queue back before the queue is resumed; it would only be held again.

import EventTime

/// What is being given back or discarded, oldest first.
public struct Clearings: Sendable, Equatable {
    /// Most under way at a time; a further one is not begun, and that is said.
    ///
    /// Chosen: each is a row of the saved board, and looks through the whole queue.
    static let most = 100

    private var rows: [Clearing] = []
    private var nextNumber: Int64 = 1
    /// How fast batches are done, by their clearing's number; not saved, since how long we were away is no
    /// measure of a batch.
    private var paces: [Int64: Pace] = [:]

    private struct Pace: Equatable {
        /// When the batch that is under way, or the last one, was due.
        var ordered: Timestamp
        /// From then to its answer, below zero where the clock was set back; nil before that.
        var took: TimeSpan?
    }

    init() {}

    /// What became of a wish.
    enum Begun {
        /// It is under way; or it was, and goes on as it is wished now.
        case yes
        /// There is no room for it.
        case full
    }

    /// Begins what is wished, or changes what is under way for the same mail.
    mutating func begin(_ wish: Clearing) -> Begun {
        let same = rows.firstIndex { $0.list == wish.list && $0.post == wish.post }
        if let same {
            rows[same].action = wish.action
            rows[same].spares = wish.spares
            if wish.apart != rows[same].apart {
                (rows[same].apart, rows[same].asksUntil) = (wish.apart, wish.asksUntil)
                rows[same].left = nil
            }
            rows[same].rate = wish.rate
            rows[same].by = wish.by
            return .yes
        }
        guard rows.count < Self.most else { return .full }
        var clearing = wish
        clearing.number = nextNumber
        nextNumber += 1
        rows.append(clearing)
        return .yes
    }

    /// Whether there is no room for one more of that mail.
    func isFull(for list: String?, post: String? = nil) -> Bool {
        rows.count >= Self.most && !rows.contains { $0.list == list && $0.post == post }
    }

    /// Whether anything is being thrown away.
    var hasDiscard: Bool { rows.contains { $0.action == .discard } }

    /// Every batch that is due and may go, marked as ordered; only discards while mail is halted.
    ///
    /// `isStopped`: whether a list's own mail is on hold.
    mutating func orderDue(
        at now: Timestamp,
        isFlowing: Bool,
        isStopped: (String) -> Bool
    ) -> [HaltOrder] {
        var orders: [HaltOrder] = []
        for index in rows.indices where now < rows[index].began {
            // It began before the clock was set back, nobody knows how long ago: it counts from now on,
            // for mail must not wait until that time comes again, nor go before what it waits for.
            rows[index].began = now
            if rows[index].next > now { rows[index].next = now }
        }
        if paces.count > rows.count {
            let numbers = Set(rows.map(\.number))
            paces = paces.filter { numbers.contains($0.key) }
        }
        for index in rows.indices where !rows[index].isOrdered {
            let clearing = rows[index]
            let mayGo =
                clearing.action == .discard || (isFlowing && !awaitsDiscard(clearing, now))
            guard now >= clearing.next, mayGo else { continue }
            rows[index].isOrdered = true
            // The loop looks once in a while; what waited for longer, until mail flows, makes up for nothing.
            let isOnTime = now - clearing.next < Clearing.pause
            var step = clearing.step(after: paces[clearing.number]?.took)
            paces[clearing.number] = Pace(ordered: isOnTime ? clearing.next : now)
            step.passes = clearing.isOfPost && clearing.list.map(isStopped) ?? false
            orders.append(HaltOrder(verb: .clear(step), incident: clearing.incident))
        }
        return orders
    }

    /// Whether what is to be thrown away might go out with this release: it waits for that.
    ///
    /// But no longer than ``Clearing/patience``, lest a full disk keep everybody's mail.
    private func awaitsDiscard(_ release: Clearing, _ now: Timestamp) -> Bool {
        rows.contains { other in
            other.action == .discard && now - other.began < Clearing.patience
                && (other.post != nil || other.list == release.list)
        }
    }

    /// Notes a batch of `count` messages and `copies` that was done at `time`.
    ///
    /// What goes while its list is stopped is looked for again after `sweep`.
    ///
    /// - Returns: the clearing, and whether that was the last of it; nil where it is not known.
    mutating func settle(
        _ step: Clearing.Step,
        messages count: Int64,
        copies: Int64,
        left: Int64,
        at time: Timestamp,
        retry: TimeSpan,
        sweep: TimeSpan
    ) -> (clearing: Clearing, isFinished: Bool)? {
        guard let index = rows.firstIndex(where: { $0.number == step.number }) else { return nil }
        rows[index].isOrdered = false
        let ordered = paces[step.number]?.ordered
        if let ordered { paces[step.number]?.took = time - ordered }
        rows[index].messages += count
        rows[index].copies += copies
        rows[index].left = left
        if left == 0, step.passes {
            rows[index].next = time + sweep
            return (rows[index], false)
        }
        if left == 0 {
            paces[step.number] = nil
            return (rows.remove(at: index), true)
        }
        rows[index].next =
            count > 0 ? rows[index].due(after: copies, ordered: ordered, at: time) : time + retry
        return (rows[index], false)
    }

    /// Notes a batch that could not be done; tried again at `next`.
    mutating func fail(_ step: Clearing.Step, next: Timestamp) -> Bool {
        guard let index = rows.firstIndex(where: { $0.number == step.number }) else {
            return false
        }
        rows[index].isOrdered = false
        rows[index].next = next
        return true
    }

    /// Stops the releases of `list` (nil: of what the queue's halt held), and returns them.
    mutating func stopReleases(of list: String?) -> [Clearing] {
        let stopped = rows.filter { $0.action == .release && $0.list == list }
        if !stopped.isEmpty { rows.removeAll { $0.action == .release && $0.list == list } }
        return stopped
    }

    /// Forgets releases of which nothing went out yet: what is held is to stay.
    mutating func forgetUnbegunReleases() {
        rows.removeAll { $0.action == .release && $0.left == nil }
    }

    /// After a start no batch is known to be under way: every one is due.
    mutating func restart(at now: Timestamp) {
        paces = [:]
        for index in rows.indices {
            rows[index].isOrdered = false
            rows[index].next = now
        }
    }
}

extension Clearings: RandomAccessCollection {
    /// Where the first one stands.
    public var startIndex: Int { rows.startIndex }
    /// Behind the last one.
    public var endIndex: Int { rows.endIndex }
    /// The clearing at `position`, the oldest first.
    public subscript(position: Int) -> Clearing { rows[position] }
}

extension Clearings: Codable {
    private enum CodingKeys: String, CodingKey {
        case rows = "clearings"
        case nextNumber = "nextClearing"
    }
}
