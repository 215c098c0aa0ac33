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

    @Test func `a file that is cut while it is mapped costs a gap, and not the process`()
        async throws
    {
        let shop = try Workshop()
        let archived = shop.path + "/system@1.journal"
        try shop.write((0..<4000).map { .mail("\($0)", second: Int64($0)) }, to: "system@1.journal")
        let follower = try JournalFollower(source: .directory(shop.path), start: .head)
        let first = try await follower.next(limit: 200, within: 5)
        #expect(first.entries.count == 200)
        #expect(unsafe truncate(archived, 100_000) == 0)
        try shop.write([.mail("new", second: 5000)], to: "system.journal")
        var found: [String] = []
        var gaps = 0
        let deadline = SystemClock.monotonic + 20_000_000_000
        while found.last != "new", SystemClock.monotonic < deadline {
            let batch = try await follower.next(limit: 500, within: 0.2)
            found += batch.entries.map { entry in batch.text(entry.message) }
            if batch.gap != nil { gaps += 1 }
        }
        #expect(found.last == "new")
        #expect(gaps > 0)
        // What was read is what was written, without the zeros of what is gone.
        let numbers = found.dropLast().compactMap(Int.init)
        #expect(numbers.count == found.count - 1)
        #expect(numbers == Array(200..<200 + numbers.count))
    }

    @Test func `a file of which nothing can be read is known by its header`() throws {
        let shop = try Workshop()
        let good = try shop.write(
            (0..<100).map { .mail("\($0)", second: Int64($0)) },
            to: "a.journal"
        )
        let cut = try shop.write(
            (0..<900).map { .mail("\($0)", second: Int64($0)) },
            to: "b.journal"
        )
        #expect(JournalDamage.lostFiles(in: .directory(shop.path)).isEmpty)
        #expect(unsafe truncate(cut, 100_000) == 0)
        #expect(JournalDamage.lostFiles(in: .directory(shop.path)).map(\.path) == [cut])
        // Read directly, what is left of it is read, and that is what is said.
        let left = JournalDamage.lostFiles(in: .directory(shop.path), readsFiles: true)
        #expect(left.map(\.path) == [cut])
        #expect(left.first?.loss.contains("what is left is read") == true)
        #expect(left.first?.loss.contains("leaves out") == false)
        #expect(unsafe truncate(good, 0) == 0)
        #expect(JournalDamage.lostFiles(in: .directory(shop.path)).map(\.path) == [good, cut])
    }

    @Test func `a reader meets a file that is cut likewise`() throws {
        let shop = try Workshop()
        let file = try shop.write(
            (0..<20_000).map { .mail("\($0)", second: Int64($0)) },
            to: "a.journal"
        )
        let reader = try JournalReader(source: .files([file]), start: .head)
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        #expect(unsafe truncate(file, 100_000) == 0)
        var count = 10
        while try reader.read(into: &batch, limit: 10) { count += batch.entries.count }
        #expect(count < 20_000)
        let loss = try #require(reader.damage.first?.loss)
        #expect(loss.hasPrefix("it is cut off at 100000 of "))
        #expect(loss.hasSuffix("\(20_000 - count) of 20000 entries are missing"))
    }

    @Test func `a folder that can no longer be read is an error, not a quiet journal`() async throws
    {
        let shop = try Workshop()
        let folder = shop.path + "/journal"
        unsafe mkdir(folder, 0o755)
        try shop.write([.mail("0", second: 0)], to: "journal/system.journal")
        let follower = try JournalFollower(
            source: .directory(folder),
            start: .head,
            proofInterval: 50_000_000
        )
        #expect(try await follow(follower, until: 1) == ["0"])
        unsafe rename(folder, folder + ".gone")
        var failure: JournalError?
        let deadline = SystemClock.monotonic + 10_000_000_000
        while failure == nil, SystemClock.monotonic < deadline {
            do throws(JournalError) {
                _ = try await follower.next(limit: 10, within: 0.1)
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .noJournalFiles)
        unsafe rename(folder + ".gone", folder)
        try shop.write([.mail("1", second: 1)], to: "journal/b.journal")
        var found: [String] = []
        while found != ["1"], SystemClock.monotonic < deadline + 10_000_000_000 {
            guard let batch = try? await follower.next(limit: 10, within: 0.1) else { continue }
            found += batch.entries.map { entry in batch.text(entry.message) }
        }
        #expect(found == ["1"])
    }

    @Test func `what a container prints is read where it is asked for, with its name`() throws {
        let shop = try Workshop()
        func printed(_ name: String, _ text: String, second: Int64) -> TestEntry {
            var entry = TestEntry.mail(text, second: second)
            entry.fields = [("CONTAINER_NAME", Array(name.utf8)), ("MESSAGE", Array(text.utf8))]
            return entry
        }
        let file = try shop.write(
            [
                .mail("0", second: 0), printed("mail", "1", second: 1),
                printed("web", "2", second: 2), .mail("3", second: 3),
            ],
            to: "a.journal"
        )
        let reader = try JournalReader(
            source: .files([file]),
            start: .head,
            extraMatches: ["CONTAINER_NAME=mail"]
        )
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        #expect(batch.entries.map { batch.text($0.message) } == ["0", "1", "3"])
        #expect(batch.entries.map { batch.text($0.container) } == ["", "mail", ""])
        #expect(try messages(.files([file])) == ["0", "3"])
    }

    @Test func `a nudge ends the wait, and loses nothing`() async throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([.mail("0", second: 0)])
        #expect(eventually { (try? messages(.files([live.file]))) == ["0"] })
        let follower = try JournalFollower(source: .files([live.file]), start: .tail)
        let waiting = Task { try await follower.next(limit: 10, within: 60) }
        #expect(eventually { follower.lag.isAtEnd })
        follower.nudge()
        #expect(try await waiting.value.entries.isEmpty)
        follower.nudge()
        try live.append([.mail("1", second: 1)])
        #expect(try await follow(follower, until: 1) == ["1"])
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
