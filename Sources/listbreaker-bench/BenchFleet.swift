// SPDX-License-Identifier: Apache-2.0
//
// The hosts of a large fleet and what they tell: each list has a home that makes the copies and relays that
// pass them on, and people whom everybody knows. On some lists strangers answer, each through another
// host. What is measured is the judge alone: the text of a batch is written outside the meter.

internal import EventTime
internal import FleetJudging
internal import ListTraffic
internal import StormDetection

/// A fleet, simulated.
struct BenchFleet {
    /// Facts of one post: itself, and what its home and two relays say of further copies.
    private static let factsOfPost = 20
    /// Strangers who answer in a storm, so many seconds apart.
    private static let answers = 8
    private static let pace = 5

    let hosts: Int
    let lists: Int
    let rate: Int
    let storms: Int
    private(set) var judge: FleetJudge
    /// What the judge took, from the first simulated second on.
    private(set) var judging = Meter()
    private(set) var facts = 0
    private(set) var batches = 0
    /// Milliseconds from the fact that decides to the verdict, of each storm.
    private(set) var lags: [Double] = []
    private(set) var falseTrips = 0
    private var posts: [Int] = []
    private var isMeasured = false
    private var now = Timestamp(seconds: 1_780_000_000)
    private var numbers: [UInt64]
    private var serial: UInt64 = 0
    private var tripped: Set<String> = []

    init(hosts: Int, lists: Int, rate: Int, storms: Int) {
        self.hosts = hosts
        self.lists = lists
        self.rate = rate
        self.storms = storms
        numbers = Array(repeating: 0, count: hosts)
        var traffic = TrafficSettings()
        traffic.maximumLists = max(traffic.maximumLists, lists)
        judge = FleetJudge(
            traffic: traffic,
            detection: DetectionSettings(),
            domains: ["lists.example"],
            horizon: .minutes(10),
            key: 7
        )
    }

    static func address(_ list: Int) -> String { "list\(list)@lists.example" }

    /// How many posts of a storm it took, in words.
    var postRange: String { "\(posts.min() ?? 0) to \(posts.max() ?? 0)" }

    /// Weeks of quiet: each list posts once in some days, by one of its two people.
    mutating func learn() {
        for round in 0..<6 {
            for list in 0..<lists {
                let post = post(
                    of: list,
                    number: round,
                    by: "person\(round % 2).\(list)@example.org"
                )
                tell([(home(of: list), .home, list, .post(post))])
            }
            now = now + .days(2)
        }
    }

    /// So many seconds at the rate that was asked for.
    mutating func play(seconds: Int) {
        isMeasured = true
        let perSecond = max(1, rate / Self.factsOfPost)
        for second in 0..<seconds {
            var said: [(Int, ReporterRole, Int, TrafficFact.Happening)] = []
            for place in 0..<perSecond {
                // Those behind the lists that storm, one after another.
                let number = second * perSecond + place
                let list = storms + number % (lists - storms)
                said += quiet(list, 100 + number / (lists - storms))
            }
            tell(said)
            for storm in 0..<storms { answer(storm, at: second, of: seconds) }
            now = now + .seconds(1)
        }
    }

    private func home(of list: Int) -> Int { list % hosts }

    /// A post of a list, with its copies.
    private mutating func quiet(_ list: Int, _ number: Int)
        -> [(Int, ReporterRole, Int, TrafficFact.Happening)]
    {
        let post = post(of: list, number: number, by: "person\(number % 2).\(list)@example.org")
        var said: [(Int, ReporterRole, Int, TrafficFact.Happening)] = [
            (home(of: list), .home, list, .post(post))
        ]
        for part in 1..<Self.factsOfPost {
            let isHome = part % 3 == 0
            let host = isHome ? home(of: list) : (home(of: list) + part % 3) % hosts
            said.append((host, isHome ? .home : .relay, list, .copies(post.message, 5)))
        }
        return said
    }

    /// The next stranger of a storm, when it is time, through a host of his own.
    private mutating func answer(_ storm: Int, at second: Int, of seconds: Int) {
        // They begin one after another, so that each is over before the end.
        let begin = storm * max(1, seconds - Self.answers * Self.pace) / storms
        let (number, rest) = (second - begin).quotientAndRemainder(dividingBy: Self.pace)
        let list = Self.address(storm)
        guard second >= begin, rest == 0, number < Self.answers, !tripped.contains(list) else {
            return
        }
        var post = post(of: storm, number: 1000 + number, by: "guest\(number).\(storm)@example.net")
        post.parent = message(of: storm, number: 5)
        post.isReply = true
        tell([((storm * 7 + number * 131) % hosts, .home, storm, .post(post))])
        if tripped.contains(list) { posts.append(number + 1) }
    }

    private func message(of list: Int, number: Int) -> MessageDigest {
        MessageDigest(of: Array("\(number).\(list)@example.org".utf8))
    }

    private func post(of list: Int, number: Int, by poster: String) -> PostFact {
        var post = PostFact(message: message(of: list, number: number))
        post.poster = poster
        post.hasHeaders = true
        post.written = now
        post.held = .seconds(0)
        post.copies = 500
        post.queueID = "4A3F2B1C0D89A5"
        return post
    }

    /// Each host's facts in batches of its own, read and judged as a judge's daemon does.
    private mutating func tell(_ said: [(Int, ReporterRole, Int, TrafficFact.Happening)]) {
        var byHost: [Int: [TrafficFact]] = [:]
        for (host, role, list, happening) in said {
            byHost[host, default: []].append(
                TrafficFact(list: Self.address(list), time: now, role: role, happening)
            )
        }
        for (host, facts) in byHost.sorted(by: { $0.key < $1.key }) {
            var rest = facts[...]
            while !rest.isEmpty {
                let batch = FactBatch.fitting(rest)
                rest = rest.dropFirst(batch.count)
                hand(batch, of: host)
            }
        }
    }

    private mutating func hand(_ said: [TrafficFact], of host: Int) {
        numbers[host] += 1
        let name = "mx\(host).example.org"
        let text = FactBatch(host: name, start: 1, number: numbers[host], sent: now, facts: said)
            .text
        let bytes = Array(text.utf8)
        let arrival = now + TimeSpan(microseconds: 5_000)
        var verdicts: [Verdict] = []
        var meter = Meter()
        meter.measure {
            guard let batch = try? FactBatch(bytes, from: name) else { return }
            verdicts = judge.take(batch, at: arrival)
        }
        if isMeasured {
            judging.add(meter)
            facts += said.count
            batches += 1
        }
        for verdict in verdicts where verdict.action == .trip {
            let storm = (0..<storms).contains { Self.address($0) == verdict.list }
            if storm, isMeasured, tripped.insert(verdict.list).inserted {
                lags.append(meter.seconds * 1000)
            } else if !storm {
                falseTrips += 1
            }
        }
    }
}
