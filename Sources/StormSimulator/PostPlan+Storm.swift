// SPDX-License-Identifier: Apache-2.0
//
// Storms: people answer the latest post of the list, and then each other; either so many an hour, or
// each post breeding its share of answers until those who would answer have done so.

internal import EventTime

extension PostPlan {
    /// People answer the latest post of the list, and then each other.
    mutating func addStorm(_ traffic: Traffic, _ list: Int) {
        guard let seed = latest(of: list, before: scenario.start + traffic.at) else { return }
        if traffic.reproduction > 0 {
            addBreeding(traffic, list, seed)
        } else {
            addSteady(traffic, list, seed)
        }
    }

    /// A branching process: each post breeds a Poisson number of answers, Hawkes 1971.
    private mutating func addBreeding(_ traffic: Traffic, _ list: Int, _ seed: SimulatedPost) {
        let end = self.end(of: traffic)
        let willing = max(1, Double(scenario.lists[list].members) * traffic.saturation)
        var open = PostHeap()
        open.push(seed)
        var people = StormPeople(members: scenario.lists[list].members)
        while let breeding = open.pop(), people.posts < traffic.count {
            let left = max(0, 1 - Double(people.posts) / willing)
            // The announcement itself draws answers of which one is certain, or there is no storm.
            var answers = random.poisson(mean: traffic.reproduction * left)
            if breeding == seed, answers == 0 { answers = 1 }
            for _ in 0..<min(answers, traffic.count - people.posts) {
                let delay = random.logNormal(median: traffic.medianDelay.seconds, sigma: 1.2)
                let time = breeding.time + TimeSpan(microseconds: Int64(min(delay, 1e7) * 1e6))
                guard time < end else { continue }
                open.push(addStormPost(time, list, breeding, traffic, &people))
            }
        }
    }

    /// So many posts an hour, by the time of day, each in answer to the seed or a late post.
    private mutating func addSteady(_ traffic: Traffic, _ list: Int, _ seed: SimulatedPost) {
        let end = self.end(of: traffic)
        var time = scenario.start + traffic.at
        var recent = [seed]
        var people = StormPeople(members: scenario.lists[list].members)
        while people.posts < traffic.count, traffic.perHour.upperBound > 0 {
            let low = traffic.perHour.lowerBound
            let high = traffic.perHour.upperBound
            let gap = random.exponential(mean: 3600 / high)
            time = time + TimeSpan(microseconds: Int64(min(gap, 1e7) * 1e6))
            guard time < end else { return }
            let share = (low + (high - low) * Self.weight(time)) / high
            guard random.chance(share) else { continue }
            let answered = random.chance(0.5) ? seed : recent[random.whole(0..<recent.count)]
            recent.append(addStormPost(time, list, answered, traffic, &people))
            if recent.count > 30 { recent.removeFirst() }
        }
    }

    private mutating func addStormPost(
        _ time: Timestamp,
        _ list: Int,
        _ answered: SimulatedPost,
        _ traffic: Traffic,
        _ people: inout StormPeople
    ) -> SimulatedPost {
        let number = people.next(repeats: traffic.repeatShare, &random)
        let startsNew = random.chance(traffic.newMailShare)
        var post = post(
            time,
            list,
            by: Names.member(number, of: list),
            answering: startsNew ? nil : answered,
            traffic
        )
        post.role = .reply
        post.isStorm = true
        append(post)
        return post
    }
}

/// Who takes part in a storm: members in a scattered order, some of them again.
private struct StormPeople {
    let members: Int
    var posts = 0
    private var people: [Int] = []

    init(members: Int) { self.members = max(1, members) }

    mutating func next(repeats: Double, _ random: inout Randomness) -> Int {
        posts += 1
        if people.count > 1, random.chance(repeats) {
            return people[random.whole(0..<people.count)]
        }
        let number = random.whole(0..<members)
        people.append(number)
        return number
    }
}
