// SPDX-License-Identifier: Apache-2.0
//
// Following: speed of the first line, waiting, cancelling, stopping, files that appear later.

import EventTime
import Glibc
import Linux
import MailLog
import TestSupport
import Testing

@testable import Journal

/// Everything that comes until `count` entries are there or ten seconds have passed.
func follow(
    _ follower: JournalFollower,
    until count: Int,
    limit: Int = 50
) async throws -> [String] {
    var found: [String] = []
    let deadline = SystemClock.monotonic + 10_000_000_000
    while found.count < count, SystemClock.monotonic < deadline {
        let batch = try await follower.next(limit: limit, within: 0.2)
        found += batch.entries.map { entry in batch.text(entry.message) }
    }
    return found
}

struct FollowerTests {
    @Test func `entries written while following arrive once and in order`() async throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([.mail("0", second: 0)])
        #expect(eventually { (try? messages(.files([live.file]))) == ["0"] })
        let follower = try JournalFollower(source: .files([live.file]), start: .head)
        #expect(try await follow(follower, until: 1) == ["0"])
        for part in 0..<20 {
            try live.append(
                (1...10).map { index in
                    .mail("\(10 * part + index)", second: Int64(10 * part + index))
                }
            )
        }
        #expect(try await follow(follower, until: 200) == (1...200).map { index in "\(index)" })
        follower.stop()
    }

    @Test func `in traffic a line is seen within milliseconds of being readable`() async throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([.mail("0", second: 0)])
        #expect(eventually { (try? messages(.files([live.file]))) == ["0"] })
        let follower = try JournalFollower(source: .files([live.file]), start: .tail)
        var delays: [Int64] = []
        for index in 1...30 {
            let written = SystemClock.monotonic
            try live.append([.mail("\(index)", second: Int64(index))])
            let batch = try await follower.next(limit: 10, within: 5)
            #expect(batch.entries.map { entry in batch.text(entry.message) } == ["\(index)"])
            delays.append(SystemClock.monotonic - written)
        }
        // Half of them: the other half may have lost the processor to another test.
        let median = delays.sorted()[15]
        #expect(median < 50_000_000, "median \(median) ns, all \(delays)")
    }

    @Test func `nothing within the time gives an empty batch`() async throws {
        let shop = try Workshop()
        let file = try shop.write([.mail("0", second: 0)], to: "a.journal")
        let follower = try JournalFollower(source: .files([file]), start: .tail)
        let before = SystemClock.monotonic
        let batch = try await follower.next(limit: 10, within: 0.15)
        #expect(batch.entries.isEmpty && batch.gap == nil)
        #expect(SystemClock.monotonic - before >= 150_000_000)
    }

    @Test func `a cancelled wait ends at once and loses nothing`() async throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([.mail("0", second: 0)])
        #expect(eventually { (try? messages(.files([live.file]))) == ["0"] })
        let follower = try JournalFollower(source: .files([live.file]), start: .tail)
        var found: [String] = []
        for index in 1...20 {
            let waiting = Task { try await follower.next(limit: 10, within: 60) }
            try live.append([.mail("\(index)", second: Int64(index))])
            waiting.cancel()
            let early = try await waiting.value
            found += early.entries.map { entry in early.text(entry.message) }
        }
        // sd-journal may show an entry only with the one behind it, when it was asked in the very
        // moment of its writing; so one more is written before all must be there.
        #expect(eventually { (try? messages(.files([live.file])))?.count == 21 })
        try live.append([.mail("21", second: 21)])
        found += try await follow(follower, until: 21 - found.count)
        #expect(found == (1...21).map { "\($0)" })
    }

    @Test func `stopping answers who waits, and refuses who asks later`() async throws {
        let shop = try Workshop()
        let file = try shop.write([.mail("0", second: 0)], to: "a.journal")
        let follower = try JournalFollower(source: .files([file]), start: .tail)
        let waiting = Task { try await follower.next(limit: 10, within: 60) }
        await Task.yield()
        follower.stop()
        follower.stop()
        do {
            let batch = try await waiting.value
            #expect(batch.entries.isEmpty)
        } catch let failure as JournalError {
            #expect(failure.code == .stopped)
        }
        await #expect(throws: JournalError.self) { try await follower.next(limit: 1, within: 1) }
    }

    @Test func `the tail of a journal without mail begins with the first mail`() async throws {
        let shop = try Workshop()
        var other = TestEntry.mail("cron", second: 0)
        other.fields = [("SYSLOG_FACILITY", Array("9".utf8)), ("MESSAGE", Array("cron".utf8))]
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([other])
        #expect(
            eventually {
                (try? messages(.files([live.file]), extra: ["SYSLOG_FACILITY=9"])) == ["cron"]
            }
        )
        let follower = try JournalFollower(source: .files([live.file]), start: .tail)
        #expect(try await follower.next(limit: 10, within: 0.05).entries.isEmpty)
        try live.append([.mail("first", second: 1)])
        #expect(try await follow(follower, until: 1) == ["first"])
    }

    @Test func `files and folders that appear later in a directory are followed too`()
        async throws
    {
        let shop = try Workshop()
        try shop.write([.mail("0", second: 0)], to: "a.journal")
        let follower = try JournalFollower(source: .directory(shop.path), start: .head)
        #expect(try await follow(follower, until: 1) == ["0"])
        try shop.write([.mail("1", second: 1)], to: "b.journal")
        #expect(try await follow(follower, until: 1) == ["1"])
        unsafe mkdir(shop.path + "/" + Workshop.machine, 0o755)
        try shop.write([.mail("2", second: 2)], to: Workshop.machine + "/c.journal")
        #expect(try await follow(follower, until: 1) == ["2"])
    }

    @Test func `rename-rotation and vacuum while following lose nothing and pin nothing`()
        async throws
    {
        let shop = try Workshop()
        try shop.write([.mail("0", second: 0)], to: "system.journal")
        let follower = try JournalFollower(source: .directory(shop.path), start: .head)
        var found = try await follow(follower, until: 1)
        for round in 1...12 {
            let archived = "\(shop.path)/system@\(round).journal"
            unsafe rename(shop.path + "/system.journal", archived)
            try shop.write(
                (0..<5).map { index in
                    .mail("\(5 * round + index)", second: Int64(5 * round + index))
                },
                to: "system.journal"
            )
            found += try await follow(follower, until: 5)
            unsafe unlink(archived)
        }
        #expect(found == ["0"] + (5..<65).map { index in "\(index)" })
        // Nobody asks now; the thread has to let go of the deleted files all the same.
        #expect(eventually { pinned(under: shop.path).isEmpty })
    }

    @Test func `a journal that grew while nobody followed is resumed exactly once`() async throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        var random = SplitMix64(seed: 7)
        var written = 0
        var found: [String] = []
        var start = ReadStart.head
        for _ in 0..<12 {
            let count = Int.random(in: 1...40, using: &random)
            try live.append(
                (written..<written + count).map { index in .mail("\(index)", second: Int64(index)) }
            )
            written += count
            let total = written
            #expect(eventually { (try? messages(.files([live.file])))?.count == total })
            let follower = try JournalFollower(source: .files([live.file]), start: start)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let batch = try await follower.next(
                    limit: Int.random(in: 1...20, using: &random),
                    within: 0.05
                )
                #expect(batch.gap == nil)
                guard let last = batch.entries.last, let cursor = batch.cursor else { break }
                found += batch.entries.map { entry in batch.text(entry.message) }
                start = .cursor(cursor, orTime: last.time)
            }
            follower.stop()
        }
        let rest = try messages(.files([live.file]), from: start)
        #expect(found + rest == (0..<written).map { index in "\(index)" })
    }

    @Test func `lag is nothing when caught up and grows while nobody asks`() async throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([.mail("0", second: 0), .mail("1", second: 1), .mail("2", second: 2)])
        #expect(eventually { (try? messages(.files([live.file])))?.count == 3 })
        let follower = try JournalFollower(source: .files([live.file]), start: .head)
        _ = try await follower.next(limit: 1, within: 1)
        #expect(eventually { follower.lag.behind == .seconds(2) })
        #expect(try await follow(follower, until: 2) == ["1", "2"])
        #expect(try await follower.next(limit: 1, within: 0.01).entries.isEmpty)
        #expect(eventually { follower.lag.behind == .seconds(0) })
        let turns = follower.lag.turns
        #expect(eventually { follower.lag.turns > turns })
    }

    /// Deleted journal files that this process still maps.
    private func pinned(under path: String) -> [String] {
        guard let file = unsafe fopen("/proc/self/maps", "r") else { return ["no maps"] }
        defer { unsafe fclose(file) }
        var lines: [String] = []
        var line = [CChar](repeating: 0, count: 4096)
        while unsafe fgets(&line, 4096, file) != nil {
            let text = String(
                decoding: line.prefix { byte in byte != 0 }.map { byte in
                    UInt8(bitPattern: byte)
                },
                as: UTF8.self
            )
            if text.contains(path), text.contains("(deleted)") { lines.append(text) }
        }
        return lines
    }
}

struct PaceTests {
    @Test func `the wait is an eighth of the quiet, between 4 and 25 ms`() {
        let pace = FollowerPace(now: 0)
        #expect(pace.quietWait(1_000_000) == 4_000_000)
        #expect(pace.quietWait(80_000_000) == 10_000_000)
        #expect(pace.quietWait(60_000_000_000) == 25_000_000)
    }

    @Test func `only a sustained burst of tiny batches lingers`() {
        var pace = FollowerPace(now: 0)
        var now: Int64 = 1_000_000_000
        for _ in 0..<9 {
            #expect(!pace.isLingering)
            pace.note(1, now: now)
            now += 1_000_000
        }
        #expect(pace.isLingering)
        pace.note(200, now: now)
        #expect(!pace.isLingering)
        pace.note(1, now: now + 60_000_000_000)
        #expect(!pace.isLingering)
    }
}
