// SPDX-License-Identifier: Apache-2.0
//
// The outbox under kill -9: the real store, the real pager and a real script, stopped at seeded
// moments again and again. Nothing is lost, and nothing storms.

import Breaker
import EventTime
import Foundation
import Glibc
import Settings
import Store
import TestSupport
import Testing

@testable import Paging

/// The store as the pager's outbox.
private struct StoreOutbox: Outbox {
    let store: Store

    func load() throws -> [OutboxRow] {
        try store.pages().map { OutboxRow(key: $0.key, body: $0.body) }
    }

    func apply(save rows: [OutboxRow], remove keys: [String]) throws {
        try store.save(pages: rows.map { PageRow(key: $0.key, body: $0.body) }, removing: keys)
    }
}

@Sendable private func now() -> Timestamp {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
}

/// What the breaker remembers: how many incidents there were.
private struct Board: Codable, Sendable {
    var incidents: Int64
}

private func makePager(_ store: Store, _ directory: String) -> Pager {
    var settings = PagingSettings()
    settings.targets = [AlertTarget(name: "a", script: directory + "/script")]
    settings.retryFirst = TimeSpan(microseconds: 10_000)
    settings.retryLongest = TimeSpan(microseconds: 40_000)
    return Pager(
        settings: settings,
        outbox: StoreOutbox(store: store),
        surroundings: Pager.Surroundings(host: "mx1", credentials: nil, now: now)
    )
}

/// One life: trips and resets as fast as they go, until the kill.
private func live(_ directory: String, seed: UInt64) async throws {
    var random = SplitMix64(seed: seed)
    let opened = try Store.open(directory: directory)
    guard opened.damagedCopy == nil else { exit(3) }
    let pager = makePager(opened.store, directory)
    let loop = Task { await pager.run() }
    defer { loop.cancel() }
    // Begins when everything is up, so that few lives end before they have begun.
    let delay = UInt32.random(in: 0..<150_000, using: &random)
    Thread.detachNewThread {
        usleep(delay)
        kill(getpid(), SIGKILL)
    }
    var incidents = try opened.store.loadBoard(Board.self)?.incidents ?? 0
    while true {
        incidents += 1
        let alert = trip(incidents)
        let time = now()
        let row = Pager.row(for: alert, at: time)
        try opened.store.save(
            board: Board(incidents: incidents),
            pages: row.map { [PageRow(key: $0.key, body: $0.body)] } ?? []
        )
        await pager.submit(alert, at: time)
        try await Task.sleep(for: .milliseconds(Int.random(in: 0..<20, using: &random)))
    }
}

/// The incidents that a run was telling of when the life ended, as the state file says.
private func underWay(_ directory: String) throws -> Set<Int64> {
    let store = StoreOutbox(store: try Store.open(directory: directory).store)
    let pages = try store.load().filter { $0.key.hasPrefix(OutboxBody.pagePrefix) }
        .map { try OutboxBody.value(Page.self, $0.body) }
    return Set(
        pages.filter { $0.deliveries.values.contains(where: \.isTrying) }
            .compactMap(\.first.incident)
    )
}

@Suite struct CampaignTests {
    @Test func `sixty kills neither lose a page nor repeat more than what was under way`()
        async throws
    {
        let scratch = try ScriptDirectory()
        let directory = scratch.path
        // Says what it delivers once it has delivered it; one in four tries fails.
        _ = try scratch.script(
            "script",
            """
            keys=$(grep -o '"key":"[^"]*/incident-[0-9]*"' | sed 's|"[^"/]*/|"|' | sort -u |
                tr -d '\\n')
            # Not $$: a life starts so many processes that its numbers fall into step.
            test $(($(od -An -N1 -tu1 /dev/urandom) % 4)) != 0 || exit 75
            echo "$1 $keys" >> \(directory)/log
            """
        )
        let lives = 60
        // How often a life ended while a run that tells of the incident was under way.
        var interrupted: [Int64: Int] = [:]
        for life in 0..<lives {
            let seed = UInt64(life) + 4_000
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = directory as String, seed = seed as UInt64] in
                try await live(directory, seed: seed)
            }
            for incident in try underWay(directory) { interrupted[incident, default: 0] += 1 }
        }
        let opened = try Store.open(directory: directory)
        #expect(opened.damagedCopy == nil)
        let pager = makePager(opened.store, directory)
        #expect(await pager.drain(within: .seconds(60)))
        let incidents = try #require(try opened.store.loadBoard(Board.self)?.incidents)
        func delivered() -> [Int64: Int] {
            var counts: [Int64: Int] = [:]
            for line in scratch.lines("log") {
                for part in line.split(separator: "\"") where part.hasPrefix("incident-") {
                    counts[Int64(part.dropFirst(9)) ?? 0, default: 0] += 1
                }
            }
            return counts
        }
        let counts = delivered()
        #expect(incidents > Int64(lives) / 2)
        #expect(Set(counts.keys) == Set(1...incidents))
        // A kill repeats at most the one run that was under way, which may stand for several pages;
        // nothing else repeats anything.
        let runs = scratch.lines("log").count
        #expect(runs <= Int(incidents) + lives, "\(runs) runs for \(incidents) incidents")
        let tooOften = counts.filter { $0.value > 1 + interrupted[$0.key, default: 0] }
        #expect(tooOften == [:], "\(tooOften.map { ($0, interrupted[$0.key] ?? 0) })")
        let most = counts.values.max() ?? 0
        print("outbox campaign: \(lives) kills, \(incidents) incidents, \(runs) runs, most \(most)")
    }
}
