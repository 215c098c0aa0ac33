// SPDX-License-Identifier: Apache-2.0
//
// Mail that goes round: the same message coming back, two posters in strict alternation, and
// chains of replies faster than people write. How fast is a matter of when they were written: a
// flushed queue brings a slow talk at once. Bounded: 64 returns, 64 hops.

internal import Archive
import EventTime
import ListTraffic

/// What goes round on one list.
struct LoopWatch: Sendable, Equatable {
    /// A post that the next hop of a chain may answer.
    struct Hop: Ringed {
        static let kind = Rings.Kind.hops
        static let width = 6
        static let cap = LoopWatch.cap
        /// The low halves of the hashes: within an hour and 64 posts they are as good.
        var message: UInt32
        var thread: UInt32
        var poster: UInt32
        /// Hops so far that changed the poster, and all hops.
        var changes: UInt16 = 0
        var all: UInt16 = 0
        var second: UInt32
        /// When it was written.
        var written: UInt32

        init(_ post: Post, second: UInt32, written: UInt32) {
            message = UInt32(truncatingIfNeeded: post.messageID)
            thread = UInt32(truncatingIfNeeded: post.thread)
            poster = UInt32(truncatingIfNeeded: post.poster)
            self.second = second
            self.written = written
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            message = words[place]
            thread = words[place + 1]
            poster = words[place + 2]
            changes = words[place + 3].low
            all = words[place + 3].high
            second = words[place + 4]
            written = words[place + 5]
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = message
            words[place + 1] = thread
            words[place + 2] = poster
            words[place + 3] = paired(changes, all)
            words[place + 4] = second
            words[place + 5] = written
        }

        /// Hops that changed the poster, with one by `poster` more.
        func next(poster: UInt32) -> UInt16 {
            self.poster == poster ? changes : changes.addingSaturated(1)
        }
    }

    /// The lengths after a post.
    struct Lengths: Sendable, Equatable {
        /// The longest turns of two, three or four, within seconds to minutes and at any pace.
        var quick = Turns.Run()
        var slow = Turns.Run()
        var changes: Int64 = 0
        var all: Int64 = 0
    }

    /// A message that came back.
    struct Return: Ringed {
        static let kind = Rings.Kind.returns
        static let width = 5
        static let cap = LoopWatch.cap
        var message: UInt64
        /// The low half of the sender's hash.
        var poster: UInt32
        /// Whether it came as a sender's queue sends again: late after the one before, or old.
        var isRetry: Bool
        var second: UInt32

        init(message: UInt64, poster: UInt32, isRetry: Bool, second: UInt32) {
            self.message = message
            self.poster = poster
            self.isRetry = isRetry
            self.second = second
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            message = UInt64(words[place]) | UInt64(words[place + 1]) << 32
            poster = words[place + 2]
            isRetry = words[place + 3] != 0
            second = words[place + 4]
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = UInt32(truncatingIfNeeded: message)
            words[place + 1] = UInt32(truncatingIfNeeded: message >> 32)
            words[place + 2] = poster
            words[place + 3] = isRetry ? 1 : 0
            words[place + 4] = second
        }
    }

    /// How often a message arrived within the hour.
    struct Arrivals: Sendable, Equatable {
        /// By whom it came back most, the first arrival included; retries count half.
        var weighed: Int64 = 0
        var all: Int64 = 0
        /// The same within the day, a retry counting whole.
        var day: Int64 = 0
    }

    /// A queue waits so many seconds before it sends again, with some play.
    ///
    /// Postfix 300 s at least (postconf(5), minimal_backoff_time); RFC 5321 section 4.5.4.1 wants
    /// 30 min.
    private static let retryGap: UInt32 = 240
    private static let hour: UInt32 = 3600
    private static let day: UInt32 = 86_400

    static let cap = 64
    /// The four who posted last, the latest first, the low halves of their hashes; and when the latest did.
    private var latest = SIMD4<UInt32>()
    private var lastSecond: UInt32 = 0
    /// Who takes turns with whom, none waiting longer than the setting, and than ``slowest``.
    private var quick = Turns()
    private var slow = Turns()
    /// Longest gap of turns at any pace, in seconds: what ends a run of one poster, too.
    private static let slowest = Double(EchoWatch.gaps.upperBound)

    /// Posts of those who took turns up to the last post.
    var run: Int64 { quick.longest.posts }

    /// Notes that `poster` sent `message` once more; gives its arrivals within the hour.
    ///
    /// What goes round comes back from where it left us, again and again, and quickly. Different
    /// people who send one Message-ID are a mailer that makes poor ones, and a message that comes
    /// at the pace of a sender's queue, or out of one, is a sender who never saw our reply.
    static func noteReturn(
        of message: UInt64,
        by poster: UInt64,
        isStale: Bool,
        at time: Timestamp,
        _ rings: inout Rings
    ) -> Arrivals {
        let now = UInt32(time)
        rings.removePast(Return.self) { $0.second < now.less(day) }
        // The first arrival counts only while it is known to lie within the hour.
        let low = UInt32(truncatingIfNeeded: message)
        let first = rings.all(Hop.self).first {
            $0.message == low && $0.second >= now.less(hour)
        }
        let last =
            rings.all(Return.self).last { $0.message == message }?.second ?? first?.second
        rings.append(
            Return(
                message: message,
                poster: UInt32(truncatingIfNeeded: poster),
                isRetry: isStale || last.map { $0 <= now.less(retryGap) } ?? false,
                second: now
            )
        )
        var halves: [UInt32: Int64] = [:]
        var all: Int64 = first == nil ? 0 : 1
        var wholes: [UInt32: Int64] = [:]
        for item in rings.all(Return.self) where item.message == message {
            wholes[item.poster, default: 0] += 1
            guard item.second >= now.less(hour) else { continue }
            halves[item.poster, default: 0] += item.isRetry ? 1 : 2
            all += 1
        }
        return Arrivals(
            weighed: (first == nil ? 0 : 1) + (halves.values.max() ?? 0) / 2,
            all: all,
            day: 1 + (wholes.values.max() ?? 0)
        )
    }

    /// Notes a post; its gaps to others are those of the writing.
    mutating func note(
        _ post: Post,
        at time: Timestamp,
        written: Timestamp,
        settings inForce: SettingsInForce,
        _ rings: inout Rings
    ) -> Lengths {
        let now = UInt32(time)
        var hop = Hop(post, second: now, written: UInt32(written))
        takeTurn(hop.poster, at: hop.written, gap: inForce.settings.pingPongGap)
        let past = rings.past(Hop.self) { $0.second < now.less(Self.hour) }
        let start = UInt32(written - inForce.settings.chainGap)
        // Without the parent's id the latest post of the thread stands for it, which says
        // nothing about one poster who answers his own cover letter a hundred times.
        if let parent = post.parent {
            let low = UInt32(truncatingIfNeeded: parent)
            if let answered = Self.latest(rings, past..., since: start, { $0.message == low }) {
                hop.changes = answered.next(poster: hop.poster)
                hop.all = answered.all.addingSaturated(1)
            }
        } else if post.thread != post.messageID,
            let answered = Self.latest(rings, past..., since: start, { $0.thread == hop.thread })
        {
            hop.changes = answered.next(poster: hop.poster)
        }
        rings.append(hop, dropping: past)
        return Lengths(
            quick: quick.longest,
            slow: slow.longest,
            changes: Int64(hop.changes),
            all: Int64(hop.all)
        )
    }

    /// The latest hop of those in `places`, since `start`, for which `isMeant` holds.
    private static func latest(
        _ rings: Rings,
        _ places: PartialRangeFrom<Int>,
        since start: UInt32,
        _ isMeant: (Hop) -> Bool
    ) -> Hop? {
        for index in stride(
            from: rings.count(Hop.self) - 1,
            through: places.lowerBound,
            by: -1
        ) {
            let hop = rings[Hop.self, index]
            if isMeant(hop) { return hop.written >= start ? hop : nil }
        }
        return nil
    }

    private mutating func takeTurn(_ poster: UInt32, at now: UInt32, gap: TimeSpan) {
        let seconds = Double(now) - Double(lastSecond)
        quick.note(poster, after: latest, isNear: seconds <= gap.seconds)
        slow.note(poster, after: latest, isNear: seconds <= Self.slowest)
        latest = SIMD4(poster, latest[0], latest[1], latest[2])
        lastSecond = now
    }
}

extension LoopWatch: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        // Layout 11 knows turns of three and four, and slow ones; before it stood two posters and a length.
        try stream.number(&latest[1])
        try stream.number(&latest[0])
        try stream.number(&lastSecond)
        guard stream.layout >= 11 else {
            var length = UInt32(quick.lengths[0])
            try stream.number(&length)
            if stream.isReading { quick = Turns(ofTwo: length) }
            return
        }
        try stream.number(&latest[2])
        try stream.number(&latest[3])
        for place in 0..<4 {
            try stream.number(&quick.lengths[place])
            try stream.number(&slow.lengths[place])
        }
    }
}
