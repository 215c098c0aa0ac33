// SPDX-License-Identifier: Apache-2.0
//
// Exactly once: stopping and starting by cursor, at any place, over several files, after vacuum.

import EventTime
import Glibc
import MailLog
import TestSupport
import Testing

@testable import Journal

struct ResumeTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `stops and starts at random places lose nothing and double nothing`(seed: UInt64) throws {
        let shop = try Workshop()
        var random = SplitMix64(seed: seed)
        var parts: [[TestEntry]] = [[], [], []]
        for index in 0..<600 {
            let part = Int.random(in: 0..<3, using: &random)
            parts[part].append(.mail("\(index)", second: Int64(index)))
        }
        for (index, part) in parts.enumerated() {
            try shop.write(part, to: "part\(index).journal")
        }
        var start = ReadStart.head
        var found: [String] = []
        var batch = EntryBatch()
        while found.count < 700 {
            let reader = try JournalReader(source: .directory(shop.path), start: start)
            var isAtEnd = false
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let limit = Int.random(in: 1...30, using: &random)
                isAtEnd = try !reader.read(into: &batch, limit: limit)
                #expect(batch.gap == nil, "seed \(seed)")
                if isAtEnd { break }
                found += batch.entries.map { entry in batch.text(entry.message) }
                let last = try #require(batch.entries.last)
                start = .cursor(try #require(batch.cursor), orTime: last.time)
            }
            if isAtEnd { break }
        }
        #expect(found == (0..<600).map { index in "\(index)" }, "seed \(seed)")
    }

    @Test(arguments: [true, false])
    func `a vacuumed cursor goes on behind its time and marks the gap`(knowsTime: Bool) throws {
        let shop = try Workshop()
        let old = try shop.write(
            (0..<10).map { index in .mail("\(index)", second: index) },
            to: "old.journal"
        )
        try shop.write(
            (20..<30).map { index in .mail("\(index)", second: index) },
            to: "new.journal"
        )
        let first = try JournalReader(source: .directory(shop.path), start: .head)
        var batch = EntryBatch()
        #expect(try first.read(into: &batch, limit: 5))
        let last = try #require(batch.entries.last)
        let place = ReadStart.cursor(
            try #require(batch.cursor),
            orTime: knowsTime ? last.time : nil
        )
        unsafe unlink(old)
        let second = try JournalReader(source: .directory(shop.path), start: place)
        #expect(try second.read(into: &batch, limit: 100))
        #expect(
            batch.entries.map { entry in batch.text(entry.message) }
                == (20..<30).map { index in "\(index)" }
        )
        #expect(batch.gap == .cursorLost(resumed: TestEntry.start + .seconds(20)))
        #expect(try !second.read(into: &batch, limit: 100))
        #expect(batch.gap == nil)
    }

    @Test(arguments: ["", "rubbish", "s=;i=;t=zz", "t=\u{1F4A5}"])
    func `a cursor that never was one reads everything and marks the gap`(cursor: String) throws {
        let shop = try Workshop()
        let file = try shop.write([.mail("0", second: 0)], to: "a.journal")
        let reader = try JournalReader(
            source: .files([file]),
            start: .cursor(cursor, orTime: nil)
        )
        var batch = EntryBatch()
        #expect(try reader.read(into: &batch, limit: 10))
        #expect(batch.entries.count == 1)
        #expect(batch.gap == .cursorLost(resumed: .distantPast))
    }

    @Test func `the last cursor of a journal has nothing behind it until something comes`() throws {
        let shop = try Workshop()
        let live = try LiveJournal(file: shop.path + "/a.journal")
        try live.append([.mail("0", second: 0)])
        #expect(eventually { (try? messages(.files([live.file]))) == ["0"] })
        let first = try JournalReader(source: .files([live.file]), start: .head)
        var batch = EntryBatch()
        #expect(try first.read(into: &batch, limit: 10))
        let place = ReadStart.cursor(try #require(batch.cursor), orTime: nil)
        let second = try JournalReader(source: .files([live.file]), start: place)
        #expect(try !second.read(into: &batch, limit: 10))
        #expect(batch.gap == nil)
        try live.append([.mail("1", second: 1)])
        #expect(try eventually { try second.read(into: &batch, limit: 10) })
        #expect(batch.entries.map { entry in batch.text(entry.message) } == ["1"])
    }

    @Test func `the time inside a cursor is read as journald writes it`() {
        let cursor = "s=beb0;i=15b;b=7fa9;m=3db6bb47;t=661007b7951fb;x=9fe4a2de3fff9933"
        #expect(
            EntrySource.time(ofCursor: cursor) == Timestamp(microseconds: 0x6_6100_7b79_51fb)
        )
        #expect(EntrySource.time(ofCursor: "s=1;i=2") == nil)
    }
}
