// SPDX-License-Identifier: Apache-2.0
//
// Mail that goes round: the same message coming back, two posters in strict alternation, and
// chains of replies faster than people write. Robots count here; a queue flush does not, except
// that a message which comes back is one whatever its age. Bounded: 64 returns, 64 hops.

import EventTime
import ListTraffic

/// What goes round on one list.
struct LoopWatch: Sendable, Equatable {
    /// A post that the next hop of a chain may answer.
    struct Hop: Sendable, Equatable {
        /// The low halves of the hashes: within an hour and 64 posts they are as good.
        var message: UInt32
        var thread: UInt32
        var poster: UInt32
        /// Hops so far that changed the poster, and all hops.
        var changes: UInt16
        var all: UInt16
        var time: Timestamp

        /// Hops that changed the poster, with one by `poster` more.
        func next(poster: UInt32) -> UInt16 {
            self.poster == poster ? changes : changes.addingSaturated(1)
        }
    }

    /// The lengths after a post.
    struct Lengths: Sendable, Equatable {
        var pingPong: Int64 = 0
        var changes: Int64 = 0
        var all: Int64 = 0
    }

    /// A message that came back.
    struct Return: Sendable, Equatable {
        var message: UInt64
        /// The low half of the sender's hash.
        var poster: UInt32
        /// Whether it came as a sender's queue sends again: late after the one before, or old.
        var isRetry: Bool
        var time: Timestamp
    }

    /// How often a message arrived within the hour.
    struct Arrivals: Sendable, Equatable {
        /// By whom it came back most, the first arrival included; retries count half.
        var weighed: Int64 = 0
        var all: Int64 = 0
    }

    /// A queue waits so long before it sends again, with some play.
    ///
    /// Postfix 300 s at least (postconf(5), minimal_backoff_time); RFC 5321 section 4.5.4.1 wants
    /// 30 min.
    private static let retryGap = Span.seconds(240)

    static let cap = 64
    private var returns = ContiguousArray<Return>()
    private var hops = ContiguousArray<Hop>()
    private var before: UInt64 = 0
    private var last: UInt64 = 0
    private var lastTime = Timestamp.distantPast
    private(set) var run: Int64 = 0

    /// Notes that `poster` sent `message` once more; gives its arrivals within the hour.
    ///
    /// What goes round comes back from where it left us, again and again, and quickly. Different
    /// people who send one Message-ID are a mailer that makes poor ones, and a message that comes
    /// at the pace of a sender's queue, or out of one, is a sender who never saw our reply.
    mutating func noteReturn(
        of message: UInt64,
        by poster: UInt64,
        isStale: Bool,
        at time: Timestamp
    ) -> Arrivals {
        returns.removeAll { $0.time < time - .hours(1) }
        // The first arrival counts only while it is known to lie within the hour.
        let low = UInt32(truncatingIfNeeded: message)
        let first = hops.first { $0.message == low && time - $0.time <= .hours(1) }
        let last = returns.last { $0.message == message }?.time ?? first?.time
        if returns.count == Self.cap { returns.removeFirst() }
        returns.append(
            Return(
                message: message,
                poster: UInt32(truncatingIfNeeded: poster),
                isRetry: isStale || last.map { time - $0 >= Self.retryGap } ?? false,
                time: time
            )
        )
        var halves: [UInt32: Int64] = [:]
        var all: Int64 = first == nil ? 0 : 1
        for item in returns where item.message == message {
            halves[item.poster, default: 0] += item.isRetry ? 1 : 2
            all += 1
        }
        return Arrivals(
            weighed: (first == nil ? 0 : 1) + (halves.values.max() ?? 0) / 2,
            all: all
        )
    }

    /// Notes a post that is not stale.
    mutating func note(_ post: Post, at time: Timestamp, settings: DetectionSettings) -> Lengths {
        let poster = post.poster
        alternate(poster, at: time, gap: settings.pingPongGap)
        var hop = Hop(
            message: UInt32(truncatingIfNeeded: post.messageID),
            thread: UInt32(truncatingIfNeeded: post.thread),
            poster: UInt32(truncatingIfNeeded: poster),
            changes: 0,
            all: 0,
            time: time
        )
        hops.removeAll { time - $0.time > .hours(1) }
        let start = time - settings.chainGap
        // Without the parent's id the latest post of the thread stands for it, which says
        // nothing about one poster who answers his own cover letter a hundred times.
        if let parent = post.parent {
            let low = UInt32(truncatingIfNeeded: parent)
            if let answered = hops.last(where: { $0.message == low && $0.time >= start }) {
                hop.changes = answered.next(poster: hop.poster)
                hop.all = answered.all.addingSaturated(1)
            }
        } else if post.thread != post.messageID,
            let answered = hops.last(where: { $0.thread == hop.thread && $0.time >= start })
        {
            hop.changes = answered.next(poster: hop.poster)
        }
        if hops.count == Self.cap { hops.removeFirst() }
        hops.append(hop)
        return Lengths(pingPong: run, changes: Int64(hop.changes), all: Int64(hop.all))
    }

    /// Two posters strictly alternating.
    private mutating func alternate(_ poster: UInt64, at time: Timestamp, gap: Span) {
        if run == 0 || time - lastTime > gap || poster == last {
            run = 1
        } else if run == 1 || poster == before {
            run = run.addingSaturated(1)
        } else {
            run = 2
        }
        before = last
        last = poster
        lastTime = time
    }

    /// Forgets everything.
    mutating func clear() {
        self = LoopWatch()
    }
}

extension LoopWatch: Snapshotted {
    func write(to writer: inout SnapshotWriter) {
        writer.write(Int64(returns.count))
        for item in returns {
            writer.write(hash: item.message)
            writer.write(Int64(item.poster))
            writer.write(item.isRetry)
            writer.write(item.time.microseconds)
        }
        writer.write(Int64(hops.count))
        for hop in hops {
            for hash in [hop.message, hop.thread, hop.poster] { writer.write(Int64(hash)) }
            writer.write(Int64(hop.changes))
            writer.write(Int64(hop.all))
            writer.write(hop.time.microseconds)
        }
        writer.write(hash: before)
        writer.write(hash: last)
        writer.write(lastTime.microseconds)
        writer.write(run)
    }

    init(from reader: inout SnapshotReader) throws(SnapshotError) {
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            returns.append(
                Return(
                    message: try reader.readHash(),
                    poster: UInt32(clamping: try reader.readInt()),
                    isRetry: try reader.readBool(),
                    time: Timestamp(microseconds: try reader.readInt())
                )
            )
        }
        for _ in 0..<(try reader.readCount(limit: Self.cap)) {
            hops.append(
                Hop(
                    message: UInt32(clamping: try reader.readInt()),
                    thread: UInt32(clamping: try reader.readInt()),
                    poster: UInt32(clamping: try reader.readInt()),
                    changes: UInt16(clamping: try reader.readInt()),
                    all: UInt16(clamping: try reader.readInt()),
                    time: Timestamp(microseconds: try reader.readInt())
                )
            )
        }
        before = try reader.readHash()
        last = try reader.readHash()
        lastTime = Timestamp(microseconds: try reader.readInt())
        run = Int64(try reader.readCount(limit: .max))
    }
}
