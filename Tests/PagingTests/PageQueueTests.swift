// SPDX-License-Identifier: Apache-2.0
//
// The queue, played by hand: who is told what, and when.

import Breaker
import EventTime
import Settings
import Testing

@testable import Paging

@Suite struct PageQueueTests {
    @Test func `a trip is told once to each target, and its end to each`() {
        var queue = PageQueue(settings: settings("a", "b"))
        #expect(queue.submit(trip(1), at: at(0)) == .queued)
        #expect(queue.submit(trip(1), at: at(1)) == .known)
        #expect(queue.play(at: at(1)).map(\.words) == ["a trip incident-1", "b trip incident-1"])
        #expect(queue.play(at: at(4000)).isEmpty)
        #expect(queue.submit(reset(1, at: 4000), at: at(4000)) == .queued)
        let runs = queue.play(at: at(4001))
        #expect(runs.map(\.words) == ["a reset incident-1", "b reset incident-1"])
        #expect(runs.map(\.isFiring) == [false, false])
        #expect(queue.pages.isEmpty)
    }

    @Test func `what was never told is not resolved`() {
        var queue = PageQueue(settings: settings("a", "b", escalate: ["b": .minutes(10)]))
        _ = queue.submit(trip(1), at: at(0))
        #expect(queue.play(at: at(1)).map(\.words) == ["a trip incident-1"])
        _ = queue.submit(reset(1, at: 60), at: at(60))
        #expect(queue.play(at: at(700)).map(\.words) == ["a reset incident-1"])
        #expect(queue.submit(reset(2, at: 60), at: at(60)) == .known)
        #expect(queue.pages.isEmpty)
    }

    @Test func `that somebody took over is told to those who were told, and to nobody else`() {
        var queue = PageQueue(settings: settings("a", "b", escalate: ["b": .minutes(10)]))
        var taken = trip(1)
        taken.kind = .acknowledged
        #expect(queue.submit(taken, at: at(0)) == .known)
        _ = queue.submit(trip(1), at: at(0))
        #expect(queue.play(at: at(1)).map(\.words) == ["a trip incident-1"])
        #expect(queue.submit(taken, at: at(60)) == .queued)
        #expect(queue.play(at: at(700)).map(\.words) == ["a acknowledged incident-1"])
        #expect(queue.pages["incident-1"]?.acknowledged == at(60))
        _ = queue.submit(reset(1, at: 800), at: at(800))
        #expect(queue.play(at: at(800)).map(\.words) == ["a reset incident-1"])
    }

    @Test func `a page of damaged state ends with the reset of its incident`() {
        var queue = PageQueue(settings: settings("a"))
        let damaged = alert(.stateDamaged, key: "state-damaged-1", incident: 1)
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.submit(damaged, at: at(0))
        #expect(queue.play(at: at(1)).count == 2)
        _ = queue.submit(reset(1, at: 60), at: at(60))
        #expect(queue.play(at: at(60)).map(\.isFiring) == [false, false])
        #expect(queue.pages.isEmpty)
    }

    @Test func `a failed try may have arrived, so its end is told`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        #expect(queue.play(at: at(0)) { _ in failed }.count == 1)
        _ = queue.submit(reset(1, at: 1), at: at(1))
        #expect(queue.play(at: at(1)).map(\.words) == ["a reset incident-1"])
    }

    @Test func `tries are spaced twice as far each time, up to the longest`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        var times: [Int64] = []
        for second in 0...2_000 where !queue.play(at: at(Int64(second)), { _ in failed }).isEmpty {
            times.append(Int64(second))
        }
        // 1, 2, 4 ... 256 s, then 300 s: twelve tries.
        #expect(times == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111])
    }

    @Test(arguments: [0.0, 0.25, 0.999])
    func `jitter moves a wait by a quarter at most`(jitter: Double) {
        let queue = PageQueue(settings: settings("a"))
        for attempts in [1, 5, 12, 1000] as [Int64] {
            let middle = queue.backOff(after: attempts, jitter: 0.5).seconds
            let wait = queue.backOff(after: attempts, jitter: jitter).seconds
            #expect(abs(wait - middle) <= middle / 4 + 0.001)
        }
    }

    @Test func `retry-after puts a try off, but an hour at most`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.play(at: at(0)) { _ in RunResult(outcome: .temporary(retryAfter: 90)) }
        #expect(queue.play(at: at(89)).isEmpty)
        _ = queue.play(at: at(90)) { _ in RunResult(outcome: .temporary(retryAfter: .max)) }
        #expect(queue.play(at: at(90 + 3599)).isEmpty)
        #expect(queue.play(at: at(90 + 3600)).count == 1)
    }

    @Test func `a target that is given up is a page to the others, once`() {
        var list = settings("a", "b")
        list.targets[0].maxAttempts = 3
        var queue = PageQueue(settings: list)
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.submit(trip(2, list: "b@example.org"), at: at(0))
        var history: [String] = []
        for second in 0...100 {
            history += queue.play(at: at(Int64(second))) {
                $0.target.name == "a" ? failed : delivered
            }.map(\.words).filter { $0.hasPrefix("b") }
        }
        #expect(
            history == [
                "b trip incident-1", "b trip incident-2", "b undeliverable undeliverable-a",
            ]
        )
    }

    @Test func `a target that takes pages again resolves what was said of it`() {
        var list = settings("a", "b")
        list.targets[0].maxAttempts = 1
        var queue = PageQueue(settings: list)
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.play(at: at(0)) { $0.target.name == "a" ? failed : delivered }
        _ = queue.submit(trip(2), at: at(100))
        #expect(
            queue.play(at: at(100)).map(\.words) == [
                "a trip incident-2", "a trip incident-1", "b trip incident-2",
                "b undeliverable undeliverable-a",
            ]
        )
        #expect(queue.pages["undeliverable-a"] == nil)
    }

    @Test func `that pages cannot be delivered anywhere does not breed pages`() {
        var list = settings("a", "b")
        list.targets[0].maxAttempts = 2
        list.targets[1].maxAttempts = 2
        var queue = PageQueue(settings: list)
        _ = queue.submit(trip(1), at: at(0))
        var runs = 0
        for second in 0...800 { runs += queue.play(at: at(Int64(second))) { _ in failed }.count }
        // Two pages of two tries each, and one page about each target to the other.
        #expect(runs == 4 + 4)
        // And from then on each of the four once in a quarter of an hour.
        for second in 801...4_500 {
            runs += queue.play(at: at(Int64(second))) { _ in failed }.count
        }
        #expect(runs == 4 + 4 + 4 * 4)
        #expect(queue.pages.count == 3)
    }

    @Test func `the next target is told when its delay is over and nobody acknowledged`() {
        var queue = PageQueue(
            settings: settings("a", "b", "c", escalate: ["b": .minutes(5), "c": .minutes(15)])
        )
        _ = queue.submit(trip(1), at: at(0))
        #expect(queue.play(at: at(299)).map(\.target.name) == ["a"])
        #expect(queue.play(at: at(300)).map(\.target.name) == ["b"])
        #expect(queue.nextDue(after: at(300)) == at(900))
        let found = queue.acknowledge(incident: 1, at: at(600))
        #expect(found)
        #expect(queue.play(at: at(900)).isEmpty)
        // A reminder after the acknowledgement stays with those who were told.
        _ = queue.submit(alert(.reminder, key: "incident-1", incident: 1), at: at(50_000))
        #expect(queue.play(at: at(60_000)).map(\.target.name) == ["a", "b"])
        _ = queue.submit(reset(1, at: 60_001), at: at(60_001))
        #expect(queue.play(at: at(60_001)).map(\.target.name) == ["a", "b"])
    }

    @Test func `the next target is told early when the one before is given up`() {
        var list = settings("a", "b", "c", escalate: ["b": .hours(5), "c": .hours(9)])
        list.targets[0].maxAttempts = 1
        list.targets[1].maxAttempts = 1
        var queue = PageQueue(settings: list)
        _ = queue.submit(trip(1), at: at(0))
        let runs = queue.play(at: at(0)) { $0.target.name == "c" ? delivered : failed }
        #expect(
            runs.filter { $0.event == "trip" }.map(\.target.name) == ["a", "b", "c"]
        )
    }

    @Test func `a retry does not go on after the acknowledgement`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.play(at: at(0)) { _ in failed }
        let found = [1, 2].map { queue.acknowledge(incident: $0, at: at(1)) }
        #expect(found == [true, false])
        #expect(queue.play(at: at(1000)).isEmpty)
    }

    @Test func `an acknowledgement in the script's answer stops the others`() {
        var queue = PageQueue(settings: settings("a", "b", escalate: ["b": .minutes(1)]))
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.play(at: at(0)) { _ in RunResult(outcome: .delivered, acknowledgedBy: "ines") }
        #expect(queue.play(at: at(100)).isEmpty)
        #expect(queue.pages["incident-1"]?.acknowledged == at(0))
    }

    @Test func `what is said while a script runs is told after it`() throws {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        let runFound = queue.next(at: at(0), jitter: 0)
        let run = try #require(runFound)
        _ = queue.submit(alert(.haltFailed, key: "incident-1", incident: 1), at: at(1))
        let none = queue.next(at: at(1), jitter: 0)
        #expect(none == nil)
        queue.finish(run, delivered, at: at(2), jitter: 0)
        #expect(queue.play(at: at(2)).map(\.words) == ["a halt-failed incident-1"])

        _ = queue.submit(alert(.reminder, key: "incident-1", incident: 1), at: at(5_000))
        let secondFound = queue.next(at: at(5_000), jitter: 0)
        let second = try #require(secondFound)
        _ = queue.submit(reset(1, at: 5_001), at: at(5_001))
        queue.finish(second, failed, at: at(5_002), jitter: 0)
        let runs = (5_002...5_010).flatMap { queue.play(at: at($0)) }
        #expect(runs.map(\.words) == ["a reset incident-1"])
        #expect(queue.pages.isEmpty)
    }

    @Test func `the end of an incident ends everything that was said of it`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.submit(alert(.leaking, key: "incident-1-leaking", incident: 1), at: at(1))
        _ = queue.submit(alert(.haltFailed, key: "incident-2-halt", incident: 2), at: at(1))
        #expect(queue.play(at: at(2)).count == 3)
        _ = queue.submit(reset(1, at: 9), at: at(9))
        #expect(
            queue.play(at: at(9)).map(\.dedupKey).sorted() == ["incident-1", "incident-1-leaking"]
        )
        #expect(queue.pages.keys.sorted() == ["incident-2-halt"])
    }

    @Test func `the same said again refreshes the figures and pages after the interval only`() {
        var queue = PageQueue(settings: settings("a"))
        var leak = alert(.leaking, key: "k")
        _ = queue.submit(leak, at: at(0))
        #expect(queue.play(at: at(0)).count == 1)
        leak.summary = "more"
        #expect(queue.submit(leak, at: at(100)) == .known)
        #expect(queue.play(at: at(100)).isEmpty)
        leak.summary = "still more"
        #expect(queue.submit(leak, at: at(3600)) == .queued)
        #expect(queue.play(at: at(3600)).first?.members[0].alert.summary == "still more")
    }

    @Test func `blind and sighted again`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(alert(.blind, key: "blind"), at: at(0))
        _ = queue.play(at: at(0))
        var end = alert(.sighted, key: "blind")
        end.isResolved = true
        _ = queue.submit(end, at: at(60))
        #expect(queue.play(at: at(60)).map(\.words) == ["a sighted blind"])
        _ = queue.submit(alert(.blind, key: "blind"), at: at(120))
        #expect(queue.play(at: at(120)).map(\.words) == ["a blind blind"])
    }

    @Test func `what is said once is remembered for an interval, then forgotten`() {
        var queue = PageQueue(settings: settings("a"))
        #expect(queue.submit(alert(.forged, key: "forged"), at: at(0)) == .queued)
        _ = queue.play(at: at(0))
        var again = alert(.forged, key: "forged")
        again.summary = "1,000 more"
        #expect(queue.submit(again, at: at(3_599)) == .known)
        queue.prune(at: at(3_599))
        #expect(queue.pages.count == 1)
        queue.prune(at: at(3_600))
        #expect(queue.pages.isEmpty)
    }

    @Test func `targets that settings drop are forgotten, and untold pages go to the new ones`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        _ = queue.submit(alert(.blind, key: "told"), at: at(0))
        _ = queue.play(at: at(0)) { $0.dedupKey == "told" ? delivered : failed }
        queue.update(settings("b"), at: at(1))
        #expect(queue.play(at: at(1)).map(\.words) == ["b trip incident-1"])
        #expect(queue.play(at: at(9000)).isEmpty)
    }

    @Test func `a clock that is set back does not silence the pages`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(1_000_000))
        _ = queue.play(at: at(1_000_000)) { _ in failed }
        #expect(queue.play(at: at(0)).count == 1)
        for number in 2...30 as ClosedRange<Int64> {
            _ = queue.submit(trip(number, list: "l\(number)@example.org"), at: at(0))
            _ = queue.play(at: at(0))
        }
        #expect(queue.play(at: at(121)).count == 1)
    }

    @Test func `what was being tried at a stop is tried again after its back-off`() {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        for (life, wait) in [1, 2, 4, 8].enumerated() {
            let now = at(Int64(life) * 100)
            let run = queue.next(at: now, jitter: 0.5)
            #expect(run?.attempt == Int64(life) + 1)
            queue = PageQueue(settings: queue.settings, pages: Array(queue.pages.values))
            queue.recover(at: now, jitter: 0.5)
            #expect(queue.nextDue(after: now) == now + .seconds(Int64(wait)))
        }
        // One that was not being tried waits as it did.
        _ = queue.play(at: at(1000)) { _ in RunResult(outcome: .temporary(retryAfter: 900)) }
        queue.recover(at: at(1001), jitter: 0.5)
        #expect(queue.nextDue(after: at(1001)) == at(1900))
    }

    @Test func `without targets nothing is due and nothing grows`() {
        var queue = PageQueue(settings: settings())
        for number in 1...100 as ClosedRange<Int64> {
            _ = queue.submit(alert(.forged, key: "f\(number)"), at: at(number * 3600))
            queue.prune(at: at(number * 3600))
        }
        #expect(queue.play(at: at(0)).isEmpty)
        #expect(queue.nextDue(after: at(0)) == nil)
        #expect(queue.pages.count <= 2)
    }
}
