// SPDX-License-Identifier: Apache-2.0
//
// What is known of each post over all hosts: who told it first, and the copies by the role of those who
// tell of them. Copies count once whatever relays they pass: those of the hosts that make them, and those
// of relays only where no such host says anything. The mistake to avoid: to add both.

import EventTime
import ListTraffic

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
    private var home: Int64 = 0
    /// Copies that relays passed on.
    private var relayed: Int64 = 0
    /// Copies that count.
    private(set) var counted: Int64 = 0

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

    /// Posts that are known.
    var count: Int { newer.count + older.count }

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
