// SPDX-License-Identifier: Apache-2.0
//
// The state file, damaged in every way we could think of. The rule that each of these asserts:
// either the store loads exactly what was saved, or the damaged bytes are kept and reported.

import Breaker
import EventTime
import Foundation
import TestSupport
import Testing

@testable import Store

@Suite struct DamageTests {
    private static let board = Board(next: 9, open: ["annonce@example.org"])

    /// A closed store with something in every table, and its bytes.
    private func sample(_ scratch: Scratch) throws -> Data {
        let store = try Store.open(directory: scratch.path).store
        try store.save(
            board: Self.board,
            incidents: (1...8).map { incident($0, closed: $0 < 8) },
            // Large, so that most of the file is rows.
            pages: [PageRow(key: "k", body: String(repeating: "0.5,", count: 12_000))]
        )
        store.close()
        return try scratch.bytes()
    }

    /// Opens after damage and asserts the rule.
    ///
    /// Whether the damage was noticed is returned.
    @discardableResult
    private func assertRule(
        _ scratch: Scratch,
        _ damaged: Data,
        _ comment: Comment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Bool {
        let opened = try Store.open(directory: scratch.path)
        defer { opened.store.close() }
        guard let copy = opened.damagedCopy else {
            #expect(
                try opened.store.loadBoard(Board.self) == Self.board,
                comment,
                sourceLocation: sourceLocation
            )
            #expect(
                try opened.store.incidents(limit: 9).map(\.number) == [8, 7, 6, 5, 4, 3, 2, 1],
                comment,
                sourceLocation: sourceLocation
            )
            #expect(try opened.store.pages().count == 1, comment)
            return false
        }
        #expect(opened.isNew && opened.damage != nil, comment, sourceLocation: sourceLocation)
        let kept = try Data(contentsOf: URL(fileURLWithPath: copy))
        #expect(kept == damaged, comment, sourceLocation: sourceLocation)
        #expect(try opened.store.loadBoard(Board.self) == nil, comment)
        return true
    }

    @Test func `any flipped byte is harmless or found, and the damaged bytes are kept`() throws {
        let seed: UInt64 = 20_260_101
        var random = SplitMix64(seed: seed)
        let origin = try Scratch()
        let sound = try sample(origin)
        var found = 0
        let tries = 400
        for _ in 0..<tries {
            let scratch = try Scratch()
            var damaged = sound
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                damaged[place] ^= UInt8.random(in: 1...255, using: &random)
            }
            try scratch.write(damaged)
            if try assertRule(scratch, damaged, "seed \(seed)") { found += 1 }
        }
        // Most of the file is rows; most flips must therefore be noticed.
        #expect(found > tries / 2)
    }

    @Test func `the header, byte by byte`() throws {
        let origin = try Scratch()
        let sound = try sample(origin)
        for place in 0..<100 {
            let scratch = try Scratch()
            var damaged = sound
            damaged[place] ^= 0xff
            try scratch.write(damaged)
            try assertRule(scratch, damaged, "header byte \(place)")
        }
    }

    @Test func `truncated at any page or within one`() throws {
        let origin = try Scratch()
        let sound = try sample(origin)
        var sizes = [0, 1, 15, 16, 50, 99, 100, 101, sound.count - 1]
        sizes += stride(from: 512, to: sound.count, by: 1536)
        // SQLite reads zeros behind the end: where only those are lost, nothing is.
        for size in sizes where sound.dropFirst(size).contains(where: { $0 != 0 }) {
            let scratch = try Scratch()
            let damaged = sound.prefix(size)
            try scratch.write(damaged)
            let isFound = try assertRule(scratch, damaged, "cut to \(size)")
            #expect(isFound, "cut to \(size)")
        }
    }

    @Test func `zeroed pages`() throws {
        let origin = try Scratch()
        let sound = try sample(origin)
        for start in stride(from: 0, to: sound.count, by: 4096) {
            let scratch = try Scratch()
            var damaged = sound
            for place in start..<min(start + 4096, sound.count) { damaged[place] = 0 }
            try scratch.write(damaged)
            try assertRule(scratch, damaged, "page at \(start)")
        }
    }

    @Test func `not a database, or somebody else's`() throws {
        let text = Data("{\"breaker\": \"closed\"}\n".utf8)
        let scratch = try Scratch()
        try scratch.write(text)
        let isFound = try assertRule(scratch, text, "text")
        #expect(isFound)

        let foreign = try Scratch()
        let store = try Store.open(directory: foreign.path).store
        try store.database.write { try $0.execute("PRAGMA application_id = 7") }
        store.close()
        let bytes = try foreign.bytes()
        let isForeignFound = try assertRule(foreign, bytes, "foreign")
        #expect(isForeignFound)
    }

    @Test func `a directory in the file's place is moved away too`() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(
            atPath: scratch.file + "/inner",
            withIntermediateDirectories: true
        )
        let opened = try Store.open(directory: scratch.path)
        let copy = try #require(opened.damagedCopy)
        #expect(FileManager.default.fileExists(atPath: copy + "/inner"))
    }

    @Test func `a log left without its database is kept and reported`() throws {
        let scratch = try Scratch()
        try scratch.write(Data("frames".utf8), to: "state.db-wal")
        let opened = try Store.open(directory: scratch.path)
        let copy = try #require(opened.damagedCopy)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy + "-wal")) == Data("frames".utf8))
    }

    @Test func `a damaged file with a write-ahead log is kept with it, unfolded`() throws {
        let scratch = try Scratch()
        _ = try sample(scratch)
        let store = try Store.open(directory: scratch.path).store
        // A save that was stopped before it folded the log.
        try store.database.write { try PageRow(key: "later", body: "1").put(in: $0) }
        let log = try scratch.bytes("state.db-wal")
        #expect(!log.isEmpty)
        var damaged = try scratch.bytes()
        // A page that no later frame of the log replaces: the first incident's.
        let place = try #require(damaged.range(of: Data("annonce".utf8))).lowerBound
        damaged[place] ^= 1
        let other = try Scratch()
        try other.write(damaged)
        try other.write(log, to: "state.db-wal")
        let opened = try Store.open(directory: other.path)
        let copy = try #require(opened.damagedCopy)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == damaged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy + "-wal")) == log)
        #expect(opened.highestIncident == 8)
        withExtendedLifetime(store) {}
    }

    @Test func `a second damage does not overwrite the first`() throws {
        let scratch = try Scratch()
        for round in 1...3 {
            try scratch.write(Data("rubbish \(round)".utf8))
            let opened = try Store.open(directory: scratch.path)
            #expect(opened.damagedCopy == scratch.file + ".damaged-\(round)")
            opened.store.close()
        }
        for round in 1...3 {
            #expect(try scratch.bytes("state.db.damaged-\(round)") == Data("rubbish \(round)".utf8))
        }
    }

    @Test func `damage is reported again until a board is saved`() throws {
        let scratch = try Scratch()
        try scratch.write(Data("rubbish".utf8))
        for isFirst in [true, false] {
            let opened = try Store.open(directory: scratch.path)
            #expect(opened.damagedCopy != nil)
            #expect(opened.isNew == isFirst)
            opened.store.close()
        }
        // Stopped between setting aside and moving the fresh file in.
        try FileManager.default.removeItem(atPath: scratch.file)
        let opened = try Store.open(directory: scratch.path)
        #expect(opened.damagedCopy == scratch.file + ".damaged-1")
        try opened.store.save(board: Self.board)
        opened.store.close()
        #expect(try Store.open(directory: scratch.path).damagedCopy == nil)
    }

    @Test func `a flipped byte in the log gives the old state, the new one, or a report`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(board: Self.board, incidents: [incident(1)])
        try store.database.write { try PageRow(key: "new", body: "1").put(in: $0) }
        let file = try scratch.bytes()
        let log = try scratch.bytes("state.db-wal")
        var random = SplitMix64(seed: 7)
        for _ in 0..<60 {
            let other = try Scratch()
            var damaged = log
            damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= 0x10
            try other.write(file)
            try other.write(damaged, to: "state.db-wal")
            let opened = try Store.open(directory: other.path)
            guard opened.damagedCopy == nil else { continue }
            #expect(try opened.store.loadBoard(Board.self) == Self.board)
            let pages = try opened.store.pages()
            #expect(pages.isEmpty || pages == [PageRow(key: "new", body: "1")])
        }
        withExtendedLifetime(store) {}
    }
}
