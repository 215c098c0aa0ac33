// SPDX-License-Identifier: Apache-2.0
//
// The hosts of a scenario, each by its own clock, in one journal: lines come in the order in which
// they were written, and each has the stamp of its host.

internal import EventTime

/// One host or several that write together.
struct HostChoir: Sendable {
    private struct Voice: Sendable {
        var host: MailHost
        var clock: TimeSpan
        var next: LogLine?
    }

    private var voices: [Voice] = []

    init(_ scenario: Scenario, posts: [SimulatedPost]) {
        let clocks = [scenario.clock] + scenario.furtherHosts.map(\.clock)
        for (number, clock) in clocks.enumerated() {
            var own = scenario
            if number > 0 {
                own.host = scenario.furtherHosts[number - 1].name
                own.seed = scenario.seed &+ UInt64(number) &* 7919
            }
            let places = posts.indices.filter { posts[$0].host == number }
            var host = MailHost(own, posts: places.map { ($0, posts[$0]) })
            let first = host.next()
            voices.append(Voice(host: host, clock: clock, next: first))
        }
    }

    /// When the next line is really written; nil when there is none.
    var nextTime: Timestamp? { voices.compactMap { $0.next?.time }.min() }

    /// The next line with its host's stamp.
    mutating func next() -> LogLine? {
        var place: Int?
        for index in voices.indices {
            guard let time = voices[index].next?.time else { continue }
            if let known = place, let earlier = voices[known].next?.time, earlier <= time {
                continue
            }
            place = index
        }
        guard let place, var line = voices[place].next else { return nil }
        voices[place].next = voices[place].host.next()
        line.time = line.time + voices[place].clock
        return line
    }
}
