// SPDX-License-Identifier: Apache-2.0
//
// What is known of each post over all hosts: who told it first, and the copies by the role of those who
// tell of them. Copies count once whatever relays they pass: those of the hosts that make them, and those
// of relays only where no such host says anything. The mistake to avoid: to add both.

internal import Archive
internal import EventTime
internal import ListTraffic

/// One post of one list.
struct PostKey: Hashable, Sendable {
    var list: String
    var message: MessageDigest
}

/// What is known of one post.
struct JoinedPost: Sendable {
    /// Whether it was judged, or learned.
    var isTold = false
    /// The host that told it first.
    var host = ""
    /// When its first copies were announced, as far as the judge believes it.
    var time = Timestamp.distantPast
    /// Copies that hosts announced who make them.
    fileprivate var home: Int64 = 0
    /// Copies that relays passed on.
    fileprivate var relayed: Int64 = 0
    /// Copies that count.
    fileprivate(set) var counted: Int64 = 0

    init() {}

    /// Adds copies, and gives how many count that did not before.
    mutating func add(_ copies: Int64, by role: ReporterRole) -> Int64 {
        let copies = max(0, copies)
        switch role {
        case .home: home = home.addingReportingOverflow(copies).partialValue
        case .relay: relayed = relayed.addingReportingOverflow(copies).partialValue
        }
        let more = max(0, (home > 0 ? home : relayed) - counted)
        counted += more
        return more
    }
}

/// Posts in two generations; the older one is dropped when the newer is full.
struct JoinedPosts: Sendable {
    /// Posts of one generation.
    ///
    /// Chosen: as many as a host remembers by itself; two days of 1,000 posts an hour. Some 15 MiB when
    /// both are full.
    static let most = 50_000

    private var newer: [PostKey: JoinedPost] = [:]
    private var older: [PostKey: JoinedPost] = [:]

    /// Messages of the newer generation by the first half of their digest, as they are saved.
    var newerCount: Int { Set(newer.keys.lazy.map(\.message.high)).count }
    /// Those of the older one.
    var olderCount: Int { Set(older.keys.lazy.map(\.message.high)).count }

    /// What is known of a post; a new one where nothing is.
    subscript(key: PostKey) -> JoinedPost {
        get { newer[key] ?? older[key] ?? JoinedPost() }
        set {
            if newer[key] == nil, newer.count >= Self.most {
                older = newer
                newer = [:]
            }
            newer[key] = newValue
        }
    }
}

extension JoinedPosts {
    /// Writes both generations, or reads them; `counts` are ``newerCount`` and ``olderCount``.
    mutating func archive(
        _ parts: inout ArchiveParts,
        kinds: (newer: Int32, older: Int32),
        counts: (newer: Int, older: Int)
    ) throws {
        try Self.archive(&newer, &parts, kinds.newer, counts.newer)
        try Self.archive(&older, &parts, kinds.older, counts.older)
    }

    /// Writes one generation, or reads it.
    ///
    /// By the first half of the digest: a message that comes changes one part only. Lists that share a
    /// message stand together.
    private static func archive(
        _ posts: inout [PostKey: JoinedPost],
        _ parts: inout ArchiveParts,
        _ kind: Int32,
        _ count: Int
    ) throws {
        guard count <= most else { throw ArchiveDamage("it has \(count) posts") }
        let together =
            parts.isReading ? [:] : Dictionary(grouping: posts) { $0.key.message.high }
        var read: [PostKey: JoinedPost] = [:]
        try parts.buckets(kind, together.keys.sorted(), count: count) {
            (high, stream) throws(ArchiveDamage) in
            var saved = (together[high] ?? []).map { SavedPost(key: $0.key, post: $0.value) }
                .sorted { ($0.low, $0.list) < ($1.low, $1.list) }
            try stream.list(&saved, most: most)
            guard stream.isReading else { return }
            for post in saved {
                let message = MessageDigest(high: high, low: post.low)
                read[PostKey(list: post.list, message: message)] = post.post
            }
        }
        if parts.isReading { posts = read }
    }
}

/// A post as it is saved below the first half of its digest.
private struct SavedPost: Archived {
    var low: UInt64 = 0
    var list = ""
    var post = JoinedPost()

    init() {}

    init(key: PostKey, post: JoinedPost) {
        (low, list) = (key.message.low, key.list)
        self.post = post
    }

    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.word(&low)
        try stream.text(&list)
        try stream.value(&post)
    }
}

extension JoinedPost: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.flag(&isTold)
        try stream.text(&host)
        try stream.value(&time)
        for copies in [\JoinedPost.home, \.relayed, \.counted] {
            try stream.number(&self[keyPath: copies], from: 0)
        }
    }
}
