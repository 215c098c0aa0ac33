// SPDX-License-Identifier: Apache-2.0
//
// Posts by list and Message-ID, and the two memories that all lists share: who ever posted, and who
// lately received a copy. The mistake to avoid: a key without the list; one message may be two
// lists' post.

internal import Archive
internal import EventTime

/// All posts that are remembered, and the people of all lists.
struct Posts: Sendable {
    private var posts = SlotTable<PostRecord>()
    var posters = KnownPosters(limit: 16)
    private var recipients = RecentRecipients(limit: 16)

    /// Takes the limits that `settings` give.
    mutating func setLimits(_ settings: TrafficSettings) {
        posts.setLimits(
            passing: max(settings.maximumPosts, 16) / 2 / 4,
            kept: max(settings.maximumPosts, 16)
        )
        posters.limit = max(settings.maximumPosters, 16)
        recipients.setLimit(max(settings.maximumRecipients, 16))
    }

    /// Posts, posters, and posters that found no room.
    var counts: (posts: Int, posters: Int, refused: Int64) {
        (posts.count, posters.count, posters.refused)
    }

    /// The post that `message` is to the list with the hash `list`.
    @inline(__always)
    func find(_ list: UInt64, _ message: UInt64) -> Handle<PostRecord>? {
        posts.find(mix(list, message))
    }

    /// A post, changed in place; nil when it was forgotten.
    subscript(post: Handle<PostRecord>) -> PostRecord? {
        @inline(__always) get { posts[post] }
        @inline(__always) set { posts[post] = newValue }
    }

    /// Marks a post as the one used last.
    mutating func touch(_ post: Handle<PostRecord>) { posts.touch(post) }

    /// A new post of `message`, its own thread's root, and whether another had to leave for it.
    mutating func begin(
        _ list: UInt64,
        _ message: UInt64,
        at time: Timestamp,
        isKept: Bool
    ) -> (post: Handle<PostRecord>, hasEvicted: Bool) {
        let (post, gone) = posts.insert(mix(list, message), lane: isKept ? .kept : .passing)
        posts[post]?.time = time.microseconds
        posts[post]?.root = message
        return (post, gone != nil)
    }

    /// Keeps a post apart from those of unconfirmed lists; whether another had to leave for it.
    mutating func keep(_ post: Handle<PostRecord>) -> Bool { posts.move(post, to: .kept) != nil }

    // MARK: People

    /// Whether the poster ever posted to the list; `key` joins both.
    func hasPosted(_ key: UInt64) -> Bool { posters.contains(key) }

    /// Remembers a poster of a list.
    mutating func notePoster(_ key: UInt64) { posters.insert(key) }

    /// Whether the person received a copy of the list lately; `key` joins both.
    func hasReceived(_ key: UInt64) -> Bool { recipients.contains(key) }

    /// Remembers a recipient of a list.
    @inline(__always)
    mutating func noteRecipient(_ key: UInt64) { recipients.insert(key) }
}

extension Posts {
    /// Writes everything, or reads it in the place of what is here.
    mutating func archive(_ parts: inout ArchiveParts) throws {
        try posts.archive(&parts, TrafficPart.posts)
        try posters.archive(&parts)
        try recipients.archive(&parts)
    }
}
