// SPDX-License-Identifier: Apache-2.0
//
// One message of the plan: who writes what to which list, and what it answers. The truth that a
// verdict is judged by.

public import EventTime

/// One message that reaches the mail host.
public struct SimulatedPost: Sendable, Equatable {
    /// What it is to the list.
    public enum Role: Sendable, Equatable {
        /// A post that begins something.
        case new
        /// A post that answers another; part of a storm when `isStorm`.
        case reply
        /// A machine's answer.
        case robot
        /// The same message come back.
        case returned
        /// Not to the list: to its owner, or an account's own mail.
        case other
    }

    /// When the host accepts it.
    public var time: Timestamp
    /// Number of the list in the scenario; nil for mail that is no list's.
    public var list: Int?
    /// What it is.
    public var role: Role
    /// Whether it belongs to a storm, a ring or a loop.
    public var isStorm = false
    /// Whether it belongs to what looks like a storm and is none.
    public var isLookAlike = false
    /// Whoever sent it: its envelope sender, unless it is marked as a notice.
    public var poster: String
    /// Whether that is no member of the list.
    public var isOutsider = false
    /// Address in From; nil: the poster's.
    public var author: String?
    /// Number of the host that takes it; 0: the scenario's own.
    public var host = 0
    /// With brackets; nothing between them when it has none.
    public var messageID: String
    /// Message-ID that it answers, with brackets; nil when it answers none.
    public var parent: String?
    /// Message-ID of the first mail of the thread.
    public var root: String?
    /// How much older its Date header is than its arrival; nil: the header is not logged.
    public var age: TimeSpan? = TimeSpan(microseconds: 0)
    /// How long it was on its way before the host accepted it.
    public var delay = TimeSpan(microseconds: 0)
    /// When a moderator lets it through; nil: at once.
    public var release: Timestamp?
    /// How it says that a machine wrote it.
    public var marks: Set<MachineMark> = []
    /// Recipients, for mail that is no list's.
    public var recipients = 1
    /// Whether a program of the host hands it over, for mail that is no list's.
    public var isProgram = false
    /// Members who get their copy before all others.
    public var firstReaders: [String] = []

    /// When it was sent.
    var sent: Timestamp { time - delay }

    /// The address in `MAIL FROM`; empty for a notice.
    var envelopeSender: String { marks.contains(.nullSender) ? "" : poster }
}
