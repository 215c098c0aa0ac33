// SPDX-License-Identifier: Apache-2.0
//
// Threads in which one poster goes on and on: a mailing in parts, such as a series of patches
// under its cover letter. The ceiling waits longer for those. Remembered only for who posted again
// within minutes, so that most lists need no memory for it. Needs threads in the log.

import EventTime

/// The latest threads that somebody continues by himself.
struct OwnThreads: Sendable, Equatable {
    /// A thread and who continues it; the low halves of the hashes.
    struct Own: Sendable, Equatable {
        var thread: UInt32
        var poster: UInt32
    }

    private static let cap = 8
    /// Parts of one mailing follow each other within so long; chosen.
    private static let pause = Span.minutes(10)
    private var threads = ContiguousArray<Own>()

    /// Notes an answer of `poster`, who posted `last` before; tells whether it is one more part.
    mutating func note(_ thread: UInt64, _ poster: UInt64, last: Timestamp?, at time: Timestamp)
        -> Bool
    {
        guard let last, time - last <= Self.pause else { return false }
        let own = Own(
            thread: UInt32(truncatingIfNeeded: thread),
            poster: UInt32(truncatingIfNeeded: poster)
        )
        if threads.contains(own) { return true }
        if threads.count == Self.cap { threads.removeFirst() }
        threads.append(own)
        return false
    }
}

extension OwnThreads: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(threads.count))
        for own in threads {
            writer.write(Int64(own.thread))
            writer.write(Int64(own.poster))
        }
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            let thread = UInt32(clamping: try reader.readInt())
            threads.append(Own(thread: thread, poster: UInt32(clamping: try reader.readInt())))
        }
    }
}
