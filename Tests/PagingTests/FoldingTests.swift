// SPDX-License-Identifier: Apache-2.0
//
// Many at once: one page with a table, a budget that an attacker cannot use up, and an end that
// is told under the key that the target knows.

import Breaker
import EventTime
import Settings
import TestSupport
import Testing

@testable import Paging

@Suite struct FoldingTests {
    @Test func `three hundred lists that trip at once make two pages, and all are in them`() throws
    {
        var queue = PageQueue(settings: settings("a"))
        _ = queue.submit(trip(1), at: at(0))
        let firstFound = queue.next(at: at(0), jitter: 0)
        let first = try #require(firstFound)
        for number in 2...300 as ClosedRange<Int64> {
            _ = queue.submit(trip(number, list: "l\(number)@example.org"), at: at(0))
        }
        queue.finish(first, delivered, at: at(1), jitter: 0)
        let runs = queue.play(at: at(1))
        #expect(runs.count == 1)
        #expect(runs[0].count == 299)
        #expect(runs[0].members.count == Run.shownMembers)
        #expect(queue.play(at: at(10_000)).isEmpty)
    }

    @Test func `the end of a folded page is told when its last part is over`() throws {
        var queue = PageQueue(settings: settings("a"))
        for number in 1...5 as ClosedRange<Int64> { _ = queue.submit(trip(number), at: at(0)) }
        let fold = try #require(queue.play(at: at(0)).first)
        #expect(fold.count == 5)
        #expect(fold.dedupKey.hasPrefix("fold-"))
        for number in 1...4 as ClosedRange<Int64> {
            _ = queue.submit(reset(number, at: number), at: at(number))
            let runs = queue.play(at: at(number))
            #expect(runs.map(\.dedupKey) == [fold.dedupKey])
            #expect(runs.map(\.isFiring) == [true])
        }
        _ = queue.submit(reset(5, at: 5), at: at(5))
        #expect(queue.play(at: at(5)).map(\.isFiring) == [false])
        #expect(queue.pages.isEmpty)
    }

    @Test func `a folded page that fails is tried again as it was, with its key`() throws {
        var queue = PageQueue(settings: settings("a"))
        for number in 1...5 as ClosedRange<Int64> { _ = queue.submit(trip(number), at: at(0)) }
        let fold = try #require(queue.play(at: at(0)) { _ in failed }.first)
        _ = queue.submit(trip(6), at: at(0))
        let runs = queue.play(at: at(1))
        #expect(runs.map(\.dedupKey).sorted() == [fold.dedupKey, "incident-6"].sorted())
        #expect(runs.first { $0.dedupKey == fold.dedupKey }?.attempt == 2)
    }

    @Test func `trips on purpose cannot keep the page about a failed halt back`() {
        var queue = PageQueue(settings: settings("a"))
        var runs = 0
        // A list trips every second for twenty minutes.
        for second in 0..<1_200 as Range<Int64> {
            _ = queue.submit(trip(second, list: "l\(second)@example.org"), at: at(second))
            runs += queue.play(at: at(second)).count
        }
        #expect(runs <= 10 + 10)
        _ = queue.submit(alert(.haltFailed, key: "queue-halt"), at: at(1_200))
        #expect(queue.play(at: at(1_200)).first?.event == "halt-failed")
        // And none of the lists was dropped.
        _ = queue.play(at: at(1_320))
        let told = queue.pages.values.count { $0.deliveries["a"]?.state == .done }
        #expect(told == 1_201)
    }

    @Test func `with no more room one page counts the further ones`() {
        var queue = PageQueue(settings: settings("a"))
        for number in 0..<(Int64(PageQueue.mostPages) + 50) {
            _ = queue.submit(trip(number, list: "l\(number)@example.org"), at: at(0))
        }
        #expect(queue.pages.count <= PageQueue.mostPages + 1)
        let shown = queue.pages[PageQueue.overflowKey]?.alert.summary ?? ""
        #expect(shown.hasPrefix("over 4096 matters are open"))
    }

    @Test func `whatever happens, each page is told and ended exactly for those who were told`() {
        for seed in 0..<40 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var queue = PageQueue(
                settings: settings("a", "b", "c", escalate: ["c": .minutes(3)])
            )
            var told: [String: Set<String>] = [:]
            var ended: [String: Set<String>] = [:]
            func note(_ runs: [Run]) {
                for run in runs {
                    for member in run.members + run.truncated where member.first.incident != nil {
                        if member.alert.isResolved {
                            ended[run.target.name, default: []].insert(member.key)
                        } else {
                            told[run.target.name, default: []].insert(member.key)
                        }
                    }
                }
            }
            var now: Int64 = 0
            for number in 1...60 as ClosedRange<Int64> {
                _ = queue.submit(trip(number, list: "l\(number)@example.org"), at: at(now))
                if Bool.random(using: &random) {
                    note(
                        queue.play(at: at(now)) { _ in
                            Int.random(in: 0..<3, using: &random) == 0 ? delivered : failed
                        }
                    )
                }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    let old = Int64.random(in: 1...number, using: &random)
                    _ = queue.submit(reset(old, at: now), at: at(now))
                }
                now += Int64.random(in: 0...90, using: &random)
                // A restart: only what the rows say is left.
                if Int.random(in: 0..<5, using: &random) == 0 {
                    queue = PageQueue(
                        settings: queue.settings,
                        pages: Array(queue.pages.values)
                    )
                }
            }
            for number in 1...60 as ClosedRange<Int64> {
                _ = queue.submit(reset(number, at: now), at: at(now))
            }
            for _ in 0..<200 {
                now += 60
                note(queue.play(at: at(now)))
            }
            queue.prune(at: at(now))
            #expect(queue.pages.isEmpty, "seed \(seed)")
            #expect(told == ended, "seed \(seed)")
        }
    }
}
