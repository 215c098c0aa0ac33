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
        var people = StormPeople(traffic, members: scenario.lists[list].members)
        while let breeding = open.pop(), people.posts < traffic.count {
            let left = max(0, 1 - Double(people.posts) / willing)
            // The announcement itself draws answers of which one is certain, or there is no storm.
            var answers = random.poisson(mean: traffic.reproduction * left)
            if breeding == seed, answers == 0 { answers = 1 }
            for _ in 0..<min(answers, traffic.count - people.posts) {
                let delay = random.logNormal(median: traffic.medianDelay.seconds, sigma: 1.2)
                let time = breeding.time + TimeSpan(microseconds: Int64(min(delay, 1e7) * 1e6))
                guard time < end else { continue }
                let answer = addStormPost(time, list, breeding, traffic, &people)
                if !traffic.answersFirst { open.push(answer) }
            }
        }
    }

    /// So many posts an hour, by the time of day, each in answer to the seed or a late post.
    private mutating func addSteady(_ traffic: Traffic, _ list: Int, _ seed: SimulatedPost) {
        let end = self.end(of: traffic)
        // Nobody answers what has not arrived.
        var time = max(scenario.start + traffic.at, seed.time)
        var recent = [seed]
        var people = StormPeople(traffic, members: scenario.lists[list].members)
        while people.posts < traffic.count, traffic.perHour.upperBound > 0 {
            let low = traffic.perHour.lowerBound
            let high = traffic.perHour.upperBound
            let gap = random.exponential(mean: 3600 / high)
            time = time + TimeSpan(microseconds: Int64(min(gap, 1e7) * 1e6))
            guard time < end else { return }
            let grown = Self.grown(time - (scenario.start + traffic.at), within: traffic.ramp)
            let share = (low + (high - low) * grown * Self.weight(time)) / high
            guard random.chance(share) else { continue }
            let answered = pick(seed, recent, at: time, traffic)
            recent.append(addStormPost(time, list, answered, traffic, &people))
            if recent.count > 30 { recent.removeFirst() }
        }
    }

    /// How much of its growth a storm has behind it, 0 to 1.
    private static func grown(_ since: TimeSpan, within ramp: TimeSpan) -> Double {
        ramp.microseconds > 0 ? min(1, since.seconds / ramp.seconds) : 1
    }

    /// What a post answers: the seed, or something late that has arrived.
    private mutating func pick(
        _ seed: SimulatedPost,
        _ recent: [SimulatedPost],
        at time: Timestamp,
        _ traffic: Traffic
    ) -> SimulatedPost {
        if traffic.answersFirst || random.chance(0.5) { return seed }
        let here = recent.filter { post in post.time <= time }
        return here.isEmpty ? seed : here[random.whole(0..<here.count)]
    }

    private mutating func addStormPost(
        _ time: Timestamp,
        _ list: Int,
        _ answered: SimulatedPost,
        _ traffic: Traffic,
        _ people: inout StormPeople
    ) -> SimulatedPost {
        let person = people.next(traffic, list, &random)
        let startsNew = random.chance(traffic.newMailShare)
        var post = post(
            time,
            list,
            by: person.address,
            answering: startsNew ? nil : answered,
            traffic
        )
        post.role = .reply
        post.isStorm = traffic.isStorm ?? true
        post.isOutsider = person.isOutsider
        append(post)
        return post
    }
}
