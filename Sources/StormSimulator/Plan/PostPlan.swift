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
    /// Message-ID of the first post of the stream that is planned.
    private var firstID: String?
    /// Who was let in already: greylisting keeps only a person's first mail waiting.
    private var greeted: Set<String> = []

    /// Posts of all streams at most.
    static let limit = 1_000_000

    static func posts(of scenario: Scenario) -> [SimulatedPost] {
        var plan = PostPlan(scenario: scenario)
        for (index, traffic) in scenario.traffic.enumerated() {
            plan.random = Randomness(seed: scenario.seed &* 1_000_003 &+ UInt64(index))
            plan.firstID = nil
            plan.add(traffic)
        }
        plan.spreadOverHosts()
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
        case .desk: if let list { addDesk(traffic, list) }
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
            post.isOutsider = !traffic.from.isEmpty
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
            post.marks.insert(.autoSubmitted)
            append(post)
        }
    }

    private mutating func addAccount(_ traffic: Traffic) {
        var time = scenario.start + traffic.at
        for _ in 0..<traffic.count {
            var post = post(time, nil, by: traffic.from, answering: nil, traffic)
            post.role = .other
            post.isStorm = traffic.isStorm ?? (traffic.kind == .account)
            post.recipients = traffic.recipients
            append(post)
            let jitter = 0.5 + random.unit()
            time = time + TimeSpan(microseconds: Int64(Double(traffic.every.microseconds) * jitter))
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

    /// The last post of list number `list` that was sent by `time`.
    func latest(of list: Int, before time: Timestamp) -> SimulatedPost? {
        posts.filter { post in
            post.list == list && post.sent <= time && post.role != .other
        }.max { left, right in left.time < right.time }
    }

    mutating func post(
        _ time: Timestamp,
        _ list: Int?,
        by poster: String,
        answering answered: SimulatedPost?,
        _ traffic: Traffic
    ) -> SimulatedPost {
        var post = SimulatedPost(
            time: time,
            list: list,
            role: answered == nil ? .new : .reply,
            poster: traffic.rewrittenFrom.isEmpty ? poster : traffic.rewrittenFrom,
            messageID: messageID(by: poster, traffic)
        )
        post.parent = answered?.messageID
        post.root = answered.map { earlier in earlier.root ?? earlier.messageID }
        post.age = traffic.dates == .none ? nil : traffic.age - traffic.clock
        if traffic.ageSpread.microseconds > 0 {
            post.age = post.age.map { $0 + part(of: traffic.ageSpread) }
        }
        post.marks = traffic.marks
        post.isProgram = traffic.isProgram
        post.isStorm = traffic.isStorm ?? false
        post.isLookAlike = traffic.isStorm == false
        delay(&post, traffic)
        return post
    }

    /// A Message-ID of `poster`'s host, as the stream has them.
    mutating func messageID(by poster: String, _ traffic: Traffic) -> String {
        numbers += 1
        let number = String(random.next() >> 16, radix: 36) + "." + String(numbers)
        let id =
            traffic.messageIDs == .none ? "<>" : "<\(number)@\(Names.domain(of: poster))>"
        if firstID == nil { firstID = id }
        return traffic.messageIDs == .same ? firstID ?? id : id
    }

    /// Lets `post` come as late as its way is long; its Date stays.
    private mutating func delay(_ post: inout SimulatedPost, _ traffic: Traffic) {
        let isOwnHosts = post.list == nil || post.isProgram || traffic.isHeld
        guard !isOwnHosts, let way = traffic.lateness ?? scenario.lateness else { return }
        let isFirst = greeted.insert(post.poster).inserted
        guard isFirst || !way.isFirstOnly, random.chance(way.share) else { return }
        let late = way.least + part(of: way.most - way.least)
        post.time = post.time + late
        post.delay = late
        post.age = post.age.map { $0 + late }
    }

    /// Any part of `span`, each as likely.
    mutating func part(of span: TimeSpan) -> TimeSpan {
        TimeSpan(microseconds: Int64(Double(span.microseconds) * random.unit()))
    }

    /// Gives each post to one of the hosts, by their shares.
    private mutating func spreadOverHosts() {
        guard !scenario.furtherHosts.isEmpty else { return }
        random = Randomness(seed: scenario.seed ^ 0x686f_7374_7321)
        for index in posts.indices {
            var luck = random.unit()
            for (number, host) in scenario.furtherHosts.enumerated() {
                if (0..<host.share).contains(luck) { posts[index].host = number + 1 }
                luck -= host.share
            }
        }
    }

    mutating func append(_ post: SimulatedPost) {
        if posts.count < Self.limit { posts.append(post) }
    }
}

extension TimeSpan {
    /// The sum; as long as there is at the ends of what a span can say.
    static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        let (sum, overflow) = left.microseconds.addingReportingOverflow(right.microseconds)
        return TimeSpan(microseconds: overflow ? (left.microseconds < 0 ? .min : .max) : sum)
    }

    /// The difference; as long as there is at the ends of what a span can say.
    static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        let (rest, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return TimeSpan(microseconds: overflow ? (left.microseconds < 0 ? .min : .max) : rest)
    }
}
