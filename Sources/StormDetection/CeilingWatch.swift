// SPDX-License-Identifier: Apache-2.0
//
// Posts and copies an hour, against the table and against four times the busiest clean hour.
// Learned are only completed hours that did not trip: learning from the running hour would let
// it raise its own limit. An attacker raises the maximum by a factor of four a clean hour and
// never over ten times the table. One mailing, however large, is one post and never trips. A burst
// of a build robot, or of a mailing in parts, is only doubtful, up to ten times the table.

import EventTime

/// Volume of one list within the hour.
struct CeilingWatch: Sendable, Equatable {
    /// One five-minute bucket, or one clock hour; saturates.
    struct Volume: Sendable, Equatable {
        var posts: UInt16 = 0
        /// Posts among them by a steady poster, or one more part of a mailing.
        var explained: UInt16 = 0
        var copies: UInt32 = 0

        mutating func add(_ other: Volume) {
            posts = posts.addingSaturated(other.posts)
            explained = explained.addingSaturated(other.explained)
            copies = copies.addingSaturated(other.copies)
        }
    }

    private static let bucketTotal: Int64 = 12
    private static let halfLife = 180.0 * 86400
    private var buckets = ContiguousArray<Volume>()
    private var newest: Int64 = 0
    /// The newest volume, while there are no buckets.
    private var single = Volume()
    private var hasSingle = false
    /// The running clock hour, and what it had so far.
    private var hour: Int64 = .min
    private var running = Volume()
    /// Whether the running hour tripped, so that it teaches nothing.
    private var isSpoilt = false
    /// Decayed maxima of clean hours: posts, copies, posts of one poster.
    private(set) var busiestPosts = 0.0
    private(set) var busiestCopies = 0.0
    private(set) var busiestPoster = 0.0

    /// Adds `volume` at `time` and gives the sum of the last hour.
    mutating func add(_ volume: Volume, at time: Timestamp) -> Volume {
        close(at: time)
        running.add(volume)
        let bucket = time.seconds / 300
        if buckets.isEmpty {
            // One volume an hour, as most lists have it, needs no buckets.
            let (gap, overflow) = bucket.subtractingReportingOverflow(newest)
            guard hasSingle, !overflow, gap < Self.bucketTotal else {
                hasSingle = true
                single = volume
                newest = bucket
                return volume
            }
            buckets = ContiguousArray(repeating: Volume(), count: Int(Self.bucketTotal))
            buckets[Self.place(newest)] = single
        }
        if bucket > newest {
            let (gap, overflow) = bucket.subtractingReportingOverflow(newest)
            for step in 0..<(overflow ? Self.bucketTotal : min(gap, Self.bucketTotal)) {
                buckets[Self.place(bucket - step)] = Volume()
            }
            newest = bucket
        }
        buckets[Self.place(newest)].add(volume)
        return buckets.reduce(into: Volume()) { $0.add($1) }
    }

    private static func place(_ bucket: Int64) -> Int {
        Int(((bucket % bucketTotal) + bucketTotal) % bucketTotal)
    }

    /// Learns the clock hour that ended.
    private mutating func close(at time: Timestamp) {
        let now = time.seconds / 3600
        guard now != hour else { return }
        if hour != .min {
            let gone = Double(now) - Double(hour)
            let left = halved(gone * 3600, halfLife: Self.halfLife)
            busiestPosts *= left
            busiestCopies *= left
            busiestPoster *= left
            if !isSpoilt {
                busiestPosts = max(busiestPosts, Double(running.posts))
                busiestCopies = max(busiestCopies, Double(running.copies))
            }
        }
        hour = now
        running = Volume()
        isSpoilt = false
    }

    /// Learns how often one poster posted in a completed hour.
    mutating func learn(poster posts: Int64) {
        if !isSpoilt { busiestPoster = max(busiestPoster, Double(posts)) }
    }

    /// The hour tripped: it teaches nothing.
    mutating func spoil() {
        isSpoilt = true
    }

    /// The limit where `table` is the configured one and `busiest` the learned maximum.
    static func limit(table: Double, busiest: Double, settings: DetectionSettings) -> Double {
        let learned = settings.ceilingFactor * busiest
        let most = settings.ceilingLearnedLimit * table
        return learned > table && most > table ? min(learned, most) : table
    }

    /// What `count` an hour means, `explained` of it no surprise.
    ///
    /// What is explained is only doubtful up to twice the limit, or up to `most` if that is more.
    static func judge(
        _ count: Double,
        explained: Double,
        limit: Double,
        most: Double
    ) -> Verdict.Action? {
        guard count > limit else { return nil }
        return count - explained > limit || count > max(2 * limit, most) ? .trip : .softHold
    }

    /// The limit of one poster: never below what the whole list had in a clean hour, so that a
    /// list with a single robot on it is judged as a list.
    func posterLimit(_ limits: Limits, settings: DetectionSettings) -> Double {
        let learned = max(settings.ceilingFactor * busiestPoster, busiestPosts)
        let table = limits.posterPerHour
        let most = settings.ceilingLearnedLimit * table
        return learned > table && most > table ? min(learned, most) : table
    }

    /// Forgets the last hour, keeps what was learned.
    mutating func clear() {
        buckets.removeAll()
        hasSingle = false
        running = Volume()
        isSpoilt = true
    }
}

extension CeilingWatch: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(buckets.count))
        for bucket in buckets + [single, running] {
            writer.write(Int64(bucket.posts))
            writer.write(Int64(bucket.explained))
            writer.write(Int64(bucket.copies))
        }
        for value in [newest, hour] { writer.write(value) }
        writer.write(hasSingle)
        writer.write(isSpoilt)
        writer.write([busiestPosts, busiestCopies, busiestPoster])
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        let count = try reader.readCount(limit: Int(Self.bucketTotal))
        guard count == 0 || count == Int(Self.bucketTotal) else {
            throw SnapshotError(reason: "an hour has \(count) parts")
        }
        for _ in 0...(count + 1) {
            let posts = UInt16(clamping: try reader.readInt())
            let explained = UInt16(clamping: try reader.readInt())
            let copies = UInt32(clamping: try reader.readInt())
            buckets.append(Volume(posts: posts, explained: explained, copies: copies))
        }
        running = buckets.removeLast()
        single = buckets.removeLast()
        newest = try reader.readInt()
        hour = try reader.readInt()
        hasSingle = try reader.readBool()
        isSpoilt = try reader.readBool()
        busiestPosts = max(0, try reader.readDouble())
        busiestCopies = max(0, try reader.readDouble())
        busiestPoster = max(0, try reader.readDouble())
    }
}
