// SPDX-License-Identifier: Apache-2.0
//
// What counts as a failure of a target, and for how long a page goes on being tried. Our own death
// says nothing of the target, and no outage outlasts a breaker that is open.

import Breaker
import EventTime
import Settings
import Testing

@testable import Paging

@Suite struct GivingUpTests {
    private let stopped = RunResult(outcome: .stopped)

    /// The queue as a start finds it that follows on a kill.
    private func restarted(_ queue: PageQueue, at now: Timestamp) throws -> PageQueue {
        let rows = try queue.pages.values.map(OutboxBody.row)
        let pages = try rows.map { try OutboxBody.value(Page.self, $0.body) }
        var next = PageQueue(settings: queue.settings, pages: pages)
        next.recover(at: now, jitter: 0.5)
        return next
    }

    @Test func `a run that nobody saw the end of is no failure of the target`() throws {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        var attempts: [Int64] = []
        for life in 0..<40 as Range<Int64> {
            let now = at(life * 1_000)
            while let run = queue.next(at: now, jitter: 0.5) {
                attempts.append(run.attempt)
                // Every second life ends within the run, every other one sees it fail.
                if life % 2 == 1 { queue.finish(run, failed, at: now, jitter: 0.5) }
            }
            // Twelve failures that we saw, in 24 lives.
            #expect((queue.pages["undeliverable-a"] == nil) == (life < 23), "life \(life)")
            queue = try restarted(queue, at: now)
        }
        #expect(attempts == Array(1...40))
    }

    @Test func `a stop of ours within a run is no failure, and nobody is said to be dead`() throws {
        var list = settings("a")
        list.targets[0].maxAttempts = 1
        var queue = PageQueue(settings: list)
        _ = queue.submit(trip(1), at: at(0))
        #expect(queue.play(at: at(0)) { _ in stopped }.count == 1)
        #expect(queue.pages["incident-1"]?.deliveries["a"]?.state == .due(at(1)))
        #expect(queue.play(at: at(1)).map(\.attempt) == [2])
    }

    @Test func `a target that is down for the whole of Saturday gets the page on Sunday`() throws {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        var runs = 0
        var now = at(0)
        while now < at(86_400) {
            runs += queue.play(at: now) { _ in failed }.count
            let due = queue.nextDue(after: now)
            now = try #require(due)
        }
        // Twelve in 19 minutes, then one in 15 minutes.
        #expect(runs == 12 + (86_400 - 1_111) / 900)
        queue = try restarted(queue, at: now)
        #expect(queue.play(at: at(86_400 + 900)).map(\.words) == ["a trip incident-1"])
        #expect(queue.nextDue(after: at(90_000)) == nil)
        _ = queue.submit(reset(1, at: 100_000), at: at(100_000))
        #expect(queue.play(at: at(100_000)).map(\.words) == ["a reset incident-1"])
        #expect(queue.pages.isEmpty)
    }

    @Test func `one page that arrives brings the others that wait for the target`() {
        var list = settings("a")
        list.targets[0].maxAttempts = 1
        var queue = PageQueue(settings: list)
        for number in 1...3 as ClosedRange<Int64> {
            _ = queue.submit(trip(number, list: "l\(number)@example.org"), at: at(number))
            _ = queue.play(at: at(number)) { _ in failed }
        }
        _ = queue.submit(trip(4, list: "l4@example.org"), at: at(100))
        #expect(
            queue.play(at: at(100)).map(\.words) == [
                "a trip incident-4", "a trip incident-1", "a trip incident-2", "a trip incident-3",
            ]
        )
    }

    @Test func `pages that wait for a dead target keep no fresh page back, nor flood it later`() {
        var list = settings("a")
        list.targets[0].maxAttempts = 1
        var queue = PageQueue(settings: list)
        for number in 1...40 as ClosedRange<Int64> {
            let now = at(number * 120)
            _ = queue.submit(trip(number, list: "l\(number)@example.org"), at: now)
            _ = queue.play(at: now) { _ in failed }
        }
        let back = at(100_000)
        _ = queue.submit(trip(99, list: "l99@example.org"), at: back)
        let runs = queue.play(at: back)
        #expect(runs.first?.words == "a trip incident-99")
        #expect(runs.count == 1 + Int(Budget.capacity))
        #expect(queue.nextDue(after: back) == back + Budget.interval)
    }

    @Test func `a page that is over is tried for a week, then forgotten and said so`() throws {
        var list = settings("a")
        list.targets[0].maxAttempts = 1
        var queue = PageQueue(settings: list)
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.play(at: at(0)) { _ in failed }
        _ = queue.submit(alert(.forged, key: "forged-1"), at: at(0))
        let end = at(14 * 86_400)
        var forgotten: [String] = []
        var now = at(0)
        var isReset = false
        while now < end {
            if now >= at(3 * 86_400), !isReset {
                isReset = true
                _ = queue.submit(reset(1, at: 0), at: now)
            }
            while let run = queue.next(at: now, jitter: 0.5) {
                guard queue.finish(run, failed, at: now, jitter: 0.5) == .forgotten else {
                    continue
                }
                let day = (now - at(0)).microseconds / TimeSpan.days(1).microseconds
                forgotten.append("day \(day) \(run.words)")
            }
            queue.prune(at: now)
            now = queue.nextDue(after: now) ?? end
        }
        #expect(forgotten == ["day 7 a forged forged-1", "day 10 a reset incident-1"])
        #expect(queue.pages.keys.sorted() == ["undeliverable-a"])
    }

    @Test func `a target that is set anew is tried at once`() {
        var list = settings("a")
        list.targets[0].maxAttempts = 1
        var queue = PageQueue(settings: list)
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.play(at: at(0)) { _ in failed }
        queue.update(list, at: at(5))
        #expect(queue.play(at: at(5)).isEmpty)
        list.targets[0].script = "/nonexistent/repaired"
        queue.update(list, at: at(10))
        #expect(queue.play(at: at(10)).map(\.target.script) == ["/nonexistent/repaired"])
    }

    @Test func `what an older version gave up is taken up again while it lasts`() throws {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.play(at: at(0)) { _ in failed }
        // As 0.1.0 wrote it: no count of failures, and given up for good.
        let body = try OutboxBody.row(try #require(queue.pages["incident-1"])).body
            .replacing("\"failures\":1,", with: "")
        let page = try OutboxBody.value(Page.self, body)
        #expect(page.deliveries["a"]?.failures == 0)
        var old = page
        old.deliveries["a"]?.state = .givenUp
        queue = PageQueue(settings: settings("a"), pages: [old])
        queue.recover(at: at(9_000), jitter: 0.5)
        #expect(queue.nextDue(after: at(9_000)) == at(9_900))
    }

    @Test func `a page that waits for its turn hides no retry`() throws {
        var queue = PageQueue(settings: settings("a"))
        // The budget is used up by the tenth; the eleventh waits for its turn.
        for number in 1...11 as ClosedRange<Int64> {
            _ = queue.submit(trip(number, list: "l\(number)@example.org"), at: at(0))
            _ = queue.play(at: at(0)) { _ in number == 10 ? failed : delivered }
        }
        #expect(queue.nextDue(after: at(0)) == at(1))
    }
}
