// SPDX-License-Identifier: Apache-2.0
//
// Holding and giving back, once for every mail server: a driver has one queue or, with several
// instances, some. A command goes through all of them, and what one of them cannot do keeps no
// other from being done.

internal import Glibc
internal import HaltWire
internal import Linux

/// A driver that holds mail in queues with a ledger each.
protocol QueueDriver: MTADriver {
    associatedtype Queue: HoldQueue
    associatedtype Site

    /// Directory of this driver's state.
    var state: String { get }
    /// What there is a queue of: the instances of the mail server.
    var sites: [Site] { get }

    /// The queue of `site` with its ledger, locked.
    func queue(of site: Site) throws(HaltError) -> Queue
    /// The name that the queue knows a message by, of one that the log knows it by.
    func canonical(_ id: QueueID) -> QueueID
    /// Messages that must not be put on hold just now.
    func locked() throws(HaltError) -> Set<QueueID>
    /// Ends deliveries of `ids` that are under way, so that they can be held.
    ///
    /// - Returns: whether there were any.
    func interrupt(_ ids: Set<QueueID>) throws(HaltError) -> Bool
    /// Which of `ids` must stay on hold, because a copy is still under way; waits for them.
    func aloft(_ ids: Set<QueueID>) throws(HaltError) -> Set<QueueID>
    /// Takes in what else is held, or to be held, for `list`, whose copies alone have `senders`.
    func holdMore(
        of list: String,
        _ senders: [SenderPattern],
        in queue: Queue,
        _ report: inout HaltReport
    ) throws(HaltError)
}

extension QueueDriver {
    /// The marker is above the state of each mail server.
    var parent: String { String(state[..<(state.lastIndex(of: "/") ?? state.startIndex)]) }

    func canonical(_ id: QueueID) -> QueueID { id }
    func locked() throws(HaltError) -> Set<QueueID> { [] }
    func interrupt(_ ids: Set<QueueID>) throws(HaltError) -> Bool { false }
    func aloft(_ ids: Set<QueueID>) throws(HaltError) -> Set<QueueID> { [] }
    func holdMore(
        of list: String,
        _ senders: [SenderPattern],
        in queue: Queue,
        _ report: inout HaltReport
    ) throws(HaltError) {
        try attribute(to: list, in: queue)
    }

    /// Knows for the list's what is on hold for no list and has the list's address among its
    /// recipients; what has others' as well is undecided by that, see ``HoldQueue/find(_:keeping:_:)``.
    private func attribute(to list: String, in queue: Queue) throws(HaltError) {
        let entries = queue.ledger.content.entries
        guard entries.contains(where: { $0.value.list == nil }) else { return }
        var own: [QueueID] = []
        try queue.list(keeping: Queue.recipientsSeen) { message in
            guard message.queue == "hold", let id = message.id, let entry = entries[id],
                entry.list == nil, message.count(of: list) > 0
            else { return }
            own.append(id)
        }
        try queue.ledger.assign(own, to: list)
    }

    /// The queue of `site`, locked, with everything finished that a kill cut short.
    func open(_ site: Site) throws(HaltError) -> Queue {
        let queue = try queue(of: site)
        try queue.recover()
        try queue.settle()
        return queue
    }

    /// Does `body` with each queue; an error is noted, and the next one is done all the same.
    func each(
        _ report: inout HaltReport,
        _ body: (Queue, inout HaltReport) throws(HaltError) -> Void
    ) {
        for site in sites {
            report.attempt { report throws(HaltError) in try body(try open(site), &report) }
        }
    }

    func hold(_ ids: [QueueID], for list: String?) -> HaltReport {
        let ids = Array(Set(ids.map(canonical)))
        return answer(.holdIDs) { report in
            report.step("hold") { report in
                each(&report) { queue, report throws(HaltError) in
                    try hold(ids, for: list, in: queue, &report)
                }
            }
        }
    }

    func hold(senders: [SenderPattern], for list: String) -> HaltReport {
        answer(.holdList) { report in
            report.step("hold") { report in
                each(&report) { queue, report throws(HaltError) in
                    let entries = queue.ledger.content.entries
                    var queued: [QueueID] = []
                    var ours: [QueueID] = []
                    try queue.list { message in
                        guard let id = message.id,
                            senders.contains(where: { $0.matches(message.sender) })
                        else { return }
                        if message.queue != "hold" {
                            queued.append(id)
                        } else if let entry = entries[id], entry.list == nil {
                            ours.append(id)
                        }
                    }
                    try queue.ledger.assign(ours, to: list)
                    try hold(queued, for: list, in: queue, &report)
                    try holdMore(of: list, senders, in: queue, &report)
                }
            }
        }
    }

    private func hold(
        _ ids: [QueueID],
        for list: String?,
        in queue: Queue,
        _ report: inout HaltReport
    ) throws(HaltError) {
        report.held += try queue.hold(ids, for: list)
        // What is being delivered is locked: end that first.
        let left = Set(ids).subtracting(queue.ledger.content.entries.keys)
        if !left.isEmpty, try interrupt(left) {
            report.held += try queue.hold(Array(left), for: list)
        }
    }

    /// Holds everything that came at least `age` seconds ago, and that nobody is at.
    func holdQueued(age: Int64, _ report: inout HaltReport) {
        each(&report) { queue, report throws(HaltError) in
            let locked = try locked()
            let latest = SystemClock.seconds - age
            var chosen: [QueueID] = []
            try queue.list(keeping: 0) { message in
                guard let id = message.id, message.queue != "hold", !locked.contains(id),
                    age == 0 || message.arrival <= latest
                else { return }
                chosen.append(id)
            }
            report.held += try queue.hold(chosen, for: nil)
        }
    }

    func release(_ selection: HeldSelection) -> HaltReport {
        answer(.release) { report in
            report.step("release") { report in giveBack(selection, &report) }
            if report.released > 0 { wake(&report) }
        }
    }

    func giveBack(_ report: inout HaltReport) { giveBack(HeldSelection(), &report) }

    private func giveBack(_ selection: HeldSelection, _ report: inout HaltReport) {
        var rest = selection
        rest.only = rest.only.map { Set($0.map(canonical)) }
        each(&report) { queue, report throws(HaltError) in
            let before = report.undecided
            let matching = try queue.find(rest, &report)
            let (decided, further) =
                rest.keepsUndecided(ofDiscard: false)
                ? keepUndecided(of: matching, rest, in: queue, &report) : (matching, 0)
            let chosen = rest.limited(decided)
            let aloft = try aloft(Set(chosen.compactMap(\.id)))
            let due = chosen.filter { $0.id.map { !aloft.contains($0) } ?? false }
            let given = try queue.giveBack(due)
            let copies = due.reduce(0) { sum, message in
                message.id.map { given.gone.contains($0) } == true ? sum + message.recipients : sum
            }
            report.released += given.gone.count
            report.requeued += given.requeued
            report.copies += copies
            report.left += decided.count + further - given.gone.count
            rest.limit = rest.limit.map { $0 - given.gone.count }
            rest.copies = rest.copies.map { $0 - copies }
            if given.gone.count < due.count {
                report.errors.append(
                    "\(due.count - given.gone.count) messages could not be given back"
                )
            }
            try countUndecided(beside: rest, before, in: queue, &report)
            if !aloft.isEmpty {
                report.errors.append(
                    "\(aloft.count) messages stay on hold: a copy is still under way since they"
                        + " were held; release again"
                )
            }
        }
    }

    /// Those of `messages` of which it is known whose they are, as many as the limits of `selection`
    /// allow; the others among these are counted, and stay.
    ///
    /// A batch of thousands of messages looks into those that it may take, and not into all of them.
    ///
    /// - Returns: these, and how many further ones were not looked into.
    func keepUndecided(
        of messages: [QueuedMessage],
        _ selection: HeldSelection,
        in queue: Queue,
        _ report: inout HaltReport
    ) -> (decided: [QueuedMessage], further: Int) {
        var decided: [QueuedMessage] = []
        var (seen, copies) = (0, 0)
        for message in messages {
            let isFull =
                selection.limit.map { decided.count >= $0 } ?? false
                || selection.copies.map { copies >= $0 } ?? false
            if isFull { break }
            seen += 1
            guard !selection.doubts(message) || queue.isDecided(message) else { continue }
            decided.append(message)
            copies += max(1, message.recipients)
        }
        report.undecided = (report.undecided ?? 0) + seen - decided.count
        return (decided, messages.count - seen)
    }

    /// Where one post was named, counts what is left undecided of the mail that it stood among.
    func countUndecided(
        beside selection: HeldSelection,
        _ before: Int?,
        in queue: Queue,
        _ report: inout HaltReport
    ) throws(HaltError) {
        guard selection.post != nil else { return }
        report.undecided = before
        let rest = try queue.find(HeldSelection(list: selection.list), &report)
        report.undecided = (report.undecided ?? 0) + queue.undecided(among: rest)
    }

    /// Counts what is on hold, ours and not.
    func count(_ report: inout HaltReport) {
        each(&report) { queue, report throws(HaltError) in
            let ours = queue.ledger.content.entries
            let all = try queue.onHold()
            let known = all.count { ours[$0] != nil }
            report.heldTotal += known
            report.foreign += all.count - known
        }
    }
}
