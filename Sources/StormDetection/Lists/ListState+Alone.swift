// SPDX-License-Identifier: Apache-2.0
//
// One poster who goes on alone on a quiet list, and writes more than everybody together on its busiest
// day; or two to four. It needs no headers, no pace and no strangers. The mistake to avoid: series, commits and reports,
// which members send alone as well; so a member's must be answers, and not come in seconds.

import EventTime
import ListTraffic

extension ListState {
    /// Posts of the busiest day of a list that is quiet; chosen.
    private static let quietDay: Int64 = 16
    /// Whether so many mails a day as trip it are unheard of there.
    @inline(__always)
    func isQuiet(at time: Timestamp) -> Bool {
        !isYoung(at: time) && Int64(burden.busiestDay) <= Self.quietDay
    }

    /// Mails of one poster, with nobody's in between, that hold and trip such a list; chosen.
    static let monologue = (hold: Int64(6), trip: Int64(12))

    /// One who goes on alone, and writes more than the whole list on its busiest day: a stolen account, a
    /// robot, or another list that puts its own address for everybody's.
    func judgeMonologue(_ occasion: Occasion, _ findings: inout [Finding]) {
        let time = occasion.time
        let busiest = Int64(burden.busiestDay)
        // The latest to post stands last there.
        let before = rings.last(EchoWatch.Run.self)?.poster
        guard rings.sum(.day, at: time).posts >= Self.monologue.hold,
            before == UInt32(truncatingIfNeeded: occasion.poster),
            occasion.limits.burdenHold > 0, !occasion.limits.isCeilingExempt, plans.isEmpty,
            !occasion.isFlush, !rings.isSteady(occasion.poster),
            let trail = rings.trail
        else { return }
        // Who has a list for himself hardly ever sends a series. Members do, in seconds; and reports
        // and commits, each a thread of its own.
        let isOwner = isAnnounceLike(occasion.inForce.settings)
        let own = trail.reversed().prefix {
            $0.poster == occasion.post.posterAddress && time - $0.time <= .hours(9)
        }
        let posts = Int64(own.count) + 1
        guard let first = own.last?.time else { return }
        let isSeries =
            own.count { $0.kind == .newThread } * 2 > own.count
            || time - first < .seconds(45 * posts)
        guard isOwner || !isSeries else { return judgeQuick(occasion, &findings) }
        let usual = max(
            Int64(echo.longest) + 1,
            isOwner ? Int64(2 * ceiling.busiestPosts) + 1 : busiest * 2 / 3
        )
        let action: Verdict.Action
        if posts >= max(Self.monologue.trip, busiest + 1) {
            action = .trip
        } else if Int64(own.count { time - $0.time <= .hours(6) }) + 1
            >= max(Self.monologue.hold, usual)
        {
            action = .softHold
        } else {
            return
        }
        findings.append(
            Finding(
                action: action,
                cause: .burden(posts: posts, busiest: busiest),
                window: .hours(9),
                start: first
            )
        )
    }

    /// The same within seconds, where no headers tell a series from a robot: twice as many.
    ///
    /// Not where each waits for the one before as a loop's does, which goes to members and back. A machine's
    /// mark tells it with headers, too. Of 53 real lists none that was quiet had ten in a row.
    private func judgeQuick(_ occasion: Occasion, _ findings: inout [Finding]) {
        guard !occasion.post.hasHeaders || occasion.isMarked else { return }
        let poster = UInt32(truncatingIfNeeded: occasion.post.poster)
        // Those of the hour.
        let own = rings.all(LoopWatch.Hop.self).reversed().prefix { $0.poster == poster }
        let posts = Int64(own.count) + 1
        let busiest = Int64(burden.busiestDay)
        guard let first = own.last else { return }
        let seconds = Int64(UInt32(occasion.time)) - Int64(first.second)
        let isLoop =
            occasion.limits.echoTrip > 0
            && seconds >= (posts - 1) * Int64(EchoWatch.gaps.lowerBound)
        let least =
            isLoop
            ? (hold: occasion.limits.echoHold, trip: occasion.limits.echoTrip)
            : (hold: 2 * Self.monologue.hold, trip: 2 * Self.monologue.trip)
        guard posts >= max(least.hold, Int64(echo.longest) + 1) else { return }
        let isTrip = posts >= max(least.trip, busiest + 1)
        findings.append(
            Finding(
                action: isTrip ? .trip : .softHold,
                cause: .burden(posts: posts, busiest: busiest),
                window: .hours(1),
                start: Timestamp(seconds: Int64(first.second))
            )
        )
    }

    /// Mails of two, three or four posters within four hours, with nobody's in between, that hold and trip a
    /// quiet list; and that hold it when they came within an hour, and no header lines show people who answer.
    ///
    /// Of 53 real lists that were quiet two had more than nine: twelve each in more than two hours, all of
    /// them answers.
    private static let among = (quick: 10, hold: 13, trip: 15)

    /// A few robots that answer each other: each answers the mail that began it, so that several exchanges
    /// run side by side, and nobody's turn is strict.
    func judgeFew(_ occasion: Occasion, _ findings: inout [Finding]) {
        let time = occasion.time
        guard rings.sum(.day, at: time).posts >= Self.among.quick,
            occasion.limits.burdenHold > 0, !occasion.limits.isCeilingExempt, plans.isEmpty,
            !occasion.isFlush, !rings.isSteady(occasion.poster),
            let trail = rings.trail
        else { return }
        var posts = [occasion.post.posterAddress: 1]
        var answers = occasion.isReply == true ? 1 : 0
        var start = time
        var found: (count: Int, posters: Int, answers: Int, start: Timestamp) = (0, 0, 0, time)
        func look() {
            let count = posts.values.reduce(0, +)
            // Who says a word now and then has no share in what others go on with.
            let fewest = posts.values.min() ?? 0
            if posts.count > 1, fewest * (posts.count + 1) >= count {
                found = (count, posts.count, answers, start)
            }
        }
        for post in trail.reversed() where time - post.time <= .hours(4) {
            if posts[post.poster] == nil {
                look()
                guard posts.count < 4 else { break }
            }
            posts[post.poster, default: 0] += 1
            answers += post.kind.isReply ? 1 : 0
            start = post.time
        }
        look()
        let count = found.count
        let arePeople =
            occasion.post.hasHeaders && !occasion.isMarked && found.answers * 2 >= count
        let isQuick = !arePeople && time - found.start <= .hours(1)
        guard count >= (isQuick ? Self.among.quick : Self.among.hold) else { return }
        // Whoever wrote what began it, and one more; where more people write they quarrel.
        guard rings.posters(since: time - .hours(4)) <= found.posters + 2 else { return }
        findings.append(
            Finding(
                action: count >= Self.among.trip ? .trip : .softHold,
                cause: .few(posts: Int64(count), posters: Int64(found.posters)),
                window: .hours(24),
                start: found.start
            )
        )
    }
}
