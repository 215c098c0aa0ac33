// SPDX-License-Identifier: Apache-2.0
//
// What a list is like when nothing is wrong: how often people post, at which hours, how many
// replies a post draws and how late, and who writes. All of it decays, so that a list may change.
// The intensity is used doubled, as an upper envelope of the truth. Numbers: detector constants
// fitted to 305,164 real replies; golden values in the tests hold them.

internal import Archive
import EventTime

/// The learned innocent model of one list.
struct Baseline: Sendable {
    /// Delay classes of innocent replies, seconds.
    static let delays: [5 of Double] = [60, 900, 4500, 28_800, 216_000]
    /// Share of each delay class, fitted to 305,164 real delays.
    static let delayShares: [5 of Double] = [0.02, 0.10, 0.21, 0.33, 0.34]
    /// Pseudo-replies behind those shares.
    static let delayWeight = 30.0
    /// Prior of replies per post: 0.65, worth four posts; and its bounds.
    static let repliesPrior = 2.6
    static let postsPrior = 4.0
    static let branchingBounds = 0.05...0.95
    /// Half-life of the rate, seconds.
    static let rateHalfLife = 60.0 * 86400
    /// Prior exposure of the rate, seconds: one arrival in 30 days.
    static let ratePrior = 30.0 * 86400
    static let secondsPerYear = 365.25 * 86400
    /// What a mark or delay count keeps at each arrival: half-life 400 arrivals.
    static let countKept = 0.5.root(400)
    /// Marks of pooled real lists: known new, known reply, novel new, novel reply.
    static let markPrior: [4 of Double] = [0.20, 0.62, 0.14, 0.04]
    static let markWeight = 20.0
    /// Novelty says nothing before so many arrivals and so long.
    static let warmUpArrivals: UInt32 = 50
    static let warmUpSpan = TimeSpan.days(14)
    /// Share of replies, and of strangers where the size is unknown, among the posts of a storm.
    static let stormReplies = 0.90
    static let stormNovel = 0.80
    /// Fewest strangers in a storm: who ever posted is not who reads today, so that a list may know
    /// more posters than it has members; chosen.
    static let fewestNovel = 0.2
    /// Bound of a mark's evidence, nats.
    static let markBound = 4.0

    /// Replies attributed to new posts and to replies, by delay class.
    private(set) var replies = [10 of Float](repeating: 0)
    /// Past posts, decayed by each delay class: new posts, then replies.
    private(set) var excitement = [10 of Float](repeating: 0)
    private(set) var marks = SIMD4<Float>()
    /// New posts and replies seen, decayed.
    private(set) var posts = SIMD2<Float>()
    /// Decayed arrivals, and decayed seconds of watching.
    private(set) var arrivals = 0.0
    private(set) var watched = 0.0
    /// Decayed replies among decayed arrivals.
    private(set) var replyCount: Float = 0
    private(set) var totalCount: Float = 0
    /// Arrivals since the warm-up began, and when it did.
    private(set) var seen: UInt32 = 0
    private(set) var start = Timestamp.distantPast

    /// Arrivals a second.
    var rate: Double { (arrivals + 1) / (watched + Self.ratePrior) }
    /// Arrivals a year.
    var arrivalsPerYear: Double { rate * Self.secondsPerYear }

    /// Whether who is new to the list is known well enough to count.
    func isWarm(at time: Timestamp) -> Bool {
        seen >= Self.warmUpArrivals && time - start >= Self.warmUpSpan
    }

    mutating func startIfNew(at time: Timestamp) {
        if start == .distantPast { start = time }
    }

    /// Forgets which posts may still be answered.
    mutating func forgetRecent() {
        excitement = [10 of Float](repeating: 0)
    }

    /// Begins the warm-up again.
    mutating func restart(at time: Timestamp) {
        seen = 0
        start = time
    }

    /// Takes what was learned from older logs; what may be answered now stays.
    mutating func learn(from older: Baseline) {
        let excitement = excitement
        self = older
        self.excitement = excitement
    }

    /// Innocent replies to a new post, and to a reply.
    var branching: SIMD2<Double> {
        var result = SIMD2<Double>()
        for kind in 0..<2 {
            var sum = 0.0
            for delay in 0..<5 { sum += Double(replies[5 * kind + delay]) }
            let ratio = (sum + Self.repliesPrior) / (Double(posts[kind]) + Self.postsPrior)
            result[kind] = min(
                Self.branchingBounds.upperBound,
                max(Self.branchingBounds.lowerBound, ratio)
            )
        }
        return result
    }

    /// Lets `seconds` pass; a silence so long that the log rather than the list was silent says
    /// nothing about the rate.
    mutating func decay(by seconds: Double, isGap: Bool) {
        for delay in 0..<5 {
            let left = Float(exponential(-seconds / Self.delays[delay]))
            excitement[delay] *= left
            excitement[5 + delay] *= left
        }
        guard !isGap else { return }
        let left = halved(seconds, halfLife: Self.rateHalfLife)
        arrivals *= left
        watched = watched * left + Self.rateHalfLife / 0.6931471805599453 * (1 - left)
    }

    /// Innocent arrivals a second, and which earlier posts they come from.
    struct Intensity: Sendable {
        var parts = [10 of Double](repeating: 0)
        var total = 0.0
    }

    func intensity(of arrival: Arrival, season: Double) -> Intensity {
        let isHeadered = arrival.isReply != nil
        var ratio = branching
        if !isHeadered { ratio = Swift.pointwiseMin(ratio, SIMD2<Double>(repeating: 0.75)) }
        // Without headers every post may be a reply; what no earlier post explains is new.
        let fresh =
            isHeadered ? max(0.05, 1 - Double(replyCount / max(totalCount, 1))) : 1 - ratio[1]
        var intensity = Intensity()
        for kind in 0..<2 {
            var sum = Self.delayWeight
            for delay in 0..<5 { sum += Double(replies[5 * kind + delay]) }
            for delay in 0..<5 {
                let place = 5 * kind + delay
                let share =
                    (Double(replies[place]) + Self.delayWeight * Self.delayShares[delay]) / sum
                let part = ratio[kind] * share * Double(excitement[place]) / Self.delays[delay]
                intensity.parts[place] = part
                intensity.total += part
            }
        }
        intensity.total += rate * fresh * season
        return intensity
    }

    /// Counts a post that others may answer.
    mutating func excite(isReply: Bool) {
        for delay in 0..<5 { excitement[(isReply ? 5 : 0) + delay] += 1 }
    }

    /// Usual share of newcomers among the posters.
    var novelShare: Double {
        let prior = Self.markPrior[2] + Self.markPrior[3]
        return (Double(marks[2] + marks[3]) + Self.markWeight * prior)
            / (Double(marks.sum()) + Self.markWeight)
    }

    /// Evidence in nats from who posts and whether it is a reply.
    func mark(of arrival: Arrival) -> Double {
        let isWarm = isWarm(at: arrival.time)
        guard isWarm || arrival.isReply != nil else { return 0 }
        let total = Double(marks.sum()) + Self.markWeight
        var usual = SIMD4<Double>()
        for cell in 0..<4 {
            usual[cell] = max(
                0.005,
                (Double(marks[cell]) + Self.markWeight * Self.markPrior[cell]) / total
            )
        }
        let novel = arrival.isNovel ? 2 : 0
        let stormNovel = Self.stormNovel(arrival)
        guard let isReply = arrival.isReply else {
            return Self.bounded(logarithm(stormNovel / (usual[novel] + usual[novel + 1])))
        }
        let reply = isReply ? 1 : 0
        let stormReply = isReply ? Self.stormReplies : 1 - Self.stormReplies
        guard isWarm else { return logarithm(stormReply / (usual[reply] + usual[2 + reply])) }
        return Self.bounded(logarithm(stormReply * stormNovel / usual[novel + reply]))
    }

    private static func bounded(_ nats: Double) -> Double {
        max(-markBound, min(markBound, nats))
    }

    /// Probability, in a storm, of a poster as new or as known as this one.
    private static func stormNovel(_ arrival: Arrival) -> Double {
        var novel = stormNovel
        if let members = arrival.members {
            let unknown = 1 - Double(arrival.knownPosters) / Double(members)
            novel = min(0.9, max(Self.fewestNovel, 0.9 * unknown))
        }
        return arrival.isNovel ? novel : 1 - novel
    }

    /// Learns an arrival; `attribution` where a reply's parents are guessed from the intensity.
    mutating func learn(_ arrival: Arrival, attribution: Intensity?) {
        startIfNew(at: arrival.time)
        let isReply = arrival.isReply ?? true
        arrivals += 1
        let kept = Float(Self.countKept)
        posts *= kept
        for place in 0..<10 {
            replies[place] *= kept
            if let attribution {
                replies[place] += Float(attribution.parts[place] / attribution.total)
            }
        }
        posts[isReply ? 1 : 0] += 1
        marks *= kept
        marks[(arrival.isNovel ? 2 : 0) + (arrival.isReply == true ? 1 : 0)] += 1
        replyCount = replyCount * kept + (arrival.isReply == true ? 1 : 0)
        totalCount = totalCount * kept + 1
        seen = seen.addingSaturated(1)
    }
}

extension Double {
    /// The `degree`-th root.
    fileprivate func root(_ degree: Double) -> Double { exponential(logarithm(self) / degree) }
}

extension Baseline: Archived {
    mutating func fields(_ stream: inout ArchiveStream) throws(ArchiveDamage) {
        try stream.floats(&replies)
        try stream.floats(&excitement)
        for kind in 0..<2 { try stream.float(&posts[kind]) }
        for cell in 0..<4 { try stream.float(&marks[cell]) }
        try stream.amount(&arrivals, limit: 1e18)
        try stream.amount(&watched, limit: 1e18)
        try stream.float(&replyCount)
        try stream.float(&totalCount)
        try stream.number(&seen)
        try stream.value(&start)
    }
}
