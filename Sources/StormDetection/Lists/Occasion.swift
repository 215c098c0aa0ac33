// SPDX-License-Identifier: Apache-2.0
//
// One post and everything that the rules need to judge it, gathered once, so that no two rules
// can disagree about its time, its poster or the limits that hold.

import EventTime
import ListTraffic

/// A post on its way through the rules.
struct Occasion: Sendable {
    let post: Post
    let identity: ListIdentity
    let limits: Limits
    let inForce: SettingsInForce
    /// The time that counts.
    let time: Timestamp
    /// When it was written, by its own clock; only the distance to other posts' means anything.
    let written: Timestamp
    /// Whether its stamp moved the clock, or met it: of one that was put back a little the clock waits.
    let isClockRunning: Bool
    /// Whether it is this list's own mail, which another list of this host sent back.
    let isReturning: Bool
    /// How much longer it and those before it took to be written than to come; 1 as a rule.
    let spread: Double

    /// Whether the log shows a Date by which a flushed queue would be seen.
    var isDated: Bool { post.age != nil && post.hasHeaders }
    /// Whether these posts come out of a queue that was flushed.
    var isFlush: Bool { spread >= FleetGuard.flush }
    /// Whether it calls itself a machine, or has no sender.
    var isMarked: Bool { post.kind == .robot }

    /// Whether it is a reply; nil when the log shows no headers.
    var isReply: Bool? { post.hasHeaders ? isAnswer : nil }

    /// Whether who came together tells anything: without headers, and while the clock runs.
    ///
    /// After one was put back, all come at the moment at which it stands.
    var showsBatches: Bool { !post.hasHeaders && isClockRunning }

    /// Whether it answers something, as far as anybody knows.
    var isAnswer: Bool {
        isMarked ? post.thread != post.messageID || post.parent != nil : post.kind.isReply
    }

    /// Who posted: a machine without a sender is a poster of its own each time.
    var poster: UInt64 { post.poster == 0 && isMarked ? post.messageID : post.poster }

    /// Whether the list never redistributed him before.
    var isStranger: Bool { post.isStranger || post.poster == 0 && isMarked }
}
