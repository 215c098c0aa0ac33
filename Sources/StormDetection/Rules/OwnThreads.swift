// SPDX-License-Identifier: Apache-2.0
//
// Threads in which one poster goes on and on: a mailing in parts, such as a series of patches
// under its cover letter. The ceiling waits longer for those. Remembered only for who posted again
// within minutes, so that most lists need no memory for it. Needs threads in the log.

import EventTime

/// The latest threads that somebody continues by himself.
enum OwnThreads {
    /// A thread and who continues it; the low halves of the hashes.
    struct Own: Ringed, Equatable {
        static let kind = Rings.Kind.ownThreads
        static let width = 2
        static let cap = 8
        var thread: UInt32
        var poster: UInt32

        init(thread: UInt32, poster: UInt32) {
            self.thread = thread
            self.poster = poster
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            thread = words[place]
            poster = words[place + 1]
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = thread
            words[place + 1] = poster
        }
    }

    /// Parts of one mailing follow each other within so long; chosen.
    fileprivate static let pause = TimeSpan.minutes(10)
}

extension Rings {
    /// Notes an answer of `poster`, who posted `last` before; tells whether it is one more part.
    mutating func noteOwn(
        _ thread: UInt64,
        _ poster: UInt64,
        last: Timestamp?,
        at time: Timestamp
    ) -> Bool {
        guard let last, time - last <= OwnThreads.pause else { return false }
        let own = OwnThreads.Own(
            thread: UInt32(truncatingIfNeeded: thread),
            poster: UInt32(truncatingIfNeeded: poster)
        )
        if all(OwnThreads.Own.self).contains(own) { return true }
        append(own)
        return false
    }
}
