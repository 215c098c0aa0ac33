// SPDX-License-Identifier: Apache-2.0
//
// How soon anybody could know: a sequential probability ratio test that is told which post is the
// seed, which posts are the storm's, how many answers a post breeds and how late, who the strangers
// are, and what is usual on the list. No rule that must find these out can be expected to beat it
// at the same budget of false trips.

import Glibc

/// What is usual on a list, learned with a half-life of sixty days.
struct Usual {
    private static let halfLife = 60.0 * 86400
    /// Weights and time constants in seconds of real delays between a post and its answers, fitted to
    /// 305,164 of them.
    static let kernel: [(weight: Double, delay: Double)] = [
        (0.02, 60), (0.10, 900), (0.21, 4500), (0.33, 28_800), (0.34, 216_000),
    ]
    private var exposure = 0.0
    private var last: Int64?
    private var posts = 0.0
    private var replies = 0.0
    private var strangers = 0.0
    private var strangersReplies = 0.0

    mutating func note(_ row: Row, isStranger: Bool) {
        let pause = Double(max(0, row.time - (last ?? row.time)))
        let left = exp2(-pause / Self.halfLife)
        exposure = exposure * left + Self.halfLife / M_LN2 * (1 - left)
        last = row.time
        for part in [\Usual.posts, \.replies, \.strangers, \.strangersReplies] {
            self[keyPath: part] *= left
        }
        posts += 1
        if row.isReply { replies += 1 }
        if isStranger { strangers += 1 }
        if isStranger, row.isReply { strangersReplies += 1 }
    }

    /// Posts, or replies only, a second.
    func rate(ofReplies: Bool) -> Double {
        ((ofReplies ? replies : posts) + 1) / (exposure + 30 * 86400)
    }

    /// Posts a second that answer nothing.
    var ownRate: Double { (max(0, posts - replies) + 1) / (exposure + 30 * 86400) }

    /// Answers that a post gets.
    var breeding: Double { min(0.95, max(0.05, replies / max(1, posts))) }

    /// The share of strangers among posts, or among replies.
    func strangerShare(ofReplies: Bool) -> Double {
        ofReplies ? (strangersReplies + 2) / (replies + 8) : (strangers + 2) / (posts + 8)
    }
}

/// The test that knows everything but whether there is a storm.
struct OracleTest {
    var storm: SimulatedStorm
    var usual: Usual
    /// Whether it sees threads: then only answers to the seed count, and the list's own posts do not.
    var hasThreads: Bool
    var knownPosters: Int
    /// False trips a list-year.
    static let budget = 0.1

    /// Answers of `rows`, whose first is the seed, until it is sure; nil: never.
    func answers(_ rows: [Row], known: Set<UInt64>, clock: ActiveTime) -> Int? {
        let members = Double(storm.members)
        let year = 365.25 * 86400
        let limit = log(max(2, usual.rate(ofReplies: hasThreads) * year / Self.budget))
        let most = max(5, 0.1 * members)
        let strangersInStorm = max(0.2, 1 - min(0.8, Double(knownPosters) / members))
        let strangersUsually = min(0.99, usual.strangerShare(ofReplies: hasThreads))
        var past: [(wall: Double, active: Double)] = []
        var people: Set<UInt64> = []
        var evidence = 0.0
        for (number, row) in rows.enumerated() {
            let wall = Double(row.time)
            let active = clock.active(wall)
            defer { past.append((wall, active)) }
            guard number > 0, let last = past.last else { continue }
            let left = max(0, 1 - Double(number - 1) / most) * storm.reproduction
            let speed = max(1e-3, clock.active(wall + 1) - active)
            var expected = 0.0
            var intensity = 0.0
            var usually = hasThreads ? 1e-9 : usual.ownRate
            for post in past {
                expected +=
                    storm.share(active - post.active) - storm.share(last.active - post.active)
                intensity += storm.density(active - post.active) * speed
                for (weight, delay) in Usual.kernel {
                    usually += usual.breeding * weight / delay * exp((post.wall - wall) / delay)
                }
            }
            evidence += log1p(left * intensity / usually) - left * expected
            if people.insert(row.sender).inserted {
                evidence +=
                    known.contains(row.sender)
                    ? log((1 - strangersInStorm + 1e-3) / (1 - strangersUsually))
                    : log(strangersInStorm / strangersUsually)
            }
            evidence = max(0, evidence)
            if evidence >= limit { return number }
        }
        return nil
    }
}

extension SimulatedStorm {
    /// The share of answers that have come `delay` seconds of active time after the post.
    func share(_ delay: Double) -> Double {
        delay > 0 ? 0.5 * erfc(-log(delay / self.delay) / Self.sigma / 2.0.squareRoot()) : 0
    }

    /// How many of its answers a post gets a second, `delay` seconds of active time after it.
    func density(_ delay: Double) -> Double {
        let delay = max(1, delay)
        let deviation = log(delay / self.delay) / Self.sigma
        return exp(-deviation * deviation / 2) / (delay * Self.sigma * (2 * Double.pi).squareRoot())
    }
}
