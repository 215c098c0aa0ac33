// SPDX-License-Identifier: Apache-2.0
//
// The last posts of a list, and for each whether it counted and why not: what `explain` and a
// page show. The words are made when somebody asks, from one byte and one number.

import EventTime
import ListTraffic

/// Whether a post counted as evidence, or why not.
enum Standing: UInt8, Sendable, Equatable {
    /// A person who had not posted for a while.
    case counted
    /// The same, by a poster whom the list never redistributed before.
    case countedStranger
    /// Counted, while the list is too new for novelty to mean anything.
    case countedInWarmUp
    /// The poster posted a short while ago; the number is how long.
    case repeatPoster
    /// A machine: feeds only the loop rules and the ceiling.
    case robot
    /// Old on arrival; the number is its age.
    case stale
}

/// One remembered post.
struct TrailPost: Sendable, Equatable {
    var time: Timestamp
    var poster: String
    var queueID: String
    var copies: Int64
    var kind: PostKind
    var standing: Standing
    /// Microseconds, see ``Standing``.
    var span: Int64

    /// The post in words.
    var evidence: EvidencePost {
        EvidencePost(
            time: time,
            poster: poster,
            kind: kind.rawValue,
            queueID: queueID,
            copies: copies,
            reason: reason
        )
    }

    private var reason: String {
        let length = Span(microseconds: span).words
        return switch standing {
        case .counted: "counted"
        case .countedStranger: "counted: never posted here before"
        case .countedInWarmUp: "counted; whether the poster is new is not judged yet (warm-up)"
        case .repeatPoster: "not counted: the same poster wrote \(length) before"
        case .robot: "not counted as a person: a machine"
        case .stale: "not counted: \(length) old on arrival, a queue flush"
        }
    }

    /// Whether it is part of the evidence.
    var isCounted: Bool {
        standing == .counted || standing == .countedStranger || standing == .countedInWarmUp
    }
}

/// The last 20 posts of one list, oldest first.
struct Trail: Sendable, Equatable {
    private static let cap = 20
    private(set) var posts = ContiguousArray<TrailPost>()

    mutating func note(_ post: TrailPost) {
        if posts.count == Self.cap { posts.removeFirst() }
        posts.append(post)
    }

    /// All of them in words.
    var evidence: [EvidencePost] { posts.map(\.evidence) }

    /// Those from `start` on which counted; all of them when `everything`.
    func evidence(since start: Timestamp, everything: Bool) -> [EvidencePost] {
        posts.filter { $0.time >= start && (everything || $0.isCounted) }.map(\.evidence)
    }
}

extension Trail: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(posts.count))
        for post in posts {
            writer.write(post.time.microseconds)
            writer.write(post.poster)
            writer.write(post.queueID)
            writer.write(post.copies)
            writer.write(Int64(PostKind.allCases.firstIndex(of: post.kind) ?? 0))
            writer.write(Int64(post.standing.rawValue))
            writer.write(post.span)
        }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            let time = Timestamp(microseconds: try reader.readInt())
            let poster = try reader.readText()
            let queueID = try reader.readText()
            let copies = try reader.readInt()
            let kind = PostKind.allCases[
                try reader.readCount(limit: PostKind.allCases.count - 1)
            ]
            guard let standing = Standing(rawValue: UInt8(try reader.readCount(limit: 255)))
            else { throw SnapshotError(reason: "a post has no standing") }
            posts.append(
                TrailPost(
                    time: time,
                    poster: poster,
                    queueID: queueID,
                    copies: copies,
                    kind: kind,
                    standing: standing,
                    span: try reader.readInt()
                )
            )
        }
    }
}
