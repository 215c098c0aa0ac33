// SPDX-License-Identifier: Apache-2.0
//
// Real traffic dealt over the hosts of a fleet: what their judge would have done, and what each host by
// itself. To be held against the same in one log, see RealPath.

import EventTime
import Settings
import StormDetection
import StormSimulator
import Trials

/// What a fleet makes of real traffic.
enum DealtPath {
    /// How long after a trip a person resets the list: 1 day, as in RealPath.
    private static let assumeReset = TimeSpan.days(1)

    /// Deals the posts of `simulation` over `hosts` and prints trips and holds as JSON lines, a summary last.
    ///
    /// Of a list that is open nothing more is counted until its reset.
    static func run(_ simulation: Simulation, hosts: Int, lists: Int, years: Double) {
        let clocks = Array(repeating: TimeSpan.seconds(0), count: hosts)
        var fleet = DealtHosts(simulation, settings: Settings(), clocks: clocks)
        var open: [String: Timestamp] = [:]
        var (posts, lines, trips, holds) = (0, 0, 0, 0)
        while let step = fleet.step() {
            lines += 1
            posts += step.announced == nil ? 0 : 1
            for (list, due) in open where due <= step.time {
                open[list] = nil
                fleet.reset(list, at: due)
            }
            let said = step.judged.map { ("judge", $0) } + step.alone.map { ("host", $0) }
            for (who, verdict) in said
            where verdict.isContinued != true && open[verdict.list] == nil {
                show(verdict, by: who)
                guard verdict.action == .trip else {
                    holds += 1
                    continue
                }
                trips += 1
                open[verdict.list] = step.time + assumeReset
            }
        }
        print(
            "{\"type\":\"summary\",\"hosts\":\(hosts),\"lists\":\(lists),\"posts\":\(posts),"
                + "\"entries\":\(lines),\"list_years\":\(years),\"trips\":\(trips),"
                + "\"holds\":\(holds)}"
        )
    }

    private static func show(_ verdict: Verdict, by who: String) {
        let kind = verdict.action == .trip ? "trip" : "soft-hold"
        print(
            "{\"type\":\"\(kind)\",\"by\":\"\(who)\",\"list\":\"\(verdict.list)\","
                + "\"time\":\"\(verdict.time.rfc3339)\",\"rule\":\"\(verdict.rule.rawValue)\","
                + "\"summary\":\"\(verdict.evidence.summary)\"}"
        )
    }
}
