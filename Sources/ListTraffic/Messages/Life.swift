// SPDX-License-Identifier: Apache-2.0
//
// What is remembered of a message while it is in a queue, and of one from outside while it may
// still be redistributed. Both are small, since a hundred thousand may be in flight. The mistake
// to avoid: another field of `Life` for convenience; every message in flight pays for it.

internal import EventTime

/// How a message came into the queue.
enum Origin: UInt8 {
    /// Its first line was not its birth: the log began later, or lines are missing.
    case unseen
    /// Made by the MTA itself: no client, no pickup.
    ///
    /// Forwarded by local(8), or a bounce.
    case local
    /// By the sendmail command.
    case pickup
    /// By SMTP from this host: list managers, content filters.
    case loopback
    /// By SMTP from a host that the configuration trusts with lists.
    case listHost
    /// By SMTP from anywhere else.
    case remote

    /// Whether a list manager of ours may have sent it.
    var isTrusted: Bool { self != .remote && self != .unseen }
}

/// Single-bit facts of a ``Life``.
struct LifeFlags: OptionSet {
    var rawValue: UInt16
    /// The queue manager took it at least once.
    static let queued = LifeFlags(rawValue: 1)
    /// Its `removed` line came.
    static let removed = LifeFlags(rawValue: 2)
    /// A content filter seems to have given it back under another id.
    static let reinjected = LifeFlags(rawValue: 4)
    /// Its post waits for more copies before it counts as one.
    static let pending = LifeFlags(rawValue: 8)
    /// It came back to its list and was reported.
    static let returned = LifeFlags(rawValue: 16)
    /// The MTA restarted since: a different `queued` line is a new message under the same id.
    static let stale = LifeFlags(rawValue: 32)
    /// Its queue id is of the short form, which is reused.
    static let shortID = LifeFlags(rawValue: 64)
    /// It waits for a filter's twin in ``Twins``.
    static let unpaired = LifeFlags(rawValue: 128)
    /// A recipient of it was handed to a filter.
    static let handed = LifeFlags(rawValue: 512)
    /// Its recipients show only as their lines come.
    static let openEnded = LifeFlags(rawValue: 1024)
    /// Only recipients whose line names the list are copies of it.
    static let named = LifeFlags(rawValue: 2048)
    /// Null envelope sender.
    static let nullSender = LifeFlags(rawValue: 256)
    /// Its lines were read from the first on, so that those that are missing can be told.
    static let accounted = LifeFlags(rawValue: 4096)
    /// A recipient of it was deferred: what is due may come in days.
    static let deferred = LifeFlags(rawValue: 8192)
}

/// One message in a queue, from its first line to its last.
struct Life: Blank {
    /// Hash of its Message-ID; 0 while none is known.
    var message: UInt64 = 0
    /// Hash of its envelope sender as it stands.
    var sender: UInt64 = 0
    /// Hash of the `orig_to` that its last recipients shared; once it carries a list's copies, key
    /// of the next older life in the same ``OpenFanOut``.
    var expansion: UInt64 = 0
    /// Key of its ``Arrival``; 0 when it has none.
    var arrival: UInt64 = 0
    /// Key of the life that it continues: before a content filter or a requeue; 0 for none.
    var twin: UInt64 = 0
    /// Key of the life that a filter made of it; 0 for none.
    var successor: UInt64 = 0
    /// Key of its sender; 0 for none.
    var account: UInt64 = 0
    /// Its sender's record, as long as that is there.
    var accountHolder = Handle<SenderRecord>.none
    /// Its queue id as text, for holding.
    var queueID = PackedText()
    /// Microseconds of its first line.
    var born: Int64 = 0
    /// The list that it carries copies of.
    var list = Handle<ListRecord>.none
    /// `nrcpt=`; 0 while unknown.
    var recipients: Int32 = 0
    /// `size=` in bytes; 0 while unknown.
    var size: Int32 = 0
    /// Recipients that were delivered to.
    var sent: Int32 = 0
    /// The last 32 bits of the instance's hash.
    var instance: UInt32 = 0
    var flags: LifeFlags = []
    var origin: Origin = .unseen
    /// How many recipients shared ``expansion``.
    var expansions: Int32 = 0
    /// Recipients to the outside that were counted for its sender.
    var outward: Int32 = 0
    /// Recipients that were announced and whose last line is still to come; see ``DeliveryTally``.
    var due: Int32 = 0

    /// Counts copies as sent; false, and nothing is counted, when there cannot be so many.
    mutating func takeSent(_ copies: Int32) -> Bool {
        let (sum, overflow) = sent.addingReportingOverflow(copies)
        if overflow || (recipients > 0 && sum > recipients) { return false }
        sent = sum
        return true
    }

    /// Goes on with the sender of the message that this one was made of.
    mutating func inheritSender(of life: Life) {
        account = life.account
        accountHolder = life.accountHolder
        outward = life.outward
    }
}

/// Which headers of a message were seen; the first of each name counts.
struct SeenHeaders: OptionSet {
    var rawValue: UInt8
    static let inReplyTo = SeenHeaders(rawValue: 1)
    static let references = SeenHeaders(rawValue: 2)
    static let date = SeenHeaders(rawValue: 4)
    static let autoSubmitted = SeenHeaders(rawValue: 8)
    static let precedence = SeenHeaders(rawValue: 16)
    static let from = SeenHeaders(rawValue: 32)
    static let messageID = SeenHeaders(rawValue: 64)
    static let listID = SeenHeaders(rawValue: 128)

    /// Whether a parent would have been seen, had there been one.
    ///
    /// The sensor logs Message-ID with every message; a site that logs subjects only proves
    /// nothing by their presence.
    var showReplies: Bool { !isDisjoint(with: [.inReplyTo, .references, .messageID]) }
}

/// A message from outside, kept after its life until its copies have come.
struct Arrival: Blank {
    /// Key of the life that brought it.
    var life: UInt64 = 0
    /// Hash of its Message-ID; 0 while none is known.
    var message: UInt64 = 0
    /// Hash of its envelope sender as it stands.
    var sender: UInt64 = 0
    /// Hash of an outsider's sender that looks like a list's, under this Message-ID; 0 for none.
    var foreignSender: UInt64 = 0
    /// Hash of the poster.
    var poster: UInt64 = 0
    /// The poster, for people.
    var posterAddress = ""
    /// Hash of the Message-ID that it answers; 0 for none.
    var parent: UInt64 = 0
    /// Hash of the first Message-ID in References; 0 for none.
    var root: UInt64 = 0
    /// Its Date header in microseconds; `.min` for none.
    var date: Int64 = .min
    /// Microseconds of its first line.
    var born: Int64 = 0
    var headers: SeenHeaders = []
    var origin: Origin = .unseen
    var isRobot = false
    /// It names an earlier message, though the parent itself may be cut off.
    var isReply = false
    /// It was reported as having come back.
    var isReturned = false
}

/// One post of a list, remembered by its Message-ID.
struct PostRecord: Blank {
    /// Hash of the Message-ID at the root of its thread.
    var root: UInt64 = 0
    /// Microseconds of its first fan-out message.
    var time: Int64 = 0
    /// Key of the arrival that it came from; 0 when unknown.
    var arrival: UInt64 = 0
    /// Copies announced.
    var copies: Int64 = 0
    /// Copies sent before it counted as a post.
    var pendingSent: Int64 = 0
    /// Whether it was told as a post.
    var isTold = false
    /// Whether local(8) made a fan-out of it: it makes one, so that a second one is something else.
    var hasExpansion = false
}

/// An alias whose line came before the queue manager's line for what it made.
struct AwaitedChild: Blank {
    /// The alias.
    var alias = ""
    /// Key of the arrival that the alias got; 0 when unknown.
    var arrival: UInt64 = 0
    /// The list that the alias is a member of.
    var list = Handle<ListRecord>.none
    /// Members that local(8) delivered to itself.
    var inline: Int32 = 0
}

/// A fan-out message that a content filter may give back.
struct OpenFanOut: Blank {
    /// How many there are of the same post, sender and size.
    var count: Int32 = 0
    /// Key of the youngest life.
    var life: UInt64 = 0
}
