// SPDX-License-Identifier: Apache-2.0
//
// One run of a script: which pages it delivers to which target. It is a value that is made by the
// queue and comes back to it with what became of it. The mistake to avoid: rendering it later
// from the queue; the page may have changed while the script ran.

import Breaker
public import EventTime
import Settings

/// One run of an alert script to be started.
struct Run: Sendable, Equatable {
    /// The alert of one page, and with which labels the target knows it.
    struct Member: Sendable, Equatable {
        var key: String
        var serial: Int64
        /// When what it says was taken.
        var paged: Timestamp
        /// What the labels come from.
        var first: Alert
        var alert: Alert
    }

    /// Where to.
    var target: AlertTarget
    /// What it delivers, the gravest first; never empty.
    var members: [Member]
    /// Further pages that are delivered with it but not shown, for want of room.
    var truncated: [Member] = []
    /// Whether something it tells of still lasts.
    var isFiring: Bool
    /// The key under which the target knows it.
    var dedupKey: String
    /// Which try this is, from 1.
    var attempt: Int64

    /// Most members that are shown in one page.
    static let shownMembers = 50

    /// argv[1] and `LISTBREAKER_EVENT`.
    var event: String { members[0].alert.kind.rawValue }

    /// The same for each try of what it says, and another for everything else said later; 16 digits.
    var messageID: String {
        var labels = ["key": dedupKey, "firing": "\(isFiring)"]
        for member in members + truncated {
            labels[member.key] = "\(member.serial) \(member.paged.microseconds)"
        }
        return Payload.fingerprint(labels)
    }

    /// How many matters it tells of.
    var count: Int { members.count + truncated.count }
}

/// What became of a run.
public struct RunResult: Sendable, Equatable {
    /// How a run of a script ended.
    public enum Outcome: Sendable, Equatable {
        /// Exit code 0.
        case delivered
        /// Exit code 75: try again, later than after so many seconds if the script says so.
        case temporary(retryAfter: Int64?)
        /// Any other exit code.
        case failed(code: Int32)
        /// Ended by a signal that was not ours.
        case signalled(Int32)
        /// Ended by us at its deadline.
        case timedOut
        /// Ended because we stop; says nothing of the target.
        case stopped
        /// Could not be started; the errno.
        case notStarted(errno: Int32)
    }

    /// How it ended.
    public var outcome: Outcome
    /// Who took the page over, if the script's answer says so.
    public var acknowledgedBy: String?
    /// What the script said on standard output and standard error, at most 16 KiB, one line each.
    public var output: [String]
    /// How long it ran.
    public var duration: TimeSpan

    /// A result.
    public init(
        outcome: Outcome,
        acknowledgedBy: String? = nil,
        output: [String] = [],
        duration: TimeSpan = TimeSpan(microseconds: 0)
    ) {
        self.outcome = outcome
        self.acknowledgedBy = acknowledgedBy
        self.output = output
        self.duration = duration
    }

    /// The outcome in words, for logs and for people.
    public var words: String {
        switch outcome {
        case .delivered: "delivered"
        case .temporary(let seconds?): "to be tried again (exit code 75) in \(seconds) s"
        case .temporary(nil): "to be tried again (exit code 75)"
        case .failed(let code): "failed with exit code \(code)"
        case .signalled(let signal): "ended by signal \(signal)"
        case .timedOut: "ended at its deadline"
        case .stopped: "cut short because listbreakerd stops"
        case .notStarted(let code): "could not be started: errno \(code)"
        }
    }
}
