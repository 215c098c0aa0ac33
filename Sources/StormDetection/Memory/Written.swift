// SPDX-License-Identifier: Apache-2.0
//
// The writer's clock. A flushed queue and a storm that was delayed differ in one thing only: when the
// posts were written. So order and pace are taken from Date headers, relative to each other: an error
// that all share cancels out, and one that a single sender has misplaces his post alone. The mistake
// to avoid: comparing a Date with this host's clock, and dropping what does not fit.

import EventTime
import ListTraffic

enum Written {
    /// A Date that is further ahead, or further back, is somebody's wrong clock.
    ///
    /// The post then counts as written when it came. Mail waits at most five days, RFC 5321 section 4.5.4.1.
    private static let ahead = TimeSpan.days(1)
    private static let behind = TimeSpan.days(5)

    /// When `post`, which counts at `time`, was written.
    static func time(of post: Post, at time: Timestamp) -> Timestamp {
        guard let age = post.age else { return time }
        // A Date is a time of its own; how long a post waited here is told from the clock that counts.
        let dated = post.hasHeaders ? post.time - age : time - age
        if isLikely(dated, at: time) { return dated }
        return isLikely(time - age, at: time) ? time - age : time
    }

    private static func isLikely(_ written: Timestamp, at time: Timestamp) -> Bool {
        written > time ? written - time <= ahead : time - written <= behind
    }
}

/// How many were written within a span that holds one moment, wherever the span begins.
///
/// Five places of the span are tried, so that it is a handful of comparisons for each.
struct Around {
    private let first: Int64
    private let step: Int64
    private var counts: [5 of Int64] = .init(repeating: 0)

    /// Counts around `written`, in seconds, the post of that moment itself included.
    init(_ written: UInt32, span: TimeSpan) {
        let seconds = max(4, span.microseconds / 1_000_000)
        first = Int64(written) - seconds
        step = seconds / 4
        for place in 0..<5 { counts[place] = 1 }
    }

    mutating func add(_ written: UInt32) {
        let seconds = Int64(written)
        guard seconds >= first, seconds <= first + 8 * step else { return }
        for place in 0..<5 {
            let start = first + Int64(place) * step
            if seconds >= start, seconds <= start + 4 * step { counts[place] += 1 }
        }
    }

    /// The most within any of them.
    var most: Int64 {
        var most: Int64 = 0
        for place in 0..<5 { most = max(most, counts[place]) }
        return most
    }
}
