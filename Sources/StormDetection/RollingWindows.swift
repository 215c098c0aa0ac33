// SPDX-License-Identifier: Apache-2.0
//
// Counts over the last minute, five minutes, hour and day, each a ring of buckets: an event is
// four additions, a reading at most 12. Time is the event's; an event older than the newest
// bucket is counted in the newest. A reading reaches back between the window and one bucket less.

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

/// The sum of a window; copies fit Int64 because there are at most 12 buckets of 32 bits.
struct WindowSum: Sendable, Equatable {
    var posts: Int64 = 0
    var replies: Int64 = 0
    var announced: Int64 = 0
    var sent: Int64 = 0
}

/// The four windows of one list: 35 buckets of 12 bytes, allocated with the first event.
struct RollingWindows: Sendable, Equatable {
    /// One window's place in the ring memory.
    enum Width: Int, CaseIterable, Sendable {
        case minute, fiveMinutes, hour, day

        /// Seconds of one bucket.
        var bucketSeconds: Int64 { [10, 60, 300, 7200][rawValue] }
        /// Buckets of the window.
        var buckets: Int { [6, 5, 12, 12][rawValue] }
        /// First bucket of the window in the shared memory.
        var start: Int { [0, 6, 11, 23][rawValue] }
        /// The window's length.
        var span: Span { .seconds([60, 300, 3600, 86400][rawValue]) }
    }

    private static let bucketTotal = 35
    private var buckets = ContiguousArray<Tally>()
    /// Second of the newest event: it tells each window's newest bucket.
    private var latest: Int64 = 0

    /// Adds `tally` at `time` to all four windows.
    mutating func add(_ tally: Tally, at time: Timestamp) {
        let seconds = time.seconds
        if buckets.isEmpty {
            buckets = ContiguousArray(repeating: Tally(), count: Self.bucketTotal)
            latest = seconds
        }
        let now = max(latest, seconds)
        add(tally, latest / 10, now / 10, start: 0, count: 6)
        add(tally, latest / 60, now / 60, start: 6, count: 5)
        add(tally, latest / 300, now / 300, start: 11, count: 12)
        add(tally, latest / 7200, now / 7200, start: 23, count: 12)
        latest = now
    }

    private mutating func add(
        _ tally: Tally,
        _ head: Int64,
        _ bucket: Int64,
        start: Int,
        count: Int
    ) {
        if bucket > head {
            let (gap, overflow) = bucket.subtractingReportingOverflow(head)
            for step in 0..<(overflow ? Int64(count) : min(gap, Int64(count))) {
                buckets[start + Self.place(bucket &- step, count)] = Tally()
            }
        }
        buckets[start + Self.place(bucket, count)].add(tally)
    }

    private static func place(_ bucket: Int64, _ count: Int) -> Int {
        let remainder = Int(bucket % Int64(count))
        return remainder < 0 ? remainder + count : remainder
    }

    /// What the window holds at `time`.
    func sum(_ width: Width, at time: Timestamp) -> WindowSum {
        var sum = WindowSum()
        guard !buckets.isEmpty else { return sum }
        let head = latest / width.bucketSeconds
        let now = max(head, time.seconds / width.bucketSeconds)
        for step in 0..<Int64(width.buckets) {
            let (bucket, overflow) = now.subtractingReportingOverflow(step)
            guard !overflow, bucket <= head, head - Int64(width.buckets) < bucket else { continue }
            let tally = buckets[width.start + Self.place(bucket, width.buckets)]
            sum.posts += Int64(tally.posts)
            sum.replies += Int64(tally.replies)
            sum.announced += Int64(tally.announced)
            sum.sent += Int64(tally.sent)
        }
        return sum
    }

    /// Forgets everything.
    mutating func clear() {
        self = RollingWindows()
    }
}

extension RollingWindows: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(!buckets.isEmpty)
        guard !buckets.isEmpty else { return }
        writer.write(latest)
        for bucket in buckets {
            writer.write(bucket != Tally())
            guard bucket != Tally() else { continue }
            writer.write(Int64(bucket.posts))
            writer.write(Int64(bucket.replies))
            writer.write(Int64(bucket.announced))
            writer.write(Int64(bucket.sent))
        }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        guard try reader.readBool() else { return }
        // Far beyond every time, and far from overflow.
        latest = max(-(1 << 50), min(1 << 50, try reader.readInt()))
        for _ in 0..<Self.bucketTotal {
            var tally = Tally()
            if try reader.readBool() {
                tally.posts = UInt16(clamping: try reader.readInt())
                tally.replies = UInt16(clamping: try reader.readInt())
                tally.announced = Tally.saturated(try reader.readInt())
                tally.sent = Tally.saturated(try reader.readInt())
            }
            buckets.append(tally)
        }
    }
}
