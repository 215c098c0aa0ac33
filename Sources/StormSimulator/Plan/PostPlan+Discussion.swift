// SPDX-License-Identifier: Apache-2.0
//
// Everyday talk: regulars and some newcomers, in threads of a few people that end by themselves. What
// tells it from a storm is just that; a discussion in one endless thread would be no discussion.

internal import EventTime

extension PostPlan {
    mutating func addDiscussion(_ traffic: Traffic, _ list: Int) {
        let end = self.end(of: traffic)
        var time = scenario.start + traffic.at
        var stranger = scenario.lists[list].members / 2
        var threads: [DiscussionThread] = []
        guard traffic.perDay > 0 else { return }
        while posts.count < Self.limit {
            // The mean of the day's weights is 0.5. Thinning: Lewis and Shedler, 1979.
            let gap = random.exponential(mean: 43200 / traffic.perDay)
            time = time + TimeSpan(microseconds: Int64(min(gap, 1e7) * 1e6))
            guard time < end else { return }
            guard random.chance(Self.weight(time)) else { continue }
            let isStranger = random.chance(traffic.strangerShare)
            stranger += isStranger ? 1 : 0
            // Newcomers mostly begin a thread; chosen.
            let share = isStranger ? traffic.replyShare / 4 : traffic.replyShare
            let place =
                threads.isEmpty || !random.chance(share)
                ? nil : random.whole(0..<threads.count)
            let number =
                isStranger ? stranger : regular(of: traffic, in: place.map { threads[$0] })
            let post = post(
                time,
                list,
                by: Names.member(number, of: list),
                answering: place.map { threads[$0].latest },
                traffic
            )
            append(post)
            if let place {
                threads[place].add(post, by: number)
                if threads[place].isOver(after: traffic.replyShare, &random) {
                    threads.remove(at: place)
                }
            } else {
                threads.append(DiscussionThread(latest: post, people: [number]))
                if threads.count > 6 { threads.removeFirst() }
            }
        }
    }

    /// A regular who writes: in a thread mostly someone who is in it already.
    private mutating func regular(of traffic: Traffic, in thread: DiscussionThread?) -> Int {
        let anyone = traffic.firstMember + random.whole(0..<traffic.posters)
        guard let thread, thread.people.count > 1, random.chance(0.6) else { return anyone }
        return thread.people[random.whole(0..<thread.people.count)]
    }
}

/// A thread of a discussion that may still go on.
private struct DiscussionThread {
    var latest: SimulatedPost
    var people: [Int]

    mutating func add(_ post: SimulatedPost, by number: Int) {
        latest = post
        if !people.contains(number) { people.append(number) }
    }

    /// Threads are as long as the share of answers makes them, geometrically distributed.
    func isOver(after share: Double, _ random: inout Randomness) -> Bool {
        !random.chance(share)
    }
}
