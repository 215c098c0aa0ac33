// SPDX-License-Identifier: Apache-2.0
//
// A role alias at work, sales@ or support@: strangers all day, each with a matter of his own, a
// handful of members who answer, strangers who write back. Nobody would call it a mailing list.

internal import EventTime

extension PostPlan {
    /// Shares and waits are chosen.
    mutating func addDesk(_ traffic: Traffic, _ list: Int) {
        let end = self.end(of: traffic)
        var time = scenario.start + traffic.at
        var number = 0
        guard traffic.perDay > 0 else { return }
        while posts.count < Self.limit {
            // The mean of the day's weights is 0.5, as in a discussion.
            let gap = random.exponential(mean: 43200 / traffic.perDay)
            time = time + TimeSpan(microseconds: Int64(min(gap, 1e7) * 1e6))
            guard time < end else { return }
            guard random.chance(Self.weight(time)) else { continue }
            number += 1
            let stranger = Names.outsider(number, at: "firm\(random.whole(0..<400)).example")
            let request = desk(time, list, by: stranger, answering: nil, traffic)
            guard random.chance(traffic.replyShare) else { continue }
            let colleague = traffic.firstMember + random.whole(0..<traffic.posters)
            let first = request.time + .minutes(10) + part(of: .hours(2))
            guard first < end else { continue }
            let name = Names.member(colleague, of: list)
            let answer = desk(first, list, by: name, answering: request, traffic)
            let second = answer.time + .minutes(20) + part(of: .hours(4))
            guard second < end, random.chance(traffic.replyShare / 2) else { continue }
            _ = desk(second, list, by: stranger, answering: answer, traffic)
        }
    }

    private mutating func desk(
        _ time: Timestamp,
        _ list: Int,
        by poster: String,
        answering answered: SimulatedPost?,
        _ traffic: Traffic
    ) -> SimulatedPost {
        var post = post(time, list, by: poster, answering: answered, traffic)
        post.isOutsider = poster.contains("@firm")
        append(post)
        return post
    }
}
