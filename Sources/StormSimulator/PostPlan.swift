// SPDX-License-Identifier: Apache-2.0
//
// Who posts what and when: the human side of a scenario, before any mail host sees it. Streams are
// planned in the order of the file; answers refer to what earlier streams planned, so a storm
// stands behind the announcement that it answers. One generator a stream: adding a stream to a file
// does not change the others.

internal import EventTime

/// The posts of a scenario, in time order.
struct PostPlan {
    let scenario: Scenario
    private(set) var posts: [SimulatedPost] = []
    var random = Randomness(seed: 0)
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
        case .account, .mailing: addAccount(traffic)
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
            var post = post(time, list, by: poster, answering: answered, traffic)
            if traffic.isHeld {
                // It came some time within `age` before, and waited for the moderator.
                let waited = Double(traffic.age.microseconds) * (0.1 + 0.9 * random.unit())
                post.release = time
                post.time = time - TimeSpan(microseconds: Int64(waited))
                post.age = TimeSpan(microseconds: 0)
            }
            if answered == nil { latest = post }
            append(post)
            let jitter = 0.9 + 0.2 * random.unit()
            time = time + TimeSpan(microseconds: Int64(Double(traffic.every.microseconds) * jitter))
        }
    }

    private mutating func addOwnerMail(_ traffic: Traffic, _ list: Int) {
        for index in 0..<traffic.count {
            let within = Double(max(1, traffic.lasting.microseconds)) * random.unit()
            let time = scenario.start + traffic.at + TimeSpan(microseconds: Int64(within))
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
            post.isStorm = traffic.kind == .account
            post.recipients = traffic.recipients
            post.isProgram = traffic.isProgram
            append(post)
            let jitter = 0.5 + random.unit()
            time = time + TimeSpan(microseconds: Int64(Double(traffic.every.microseconds) * jitter))
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
                let time = answered.time + TimeSpan(microseconds: delay + spread)
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

    func latest(of list: Int, before time: Timestamp) -> SimulatedPost? {
        posts.filter { post in
            post.list == list && post.time <= time && post.role != .other
        }.max { left, right in left.time < right.time }
    }

    mutating func post(
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

    mutating func append(_ post: SimulatedPost) {
        if posts.count < Self.limit { posts.append(post) }
    }
}
