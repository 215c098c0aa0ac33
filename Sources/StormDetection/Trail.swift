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
///
/// They are kept as bytes, a third of what 20 structs with their texts would take: most are never
/// looked at.
struct Trail: Sendable, Equatable {
    private static let cap = 20
    private var bytes: [UInt8] = []
    private var count = 0

    mutating func note(_ post: TrailPost) {
        if count == Self.cap {
            var reader = SnapshotReader(bytes)
            // Written by us a moment ago: nothing there to go wrong.
            _ = try? TrailPost(from: &reader)
            bytes.removeFirst(reader.place)
            count -= 1
        }
        var writer = SnapshotWriter(bytes: bytes)
        bytes = []
        // Doubling would waste a third; the numbers of a post take at most 32 bytes.
        let length = post.poster.utf8.count + post.queueID.utf8.count
        writer.bytes.reserveCapacity(writer.bytes.count + min(1024, length) + 32)
        post.write(to: &writer)
        bytes = writer.bytes
        count += 1
    }

    /// The posts, oldest first.
    var posts: [TrailPost] {
        var reader = SnapshotReader(bytes)
        return (0..<count).compactMap { _ in try? TrailPost(from: &reader) }
    }

    /// All of them in words.
    var evidence: [EvidencePost] { posts.map(\.evidence) }

    /// Those from `start` on which counted; all of them when `everything`.
    func evidence(since start: Timestamp, everything: Bool) -> [EvidencePost] {
        posts.filter { $0.time >= start && (everything || $0.isCounted) }.map(\.evidence)
    }
}

extension TrailPost: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(time.microseconds)
        writer.write(poster)
        writer.write(queueID)
        writer.write(copies)
        writer.write(Int64(PostKind.allCases.firstIndex(of: kind) ?? 0))
        writer.write(Int64(standing.rawValue))
        writer.write(span)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        time = Timestamp(microseconds: try reader.readInt())
        poster = try reader.readText()
        queueID = try reader.readText()
        copies = try reader.readInt()
        kind = PostKind.allCases[try reader.readCount(limit: PostKind.allCases.count - 1)]
        guard let standing = Standing(rawValue: UInt8(try reader.readCount(limit: 255)))
        else { throw SnapshotError(reason: "a post has no standing") }
        self.standing = standing
        span = try reader.readInt()
    }
}

extension Trail: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(count))
        writer.bytes += bytes
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            note(try TrailPost(from: &reader))
        }
    }
}
