// SPDX-License-Identifier: Apache-2.0
//
// The heartbeat beats while all is well, and falls silent whenever somebody should look.

import Breaker
import EventTime
import Foundation
import Linux
import Settings
import Testing

@testable import Paging

private let well = HeartbeatStatus(mode: "armed", open: 0, lag: .seconds(0), blind: nil)

@Suite struct HeartbeatTests {
    @Test func `it beats once an interval, one script at a time`() {
        var heartbeat = Heartbeat()
        func beat(_ seconds: Int64) -> Heartbeat.Beat {
            heartbeat.beat(at: at(seconds), interval: .minutes(1), silentFor: nil)
        }
        #expect(beat(0) == .run)
        #expect(beat(59) == .wait)
        #expect(beat(60) == .wait)
        heartbeat.ended()
        #expect(beat(61) == .run)
        heartbeat.ended()
        // A clock that is set back does not silence it.
        #expect(beat(-10_000) == .run)
    }

    @Test func `it falls silent with its reason, said once, and beats again after it`() {
        var heartbeat = Heartbeat()
        func beat(_ seconds: Int64, _ reason: String?) -> Heartbeat.Beat {
            heartbeat.beat(at: at(seconds), interval: .minutes(1), silentFor: reason)
        }
        #expect(beat(0, "blind") == .silent("blind"))
        #expect(beat(100, "blind") == .wait)
        #expect(beat(101, nil) == .run)
        heartbeat.ended()
        #expect(beat(102, "lagging") == .silent("lagging"))
    }

    @Test func `paging is broken when it does not run, has no target, or none that works`() {
        var health = PagingHealth(
            isRunning: true,
            open: 0,
            pending: 0,
            oldestPending: nil,
            failing: [:],
            outboxError: nil
        )
        #expect(health.broken(targets: 2) == nil)
        #expect(health.broken(targets: 0) == "there is no target for pages")
        health.failing = ["a": "failed with exit code 1"]
        #expect(health.broken(targets: 2) == nil)
        #expect(health.broken(targets: 1) == "no target takes pages: a failed with exit code 1")
        health.outboxError = "disk full"
        #expect(health.broken(targets: 2) == "the outbox does not work: disk full")
        health.isRunning = false
        #expect(health.broken(targets: 2) == "pages are not being delivered")
    }

    @Test func `the script that we ship tells a switch of our health`() async throws {
        let receiver = try await Receiver()
        let directory = try ScriptDirectory()
        try "http://127.0.0.1:\(receiver.port)/heartbeat/ok".write(
            toFile: directory.path + "/alert_heartbeat.url",
            atomically: true,
            encoding: .utf8
        )
        let reports = Guarded<[PagingReport]>([])
        let clock = Guarded(at(0))
        var settings = settings("a")
        settings.heartbeatScript = shipped("heartbeat")
        let pager = Pager(
            settings: settings,
            outbox: MemoryOutbox(),
            surroundings: Pager.Surroundings(
                host: "mx1",
                credentials: directory.path,
                now: { clock.withLock { $0 } },
                report: { report in reports.withLock { $0.append(report) } }
            )
        )
        await pager.beat(well)
        #expect(
            reports.withLock { $0 } == [.heartbeatSilent("pages are not being delivered")]
        )
        let loop = Task { await pager.run() }
        #expect(await holds(within: 10) { await pager.health.isRunning })
        await pager.beat(well)
        await pager.beat(well)
        let requests = await receiver.requests(1)
        #expect(requests.map(\.problems) == [[]])
        #expect(receiver.texts.first?.contains("\"mode\": \"armed\"") == true)
        clock.withLock { $0 = at(61) }
        // The script has to be seen as ended first.
        #expect(
            await holds(within: 20) {
                await pager.beat(well)
                return receiver.requests.count == 2
            }
        )
        loop.cancel()
        await loop.value
    }
}
