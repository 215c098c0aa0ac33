// SPDX-License-Identifier: Apache-2.0
//
// What leaves by the next attended hour if nothing is done. The growth is predictable, the final
// size is not: how many members join in differs by a factor of a hundred between storms of the
// past. So there are always three lines, and nobody may show only one of them.

import Attended
import EventTime

/// The local week of people at their mail.
enum LocalWeek {
    /// Seconds since Monday 00:00 local time.
    static func seconds(_ time: Timestamp, utcOffset: TimeSpan) -> Int64 {
        let local = (time + utcOffset).seconds
        // 1970-01-01 was a Thursday.
        let week: Int64 = 604_800
        let shifted = local.addingSaturated(3 * 86400) % week
        return shifted < 0 ? shifted + week : shifted
    }

    /// Hour of the day, 0 to 23, plus 24 on Saturday and Sunday.
    static func bin(_ time: Timestamp, utcOffset: TimeSpan) -> Int {
        let place = seconds(time, utcOffset: utcOffset)
        return Int(place % 86400 / 3600) + (place >= 5 * 86400 ? 24 : 0)
    }

    /// Share of people at their mail, 0.05 to 1; chosen.
    static func activity(_ place: Int64) -> Double {
        let hour = place % 86400 / 3600
        if place >= 5 * 86400 { return (9..<22).contains(hour) ? 0.25 : 0.05 }
        if (8..<18).contains(hour) { return 1 }
        return (6..<23).contains(hour) ? 0.35 : 0.06
    }

    /// The next beginning of attended hours after `time`.
    ///
    /// Where none comes, because somebody is always there, or never again: a day later.
    static func nextAttended(after time: Timestamp, _ attended: AttendedHours) -> Timestamp {
        attended.nextStart(after: time) ?? time + .days(1)
    }
}

extension Forecast {
    /// Shares of the members who join in: NHS 2016 0.07 %, Cisco 2013 0.7 %, Bedlam 1997 8.9 %.
    private static let shares = [0.001, 0.01, 0.09]
    private static let step = 300.0

    /// The three lines for a list of `members` with `posts` in the episode so far.
    init(
        _ estimate: Estimate,
        posts: Int64,
        members: Int64,
        at time: Timestamp,
        settings: DetectionSettings
    ) {
        let attended = settings.attended
        let until = LocalWeek.nextAttended(after: time, attended)
        // Asked for anew at each step: the clock on the wall may be changed on the way.
        func place(after seconds: Int64) -> Int64 {
            let then = time + .seconds(seconds)
            return LocalWeek.seconds(then, utcOffset: attended.utcOffset(at: then))
        }
        let start = place(after: 0)
        let length = (until - time).seconds
        let copies = Self.shares.map { share in
            let cap = max(Double(posts) + 5, share * Double(members))
            let delay = max(1, estimate.delay * LocalWeek.activity(start))
            var pending = estimate.pending
            var all = Double(posts)
            var made = 0.0
            var passed = 0.0
            while passed < length {
                let span = min(Self.step, length - passed)
                let activity = LocalWeek.activity(place(after: Int64(passed)))
                let left = exponential(-span * activity / delay)
                let bred = estimate.reproduction * pending * (1 - left) * max(0, 1 - all / cap)
                let new = min(bred, max(0, cap - all))
                pending = pending * left + new
                all += new
                made += new
                passed += span
            }
            return made * Double(members)
        }
        self.init(until: until, low: copies[0], middle: copies[1], high: copies[2])
    }
}
