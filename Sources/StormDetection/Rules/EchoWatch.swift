// SPDX-License-Identifier: Apache-2.0
//
// One poster who goes on at one pace: a help desk that answers its own copies, another list that
// sends ours back, two robots that answer each other. Whatever the pace between seconds and three
// quarters of an hour, and whatever Message-IDs it writes: people's gaps vary tenfold, a machine's
// do not. A series of patches is as regular, so what hangs under one cover letter does not count,
// and the longest run that a list had without harm raises its limit.

internal import Archive
import EventTime
import ListTraffic

/// Posters at a regular pace.
struct EchoWatch: Sendable, Equatable {
    /// One poster and his run.
    struct Run: Ringed {
        static let kind = Rings.Kind.echoes
        static let width = 6
        static let cap = 4
        /// The low halves of hashes: the poster, his last message, and what that answered.
        var poster: UInt32
        var message: UInt32
        var parent: UInt32
        var second: UInt32
        /// The last one's Date.
        var written: UInt32
        /// Posts of the run, and the most it ever had: what is out of step takes some back.
        var posts: UInt8 {
            didSet { peak = max(peak, posts) }
        }
        private(set) var peak: UInt8
        /// Mean gap in seconds.
        var gap: UInt16

        init(poster: UInt32, message: UInt32, parent: UInt32, second: UInt32, written: UInt32) {
            self.written = written
            self.poster = poster
            self.message = message
            self.parent = parent
            self.second = second
            posts = 1
            peak = 1
            gap = 0
        }

        @inline(__always)
        init(from words: Rings.Words, at place: Int) {
            poster = words[place]
            message = words[place + 1]
            parent = words[place + 2]
            second = words[place + 3]
            posts = UInt8(truncatingIfNeeded: words[place + 4])
            peak = UInt8(truncatingIfNeeded: words[place + 4] >> 8)
            gap = words[place + 4].high
            written = words[place + 5]
        }

        /// A pause ended it.
        mutating func restart() {
            posts = 1
            peak = 1
            gap = 0
        }

        func store(to words: inout Rings.Words, at place: Int) {
            words[place] = poster
            words[place + 1] = message
            words[place + 2] = parent
            words[place + 3] = second
            words[place + 4] = paired(UInt16(posts) | UInt16(peak) << 8, gap)
            words[place + 5] = written
        }
    }

    /// Gaps that count, in seconds: a mail program sends a series faster, people pause longer.
    ///
    /// Chosen.
    static let gaps: ClosedRange<UInt32> = 3...5400
    /// A gap may be so many times the mean, or as much shorter.
    ///
    /// Measured on 53 real lists: maintainers who answer one patch after the other keep within 2.2 for
    /// 15 posts in seven cases.
    private static let play = 1.7
    /// The same for gaps of ``slow`` seconds and more, where no header lines show whom it answers.
    ///
    /// A help desk's answers wait in its queue and in ours. Of 53 real lists none has a trip more by it, and four
    /// more holds.
    private static let slowPlay = 2.2
    /// Mean gap in seconds from which a poster is slow; chosen.
    private static let slow: UInt16 = 300
    /// The same for another list's sender: what comes round has its way's delays; chosen.
    private static let listPlay = 3.0
    /// Who answers himself need keep no pace; up to so many seconds it is one chain; chosen.
    private static let longestLink: UInt32 = 21_600
    /// Who answers nobody at a mean gap below this may be sending a series: his limits are twice as
    /// high; chosen, of 53 real lists' series most are quicker.
    private static let quick: UInt16 = 45
    /// One Date again, too late for a series that was written at once, counts for so many: nobody
    /// writes that, and of two lists of this host each sees every other round only; chosen.
    private static let roundWeight: UInt8 = 3
    /// Longest run that can be learned; chosen.
    private static let mostLearned: UInt8 = 60

    /// The longest run that ended without a trip.
    private(set) var longest: UInt16 = 0
    /// Whether the run that is on tripped, so that it teaches nothing.
    private var isSpoilt = false

    /// The posts of the poster up to now that are regular, or answer each other; 0 when they are too
    /// quick to tell.
    ///
    /// On a list that is quiet, where so many a day are unheard of, who answers any mail of his own need
    /// keep no pace. Of what another list of this host sends back (`isReturning`), this one sees every
    /// other round: each counts for two.
    mutating func note(
        _ post: Post,
        poster: UInt64,
        at time: Timestamp,
        written: Timestamp,
        isQuiet: Bool,
        isReturning: Bool,
        _ rings: inout Rings
    ) -> Int64 {
        let poster = UInt32(truncatingIfNeeded: poster)
        let parent = UInt32(truncatingIfNeeded: post.parent ?? 0)
        let message = UInt32(truncatingIfNeeded: post.messageID)
        let now = UInt32(time)
        guard
            let place = (0..<rings.count(Run.self)).first(where: {
                rings[Run.self, $0].poster == poster
            })
        else {
            if rings.count(Run.self) == Run.cap { learn(rings[Run.self, 0]) }
            rings.append(
                Run(
                    poster: poster,
                    message: message,
                    parent: parent,
                    second: now,
                    written: UInt32(written)
                )
            )
            return 0
        }
        var run = rings[Run.self, place]
        let gap = now - min(now, run.second)
        // One Date again and again is one mail that goes round, whatever Message-ID it gets.
        let isRound = post.hasHeaders && post.age != nil && UInt32(written) == run.written
        let isSlow = gap >= UInt32(Self.quick)
        let isChain =
            isRound || parent != 0 && parent == run.message
            || isQuiet && isSlow && Self.isOwn(parent, of: poster, rings)
        let isList = post.isFromList || Self.isList(post.posterAddress)
        // Who answers other people is no echo, and what hangs under one message is one series: it
        // neither counts nor ends a run.
        let isPart = parent != 0 && !isChain && (!isList || parent == run.parent)
        if isChain, gap >= Self.gaps.lowerBound, gap <= Self.longestLink {
            let isSure = isRound && isSlow
            run.posts = run.posts.addingSaturated(isSure ? Self.roundWeight : 1)
            run.gap = UInt16(clamping: gap)
        } else if gap > Self.gaps.upperBound {
            learn(run)
            run.restart()
        } else if gap >= Self.gaps.lowerBound, !isPart {
            let isLoose = !post.hasHeaders && run.gap >= Self.slow
            let play = isLoose ? Self.slowPlay : Self.play
            extend(&run, by: UInt16(clamping: gap), play: isList ? Self.listPlay : play)
        }
        run.second = now
        run.written = UInt32(written)
        run.message = message
        run.parent = parent
        rings.rotate(Run.self, from: place, run)
        let isQuick = !isChain && !isList && run.gap < Self.quick
        if isReturning && !isRound { return 2 * Int64(run.posts) }
        return isPart ? 0 : isQuick ? Int64(run.posts) / 2 : Int64(run.posts)
    }

    /// Whether mail from `address` is another list's: owner-LIST, LIST-owner, LIST-bounces and the like.
    private static func isList(_ address: String) -> Bool {
        let local = address.utf8.prefix { $0 != UInt8(ascii: "@") }
        return local.starts(with: "owner-".utf8) || local.suffix(6).elementsEqual("-owner".utf8)
            || local.suffix(8).elementsEqual("-bounces".utf8)
            || local.starts(with: "bounce".utf8)
    }

    /// Whether `poster` wrote `parent` within the hour: one address that answers itself.
    private static func isOwn(_ parent: UInt32, of poster: UInt32, _ rings: Rings) -> Bool {
        parent != 0
            && rings.all(LoopWatch.Hop.self).contains {
                $0.message == parent && $0.poster == poster
            }
    }

    private mutating func extend(_ run: inout Run, by gap: UInt16, play: Double) {
        let mean = Double(run.gap)
        if run.posts == 1 {
            run.posts = 2
            run.gap = gap
        } else if Double(gap) <= mean * play, Double(gap) >= mean / play {
            run.posts = run.posts.addingSaturated(1)
            let weight = Double(min(run.posts - 1, 8))
            run.gap = UInt16(max(1, min(65_535, mean + (Double(gap) - mean) / weight)))
        } else if run.posts > 4 {
            // One gap out of step is no end of it, but takes two back.
            run.posts -= 2
        } else {
            run.posts = 2
            run.gap = gap
        }
    }

    private mutating func learn(_ run: Run) {
        if !isSpoilt { longest = max(longest, UInt16(min(Self.mostLearned, run.peak))) }
        isSpoilt = false
    }

    /// Takes the longest run of older logs that did no harm, where it was longer.
    mutating func learn(from older: EchoWatch) { longest = max(longest, older.longest) }

    /// The run tripped.
    mutating func spoil() { isSpoilt = true }

    /// The limit where `table` is the configured one: half as much again as was borne.
    func limit(_ table: Int64) -> Int64 { max(table, Int64(longest) * 3 / 2 + 1) }

    /// The same for a hold: more than was borne.
    func holdLimit(_ table: Int64) -> Int64 { max(table, Int64(longest) + 1) }
}

extension EchoWatch: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.number(&longest)
        try stream.flag(&isSpoilt)
    }
}
