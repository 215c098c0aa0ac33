// SPDX-License-Identifier: Apache-2.0
//
// Who posted to a list in the last 24 hours: when last, and how often an hour. People count once
// per six hours, so this table is what turns messages into people. Twelve bytes a person, in the
// order of their hashes, so that one is found by halving; when it is full the oldest go. 32 bits of
// a hash are compared, not an address: among 512 people one in ten million is taken for another.

import EventTime

/// Recent posters of one list, at most 768.
enum PosterTable {
    /// One poster, in 12 bytes.
    struct Poster: Ringed {
        static let kind = Rings.Kind.posters
        static let width = 3
        static let cap = 768
        /// Hours since his first post of which nothing more is known than that they are many.
        static let longAgo: UInt32 = 31
        static let currentCap: UInt32 = 1 << 14 - 1
        static let previousCap: UInt32 = 1 << 13 - 1

        /// The low half of the hash.
        var hash: UInt32
        /// Second of the last post, from 1970 to 2106.
        var last: UInt32
        /// Clock hours from when the list redistributed him for the first time to the last post.
        var age: UInt32
        /// Posts in the clock hour of the last one, and in the hour before.
        var current: UInt32
        var previous: UInt32

        init(hash: UInt32, last: UInt32, age: UInt32, current: UInt32) {
            self.hash = hash
            self.last = last
            self.age = age
            self.current = current
            previous = 0
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            hash = words[place]
            last = words[place + 1]
            age = words[place + 2] & 31
            current = words[place + 2] >> 5 & Self.currentCap
            previous = words[place + 2] >> 19
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = hash
            words[place + 1] = last
            words[place + 2] = age | current << 5 | previous << 19
        }
    }

    /// What was known of a poster when he posted again.
    struct Record: Equatable {
        /// His last post before this one; nil when longer ago than 24 h.
        var last: Timestamp?
        /// His posts within the last hour, this one included; interpolated over clock hours.
        var hourly: Double
        /// Posts in his last completed hour, when this post begins a new one; else 0.
        var completed: Int64
        /// Whether the list first redistributed him within the last 24 h.
        var isNewcomer = false
    }

    /// How long somebody is remembered, in seconds.
    static let keep: UInt32 = 86_400
    /// So many stay when there is no room for all.
    static let trimmed = 384
}

extension Rings {
    private typealias Poster = PosterTable.Poster

    /// Notes a post of `hash` at `time`, which never runs backwards; `isVolume` when it counts
    /// towards his hour.
    mutating func note(
        poster hash: UInt64,
        isStranger: Bool,
        isVolume: Bool,
        at time: Timestamp
    ) -> PosterTable.Record {
        let now = UInt32(time)
        let low = UInt32(truncatingIfNeeded: hash)
        var place = placeOfPoster(low)
        var record = PosterTable.Record(last: nil, hourly: isVolume ? 1 : 0, completed: 0)
        guard place < count(Poster.self), self[Poster.self, place].hash == low else {
            if count(Poster.self) % 8 == 7 {
                dropPosters(at: now)
                place = placeOfPoster(low)
            }
            let age = isStranger ? 0 : Poster.longAgo
            let poster = Poster(hash: low, last: now, age: age, current: isVolume ? 1 : 0)
            insert(poster, at: place)
            record.isNewcomer = isStranger
            return record
        }
        var poster = self[Poster.self, place]
        let hours = now / 3600 - min(now, poster.last) / 3600
        if now <= poster.last.addingSaturated(PosterTable.keep) {
            record.last = Timestamp(seconds: Int64(poster.last))
        }
        if hours > 0 {
            record.completed = Int64(poster.current)
            poster.previous = hours == 1 ? min(Poster.previousCap, poster.current) : 0
            poster.current = 0
            poster.age = min(Poster.longAgo, poster.age.addingSaturated(hours))
        }
        if isVolume { poster.current = min(Poster.currentCap, poster.current + 1) }
        let rest = 1 - Double(now % 3600) / 3600
        record.hourly = Double(poster.current) + Double(poster.previous) * rest
        poster.last = now
        record.isNewcomer = poster.age < 24
        self[Poster.self, place] = poster
        return record
    }

    /// Where `hash` is, or would be.
    private func placeOfPoster(_ hash: UInt32) -> Int {
        let start = range(.posters).lowerBound
        var low = 0
        var high = count(Poster.self)
        while low < high {
            let middle = (low + high) / 2
            // Its first word is the hash.
            let isBelow = words[start + middle * Poster.width] < hash
            if isBelow { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Drops who is older than 24 h, and the oldest where those are not enough.
    private mutating func dropPosters(at now: UInt32) {
        removeAll(Poster.self) { $0.last.addingSaturated(PosterTable.keep) < now }
        guard count(Poster.self) >= Poster.cap - 1 else { return }
        let order = all(Poster.self).map { ($0.last, $0.hash) }.sorted(by: >)
        let limit = order[PosterTable.trimmed]
        removeAll(Poster.self) { ($0.last, $0.hash) <= limit }
    }

    /// How many people posted at `start` or later.
    func posters(since start: Timestamp) -> Int64 {
        let second = UInt32(start)
        return Int64(all(Poster.self).count { $0.last >= second })
    }
}
