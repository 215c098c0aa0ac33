// SPDX-License-Identifier: Apache-2.0
//
// Deliveries that Postfix announced and of which no line came: journald dropped lines, and may have
// forgotten to say so (systemd 252 forgets a unit's count before its notice). Two proofs: messages that
// ended with lines too few, and messages of which nothing is heard while nothing at all is
// delivered. The mistake to avoid: to take a long queue, a slow relay, held mail or a stopped Postfix
// for it; deferred mail has lines, and the others are known.

import EventTime
import ListTraffic

/// What was announced of late, and what of it is missing.
struct Shortfall: Sendable, Equatable {
    /// So far back is looked; chosen, a storm's burst and the lines behind it.
    static let memory = TimeSpan.minutes(30)
    /// Missing lines, and messages that miss some, from which on it is no oddity; chosen.
    static let least: Int64 = 10
    static let leastMessages: Int64 = 2
    /// And that is at least this part of what was announced; chosen, 5 percent.
    static let share: Int64 = 20
    /// No line of any delivery for so long, while some are announced, is none in flight: what Postfix
    /// waits for a server (smtp_data_done_timeout, 10 minutes) is over, and that has a line.
    static let patience = TimeSpan.minutes(15)
    /// Announced deliveries that nothing is heard of, from which on that counts; chosen.
    static let leastSilent: Int64 = 20
    /// A tick later than this is the clock's or the host's doing; as `Loop.jump`.
    private static let step = TimeSpan.seconds(30)

    private var recent = DeliveryTally()
    private var turned: Timestamp?
    /// When lines were found missing last, by the log; nil: never, or long ago.
    private(set) var last: Timestamp?
    /// In words, what was found then.
    private(set) var words = ""
    /// All that was ever found missing, in this run.
    private(set) var missing: Int64 = 0

    /// Since when nothing was delivered, in time that passed while we watched.
    private var idle = TimeSpan.seconds(0)
    private var ticked: Timestamp?
    private var isStopped = false
    /// Whether a page about it is out.
    var pagedSince: Timestamp?

    /// A delivery's line came.
    @inline(__always)
    mutating func noteDelivery() {
        idle = .seconds(0)
        isStopped = false
    }

    /// Postfix was stopped, or started again.
    mutating func note(isStopped: Bool) {
        self.isStopped = isStopped
        idle = .seconds(0)
    }

    /// Takes what ended, in lines up to `time`.
    mutating func note(_ ended: DeliveryTally, at time: Timestamp) {
        guard ended.messages > 0 else { return }
        let since = turned ?? time
        turned = since
        if time - since > Self.memory || time < since {
            recent.fade()
            turned = time
        }
        recent.add(ended)
        guard ended.missing > 0 else { return }
        missing += ended.missing
        guard recent.missing >= Self.least, recent.short >= Self.leastMessages,
            recent.missing * Self.share >= recent.announced
        else { return }
        found(
            "of \(recent.announced) deliveries that Postfix announced of late, "
                + "\(recent.missing) have no line in the log",
            at: time
        )
    }

    /// Time passed; true when it is to be looked whether anything is announced that nothing is heard of.
    mutating func tick(now: Timestamp, isUndisturbed: Bool) -> Bool {
        let passed = ticked.map { now - $0 } ?? .seconds(0)
        ticked = now
        guard isUndisturbed, !isStopped else {
            idle = .seconds(0)
            return false
        }
        let step = min(max(passed, .seconds(0)), Self.step)
        idle = TimeSpan(microseconds: idle.microseconds + step.microseconds)
        guard idle >= Self.patience else { return false }
        idle = .seconds(0)
        return true
    }

    /// Takes what was announced and not heard of.
    mutating func noteSilent(_ tally: DeliveryTally, at now: Timestamp) {
        guard tally.missing >= Self.leastSilent else { return }
        missing += tally.missing
        found(
            "Postfix announced \(tally.missing) deliveries, and no line of any came for "
                + "\(Int64(Self.patience.seconds) / 60) minutes",
            at: now
        )
    }

    /// Forgets what was found once it is long ago.
    mutating func fade(now: Timestamp) {
        guard let last else { return }
        // From a time that is yet to come, after the clock was set back, it says nothing either.
        if now - last > Self.memory || last - now > Self.memory {
            self.last = nil
            words = ""
        }
    }

    private mutating func found(_ words: String, at time: Timestamp) {
        self.words = words
        last = time
    }
}
