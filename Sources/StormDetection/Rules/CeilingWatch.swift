// SPDX-License-Identifier: Apache-2.0
//
// Posts and copies an hour, against the table and against four times the busiest clean hour.
// Learned are only completed hours that did not trip: learning from the running hour would let
// it raise its own limit. An attacker raises the maximum by a factor of four a clean hour and
// never over ten times the table. One mailing, however large, is one post and never trips. A burst
// of a build robot, or of a mailing in parts, is only doubtful, up to ten times the table.

internal import Archive
import EventTime

/// Volume of one list within the hour.
struct CeilingWatch: Sendable, Equatable {
    /// What came in some time; saturates.
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

    /// The volume of five minutes.
    struct Charge: Ringed {
        static let kind = Rings.Kind.charges
        static let width = 3
        static let cap = 12
        /// Five minutes since 1970.
        var bucket: UInt32
        var volume: Volume

        init(bucket: UInt32, volume: Volume) {
            self.bucket = bucket
            self.volume = volume
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            bucket = words[place]
            volume = Volume(
                posts: words[place + 1].low,
                explained: words[place + 1].high,
                copies: words[place + 2]
            )
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = bucket
            words[place + 1] = paired(volume.posts, volume.explained)
            words[place + 2] = volume.copies
        }
    }

    private static let halfLife = 180.0 * 86400
    /// The running clock hour since 1970, and what it had so far.
    private var hour: UInt32 = 0
    private var running = Volume()
    /// Decayed maxima of clean hours: posts, copies, posts of one poster.
    private var postsLearned: Float = 0
    private var copiesLearned: Float = 0
    private var posterLearned: Float = 0
    /// Whether the running hour tripped, so that it teaches nothing.
    private var isSpoilt = false

    /// Posts, and copies, of the busiest clean hour, decayed.
    var busiestPosts: Double { Double(postsLearned) }
    var busiestCopies: Double { Double(copiesLearned) }

    /// Adds `volume` at `time` and gives the sum of the last hour.
    mutating func add(_ volume: Volume, at time: Timestamp, _ rings: inout Rings) -> Volume {
        close(at: time)
        running.add(volume)
        let bucket = UInt32(time) / 300
        let past = rings.past(Charge.self) { $0.bucket.addingSaturated(12) <= bucket }
        let total = rings.count(Charge.self)
        if past < total, var newest = rings.last(Charge.self), newest.bucket >= bucket {
            newest.volume.add(volume)
            rings[Charge.self, total - 1] = newest
            rings.removeFirst(Charge.self, past)
        } else {
            rings.append(Charge(bucket: bucket, volume: volume), dropping: past)
        }
        return rings.all(Charge.self).reduce(into: Volume()) { $0.add($1.volume) }
    }

    /// Learns the clock hour that ended.
    private mutating func close(at time: Timestamp) {
        let now = UInt32(time) / 3600
        guard now != hour else { return }
        if hour > 0 {
            let gone = Double(now) - Double(hour)
            let left = Float(halved(gone * 3600, halfLife: Self.halfLife))
            postsLearned *= left
            copiesLearned *= left
            posterLearned *= left
            if !isSpoilt {
                postsLearned = max(postsLearned, Float(running.posts))
                copiesLearned = max(copiesLearned, Float(running.copies))
            }
        }
        hour = now
        running = Volume()
        isSpoilt = false
    }

    /// Learns how often one poster posted in a completed hour.
    mutating func learn(poster posts: Int64) {
        if !isSpoilt { posterLearned = max(posterLearned, Float(posts)) }
    }

    /// Takes the busiest clean hours of older logs, where they were busier.
    mutating func learn(from older: CeilingWatch) {
        postsLearned = max(postsLearned, older.postsLearned)
        copiesLearned = max(copiesLearned, older.copiesLearned)
        posterLearned = max(posterLearned, older.posterLearned)
    }

    /// The hour tripped: it teaches nothing.
    mutating func spoil() {
        isSpoilt = true
    }

    /// The limit where `table` is the configured one and `busiest` the learned maximum.
    @inline(__always)
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
    func posterLimit(_ limits: Limits, settings inForce: SettingsInForce) -> Double {
        let factor = inForce.settings.ceilingFactor
        let learned = max(factor * Double(posterLearned), busiestPosts)
        let table = limits.posterPerHour
        let most = inForce.settings.ceilingLearnedLimit * table
        return learned > table && most > table ? min(learned, most) : table
    }

    /// Forgets the running hour, keeps what was learned.
    mutating func clear() {
        running = Volume()
        isSpoilt = true
    }
}

extension CeilingWatch: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&hour)
        try stream.number(&running.posts)
        try stream.number(&running.explained)
        try stream.number(&running.copies)
        try stream.flag(&isSpoilt)
        try stream.float(&postsLearned)
        try stream.float(&copiesLearned)
        try stream.float(&posterLearned)
    }
}
