// SPDX-License-Identifier: Apache-2.0
//
// What the queue manager announced (`nrcpt=`) against what became of it: who drops lines of the log
// without a word shows by it. Each recipient gets one last line, sent or bounced, before `removed`; a
// deferred one waits, and when the whole message expires it has no other. Checked against Postfix's
// qmgr_message.c: the number is that of the message when it was made, at each retry again. The mistake to
// avoid: counting messages whose lines we cannot all have seen, because we began later, lost our place,
// or were told of dropped lines.

public import EventTime
internal import MailLog

/// Deliveries that were announced, and those of them of which no line came.
public struct DeliveryTally: Sendable, Equatable {
    /// Messages.
    public internal(set) var messages: Int64 = 0
    /// Recipients that they announced.
    public internal(set) var announced: Int64 = 0
    /// Messages with a line too few.
    public internal(set) var short: Int64 = 0
    /// Lines that are too few.
    public internal(set) var missing: Int64 = 0

    /// Nothing yet.
    public init() {}

    /// Adds a message with `announced` recipients, of which `missing` have no line.
    mutating func add(announced: Int32, missing: Int32) {
        messages += 1
        self.announced += Int64(max(announced, 0))
        guard missing > 0 else { return }
        short += 1
        self.missing += Int64(missing)
    }

    /// Adds what another one counted.
    public mutating func add(_ other: DeliveryTally) {
        messages += other.messages
        announced += other.announced
        short += other.short
        missing += other.missing
    }

    /// Half of everything.
    public mutating func fade() {
        messages /= 2
        announced /= 2
        short /= 2
        missing /= 2
    }
}

extension ListTraffic {
    /// What ended since the last call.
    public mutating func takeEnded() -> DeliveryTally {
        defer { ended = DeliveryTally() }
        return ended
    }

    /// Lines before `time` may be missing for a reason that is known: nothing is to be made of it.
    public mutating func noteGap(before time: Timestamp) {
        accountedSince = max(accountedSince, time.microseconds)
    }

    /// Messages from before `time` that were announced, not deferred, and are not done; they are
    /// not counted again.
    ///
    /// O(messages in the queue); to be asked when nothing has been delivered for long.
    public mutating func takeUnanswered(before time: Timestamp) -> DeliveryTally {
        var tally = DeliveryTally()
        for life in messages.all([.passing, .kept]) {
            guard let it = messages[life], it.due > 0, it.born < time.microseconds,
                isAccounted(it), it.flags.isDisjoint(with: [.deferred, .removed])
            else { continue }
            tally.add(announced: it.recipients, missing: it.due)
            writeOff(life)
        }
        return tally
    }

    /// Notes what the first queue line of a message announces.
    mutating func account(_ life: Handle<Life>, _ line: Line) {
        guard line.event.dialect == .postfix, let it = messages[life], it.origin != .unseen,
            it.born >= accountedSince
        else { return }
        messages[life]?.flags.insert(.accounted)
        messages[life]?.due = it.recipients
    }

    /// Takes one recipient's line.
    @inline(__always)
    mutating func settle(_ life: Handle<Life>, _ line: Line) {
        messages.settle(life, isDeferred: line.event.status == .deferred)
    }

    /// Takes one recipient's line that could not be read whole.
    mutating func settleCut(_ line: Line) {
        guard let life = messages.find(line.keys.message) else { return }
        messages.settle(life, isDeferred: false)
    }

    /// The message was put on hold: what becomes of it a person decides.
    mutating func writeOff(_ line: Line) {
        guard !line.event.queueID.isEmpty, let life = messages.find(line.keys.message) else {
            return
        }
        writeOff(life)
    }

    /// Counts a message that the queue manager is done with.
    mutating func close(_ life: Life) {
        guard isAccounted(life), !life.flags.contains(.removed) else { return }
        ended.add(announced: life.recipients, missing: life.due)
    }

    private mutating func writeOff(_ life: Handle<Life>) {
        messages[life]?.flags.remove(.accounted)
        messages[life]?.due = 0
    }

    private func isAccounted(_ life: Life) -> Bool {
        life.flags.contains(.accounted) && life.born >= accountedSince
    }
}
