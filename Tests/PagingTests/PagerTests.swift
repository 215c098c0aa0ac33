// SPDX-License-Identifier: Apache-2.0
//
// The pager with real scripts: what is in the outbox is delivered, whatever happens to us.

import Breaker
import EventTime
import Foundation
import Glibc
import Linux
import Settings
import Synchronization
import Testing

@testable import Paging

/// The wall clock, in the tests' hand only where it matters.
@Sendable private func now() -> Timestamp {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
}

/// Keeps what the pager reports.
private final class Reports: Sendable {
    private let all = Guarded<[PagingReport]>([])

    var list: [PagingReport] { all.withLock { $0 } }
    func add(_ report: PagingReport) { all.withLock { $0.append(report) } }
}

/// An outbox that can be told to fail.
private final class BrokenOutbox: Outbox {
    struct Full: Error {}
    private let isFull = Mutex(true)
    /// What is read though nothing can be written; nil: nothing can be read.
    private let rows: [OutboxRow]?
    init(_ rows: [OutboxRow]? = nil) { self.rows = rows }
    func mend() { isFull.withLock { $0 = false } }
    func load() throws -> [OutboxRow] {
        guard let rows else { throw Full() }
        return rows
    }
    func apply(save rows: [OutboxRow], remove keys: [String]) throws {
        if isFull.withLock({ $0 }) { throw Full() }
    }
}

private func target(_ name: String, _ script: String) -> AlertTarget {
    AlertTarget(name: name, script: script)
}

private func pager(
    _ targets: [AlertTarget],
    _ outbox: any Outbox,
    _ reports: Reports = Reports()
) -> Pager {
    var settings = PagingSettings()
    settings.targets = targets
    settings.retryFirst = TimeSpan(microseconds: 20_000)
    settings.retryLongest = TimeSpan(microseconds: 50_000)
    return Pager(
        settings: settings,
        outbox: outbox,
        surroundings: Pager.Surroundings(
            host: "mx1",
            credentials: nil,
            now: now,
            report: { reports.add($0) }
        )
    )
}

@Suite struct PagerTests {
    @Test func `a page is in the outbox before it is tried, and out of it when it is over`()
        async throws
    {
        let directory = try ScriptDirectory()
        let script = try directory.script(
            "s",
            "echo \"$1 $LISTBREAKER_DEDUP_KEY\" >> \(directory.path)/log"
        )
        let outbox = MemoryOutbox()
        let pager = pager([target("a", script)], outbox)
        await pager.submit(trip(1), at: now())
        #expect(outbox.load().map(\.key) == ["page/incident-1"])
        let loop = Task { await pager.run() }
        #expect(await holds(within: 10) { directory.lines("log") == ["trip mx1/incident-1"] })
        await pager.submit(trip(1), at: now())
        await pager.submit(reset(1, at: 5), at: now())
        #expect(
            await holds(within: 10) {
                directory.lines("log") == ["trip mx1/incident-1", "reset mx1/incident-1"]
            }
        )
        #expect(await holds(within: 10) { outbox.load().isEmpty })
        loop.cancel()
        await loop.value
        #expect(await !pager.health.isRunning)
    }

    @Test func `handing in returns at once while every script hangs`() async throws {
        let directory = try ScriptDirectory()
        var hanging = target("a", try directory.script("s", "sleep 600"))
        hanging.timeout = .seconds(120)
        let pager = pager([hanging], MemoryOutbox())
        let loop = Task { await pager.run() }
        await pager.submit(trip(0), at: now())
        let began = ContinuousClock.now
        for number in 1...200 as ClosedRange<Int64> { await pager.submit(trip(number), at: now()) }
        #expect(ContinuousClock.now - began < .seconds(30))
        #expect(await pager.health.pending == 201)
        // And a stop does not wait for it either.
        let stopped = ContinuousClock.now
        loop.cancel()
        await loop.value
        #expect(ContinuousClock.now - stopped < .seconds(30))
    }

    @Test func `a script that fails is tried again until it does not`() async throws {
        let directory = try ScriptDirectory()
        let script = try directory.script(
            "s",
            """
            echo "$LISTBREAKER_ATTEMPT" >> \(directory.path)/log
            test "$LISTBREAKER_ATTEMPT" -ge 4 || exit 75
            """
        )
        let reports = Reports()
        let pager = pager([target("a", script)], MemoryOutbox(), reports)
        await pager.submit(trip(1), at: now())
        #expect(await pager.drain(within: .seconds(20)))
        #expect(directory.lines("log") == ["1", "2", "3", "4"])
        #expect(reports.list.count == 4)
        #expect(await pager.health.failing.isEmpty)
    }

    @Test func `a target that is given up is reported, told to the other, and shown`() async throws
    {
        let directory = try ScriptDirectory()
        var dead = target("dead", directory.path + "/absent")
        dead.maxAttempts = 2
        let script = try directory.script("s", "echo $1 >> \(directory.path)/log")
        let reports = Reports()
        let pager = pager([dead, target("b", script)], MemoryOutbox(), reports)
        await pager.submit(trip(1), at: now())
        #expect(await pager.drain(within: .seconds(20)))
        #expect(directory.lines("log") == ["trip", "undeliverable"])
        #expect(
            reports.list.contains(
                .gaveUp(target: "dead", about: Subjects(keys: ["incident-1"], incidents: [1]))
            )
        )
        #expect(await pager.health.failing == ["dead": "could not be started: errno 2"])
    }

    @Test func `what was saved with a trip but not handed in is delivered after a restart`()
        async throws
    {
        let directory = try ScriptDirectory()
        let script = try directory.script(
            "s",
            "echo $LISTBREAKER_INCIDENT >> \(directory.path)/log"
        )
        let time = now()
        let row = try #require(Pager.row(for: trip(1), at: time))
        let outbox = MemoryOutbox([row, OutboxRow(key: "page/rotten", body: "{")])
        let reports = Reports()
        let pager = pager([target("a", script)], outbox, reports)
        #expect(outbox.load().map(\.key) == ["page/incident-1", "page/rotten"])
        // The engine hands it in again, being where it was before the crash.
        await pager.submit(trip(1), at: time)
        #expect(await pager.drain(within: .seconds(20)))
        #expect(directory.lines("log") == ["1"])
        #expect(reports.list.contains { if case .outboxFailed = $0 { true } else { false } })
    }

    @Test func `an outbox that fails is reported, and the page goes out all the same`() async throws
    {
        let directory = try ScriptDirectory()
        let script = try directory.script("s", "echo $1 >> \(directory.path)/log")
        let pager = pager([target("a", script)], BrokenOutbox())
        await pager.submit(trip(1), at: now())
        #expect(await pager.health.outboxError != nil)
        #expect(await pager.drain(within: .seconds(20)))
        #expect(directory.lines("log") == ["trip"])
    }

    @Test func `an outbox that works again is told once`() async throws {
        let directory = try ScriptDirectory()
        let script = try directory.script("s", "exit 0")
        let (outbox, reports) = (BrokenOutbox(), Reports())
        let pager = pager([target("a", script)], outbox, reports)
        await pager.submit(trip(1), at: now())
        #expect(await pager.health.outboxError != nil && !reports.list.contains(.outboxWorks))
        outbox.mend()
        for incident: Int64 in 2...3 { await pager.submit(trip(incident), at: now()) }
        #expect(await pager.health.outboxError == nil)
        #expect(reports.list.count { $0 == .outboxWorks } == 1)
        #expect(await pager.drain(within: .seconds(20)))
    }

    @Test func `a disk that is full at the start is no trouble any more when there is room`()
        async throws
    {
        let directory = try ScriptDirectory()
        let script = try directory.script("s", "exit 0")
        let row = try #require(Pager.row(for: trip(1), at: now()))
        let (outbox, reports) = (BrokenOutbox([row]), Reports())
        let pager = pager([target("a", script)], outbox, reports)
        #expect(await pager.health.outboxError != nil)
        outbox.mend()
        await pager.submit(trip(2), at: now())
        #expect(await pager.health.outboxError == nil && reports.list.contains(.outboxWorks))
        #expect(await pager.drain(within: .seconds(20)))
    }

    @Test func `a trial says for each target what became of it`() async throws {
        let directory = try ScriptDirectory()
        let good = try directory.script("good", "cat > \(directory.path)/input; echo $1")
        let bad = try directory.script("bad", "echo 'no such channel' >&2; exit 3")
        let outbox = MemoryOutbox()
        let pager = pager([target("good", good), target("bad", bad)], outbox)
        let results = await pager.test()
        #expect(results.map(\.target) == ["good", "bad"])
        #expect(results.map(\.isDelivered) == [true, false])
        #expect(results[0].result.output == ["test"])
        #expect(results[1].result.words == "failed with exit code 3")
        #expect(results[1].result.output == ["no such channel"])
        #expect(await pager.test(target: "bad").count == 1)
        #expect(await pager.test(target: "unknown").isEmpty)
        #expect(outbox.load().isEmpty)
        #expect(directory.read("input")?.contains("\"alertname\":\"ListbreakerTest\"") == true)
    }

    @Test func `a trial is as grave as a trip, and ends by itself where it arrived`() async throws {
        let directory = try ScriptDirectory()
        let line =
            "$LISTBREAKER_TARGET $LISTBREAKER_STATUS $LISTBREAKER_SEVERITY"
            + " $LISTBREAKER_MODE $LISTBREAKER_DEDUP_KEY"
        let good = try directory.script("good", "echo \"\(line)\" >> \(directory.path)/log")
        let bad = try directory.script("bad", "echo \"\(line)\" >> \(directory.path)/log; exit 3")
        let pager = pager([target("good", good), target("bad", bad)], MemoryOutbox())
        _ = await pager.test(isObserve: true, lasting: .seconds(0))
        let isOver = await holds(within: 20) { directory.lines("log").count >= 3 }
        #expect(isOver)
        let words = directory.lines("log").map { $0.split(separator: " ").map(String.init) }
        #expect(
            words.map { Array($0.prefix(4)) } == [
                ["good", "firing", "critical", "observe"],
                ["bad", "firing", "critical", "observe"],
                ["good", "resolved", "info", "observe"],
            ]
        )
        #expect(words.first?.last == words.last?.last, "the end is told under the same key")
    }

    @Test func `an answer that acknowledges is reported with its incident`() async throws {
        let directory = try ScriptDirectory()
        let script = try directory.script("s", "echo 'acknowledged: ines'")
        let reports = Reports()
        let pager = pager([target("a", script)], MemoryOutbox(), reports)
        await pager.submit(trip(7), at: now())
        #expect(await pager.drain(within: .seconds(20)))
        #expect(reports.list.contains(.acknowledged(incident: 7, by: "ines")))
    }
}
