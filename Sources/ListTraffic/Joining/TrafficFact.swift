// SPDX-License-Identifier: Apache-2.0
//
// What one host saw of a list, in words that another host can use: facts, and no opinions. Who is a
// stranger, which thread it is and what it is taken for is for him to say who hears all hosts. The mistake
// to avoid: a number of this host's tables in one of these.

public import EventTime

/// What a host is to a list of whose copies it tells.
public enum ReporterRole: Sendable, Hashable {
    /// It makes the copies.
    case home
    /// It passes on copies that another host made.
    case relay
}

/// A message that a list redistributes, as one host saw it.
public struct PostFact: Sendable, Hashable {
    /// Its Message-ID.
    public var message: MessageDigest
    /// The message that it answers; nil when the log shows none.
    public var parent: MessageDigest?
    /// The first message that its References name; nil when the log shows none.
    public var root: MessageDigest?
    /// Who posted, normalised, at most 254 bytes; empty: not known.
    public var poster = ""
    /// Whether it calls itself a machine, or has no sender.
    public var isRobot = false
    /// Whether it names an earlier message, though the parent itself may be cut off.
    public var isReply = false
    /// Whether the log would have shown whom it answers.
    public var hasHeaders = false
    /// Whether another host's list sent it.
    public var isFromList = false
    /// Whether the poster received a copy of the list from this host lately; false where headers are
    /// logged, since nobody needs it then.
    public var hasReceived = false
    /// Its Date header, by its writer's clock; nil: not logged.
    public var written: Timestamp?
    /// From its arrival at this host until its first copies; nil: the arrival was not seen.
    public var held: TimeSpan?
    /// Copies announced together with it.
    public var copies: Int64 = 0
    /// Queue id of its first fan-out message at this host.
    public var queueID = ""

    /// A post of which nothing is known but its Message-ID.
    public init(message: MessageDigest) { self.message = message }
}

/// One thing that happened on a list, as one host saw it.
public struct TrafficFact: Sendable, Hashable {
    /// What happened.
    public enum Happening: Sendable, Hashable {
        /// A post; each host tells each once.
        case post(PostFact)
        /// Further copies of a post that this host told.
        case copies(MessageDigest, Int64)
        /// A message came back to its list; copies are 0.
        case returned(PostFact)
    }

    /// The list's posting address in lower case.
    public var list: String
    /// When, by this host's clock.
    public var time: Timestamp
    /// What this host is to the list.
    public var role: ReporterRole
    /// What happened.
    public var happening: Happening

    /// A fact with every field given.
    public init(list: String, time: Timestamp, role: ReporterRole, _ happening: Happening) {
        self.list = list
        self.time = time
        self.role = role
        self.happening = happening
    }
}
