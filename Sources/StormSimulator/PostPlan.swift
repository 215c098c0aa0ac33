// SPDX-License-Identifier: Apache-2.0
//
// Who posts what and when: the human side of a scenario, before any mail host sees it. Streams are
// planned in the order of the file; answers refer to what earlier streams planned, so a storm
// stands behind the announcement that it answers. One generator a stream: adding a stream to a file
// does not change the others.

internal import EventTime

/// The posts of a scenario, in time order.
struct PostPlan {
    private let scenario: Scenario
    private var posts: [SimulatedPost] = []
    private var random = Randomness(seed: 0)
    private var numbers = 0

    /// Posts of all streams at most.
    static let limit = 1_000_000

    static func posts(of scenario: Scenario) -> [SimulatedPost] {
        var plan = PostPlan(scenario: scenario)
        for (index, traffic) in scenario.traffic.enumerated() {
            plan.random = Randomness(seed: scenario.seed &* 1_000_003 &+ UInt64(index))
            plan.add(traffic)
        }
        let end = scenario.start + scenario.duration
        // Stable: posts of the same moment stay in the order of the file.
        return plan.posts.enumerated()
            .filter { _, post in post.time < end }
            .sorted { left, right in
                (left.element.time, left.offset) < (right.element.time, right.offset)
            }
            .map(\.element)
    }

    private init(scenario: Scenario) { self.scenario = scenario }

    private mutating func add(_ traffic: Traffic) {
        let list = scenario.lists.firstIndex { list in list.address == traffic.list }
        switch traffic.kind {
        case .account: addAccount(traffic)
        case .posts: if let list { addPosts(traffic, list) }
        case .discussion: if let list { addDiscussion(traffic, list) }
        case .storm: if let list { addStorm(traffic, list) }
        case .robots: if let list { addRobots(traffic, list) }
        case .loop: if let list { addLoop(traffic, list) }
        case .owner: if let list { addOwnerMail(traffic, list) }
        }
    }

    // MARK: Streams

    private mutating func addPosts(_ traffic: Traffic, _ list: Int) {
        var latest: SimulatedPost?
        var time = scenario.start + traffic.at
        for index in 0..<traffic.count {
            let poster =
                traffic.from.isEmpty
                ? Names.member(traffic.firstMember + index % traffic.posters, of: list)
                : traffic.from
            let answered = random.chance(traffic.replyShare) ? latest : nil
            let post = post(time, list, by: poster, answering: answered, traffic)
            if answered == nil { latest = post }
            append(post)
            let jitter = 0.9 + 0.2 * random.unit()
            time = time + Span(microseconds: Int64(Double(traffic.every.microseconds) * jitter))
        }
    }

    private mutating func addDiscussion(_ traffic: Traffic, _ list: Int) {
        let begin = scenario.start + traffic.at
        let end = self.end(of: traffic)
        var time = begin
        var stranger = scenario.lists[list].members / 2
        var recent: [SimulatedPost] = []
        guard traffic.perDay > 0 else { return }
        while posts.count < Self.limit {
            // The mean of the day's weights is 0.5. Thinning: Lewis and Shedler, 1979.
            let gap = random.exponential(mean: 43200 / traffic.perDay)
            time = time + Span(microseconds: Int64(min(gap, 1e7) * 1e6))
            guard time < end else { return }
            guard random.chance(Self.weight(time)) else { continue }
            let isStranger = random.chance(traffic.strangerShare)
            stranger += isStranger ? 1 : 0
            let number =
                isStranger ? stranger : traffic.firstMember + random.whole(0..<traffic.posters)
            // Newcomers mostly begin a thread; chosen.
            let share = isStranger ? traffic.replyShare / 4 : traffic.replyShare
            let answered =
                recent.isEmpty || !random.chance(share)
                ? nil : recent[random.whole(0..<recent.count)]
            let post = post(
                time,
                list,
                by: Names.member(number, of: list),
                answering: answered,
                traffic
            )
            append(post)
            recent.append(post)
            if recent.count > 12 { recent.removeFirst() }
        }
    }

    private mutating func addOwnerMail(_ traffic: Traffic, _ list: Int) {
        for index in 0..<traffic.count {
            let within = Double(max(1, traffic.lasting.microseconds)) * random.unit()
            let time = scenario.start + traffic.at + Span(microseconds: Int64(within))
            var post = post(
                time,
                list,
                by: Names.member(index &* 37 &+ 11, of: list),
                answering: nil,
                traffic
            )
            post.role = .other
            post.isFlagged = true
            append(post)
        }
    }

    private mutating func addAccount(_ traffic: Traffic) {
        var time = scenario.start + traffic.at
        for _ in 0..<traffic.count {
            var post = post(time, nil, by: traffic.from, answering: nil, traffic)
            post.role = .other
            post.isStorm = true
            post.recipients = traffic.recipients
            append(post)
            let jitter = 0.5 + random.unit()
            time = time + Span(microseconds: Int64(Double(traffic.every.microseconds) * jitter))
        }
    }

    private mutating func addLoop(_ traffic: Traffic, _ list: Int) {
        let begin = scenario.start + traffic.at
        guard var post = latest(of: list, before: begin) else { return }
        var time = begin
        for _ in 0..<traffic.count {
            post.time = time
            post.role = .returned
            post.isStorm = true
            append(post)
            time = time + traffic.every
        }
    }

    private mutating func addRobots(_ traffic: Traffic, _ list: Int) {
        let begin = scenario.start + traffic.at
        let end = self.end(of: traffic)
        // What was planned so far is answered; and in a ring, the answers too.
        var open = posts.filter { post in
            post.list == list && post.time >= begin && post.time < end
                && post.role != .other
        }
        var next = 0
        var left = traffic.count
        while next < open.count, left > 0 {
            let answered = open[next]
            next += 1
            for robot in 0..<traffic.robots where left > 0 {
                let address = Names.member(1_000_000 + robot, of: list)
                guard address != answered.poster else { continue }
                let delay = traffic.every.microseconds / 2
                let spread = Int64(Double(traffic.every.microseconds) * random.unit())
                let time = answered.time + Span(microseconds: delay + spread)
                guard time < end else { continue }
                var post = post(time, list, by: address, answering: answered, traffic)
                post.role = .robot
                post.isStorm = true
                post.isFlagged = traffic.isFlagged
                append(post)
                left -= 1
                if traffic.isRing { open.append(post) }
            }
        }
    }

    // MARK: Parts

    /// The end of a stream.
    func end(of traffic: Traffic) -> Timestamp {
        let whole = scenario.start + scenario.duration
        guard traffic.lasting.microseconds > 0 else { return whole }
        return min(whole, scenario.start + traffic.at + traffic.lasting)
    }

    /// How lively an hour is, UTC; the mean of a day is 0.5.
    ///
    /// Chosen.
    static func weight(_ time: Timestamp) -> Double {
        switch (time.seconds % 86400 + 86400) % 86400 / 3600 {
        case 8..<18: 0.95
        case 18..<23: 0.45
        default: 0.03
        }
    }

    private func latest(of list: Int, before time: Timestamp) -> SimulatedPost? {
        posts.filter { post in
            post.list == list && post.time <= time && post.role != .other
        }.max { left, right in left.time < right.time }
    }

    private mutating func post(
        _ time: Timestamp,
        _ list: Int?,
        by poster: String,
        answering answered: SimulatedPost?,
        _ traffic: Traffic
    ) -> SimulatedPost {
        numbers += 1
        let number = String(random.next() >> 16, radix: 36) + "." + String(numbers)
        var post = SimulatedPost(
            time: time,
            list: list,
            role: answered == nil ? .new : .reply,
            poster: poster,
            messageID: "<\(number)@\(Names.domain(of: poster))>"
        )
        post.parent = answered?.messageID
        post.root = answered.map { earlier in earlier.root ?? earlier.messageID }
        post.age = traffic.age
        return post
    }

    private mutating func append(_ post: SimulatedPost) {
        if posts.count < Self.limit { posts.append(post) }
    }
}

// MARK: Storms

extension PostPlan {
    /// People answer the latest post of the list, and then each other.
    private mutating func addStorm(_ traffic: Traffic, _ list: Int) {
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
                let time = breeding.time + Span(microseconds: Int64(min(delay, 1e7) * 1e6))
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
            time = time + Span(microseconds: Int64(min(gap, 1e7) * 1e6))
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
