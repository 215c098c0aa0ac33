// SPDX-License-Identifier: Apache-2.0
//
// Counts over the last minute, five minutes, hour and day. One run of segments serves all four: as
// they age they are joined, into what the windows that still reach them can tell apart (10 s, 1 min,
// 5 min, 2 h), so that a quiet list has one or two and the busiest 35. Time is the event's; an event
// older than the newest segment is counted in it. A reading reaches back between the window and one
// bucket less.

import EventTime

/// What is counted; saturates instead of trapping.
struct Tally: Sendable, Equatable {
    var posts: UInt16 = 0
    var replies: UInt16 = 0
    var announced: UInt32 = 0
    var sent: UInt32 = 0

    static func saturated(_ value: Int64) -> UInt32 { UInt32(clamping: value) }

    mutating func add(_ other: Tally) {
        posts = posts.addingSaturated(other.posts)
        replies = replies.addingSaturated(other.replies)
        announced = announced.addingSaturated(other.announced)
        sent = sent.addingSaturated(other.sent)
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// The sum, held at the end.
    func addingSaturated(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// The sum of a window; copies fit Int64 because there are at most 40 segments of 32 bits.
struct WindowSum: Sendable, Equatable {
    var posts: Int64 = 0
    var replies: Int64 = 0
    var announced: Int64 = 0
    var sent: Int64 = 0
}

/// The four windows of one list.
enum RollingWindows {
    /// One window.
    enum Width: Int, CaseIterable, Sendable {
        case minute, fiveMinutes, hour, day

        /// Seconds of one bucket.
        var bucketSeconds: Int64 { [10, 60, 300, 7200][rawValue] }
        /// Buckets of the window.
        var buckets: Int64 { [6, 5, 12, 12][rawValue] }
        /// The window's length.
        var span: TimeSpan { .seconds([60, 300, 3600, 86400][rawValue]) }
    }

    /// What happened between the segment before and the end of this one.
    struct Segment: Ringed {
        static let kind = Rings.Kind.segments
        static let width = 4
        static let cap = 40
        /// Start of its latest ten seconds.
        var second: UInt32
        var tally: Tally

        init(second: UInt32, tally: Tally) {
            self.second = second
            self.tally = tally
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            second = words[place]
            tally = Tally(
                posts: words[place + 1].low,
                replies: words[place + 1].high,
                announced: words[place + 2],
                sent: words[place + 3]
            )
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = second
            words[place + 1] = paired(tally.posts, tally.replies)
            words[place + 2] = tally.announced
            words[place + 3] = tally.sent
        }

        /// Seconds that the finest window which reaches it at `now` can tell apart; 0: none does.
        func resolution(at now: UInt32) -> UInt32 {
            if now / 10 < second / 10 + 6 { return 10 }
            if now / 60 < second / 60 + 5 { return 60 }
            if now / 300 < second / 300 + 12 { return 300 }
            return now / 7200 < second / 7200 + 12 ? 7200 : 0
        }
    }
}

extension Rings {
    private typealias Segment = RollingWindows.Segment

    /// Adds `tally` at `time` to all four windows.
    mutating func add(_ tally: Tally, at time: Timestamp) {
        let second = UInt32(time) / 10 * 10
        let total = count(Segment.self)
        if total > 0 {
            var newest = self[Segment.self, total - 1]
            if second <= newest.second {
                newest.tally.add(tally)
                self[Segment.self, total - 1] = newest
                return
            }
            let kept = join(at: second)
            if kept < total {
                // In the place of one that is no more: what stands behind the ring moves once, if at all.
                self[Segment.self, kept] = Segment(second: second, tally: tally)
                close(
                    .segments,
                    at: (kept + 1) * Segment.width,
                    (total - kept - 1) * Segment.width
                )
                return
            }
        }
        append(Segment(second: second, tally: tally))
    }

    /// Joins segments that no window tells apart at `now`, and lets go of what none reaches; gives how
    /// many there are now, at the front of the ring.
    private mutating func join(at now: UInt32) -> Int {
        let total = count(Segment.self)
        var kept = 0
        var before = Segment(second: 0, tally: Tally())
        for index in 0..<total {
            var segment = self[Segment.self, index]
            let seconds = segment.resolution(at: now)
            guard seconds > 0 else { continue }
            if kept > 0 && before.second / seconds == segment.second / seconds {
                segment.tally.add(before.tally)
                kept -= 1
            }
            if kept < index { self[Segment.self, kept] = segment }
            kept += 1
            before = segment
        }
        return kept
    }

    /// What the window holds at `time`.
    func sum(_ width: RollingWindows.Width, at time: Timestamp) -> WindowSum {
        var sum = WindowSum()
        let total = count(Segment.self)
        guard total > 0 else { return sum }
        let seconds = width.bucketSeconds
        let now = max(Int64(self[Segment.self, total - 1].second), time.seconds)
        let first = now / seconds - width.buckets + 1
        for index in stride(from: total - 1, through: 0, by: -1) {
            let segment = self[Segment.self, index]
            guard Int64(segment.second) / seconds >= first else { break }
            sum.posts += Int64(segment.tally.posts)
            sum.replies += Int64(segment.tally.replies)
            sum.announced += Int64(segment.tally.announced)
            sum.sent += Int64(segment.tally.sent)
        }
        return sum
    }
}
