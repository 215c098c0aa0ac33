// SPDX-License-Identifier: Apache-2.0
//
// Who posts to a list like a machine: several times a day, on twenty days. Such a poster's burst
// is volume that the list has asked for, not people and no thief. Kept as the frequent items of a
// stream (Misra, Gries 1982): whoever makes more than a ninth of all days with posts is found, in
// eight entries. A weekly newsletter never is one: its account may be stolen.

import EventTime

/// The posters of one list that post every day.
struct SteadyPosters: Sendable, Equatable {
    /// One candidate.
    struct Poster: Sendable, Equatable {
        /// The low half of the hash.
        var hash: UInt32
        /// Days with posts, less those of others that had no place.
        var days: UInt16
        /// The latest of them, in days since 1970.
        var last: UInt16
        /// Posts on the days before the latest, and on that.
        var posts: UInt32
        var today: UInt32
    }

    private static let cap = 8
    /// Days before somebody is steady, and posts on a day with posts; chosen.
    private static let fewestDays: UInt16 = 20
    private static let postsPerDay: UInt32 = 4
    private var posters = ContiguousArray<Poster>()

    /// Notes a post of `hash`, who posted `last` before, and tells whether he is steady.
    ///
    /// What he posted today says nothing of that: a burst must not excuse itself.
    mutating func note(_ hash: UInt64, last: Timestamp?, at time: Timestamp) -> Bool {
        let low = UInt32(truncatingIfNeeded: hash)
        let day = UInt16(clamping: time.seconds / 86400)
        if let place = posters.firstIndex(where: { $0.hash == low }) {
            var poster = posters[place]
            if day > poster.last {
                poster.days = poster.days.addingSaturated(1)
                poster.posts = poster.posts.addingSaturated(poster.today)
                poster.today = 0
                poster.last = day
            }
            poster.today = poster.today.addingSaturated(1)
            posters[place] = poster
            return poster.days > Self.fewestDays
                && poster.posts / UInt32(poster.days - 1) >= Self.postsPerDay
        }
        if let last, last.seconds / 86400 == time.seconds / 86400 { return false }
        if posters.count < Self.cap {
            posters.append(Poster(hash: low, days: 1, last: day, posts: 0, today: 1))
            return false
        }
        for place in posters.indices {
            posters[place].posts -= posters[place].posts / UInt32(posters[place].days)
            posters[place].days -= 1
        }
        posters.removeAll { $0.days == 0 }
        return false
    }
}

extension SteadyPosters: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(posters.count))
        for poster in posters {
            for value in [poster.hash, poster.posts, poster.today] {
                writer.write(Int64(value))
            }
            writer.write(Int64(poster.days))
            writer.write(Int64(poster.last))
        }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            let hash = UInt32(clamping: try reader.readInt())
            let posts = UInt32(clamping: try reader.readInt())
            let today = UInt32(clamping: try reader.readInt())
            let days = max(1, UInt16(clamping: try reader.readInt()))
            let last = UInt16(clamping: try reader.readInt())
            posters.append(
                Poster(hash: hash, days: days, last: last, posts: posts, today: today)
            )
        }
    }
}
