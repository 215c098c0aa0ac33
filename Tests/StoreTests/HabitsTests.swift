// SPDX-License-Identifier: Apache-2.0
//
// What was learned, in its own file: found again whole or not at all, whatever happens to the file,
// and never the breakers' concern.

import Archive
import EventTime
import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@testable import Store

/// Stands for the engine's memory: three words a part.
struct Learned: Equatable {
    var words: [UInt64]

    mutating func archive(_ parts: inout ArchiveParts) throws {
        var count = words.count
        try parts.part(1) { (stream) throws(ArchiveDamage) in
            try stream.number(&count, from: 0)
        }
        let reads = parts.isReading
        if reads { words = [] }
        try parts.blocks(2, count: count, together: 3) { (place, stream) throws(ArchiveDamage) in
            var word = reads ? 0 : words[place]
            try stream.word(&word)
            if reads { words.append(word) }
        }
    }
}

extension Habits {
    func save(_ learned: Learned, _ cursor: String = "c") throws {
        var copy = learned
        try save(cursor: cursor, time: Timestamp(microseconds: -7)) { try copy.archive(&$0) }
    }

    func learned() throws -> (value: Learned, cursor: String)? {
        var value = Learned(words: [])
        let place = try load { try value.archive(&$0) }
        guard let place else { return nil }
        #expect(place.time == Timestamp(microseconds: -7))
        return (value, place.cursor)
    }
}

@Suite(.serialized) struct HabitsTests {
    private static let many = Learned(words: (0..<3000).map { $0 &* 0x9e37_79b9_7f4a_7c15 })

    @Test func `what is saved is found again with its cursor, and nothing lies beside it`() throws {
        let scratch = try Scratch()
        let habits = Habits(directory: scratch.path)
        #expect(try habits.learned() == nil)
        #expect(try scratch.names().isEmpty, "asking makes no file")
        try habits.save(Learned(words: [1]), "s=0")
        try habits.save(Self.many, "s=1;i=2\u{0}")
        let found = try #require(try habits.learned())
        #expect(found.value == Self.many)
        #expect(found.cursor == "s=1;i=2\u{FFFD}")
        #expect(try scratch.names() == ["habits.db"])
        var status = stat()
        #expect(unsafe stat(habits.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func `parts that are no more go`() throws {
        let scratch = try Scratch()
        let habits = Habits(directory: scratch.path)
        try habits.save(Self.many)
        try habits.save(Learned(words: [5, 6, 7, 8]))
        let database = try Database(habits.path)
        let rows = try database.read { try $0.rows("SELECT id FROM part ORDER BY id") }
        #expect(rows.map(\.first?.integer) == [1 << 32, 2 << 32, 2 << 32 | 1])
        database.close()
        #expect(try habits.learned()?.value == Learned(words: [5, 6, 7, 8]))
    }

    /// Makes the parts of `path` differ from what was written, which only who reads them can find.
    private func spoil(_ path: String) throws {
        let database = try Database(path)
        try database.write { try $0.execute("UPDATE part SET body = x'00'") }
        database.close()
    }

    private func spoiled(_ path: String) throws -> Int64? {
        let database = try Database(path)
        defer { database.close() }
        let sql = "SELECT count(*) FROM part WHERE body = x'00'"
        return try database.read { try $0.value(sql)?.integer }
    }

    @Test func `a part that has not changed is not written again`() throws {
        let scratch = try Scratch()
        let habits = Habits(directory: scratch.path)
        try habits.save(Self.many)
        try spoil(habits.path)
        var changed = Self.many
        changed.words[1500] ^= 1
        try habits.save(changed)
        // 1,000 parts of three words and one with the count; one of them changed.
        #expect(try spoiled(habits.path) == 1000)
        // Another value knows only what it has read.
        try Habits(directory: scratch.path).save(changed)
        #expect(try spoiled(habits.path) == 0)
        let reader = Habits(directory: scratch.path)
        #expect(try reader.learned()?.value == changed)
        try spoil(habits.path)
        try reader.save(changed)
        #expect(try spoiled(habits.path) == 1001)
    }

    @Test func `in another file's place all is written, and after a save that failed`() throws {
        struct Refusal: Error {}
        let scratch = try Scratch()
        let habits = Habits(directory: scratch.path)
        try habits.save(Learned(words: [1, 2, 3]), "first")
        let old = try scratch.bytes("habits.db")
        try habits.save(Self.many, "second")
        try scratch.write(old, to: "habits.db")
        try habits.save(Self.many, "third")
        #expect(try Habits(directory: scratch.path).learned()?.value == Self.many)
        #expect(unsafe unlink(habits.path) == 0)
        try habits.save(Self.many, "fourth")
        #expect(try Habits(directory: scratch.path).learned()?.value == Self.many)
        var copy = Learned(words: Self.many.words.map { $0 ^ 1 })
        #expect(throws: StoreError.self) {
            try habits.save(cursor: "x", time: .distantPast) { parts in
                try copy.archive(&parts)
                throw Refusal()
            }
        }
        try habits.save(copy, "fifth")
        #expect(try Habits(directory: scratch.path).learned()?.value == copy)
    }

    @Test func `a save that fails leaves what was saved before`() throws {
        struct Refusal: Error {}
        let scratch = try Scratch()
        let habits = Habits(directory: scratch.path)
        try habits.save(Self.many, "old")
        var copy = Learned(words: [1, 2, 3])
        let error = #expect(throws: StoreError.self) {
            try habits.save(cursor: "new", time: .distantPast) { parts in
                try copy.archive(&parts)
                throw Refusal()
            }
        }
        #expect(error?.description.contains("what was saved before stays") == true)
        let found = try #require(try habits.learned())
        #expect(found.value == Self.many && found.cursor == "old")
    }

    @Test func `any flipped byte is harmless or found; the breakers stay as they are`() throws {
        let origin = try Scratch()
        let store = try Store.open(directory: origin.path).store
        try store.save(board: Board(next: 3, open: ["l"]))
        try Habits(directory: origin.path).save(Self.many)
        store.close()
        let sound = try origin.bytes("habits.db")
        let state = try origin.bytes()
        var random = SplitMix64(seed: 20_261_129)
        var found = 0
        for round in 0..<300 {
            let scratch = try Scratch()
            try scratch.write(state)
            var damaged = sound
            let place = round < 100 ? round : Int.random(in: 0..<damaged.count, using: &random)
            damaged[place] ^= UInt8.random(in: 1...255, using: &random)
            try scratch.write(damaged, to: "habits.db")
            let habits = Habits(directory: scratch.path)
            do {
                let read = try habits.learned()
                #expect(read == nil || read?.value == Self.many, "byte \(place)")
            } catch let error as StoreError {
                found += 1
                #expect(error.description.contains("no breaker is concerned"), "byte \(place)")
                let names = try scratch.names()
                #expect(error.code != .damaged || names.contains("habits.db.damaged"))
            }
            let opened = try Store.open(directory: scratch.path)
            #expect(opened.damagedCopy == nil && opened.damage == nil)
            #expect(try opened.store.loadBoard(Board.self) == Board(next: 3, open: ["l"]))
            opened.store.close()
            // Whatever it was, the next save works again.
            try habits.save(Learned(words: [1, 2]), "again")
            #expect(try habits.learned()?.value == Learned(words: [1, 2]), "byte \(place)")
        }
        #expect(found > 150)
    }

    @Test func `truncated, or something else altogether, it is set aside and made anew`() throws {
        let origin = try Scratch()
        try Habits(directory: origin.path).save(Self.many)
        let sound = try origin.bytes("habits.db")
        let others = [
            Data("not a database, but long enough to be taken for one".utf8), sound.prefix(4096),
            sound.prefix(sound.count / 2), sound.prefix(sound.count - 1),
        ]
        for (number, other) in others.enumerated() {
            let scratch = try Scratch()
            try scratch.write(other, to: "habits.db")
            let habits = Habits(directory: scratch.path)
            let error = #expect(throws: StoreError.self) { try habits.learned() }
            #expect(error?.code == .damaged, "\(number)")
            #expect(try scratch.bytes("habits.db.damaged") == other)
            #expect(try habits.learned() == nil, "\(number)")
            try scratch.write(other, to: "habits.db")
            try habits.save(Self.many)
            #expect(try habits.learned()?.value == Self.many, "\(number)")
        }
    }

    @Test(arguments: 0..<20)
    func `killed in the middle of a save, it holds what was before or after`(
        round: Int
    ) async throws {
        let scratch = try Scratch()
        let directory = scratch.path
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [
                directory = directory as String, round = round as Int
            ] in
            var random = SplitMix64(seed: UInt64(round))
            let delay = UInt32.random(in: 0..<60_000, using: &random)
            Thread.detachNewThread {
                usleep(delay)
                kill(getpid(), SIGKILL)
            }
            let habits = Habits(directory: directory)
            for number in UInt64(1)... {
                let words = Array(repeating: number, count: 500 + Int(number % 700))
                try habits.save(Learned(words: words), "\(number)")
                try Data("\(number)".utf8).write(
                    to: URL(fileURLWithPath: directory + "/acknowledged"),
                    options: .atomic
                )
            }
        }
        let text = try? String(contentsOfFile: directory + "/acknowledged", encoding: .utf8)
        let acknowledged = text.flatMap(UInt64.init) ?? 0
        guard let found = try Habits(directory: directory).learned() else {
            return #expect(acknowledged == 0)
        }
        let number = try #require(UInt64(found.cursor))
        #expect(number == acknowledged || number == acknowledged + 1)
        #expect(found.value.words == Array(repeating: number, count: 500 + Int(number % 700)))
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to mount a small tmpfs"))
    func `a full disk is reported, what was saved stays, and a trip is saved all the same`() throws
    {
        let scratch = try Scratch()
        let isMounted = unsafe mount("tmpfs", scratch.path, "tmpfs", 0, "size=3m") == 0
        try #require(isMounted)
        defer { _ = unsafe umount2(scratch.path, 2) }  // MNT_DETACH
        let store = try Store.open(directory: scratch.path).store
        let habits = Habits(directory: scratch.path)
        try habits.save(Self.many, "old")
        let large = Learned(words: Array(repeating: 7, count: 400_000))
        let error = #expect(throws: StoreError.self) { try habits.save(large, "new") }
        #expect(error?.code == .full)
        try store.save(board: Board(next: 1, open: ["l"]), incidents: [incident(1)])
        let found = try #require(try habits.learned())
        #expect(found.value == Self.many && found.cursor == "old")
    }

    @Test func `state of the version before loses its snapshot and nothing else`() throws {
        let scratch = try Scratch()
        let database = try Database(scratch.file)
        try Schema.migrate(database, upTo: "2")
        let body = String(repeating: "x", count: 6_000_000)
        try database.write { db in
            try db.execute(
                "INSERT INTO snapshot VALUES (1, 'c', 5, ?, 1)",
                [body]
            )
            let board = "{\"next\":4,\"open\":[\"l\"],\"ratio\":0.1}"
            try db.execute(
                "INSERT INTO board VALUES (1, ?, ?)",
                [board, Checksum([board]).stored]
            )
        }
        database.close()
        let opened = try Store.open(directory: scratch.path)
        #expect(opened.damagedCopy == nil && !opened.isNew)
        #expect(try opened.store.loadBoard(Board.self) == Board(next: 4, open: ["l"]))
        opened.store.close()
        #expect(try scratch.bytes().count < 200_000, "the space is given back")
        #expect(try Habits(directory: scratch.path).learned() == nil)
    }
}
