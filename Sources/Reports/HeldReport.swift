// SPDX-License-Identifier: Apache-2.0
//
// What `held --json` prints, as a value: held mail by post. Subject, From and Message-ID are a
// stranger's text; printers escape. Names become snake_case in JSON; additions only.

/// Held mail by post, those first seen first.
public struct HeldReport: Sendable, Codable, Equatable {
    /// One post of which copies are on hold.
    public struct Post: Sendable, Codable, Equatable {
        /// Queue ID of its oldest held message, by which commands name it.
        public var post: String
        /// The list that it is held for; nil: the whole queue was halted.
        public var list: String?
        /// Its Message-ID; empty when it has none.
        public var messageID: String
        /// Its From header.
        public var from: String
        /// Its Subject.
        public var subject: String
        /// Envelope sender of its oldest held message.
        public var sender: String
        /// Arrival of that message, RFC 3339 UTC.
        public var firstSeen: String
        /// Messages on hold.
        public var messages: Int64
        /// Copies on hold.
        public var copies: Int64
        /// Messages of it that could not be read, or that are other people's as well, so that whose
        /// they are is not known; nil: none.
        public var undecided: Int64?

        /// A post with every field given.
        public init(
            post: String,
            list: String?,
            messageID: String,
            from: String,
            subject: String,
            sender: String,
            firstSeen: String,
            messages: Int64,
            copies: Int64,
            undecided: Int64? = nil
        ) {
            self.undecided = undecided
            self.post = post
            self.list = list
            self.messageID = messageID
            self.from = from
            self.subject = subject
            self.sender = sender
            self.firstSeen = firstSeen
            self.messages = messages
            self.copies = copies
        }
    }

    /// Version of this shape; 1.
    public var version = 1
    /// The posts.
    public var posts: [Post]
    /// Messages of further posts, which are not listed.
    public var more: Int64
    /// Messages on hold that are ours, of all lists.
    public var held: Int64
    /// Messages on hold that are somebody else's; never touched.
    public var foreign: Int64
    /// Messages on hold that are ours and could not be read, so that no post counts them; nil: none.
    public var unreadable: Int64?

    /// A report with every field given.
    public init(
        posts: [Post],
        more: Int64,
        held: Int64,
        foreign: Int64,
        unreadable: Int64? = nil
    ) {
        self.unreadable = unreadable
        self.posts = posts
        self.more = more
        self.held = held
        self.foreign = foreign
    }
}
