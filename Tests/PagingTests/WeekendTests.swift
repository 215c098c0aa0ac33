// SPDX-License-Identifier: Apache-2.0
//
// A weekend in a second: a storm on Saturday at 02:00, the first target dead, the second too slow,
// the third takes it; acknowledged on Sunday, reminded on Monday, reset at 10:00.

import Breaker
import EventTime
import Settings
import Testing

@testable import Paging

@Suite struct WeekendTests {
    /// 2026-11-28 is a Saturday.
    private let saturday = Timestamp(rfc3339: "2026-11-28T00:00:00Z") ?? .distantPast

    private func at(_ day: Int64, _ hour: Int64, _ minute: Int64) -> Timestamp {
        saturday + .minutes(day * 1440 + hour * 60 + minute)
    }

    @Test func `everything that is told, minute by minute`() {
        var list = settings(
            "dead",
            "slow",
            "phone",
            escalate: ["slow": .minutes(5), "phone": .minutes(15)]
        )
        list.targets[0].maxAttempts = 5
        list.targets[1].maxAttempts = 5
        var queue = PageQueue(settings: list)
        var timeline: [String] = []
        var now = at(0, 2, 0)
        func outcome(_ run: Run) -> RunResult {
            switch run.target.name {
            case "dead": RunResult(outcome: .notStarted(errno: 2))
            case "slow": RunResult(outcome: .timedOut)
            default: delivered
            }
        }
        /// Lets time pass, with everything that falls due in it.
        func pass(until end: Timestamp) {
            while now < end {
                for run in queue.play(at: now, outcome) {
                    let result = outcome(run)
                    let isLast = run.attempt == run.target.maxAttempts
                    guard run.attempt == 1 || isLast else { continue }
                    let said =
                        result.outcome == .delivered ? "told" : isLast ? "given up" : "failed"
                    let clock = now.rfc3339.dropFirst(8).prefix(8).replacing("T", with: " ")
                    timeline.append("\(clock) \(run.target.name) \(run.event) \(said)")
                }
                now = min(end, max(now + .seconds(1), queue.nextDue(after: now) ?? end))
            }
        }
        _ = queue.submit(trip(7), at: now)
        pass(until: at(1, 11, 0))
        queue.acknowledge(incident: 7, at: now)
        pass(until: at(2, 9, 0))
        _ = queue.submit(alert(.reminder, key: "incident-7", incident: 7), at: now)
        pass(until: at(2, 10, 0))
        _ = queue.submit(reset(7, at: 0), at: now)
        pass(until: at(2, 10, 5))
        #expect(
            timeline == [
                // Given up after its tries, and the next is told at once, not after its delay.
                "28 02:00 dead trip failed",
                "28 02:00 dead trip given up",
                "28 02:00 slow trip failed",
                "28 02:00 slow trip given up",
                "28 02:00 dead undeliverable failed",
                // Within a minute somebody knows, and then also what does not work.
                "28 02:00 phone trip told",
                "28 02:00 dead undeliverable given up",
                "28 02:00 phone undeliverable told",
                "28 02:05 slow undeliverable failed",
                "28 02:05 slow undeliverable given up",
                "28 02:05 phone undeliverable told",
                // Acknowledged: nothing more until Monday. Who was woken is told how it goes on.
                "30 09:00 dead reminder failed",
                "30 09:00 slow reminder failed",
                "30 09:00 phone reminder told",
                "30 09:00 dead reminder given up",
                "30 09:00 slow undeliverable failed",
                "30 09:00 slow reminder given up",
                "30 09:00 dead undeliverable failed",
                "30 09:00 phone undeliverable told",
                "30 09:00 phone undeliverable told",
                "30 09:00 dead undeliverable given up",
                "30 09:00 slow undeliverable given up",
                "30 10:00 dead reset failed",
                "30 10:00 slow reset failed",
                "30 10:00 phone reset told",
                "30 10:00 dead reset given up",
                "30 10:00 slow undeliverable failed",
                "30 10:00 slow reset given up",
                "30 10:00 dead undeliverable failed",
                "30 10:00 phone undeliverable told",
                "30 10:00 phone undeliverable told",
                "30 10:00 dead undeliverable given up",
                "30 10:00 slow undeliverable given up",
            ],
            "\(timeline.joined(separator: "\n"))"
        )
    }
}
