// SPDX-License-Identifier: Apache-2.0
//
// Facts told by hand to a judge.

import EventTime
import FleetJudging
import ListTraffic
import StormDetection

let list = "annonce@example.org"

struct Story {
    var judge: FleetJudge
    var now = Timestamp(seconds: 1_800_000_000)
    var verdicts: [Verdict] = []
    private var numbers: [String: UInt64] = [:]

    init(domains: [String] = ["example.org"]) {
        judge = FleetJudge(
            traffic: TrafficSettings(),
            detection: DetectionSettings(),
            domains: domains,
            horizon: .minutes(10),
            key: 7
        )
    }

    static func digest(_ id: String) -> MessageDigest { MessageDigest(of: Array(id.utf8)) }

    /// A post of a list whose headers are logged.
    static func post(
        _ id: String,
        from poster: String = "boss@example.org",
        answering parent: String? = nil,
        copies: Int64 = 5000
    ) -> PostFact {
        var fact = PostFact(message: digest(id))
        fact.poster = poster
        fact.hasHeaders = true
        fact.parent = parent.map(digest)
        fact.isReply = parent != nil
        fact.held = .seconds(0)
        fact.copies = copies
        return fact
    }

    /// `host` says what happened, `old` ago, by a clock that is `ahead`.
    mutating func say(
        _ host: String,
        _ happening: TrafficFact.Happening...,
        of name: String = list,
        as role: ReporterRole = .home,
        old: TimeSpan = .seconds(0),
        ahead: TimeSpan = .seconds(0),
        times: Int = 1
    ) {
        let number = numbers[host, default: 0] + 1
        numbers[host] = number
        let sent = now + ahead
        let batch = FactBatch(
            host: host,
            start: 1,
            number: number,
            sent: sent,
            facts: happening.map {
                TrafficFact(list: name, time: sent - old, role: role, $0)
            }
        )
        for _ in 0..<times {
            verdicts += judge.take(batch, at: now + TimeSpan(microseconds: 3_000))
        }
    }

    mutating func wait(_ span: TimeSpan) {
        now = now + span
        verdicts += judge.release(at: now)
    }

    /// A list of five thousand that one person has written to each day, for weeks, through `hosts`.
    mutating func learn(through hosts: [String]) {
        for day in 0..<30 {
            say(hosts[day % hosts.count], .post(Self.post("day\(day)")))
            wait(.days(1))
        }
    }

    /// Strangers answer the last of the daily posts, a minute apart, each through the next of `hosts`.
    ///
    /// Ends at the first trip, and gives how many it took; nil: there was none.
    mutating func storm(through hosts: [String], posts: Int = 12) -> Int? {
        verdicts = []
        for number in 0..<posts {
            wait(.minutes(1))
            let post = Self.post(
                "storm\(number).\(now.seconds)",
                from: "guest\(number).\(now.seconds)@example.net",
                answering: "day29"
            )
            say(hosts[number % hosts.count], .post(post))
            if verdicts.contains(where: { $0.action == .trip }) { return number + 1 }
        }
        return nil
    }

    var facts: ListFacts? { judge.facts(of: list) }
}
