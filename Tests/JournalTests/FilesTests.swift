// SPDX-License-Identifier: Apache-2.0
//
// Journal files read directly give what sd-journal gives of them: each entry, in its order, byte for byte.

import EventTime
import Glibc
import Linux
import MailLog
import TestSupport
import Testing

@testable import Journal

struct FilesTests {
    static let forms = [
        [], ["SYSTEMD_JOURNAL_COMPACT=0"], ["SYSTEMD_JOURNAL_KEYED_HASH=0"],
        ["SYSTEMD_JOURNAL_COMPACT=0", "SYSTEMD_JOURNAL_KEYED_HASH=0"],
    ]

    private func compare(
        _ source: JournalSource,
        _ start: ReadStart = .head,
        _ matches: [String] = [],
        limit: Int = 100,
        as words: String = ""
    ) throws {
        let wanted = try Reading.journald(source, start, matches, limit: limit)
        let found = try Reading.files(source, start, matches, limit: limit)
        #expect(found.entries.count == wanted.entries.count, "\(words)")
        let first = zip(found.entries, wanted.entries).enumerated().first { $1.0 != $1.1 }
        #expect(first == nil, "\(words): entry \(first?.offset ?? -1) differs")
        if limit == 1 { #expect(found.cursors == wanted.cursors, "\(words)") }
        #expect(found.damage.isEmpty, "\(words): \(found.damage)")
        #expect(!wanted.entries.isEmpty, "\(words)")
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>, forms)
    func `one file in any form`(seed: UInt64, form: [String]) throws {
        let shop = try Workshop()
        var maker = EntryMaker(seed: seed)
        let entries = (0..<800).map { maker.next("line \($0)") }
        let file = try shop.write(entries, to: "a.journal", environment: form)
        let header = try #require(JournalFile(file, serial: 1)).header
        #expect(header.isCompact == !form.contains("SYSTEMD_JOURNAL_COMPACT=0"))
        try compare(.files([file]), as: "seed \(seed)")
        try compare(.files([file]), limit: 1, as: "seed \(seed), cursors")
        try compare(.files([file]), .head, ["CONTAINER_NAME=mail", "_COMM=dockerd"], as: "matches")
        for second: Int64 in [0, 1, 77, 200] {
            let start = TestEntry.start + .seconds(second)
            try compare(.files([file]), .time(start), as: "seed \(seed), from \(second) on")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `several boots, machines and forms, interleaved`(seed: UInt64) throws {
        let shop = try Workshop()
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 2...20, using: &random)
        for number in 0..<count {
            var maker = EntryMaker(seed: seed &* 100 &+ UInt64(number))
            maker.mail = Int.random(in: 5...95, using: &random)
            let boots = (0..<3).map { boot in
                String(repeating: "\((number + boot) % 10)", count: 32)
            }
            let entries = (0..<Int.random(in: 10...300, using: &random)).map { line in
                maker.next("\(number) \(line)", boot: boots[line / 40 % 3])
            }
            let form = Self.forms[number % Self.forms.count]
            try shop.write(entries, to: "remote-h\(number).journal", environment: form)
        }
        try compare(.directory(shop.path), limit: 37, as: "seed \(seed)")
        try compare(.directory(shop.path), limit: 1, as: "seed \(seed), cursors")
        try compare(
            .directory(shop.path),
            .time(TestEntry.start + .seconds(30)),
            as: "seed \(seed)"
        )
    }

    @Test func `what stands in two files is given once`() throws {
        let shop = try Workshop()
        var maker = EntryMaker(seed: 9)
        let entries = (0..<500).map { maker.next("line \($0)") }
        let file = try shop.write(entries, to: "a.journal")
        let copy = "\(shop.path)/b.journal"
        #expect(Workshop.run(["cp", file, copy]) == 0)
        try shop.write(Array(entries[200..<300]), to: "c.journal")
        try compare(.directory(shop.path))
        let once = try Reading.files(.files([file]))
        let twice = try Reading.files(.files([file, copy]))
        #expect(once.entries == twice.entries)
    }

    @Test func `a file that is written to is merged with closed ones`() throws {
        let shop = try Workshop()
        var maker = EntryMaker(seed: 12)
        let entries = (0..<600).map { maker.next("line \($0)") }
        try shop.write(
            entries.enumerated().filter { $0.offset % 2 == 0 }.map(\.element),
            to: "a.journal"
        )
        let live = try LiveJournal(file: shop.path + "/b.journal")
        let odd = entries.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        try live.append(odd)
        let written = eventually {
            (try? Reading.journald(.files([live.file])).entries.count)
                .map { $0 > 200 } ?? false
        }
        #expect(written)
        #expect(try #require(JournalFile(live.file, serial: 1)).header.isOnline)
        try compare(.directory(shop.path), limit: 7)
        try compare(.directory(shop.path), limit: 1)
    }

    @Test func `who reads on after the end gets what has come`() throws {
        let shop = try Workshop()
        try shop.write((0..<50).map { .mail("\($0)", second: $0) }, to: "a.journal")
        let reader = try JournalReader(source: .directory(shop.path), start: .head)
        var batch = EntryBatch()
        var found: [String] = []
        while try reader.read(into: &batch, limit: 7) {
            found += batch.entries.map { batch.text($0.message) }
        }
        #expect(found.count == 50)
        try shop.write((50..<60).map { .mail("\($0)", second: $0) }, to: "b.journal")
        while try reader.read(into: &batch, limit: 7) {
            found += batch.entries.map { batch.text($0.message) }
        }
        #expect(found == (0..<60).map { "\($0)" })
        #expect(reader.damage.isEmpty)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a follower catches up from the files and goes on behind them`(seed: UInt64) async throws {
        let shop = try Workshop()
        var maker = EntryMaker(seed: seed)
        maker.mail = 60
        let entries = (0..<500).map { maker.next("line \($0)") }
        try shop.write(Array(entries[..<400]), to: "a@1.journal")
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append(Array(entries[400..<450]))
        let wanted = eventually {
            guard let all = try? Reading.selected(.directory(shop.path)) else { return false }
            return all.entries.count > 300
        }
        #expect(wanted)
        let follower = try JournalFollower(source: .directory(shop.path), start: .head)
        var found: [ReadEntry] = []
        func read(_ count: Int) async throws {
            let deadline = SystemClock.monotonic + 10_000_000_000
            while found.count < count, SystemClock.monotonic < deadline {
                let batch = try await follower.next(limit: 50, within: 0.2)
                found += batch.entries.map { ReadEntry($0, batch) }
                #expect(batch.gap == nil)
            }
        }
        try await read(300)
        try live.append(Array(entries[450...]))
        try live.finish()
        let all = try Reading.selected(.directory(shop.path)).entries
        try await read(all.count)
        #expect(found == all)
        #expect(try await follower.next(limit: 10, within: 0.3).entries.isEmpty)
    }
}
