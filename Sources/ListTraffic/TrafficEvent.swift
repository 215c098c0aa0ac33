// SPDX-License-Identifier: Apache-2.0
//
// What happened on a list: the words that detection speaks. One post is one `Post`, however many
// chunks, retries and re-injections it took; copies come as counts.

public import EventTime

/// Names one list in memory; valid until the list is evicted.
///
/// Never saved: save the address.
public struct ListID: Hashable, Sendable {
    /// Slot in the table of lists.
    public var index: Int32

    /// The list in slot `index`.
    public init(index: Int32) {
        self.index = index
    }
}

/// Why a post was taken for a reply, a new post or a robot; `explain` prints it.
public enum PostKind: String, Sendable, Codable, CaseIterable {
    /// Answers an earlier post: In-Reply-To or References name one.
    case replyByHeader = "reply (In-Reply-To)"
    /// No headers in the log; the poster just received a copy, or never posted before on a list
    /// that only ever had one regular poster.
    case replyByPoster = "reply (by who posted)"
    /// Headers are logged and there is no parent: a new thread.
    case newThread = "new thread"
    /// No headers in the log, nothing tells what it is.
    case unknown = "unknown"
    /// Null sender, Auto-Submitted, bounce: a machine.
    case robot = "robot"

    /// Whether it counts as a reply.
    public var isReply: Bool { self == .replyByHeader || self == .replyByPoster }
}

/// One message that a list redistributes, counted once.
public struct Post: Sendable {
    /// Which list.
    public var list: ListID
    /// Event time of the line that proved the redistribution.
    public var time: Timestamp
    /// Stable hash of the normalised poster address.
    public var poster: UInt64
    /// The poster's address for evidence, at most 254 bytes, invalid UTF-8 replaced.
    public var posterAddress: String
    /// Stable hash of the Message-ID.
    public var messageID: UInt64
    /// Stable hash of the thread's root Message-ID; the post's own when it starts a thread.
    public var thread: UInt64
    /// Stable hash of the Message-ID that it answers; nil when the log does not show one.
    public var parent: UInt64?
    /// What it was taken for.
    public var kind: PostKind
    /// Whether the list never redistributed this poster before (never forgotten, bounded).
    public var isStranger: Bool
    /// Whether the log shows headers for this list, so that `kind` rests on In-Reply-To.
    public var hasHeaders: Bool
    /// Since its Date header, which may lie ahead, or without one since it came into the queue; nil
    /// when neither is known.
    public var age: TimeSpan?
    /// Copies announced together with it (`nrcpt=` of its first fan-out message).
    public var copies: Int64
    /// Queue id of the first fan-out message, for evidence and holding.
    public var queueID: String
    /// Whether another host's list sent it: its envelope sender looks like one's.
    public var isFromList: Bool

    /// A post with every field given.
    public init(
        list: ListID,
        time: Timestamp,
        poster: UInt64,
        posterAddress: String,
        messageID: UInt64,
        thread: UInt64,
        kind: PostKind,
        isStranger: Bool,
        hasHeaders: Bool,
        age: TimeSpan?,
        copies: Int64,
        queueID: String,
        parent: UInt64? = nil,
        isFromList: Bool = false
    ) {
        self.list = list
        self.time = time
        self.poster = poster
        self.posterAddress = posterAddress
        self.messageID = messageID
        self.thread = thread
        self.kind = kind
        self.isStranger = isStranger
        self.hasHeaders = hasHeaders
        self.age = age
        self.copies = copies
        self.queueID = queueID
        self.parent = parent
        self.isFromList = isFromList
    }
}

/// One thing that happened on a list, or to the outbound queue.
public enum TrafficEvent: Sendable {
    /// A post, once.
    ///
    /// Its first copies are in `post.copies`; further chunks come as `.announced`.
    case post(Post)
    /// Further copies of a known post were announced (chunks, VERP).
    case announced(list: ListID, copies: Int64, time: Timestamp)
    /// Copies of a post left: delivered by a client transport.
    case sent(list: ListID, copies: Int64, time: Timestamp)
    /// A message-id that the list already redistributed came back to the list's address.
    ///
    /// `poster` is who sent it this time, 0 when unknown; `age` as in ``Post/age``.
    case returned(
        list: ListID,
        messageID: UInt64,
        time: Timestamp,
        poster: UInt64 = 0,
        age: TimeSpan? = nil
    )
    /// Any delivery to the outside succeeded, list or not: halting is verified with these.
    ///
    /// The attempt began at `started`.
    case outbound(started: Timestamp, time: Timestamp)
    /// Mail of a sender that is no list went to the outside, or was tried to.
    ///
    /// Each recipient counts once; `messages` is 1 with a message's first. `refused` recipients
    /// were refused for good.
    case outward(
        sender: SenderID,
        messages: Int64,
        copies: Int64,
        refused: Int64,
        time: Timestamp
    )
    /// A sender was forgotten because the table was full; what others keep by this id is void.
    case senderEvicted(sender: SenderID)
    /// A list was forgotten because the table was full; what others keep by this id is void.
    case evicted(list: ListID)
}
