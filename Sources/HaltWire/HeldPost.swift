// SPDX-License-Identifier: Apache-2.0
//
// Held mail as people think of it: one post, however many messages its copies became. Parts of one
// post have one Message-ID; what has none is a post of its own. All text is a stranger's, and was
// made harmless where it was read.

/// One post of which copies are on hold.
public struct HeldPost: Sendable, Codable, Equatable {
    /// Queue ID of its oldest held message; names the post in a command.
    public var id: String
    /// The list that it was held for; empty when the whole queue was.
    public var list: String
    /// Its Message-ID, at most 200 characters; empty when it has none.
    public var messageID: String
    /// Its Subject, at most 200 characters, not decoded.
    public var subject: String
    /// Its From header, at most 200 characters, not decoded.
    public var from: String
    /// Envelope sender of its oldest held message.
    public var sender: String
    /// Arrival of its oldest held message, in seconds since 1970.
    public var first: Int64
    /// Messages of it that are on hold.
    public var messages: Int
    /// Copies of it that are on hold: recipients of those messages.
    public var copies: Int
    /// Messages of it that could not be read, or that are other people's as well, so that whose they
    /// are is not known; nil: none.
    public var undecided: Int?

    /// A post of which `message` is the first that was seen.
    package init(_ message: HeldMessage, list: String) {
        id = message.id
        self.list = list
        messageID = message.messageID
        subject = message.subject
        from = message.from
        sender = message.sender
        first = message.arrival
        messages = 1
        copies = message.recipients
    }

    /// A post of which a message was saved with its envelope.
    package init(
        id: String,
        list: String,
        messageID: String,
        sender: String,
        first: Int64,
        copies: Int
    ) {
        self.id = id
        self.list = list
        self.messageID = messageID
        (subject, from) = ("", "")
        self.sender = sender
        self.first = first
        messages = 1
        self.copies = copies
    }

    /// Notes that whose one of its messages is could not be told.
    package mutating func noteUndecided() { undecided = (undecided ?? 0) + 1 }

    /// Takes in a further message of the same post.
    package mutating func add(_ message: HeldMessage) {
        messages += 1
        copies += message.recipients
        if (message.arrival, message.id) < (first, id) {
            (id, first, sender) = (message.id, message.arrival, message.sender)
        }
    }
}
