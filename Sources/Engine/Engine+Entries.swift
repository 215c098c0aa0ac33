// SPDX-License-Identifier: Apache-2.0
//
// The hot path: one entry to mail event to traffic to verdict. No text becomes a String here unless
// a verdict is made. The mistake to avoid: using an event before its trust was asked.

import Breaker
import EventTime
import ListTraffic
public import MailLog
import StormDetection

extension Engine {
    mutating func read(_ batch: EntryBatch, at readAt: Timestamp) {
        if let gap = batch.gap {
            sight.note(gap, at: readAt, into: &board.effects)
            traffic.noteGap(before: sight.lastEntry ?? readAt)
        }
        watchOpen()
        if batch.events.isEmpty {
            readLines(batch, at: readAt)
        } else {
            for (event, entry) in zip(batch.events, batch.entries) {
                if event.isUnnamed, event.trust == .genuine { sawName(event.instance, in: batch) }
                take(event, entry, in: batch, at: readAt)
            }
        }
        sight.shortfall.note(traffic.takeEnded(), at: sight.lastEntry ?? readAt)
        if detector.hasKindChanges { noteKinds() }
        orderHolds()
    }

    /// Reads each line by its grammar, and takes it.
    private mutating func readLines(_ batch: EntryBatch, at readAt: Timestamp) {
        // Copied only when the parts of a split line are put together in it.
        var batch = batch
        var sources = SourceMemo()
        for index in batch.entries.indices {
            var entry = batch.entries[index]
            guard joiner.complete(&entry, in: &batch) else { continue }
            var event = MailEvent(time: entry.time)
            reader.read(entry, in: batch.bytes, &sources, into: &event)
            if event.isUnnamed, event.trust == .genuine {
                sawName(event.instance, in: batch)
                // The reader goes by other settings now.
                sources = SourceMemo()
            }
            take(event, entry, in: batch, at: readAt)
        }
    }

    /// Counts and judges what `entry` says.
    @inline(__always)
    private mutating func take(
        _ event: MailEvent,
        _ entry: LogEntry,
        in batch: EntryBatch,
        at readAt: Timestamp
    ) {
        guard event.trust == .genuine else { return refuse(event, entry, in: batch, at: readAt) }
        sight.note(event, at: readAt, into: &board.effects)
        traffic.observe(event, in: batch.bytes, into: &trafficEvents)
        if event.kind == .held { noteServerHold(event, in: batch.bytes) }
        if !board.holds.isEmpty { hold(event, in: batch.bytes) }
        guard !trafficEvents.isEmpty else { return }
        for happening in trafficEvents { judge(happening, at: readAt) }
        trafficEvents.removeAll(keepingCapacity: true)
    }

    /// What `entry` is taken for; nothing is counted, and nothing changes.
    public func reading(_ entry: LogEntry, in batch: EntryBatch) -> MailEvent {
        reader.read(entry, in: batch.bytes)
    }

    /// Counts a line that is not believed, with what it came from.
    private mutating func refuse(
        _ event: MailEvent,
        _ entry: LogEntry,
        in batch: EntryBatch,
        at readAt: Timestamp
    ) {
        let isOwn = reader.isLikelyOwn(entry, as: event.dialect, in: batch.bytes)
        sight.refuse(event, entry, isOwn: isOwn, in: batch)
        let isClaim = event.trust == .unproven || event.trust == .unknownName
        let isForgery = event.trust == .forgedUser || !isOwn && !isClaim
        sight.noteRefused(event, isForgery: isForgery, at: readAt, into: &board.effects)
    }

    /// Postfix calls itself `name`, which no setting says and its own program proved.
    private mutating func sawName(_ name: ByteRange, in batch: EntryBatch) {
        guard reader.accept(instance: name, in: batch.bytes) else { return }
        board.effects.add(
            note: LogNote(
                kind: .sighted,
                priority: 6,
                text:
                    "Postfix logs under the name '\(batch.text(name).prefix(64))' here: believed from "
                    + "now on, as its user and its program prove it"
            )
        )
    }

    private mutating func judge(_ event: TrafficEvent, at readAt: Timestamp) {
        if case .outbound(let started, let time) = event {
            return board.sawOutbound(started: started, loggedAt: time)
        }
        if !watched.open.isEmpty { noteCourse(event) }
        guard let verdict = detector.observe(event, list: identity(of: event)) else { return }
        board.judge(verdict, now: readAt)
        watchOpen()
        if verdict.action == .trip, board.state(of: verdict.subject) != .open {
            if board.mayPass(verdict.subject) {
                // The next verdict may be a sure one, on the evidence that is there.
                detector.notePassed(list: verdict.list)
                return pin()
            }
            // Read too late to act on: the storm may go on, so the next trip must be able to come.
            detector.noteReset(list: verdict.list, time: verdict.time, isByPerson: false)
        }
        pin()
    }

    /// What detection must be told about the list of `event`; nil where it knows already.
    ///
    /// Nine events in ten are copies that leave, of lists that are bound: they cost no look-up.
    private func identity(of event: TrafficEvent) -> ListIdentity? {
        switch event {
        case .post(let post): identity(of: post.list)
        case .announced(let list, _, _), .sent(let list, _, _),
            .returned(let list, _, _, _, _):
            detector.isBound(list) ? nil : identity(of: list)
        case .outward(let sender, _, _, _, _):
            detector.isBound(sender)
                ? nil : ListIdentity(address: traffic.address(of: sender))
        case .outbound, .evicted, .senderEvicted: nil
        }
    }

    private func identity(of list: ListID) -> ListIdentity {
        ListIdentity(traffic.facts(of: list))
    }
}
