// SPDX-License-Identifier: Apache-2.0
//
// What the members of one list bear: the posts that each of them got within an hour, six hours, a
// day and a week. Whoever wrote them, whatever they call themselves, however old they are: here
// nothing is excused, and the time is this host's. Against it stands the busiest day that the list
// ever had. A day teaches when it is two days old and brought no trip, since a storm of a weekend
// must not excuse itself; in a list's first fortnight it teaches at once, when nothing else can.

internal import Archive
import EventTime

/// Posts that reached each member of one list.
struct Burden: Sendable, Equatable {
    /// The posts of one clock hour, or, older than a day, of one day.
    struct Block: Ringed {
        static let kind = Rings.Kind.burden
        static let width = 2
        static let cap = 40
        /// Its latest hour since 1970.
        var hour: UInt32
        var posts: UInt16
        /// The most posts of 24 hours that ended in it.
        var busiest: UInt16

        init(hour: UInt32) {
            self.hour = hour
            posts = 0
            busiest = 0
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            hour = words[place]
            posts = words[place + 1].low
            busiest = words[place + 1].high
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = hour
            words[place + 1] = paired(posts, busiest)
        }
    }

    /// Posts within the four windows; the hour reaches back into the clock hour before.
    struct Counts: Sendable, Equatable {
        var hour: Int64 = 0
        var sixHours: Int64 = 0
        var day: Int64 = 0
        var week: Int64 = 0
    }

    /// Hours after which a day teaches.
    private static let settled: UInt32 = 48
    private static let day: UInt32 = 24
    private static let week: UInt32 = 168
    /// What a day may teach at most: bounds what somebody who posts for weeks can teach.
    ///
    /// Chosen: the busiest day of 53 real lists, one of robots, had 3,005 posts.
    private static let mostLearned: UInt16 = 4000

    /// Posts of the busiest day that counts.
    private(set) var busiestDay: UInt16 = 0
    /// Posts of the day that tripped; a reset teaches them.
    private var tripped: UInt16 = 0
    /// The hour until which nothing is learned, because of a trip.
    private var spoilt: UInt32 = 0
    /// Posts of the day that was held last, and its hour.
    private var heldPosts: UInt16 = 0
    private var heldHour: UInt32 = 0

    /// Notes a post at a time that never runs back; `isYoung` in the list's first fortnight.
    mutating func note(at time: Timestamp, isYoung: Bool, _ rings: inout Rings) -> Counts {
        let hour = UInt32(time) / 3600
        let last = rings.last(Block.self)
        if last.map({ $0.hour < hour }) ?? true {
            let kept = settle(at: hour, isYoung: isYoung, &rings)
            let total = rings.count(Block.self)
            if kept < total {
                rings[Block.self, kept] = Block(hour: hour)
                rings.close(
                    .burden,
                    at: (kept + 1) * Block.width,
                    (total - kept - 1) * Block.width
                )
            } else {
                rings.append(Block(hour: hour))
            }
        }
        let place = rings.count(Block.self) - 1
        var newest = rings[Block.self, place]
        newest.posts = newest.posts.addingSaturated(1)
        rings[Block.self, place] = newest
        let counts = rings.burden(at: time)
        newest.busiest = max(newest.busiest, UInt16(clamping: counts.day))
        rings[Block.self, place] = newest
        return counts
    }

    /// Learns what is old enough, joins the hours of days that are over, lets go of what left the week;
    /// gives how many blocks there are now, at the front of the ring.
    private mutating func settle(at hour: UInt32, isYoung: Bool, _ rings: inout Rings) -> Int {
        if tripped > 0, hour > spoilt {
            // A trip that nobody answered is over after a day: so much was borne.
            busiestDay = max(busiestDay, min(Self.mostLearned, tripped))
            tripped = 0
        }
        let total = rings.count(Block.self)
        var kept = 0
        var before = Block(hour: 0)
        for index in 0..<total {
            var block = rings[Block.self, index]
            let isSettled =
                isYoung
                ? block.hour / Self.day < hour / Self.day
                : block.hour.addingSaturated(Self.settled) < hour
            if isSettled, isYoung || block.hour > spoilt {
                busiestDay = max(busiestDay, min(Self.mostLearned, block.busiest))
            }
            guard block.hour.addingSaturated(Self.week) > hour else { continue }
            if kept > 0, block.hour.addingSaturated(Self.day) <= hour,
                before.hour / Self.day == block.hour / Self.day
            {
                block.posts = block.posts.addingSaturated(before.posts)
                block.busiest = max(block.busiest, before.busiest)
                kept -= 1
            }
            if kept < index { rings[Block.self, kept] = block }
            kept += 1
            before = block
        }
        return kept
    }

    /// Takes the busiest day of older logs, where it was busier.
    mutating func learn(from older: Burden) { busiestDay = max(busiestDay, older.busiestDay) }

    /// The list tripped: this day teaches nothing by itself.
    mutating func spoil(at time: Timestamp, _ rings: Rings) {
        spoilt = (UInt32(time) / 3600).addingSaturated(Self.day)
        tripped = max(tripped, UInt16(clamping: rings.burden(at: time).day))
    }

    /// A hold began at `posts` of the day.
    mutating func hold(_ posts: Int64, at time: Timestamp) {
        heldPosts = UInt16(clamping: posts)
        heldHour = UInt32(time) / 3600
    }

    /// Posts of the day at the hold that was begun within 24 hours before `time`; nil: there was none.
    func held(at time: Timestamp) -> Int64? {
        let hour = UInt32(time) / 3600
        return heldPosts > 0 && hour < heldHour.addingSaturated(Self.day) ? Int64(heldPosts) : nil
    }

    /// A person reset the list: so much was borne.
    ///
    /// In the first fortnight all of it teaches, since
    /// nobody knows the list yet; later what it had at its trip.
    mutating func reset(at time: Timestamp, isYoung: Bool, _ rings: inout Rings) {
        let most = isYoung ? rings.all(Block.self).map(\.busiest).max() ?? 0 : 0
        busiestDay = max(busiestDay, min(Self.mostLearned, max(tripped, most)))
        tripped = 0
        spoilt = UInt32(time) / 3600
        rings.clear(.burden)
    }
}

extension Rings {
    /// The burden at `time`.
    func burden(at time: Timestamp) -> Burden.Counts {
        let now = UInt32(time) / 3600
        var counts = Burden.Counts()
        for index in stride(from: count(Burden.Block.self) - 1, through: 0, by: -1) {
            let block = self[Burden.Block.self, index]
            let age = now - min(now, block.hour)
            guard age < 168 else { break }
            let posts = Int64(block.posts)
            counts.week += posts
            if age < 24 { counts.day += posts }
            if age < 6 { counts.sixHours += posts }
            if age < 2 { counts.hour += posts }
        }
        return counts
    }

    /// When the burden of the last 24 hours began, to the hour.
    func burdenStart(at time: Timestamp) -> Timestamp {
        let now = UInt32(time) / 3600
        let first = all(Burden.Block.self).first { $0.hour.addingSaturated(24) > now }
        return first.map { Timestamp(seconds: Int64($0.hour) * 3600) } ?? time
    }
}

extension Burden: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&busiestDay)
        try stream.number(&tripped)
        try stream.number(&spoilt)
        try stream.number(&heldPosts)
        try stream.number(&heldHour)
    }
}
