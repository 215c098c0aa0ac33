// SPDX-License-Identifier: Apache-2.0
//
// Who posts to a list like a machine: several times a day, on twenty days. Such a poster's burst
// is volume that the list has asked for, not people and no thief. Kept as the frequent items of a
// stream (Misra, Gries 1982): whoever makes more than a ninth of all days with posts is found, in
// eight entries. A weekly newsletter never is one: its account may be stolen.

import EventTime

/// The posters of one list that post every day.
enum SteadyPosters {
    /// One candidate.
    struct Poster: Ringed {
        static let kind = Rings.Kind.steady
        static let width = 3
        static let cap = 8
        /// The low half of the hash.
        var hash: UInt32
        /// Days with posts, less those of others that had no place.
        var days: UInt16
        /// The latest of them, in days since 1970.
        var last: UInt16
        /// Posts on the days before the latest, and on that; they saturate, long after it matters.
        var posts: UInt16
        var today: UInt16

        init(hash: UInt32, day: UInt16) {
            self.hash = hash
            days = 1
            last = day
            posts = 0
            today = 1
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            hash = words[place]
            days = words[place + 1].low
            last = words[place + 1].high
            posts = words[place + 2].low
            today = words[place + 2].high
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = hash
            words[place + 1] = paired(days, last)
            words[place + 2] = paired(posts, today)
        }
    }

    /// Days before somebody is steady, and posts on a day with posts; chosen.
    fileprivate static let fewestDays: UInt16 = 20
    fileprivate static let postsPerDay: UInt16 = 4
}

extension Rings {
    private typealias Poster = SteadyPosters.Poster

    /// Whether `hash` posts like a machine that the list asked for.
    func isSteady(_ hash: UInt64) -> Bool {
        let low = UInt32(truncatingIfNeeded: hash)
        return all(Poster.self).contains {
            $0.hash == low && $0.days > SteadyPosters.fewestDays
                && $0.posts / ($0.days - 1) >= SteadyPosters.postsPerDay
        }
    }

    /// Notes a post of `hash`, who posted `last` before, and tells whether he is steady.
    ///
    /// What he posted today says nothing of that: a burst must not excuse itself.
    mutating func noteSteady(_ hash: UInt64, last: Timestamp?, at time: Timestamp) -> Bool {
        let low = UInt32(truncatingIfNeeded: hash)
        let day = UInt16(clamping: time.seconds / 86400)
        if let place = (0..<count(Poster.self)).first(where: { self[Poster.self, $0].hash == low })
        {
            var poster = self[Poster.self, place]
            if day > poster.last {
                poster.days = poster.days.addingSaturated(1)
                poster.posts = poster.posts.addingSaturated(poster.today)
                poster.today = 0
                poster.last = day
            }
            poster.today = poster.today.addingSaturated(1)
            self[Poster.self, place] = poster
            return poster.days > SteadyPosters.fewestDays
                && poster.posts / (poster.days - 1) >= SteadyPosters.postsPerDay
        }
        if let last, last.seconds / 86400 == time.seconds / 86400 { return false }
        guard count(Poster.self) == Poster.cap else {
            append(Poster(hash: low, day: day))
            return false
        }
        for place in 0..<Poster.cap {
            var poster = self[Poster.self, place]
            poster.posts -= poster.posts / poster.days
            poster.days -= 1
            self[Poster.self, place] = poster
        }
        removeAll(Poster.self) { $0.days == 0 }
        return false
    }
}
