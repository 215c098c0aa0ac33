// SPDX-License-Identifier: Apache-2.0
//
// The sequential test: a mixture of marked Shiryaev-Roberts statistics over how many replies a
// reply breeds (R) and how fast (delay). Under innocent traffic the mean of its value after n
// arrivals is at most n, so the chosen threshold bounds false trips whatever the list is like
// (Pollak 1985; Shin, Ramdas, Rinaldo 2022, e-detectors). The values are kept as they are, not as
// logarithms: each arrival adds the prior again, so they never vanish, and a cap keeps them from
// overflowing. The order within one arrival is the order that matters: decay, intensity, gain,
// injection, episode, sums, tests, learning; learning first would put the arrival into its own
// baseline.

internal import Archive
import EventTime

/// One post as the test sees it.
struct Arrival: Sendable, Equatable {
    /// When; never before the arrival before it.
    var time: Timestamp
    /// Whether it is a reply; nil when the log shows no headers.
    var isReply: Bool?
    /// Whether the list never redistributed its poster before.
    var isNovel: Bool
    /// Whether Dates show that it came out of a queue that was flushed: learned, no evidence.
    var isFlushed = false
    /// Whether Date headers prove that it, and those before it, are no flushed queue.
    var isAgeProven = false
    /// Members; nil when unknown.
    var members: Int64?
    /// Posters known so far.
    var knownPosters: Int64
    /// How much busier than usual the other lists are, or how much faster than they were written
    /// the latest posts came; 1 to 1000.
    var surge: Double
    /// Hour of the local week, 0 to 47: 24 of working days, 24 of weekends.
    var bin: Int
}

extension Arrival: Ringed {
    static let kind = Rings.Kind.first
    static let width = 6
    static let cap = 1

    @inline(__always)
    init(from words: Rings.Words, at place: Int) {
        let stamp = UInt64(words[place]) | UInt64(words[place + 1]) << 32
        time = Timestamp(microseconds: Int64(bitPattern: stamp))
        let flags = words[place + 2]
        isReply = flags & 1 == 0 ? nil : flags & 2 != 0
        isNovel = flags & 4 != 0
        isFlushed = flags & 8 != 0
        isAgeProven = flags & 16 != 0
        bin = min(47, Int(flags >> 8))
        members = words[place + 3] > 0 ? Int64(words[place + 3]) : nil
        knownPosters = Int64(words[place + 4])
        surge = Double(Float(bitPattern: words[place + 5]))
    }

    func store(to words: inout Rings.Words, at place: Int) {
        let stamp = UInt64(bitPattern: time.microseconds)
        words[place] = UInt32(truncatingIfNeeded: stamp)
        words[place + 1] = UInt32(truncatingIfNeeded: stamp >> 32)
        let flags: [Bool] = [isReply != nil, isReply == true, isNovel, isFlushed, isAgeProven]
        words[place + 2] = UInt32(clamping: bin) << 8
        for (bit, flag) in flags.enumerated() where flag { words[place + 2] |= 1 << UInt32(bit) }
        words[place + 3] = UInt32(clamping: members ?? 0)
        words[place + 4] = UInt32(clamping: knownPosters)
        words[place + 5] = Float(surge).bitPattern
    }
}

/// The test and what it learned of one list: 0.6 KiB.
struct StormTest: Sendable {
    /// The hypotheses: R in rows, delay in columns.
    static let branching: [8 of Double] = [1.5, 3, 6, 12, 30, 100, 400, 2000]
    /// Seconds.
    static let delays: [4 of Double] = [300, 1200, 4800, 19200]
    /// Values are held below this: over every threshold, under the overflow of Float.
    private static let cap = 1e37
    /// Who answers has to read and write first; a queue that is flushed needs no time.
    fileprivate static let reactionTime = TimeSpan.minutes(3)
    /// Nats beyond the threshold that replace half of what timing alone must give: a storm that a slow list
    /// manager or people's habits space out gives little of it, however new all who answer are; chosen.
    fileprivate static let overwhelming = 6.0
    /// After such a silence the list is a stranger again.
    private static let longSilence = TimeSpan.days(180)

    /// Values with marks, and from timing alone; Float is exact to a ten-millionth of a nat.
    private(set) var marked = [32 of Float](repeating: 0)
    private(set) var timed = [32 of Float](repeating: 0)
    /// Past arrivals, decayed by each delay.
    private(set) var excitement = SIMD4<Float>()
    private(set) var baseline = Baseline()
    /// Last credited arrival; nil before the first.
    private(set) var last: Timestamp?
    /// Natural logarithms of the values at the last arrival.
    private(set) var logMarked = 0.0
    private(set) var logTimed = 0.0
    private(set) var episode = Episode()

    /// What has happened since the value was last near 1.
    struct Episode: Sendable, Equatable {
        var start = Timestamp.distantPast
        /// Exposure to each delay, in mean replies at R = 1.
        var exposure = SIMD4<Float>()
        /// Arrivals after the first, and the replies among them.
        var arrivals: UInt32 = 0
        var replies: UInt32 = 0
        /// Arrivals, the first included.
        var posts: UInt32 = 0
    }

    /// The test's figures right after an arrival, before that arrival was learned.
    struct Reading: Sendable, Equatable {
        var logMarked = 0.0
        var logTimed = 0.0
        var arrivals: Int64 = 0
        var replies: Int64 = 0
        /// Arrivals a year, as learned.
        var arrivalsPerYear = 0.0
        /// Since the episode began.
        var span = TimeSpan.seconds(0)
        /// Whether people had time to read before they answered.
        var isUnhurried: Bool { span >= StormTest.reactionTime }
        /// Whether nothing speaks for a flushed queue: overwhelming evidence may lower the floor.
        var isUrgent = false

        /// The same with `batched` people fewer.
        func without(_ batched: Int64) -> Reading {
            var reading = self
            reading.arrivals -= min(arrivals, batched)
            reading.replies -= min(replies, batched)
            return reading
        }

        /// Whether it is a storm: enough evidence in all, enough of it from timing alone (an
        /// address rewrite makes every regular look new), and enough people, mostly answering.
        func isStorm(threshold: Double, floor: Int64) -> Bool {
            let (thrice, overflow) = replies.multipliedReportingOverflow(by: 3)
            let isTimed =
                logTimed >= 4 || logTimed >= 2 && logMarked >= threshold + StormTest.overwhelming
            return logMarked >= threshold && isTimed && arrivals >= floor
                && (overflow || thrice >= floor.multipliedSaturated(by: 2))
        }

        /// Whether it is suspect enough for a soft hold.
        func isDoubtful(threshold: Double) -> Bool {
            logMarked >= threshold && logTimed >= 2 && arrivals >= 3
        }
    }

    /// Rows of the hypotheses that a list of `members` can have: R at most a fifth of it.
    static func rows(members: Int64?) -> Int {
        guard let members else { return 8 }
        var rows = 0
        while rows < 8 && branching[rows] <= Double(members) / 5 { rows += 1 }
        return max(1, rows)
    }

    /// Takes one arrival; nil when it only taught.
    ///
    /// `learnBelow` gives the log value under which the arrival is learned, from the arrivals a
    /// year.
    mutating func arrive(
        _ arrival: Arrival,
        _ hours: inout some WeekHoursKept,
        learnBelow: (Double) -> Double
    ) -> Reading? {
        let time = arrival.time
        if arrival.isFlushed {
            hours.learn(arrival.bin)
            baseline.learn(arrival, attribution: nil)
            return nil
        }
        let gap =
            last.map { max(TimeSpan(microseconds: 0), time - $0) } ?? TimeSpan(microseconds: 0)
        let isGap = gap > Self.longSilence
        if isGap {
            baseline.restart(at: time)
            restart()
        }
        baseline.startIfNew(at: time)
        let exposure = decay(by: gap.seconds)
        baseline.decay(by: gap.seconds, isGap: isGap)
        let intensity = baseline.intensity(
            of: arrival,
            season: hours.season(arrival.bin)
        )
        let mark = baseline.mark(of: arrival)
        weigh(
            exposure,
            innocent: 2 * arrival.surge * intensity.total + 1e-9,
            mark: mark,
            rows: Self.rows(members: arrival.members)
        )
        count(arrival)
        excitement += 1
        baseline.excite(isReply: arrival.isReply ?? true)
        last = time
        var reading = Reading(
            logMarked: logMarked,
            logTimed: logTimed,
            arrivals: Int64(episode.arrivals),
            replies: Int64(episode.replies),
            arrivalsPerYear: baseline.arrivalsPerYear,
            span: time - episode.start
        )
        reading.isUrgent = arrival.isAgeProven || reading.isUnhurried
        if logMarked < learnBelow(reading.arrivalsPerYear) || time - episode.start > .days(1) {
            let isReply = arrival.isReply ?? true
            hours.learn(arrival.bin)
            baseline.learn(arrival, attribution: isReply ? intensity : nil)
        }
        return reading
    }

    /// Lets `seconds` pass; gives the exposure of each delay in that time.
    private mutating func decay(by seconds: Double) -> SIMD4<Double> {
        var exposure = SIMD4<Double>()
        for column in 0..<4 {
            let left = exponential(-seconds / Self.delays[column])
            exposure[column] = Double(excitement[column]) * (1 - left)
            excitement[column] *= Float(left)
        }
        episode.exposure += SIMD4<Float>(exposure)
        return exposure
    }

    /// Multiplies each value by its likelihood ratio and adds the prior: this post may be the seed.
    private mutating func weigh(
        _ exposure: SIMD4<Double>,
        innocent: Double,
        mark: Double,
        rows: Int
    ) {
        let prior = 1 / Double(4 * rows)
        let markFactor = exponential(mark)
        var sumMarked = 0.0
        var sumTimed = 0.0
        let left = Self.left(exposure)
        for row in 0..<8 {
            let branching = Self.branching[row]
            for column in 0..<4 {
                let place = 4 * row + column
                let rate = branching * Double(excitement[column]) / (Self.delays[column] * innocent)
                let ratio = (1 + rate) * left[row][column]
                let injected = row < rows ? prior : 0
                let fromTime = min(Self.cap, Double(timed[place]) * ratio) + injected
                let fromMark = min(Self.cap, Double(marked[place]) * ratio * markFactor) + injected
                timed[place] = Float(fromTime)
                marked[place] = Float(fromMark)
                sumTimed += fromTime
                sumMarked += fromMark
            }
        }
        logTimed = logarithm(sumTimed)
        logMarked = logarithm(sumMarked)
    }

    /// What is left of each value after `exposure` without an arrival: e to the power of minus R times
    /// the exposure, by row.
    ///
    /// R is half a whole number in every row, so all are powers of one exponential; its error of 1e-16
    /// grows by R and stays far below what a Float can tell apart.
    private static func left(_ exposure: SIMD4<Double>) -> [8 of SIMD4<Double>] {
        var half = SIMD4<Double>()
        for column in 0..<4 { half[column] = exponential(-0.5 * exposure[column]) }
        let three = half * half * half
        let six = three * three
        let twelve = six * six
        let twentyFour = twelve * twelve
        let fortyEight = twentyFour * twentyFour
        let ninetySix = fortyEight * fortyEight
        let twoHundred = ninetySix * ninetySix * six * half * half
        let fourHundred = twoHundred * twoHundred
        let eightHundred = fourHundred * fourHundred
        let thousands = eightHundred * eightHundred
        return [
            three, six, twelve, twentyFour, fortyEight * twelve, twoHundred, eightHundred,
            thousands * thousands * eightHundred,
        ]
    }

    private mutating func count(_ arrival: Arrival) {
        // An episode begins at an arrival that leaves the value below e.
        if episode.start == .distantPast || logMarked < 1 {
            episode = Episode(start: arrival.time)
        } else {
            episode.arrivals = episode.arrivals.addingSaturated(1)
            if arrival.isReply ?? true { episode.replies = episode.replies.addingSaturated(1) }
        }
        episode.posts = episode.posts.addingSaturated(1)
    }

    /// Starts both statistics afresh, after a trip or a reset; what was learned stays.
    mutating func restart() {
        marked = [32 of Float](repeating: 0)
        timed = [32 of Float](repeating: 0)
    }

    /// Forgets what happened lately; what was learned stays.
    mutating func forgetRecent() {
        restart()
        excitement = SIMD4()
        baseline.forgetRecent()
        episode = Episode()
        logMarked = 0
        logTimed = 0
        last = nil
    }

    /// Takes the innocent model of older logs; the values, and what may be answered now, stay.
    mutating func learn(_ older: Baseline) { baseline.learn(from: older) }

    /// The same state a while later, without an arrival: values only fall.
    func waited(until time: Timestamp) -> StormTest {
        guard let last, time > last else { return self }
        var copy = self
        let exposure = copy.decay(by: (time - last).seconds)
        var sum = 0.0
        for row in 0..<8 {
            for column in 0..<4 {
                let place = 4 * row + column
                let left = exponential(-Self.branching[row] * exposure[column])
                copy.marked[place] *= Float(left)
                sum += Double(copy.marked[place])
            }
        }
        copy.logMarked = sum > 0 ? max(-700, logarithm(sum)) : -700
        copy.last = time
        return copy
    }
}

extension StormTest: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.optional(&last)
        try stream.floats(&marked)
        try stream.floats(&timed)
        for column in 0..<4 { try stream.float(&excitement[column]) }
        try stream.double(&logMarked)
        try stream.double(&logTimed)
        try stream.value(&episode)
        try stream.value(&baseline)
    }
}

extension StormTest.Episode: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.value(&start)
        for column in 0..<4 { try stream.float(&exposure[column]) }
        try stream.number(&arrivals)
        try stream.number(&replies)
        try stream.number(&posts)
    }
}
