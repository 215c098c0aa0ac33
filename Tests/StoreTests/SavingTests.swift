// SPDX-License-Identifier: Apache-2.0
//
// What is saved is found again, and errors say what an operator needs.

import Breaker
import EventTime
import Foundation
import Linux
import TestSupport
import Testing

@testable import Store

@Suite struct SavingTests {
    @Test func `a board, its incidents and its pages are found again after a restart`() throws {
        let scratch = try Scratch()
        let opened = try Store.open(directory: scratch.path)
        #expect(opened.isNew)
        #expect(opened.damagedCopy == nil)
        #expect(try opened.store.loadBoard(Board.self) == nil)
        let board = Board(next: 3, open: ["annonce@example.org"])
        try opened.store.save(
            board: board,
            incidents: [incident(1, closed: true), incident(2)],
            pages: [PageRow(key: "a", body: "{}"), PageRow(key: "b", body: "1")]
        )
        opened.store.close()

        let again = try Store.open(directory: scratch.path)
        #expect(!again.isNew)
        #expect(again.highestIncident == 2)
        #expect(try again.store.loadBoard(Board.self) == board)
        #expect(try again.store.incidents(limit: 10) == [incident(2), incident(1, closed: true)])
        #expect(try again.store.incidents(limit: 10, before: 2) == [incident(1, closed: true)])
        #expect(try again.store.incidents(limit: 0).isEmpty)
        #expect(try again.store.incident(2) == incident(2))
        #expect(try again.store.incident(7) == nil)
        #expect(try again.store.pages().map(\.key) == ["a", "b"])
    }

    @Test func `a number that JSON does not have is found again`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(board: Board(next: 1, open: [], ratio: .nan))
        #expect(try store.loadBoard(Board.self)?.ratio.isNaN == true)
        try store.save(board: Board(next: 1, open: [], ratio: -.infinity))
        #expect(try store.loadBoard(Board.self)?.ratio == -.infinity)
    }

    @Test func `rows of the outbox are replaced by key and removed together`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(pages: (1...3).map { PageRow(key: "k\($0)", body: "old") })
        try store.save(pages: [PageRow(key: "k2", body: "new")], removing: ["k1", "k3", "k9"])
        #expect(try store.pages() == [PageRow(key: "k2", body: "new")])
        let odd = PageRow(key: "a\u{0}b'\"", body: "line\nbreak \u{1F4E7}")
        try store.save(pages: [odd], removing: ["k2"])
        #expect(try store.pages() == [odd])
        #expect(odd.key == "a\u{FFFD}b'\"")
        try store.save(pages: [], removing: ["a\u{0}b'\""])
        #expect(try store.pages().isEmpty)
    }

    @Test func `old incidents go once they are reset, open ones stay`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        let board = Board(next: 1, open: [])
        try store.save(board: board, incidents: [incident(1), incident(2, closed: true)])
        let highest = Schema.incidentsKept + 2
        try store.save(board: board, incidents: [incident(highest)])
        #expect(try store.incidents(limit: 10).map(\.number) == [highest, 1])
    }

    @Test func `a save that is folded later is on the disk before`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        let board = Board(next: 7, open: ["l"])
        try store.save(board: board, incidents: [incident(6)], folds: false)
        #expect(try !scratch.bytes("state.db-wal").isEmpty)
        // What a crash would leave.
        let copy = try Scratch()
        for name in ["state.db", "state.db-wal"] {
            try copy.write(try scratch.bytes(name), to: name)
        }
        let opened = try Store.open(directory: copy.path)
        #expect(opened.damagedCopy == nil)
        #expect(try opened.store.loadBoard(Board.self) == board)
        #expect(try opened.store.incidents(limit: 9) == [incident(6)])
        store.fold()
        #expect(try scratch.bytes("state.db-wal").isEmpty)
        #expect(try store.loadBoard(Board.self) == board)
    }

    @Test func `a save leaves nothing in the write-ahead log`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(board: Board(next: 1, open: []))
        #expect(try scratch.bytes("state.db-wal").isEmpty)
        withExtendedLifetime(store) {}
    }

    @Test func `a second daemon is refused and the first goes on`() throws {
        let scratch = try Scratch()
        let first = try Store.open(directory: scratch.path).store
        let error = #expect(throws: StoreError.self) { try Store.open(directory: scratch.path) }
        #expect(error?.code == .busy)
        #expect(error?.exitCode == 75)
        try first.save(board: Board(next: 1, open: []))
        #expect(try scratch.names().filter { $0.contains("damaged") }.isEmpty)
    }

    @Test func `a body that no longer fits its type is an error, not a fresh start`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(board: ["another": "shape"])
        let error = #expect(throws: StoreError.self) { try store.loadBoard(Board.self) }
        #expect(error?.code == .content)
        #expect(error?.description.contains("treated as open") == true)
    }

    @Test func `a missing directory is named with what creates it`() throws {
        let error = #expect(throws: StoreError.self) {
            try Store.open(directory: "/nonexistent/listbreaker")
        }
        #expect(error?.code == .missing)
        #expect(error?.exitCode == 78)
        #expect(
            error?.description
                == "cannot open state '/nonexistent/listbreaker': no such file or directory (ENOENT)"
                + "; running as uid \(geteuid()); create it: install -d -o _listbreaker "
                + "-g _listbreaker -m 0700 '/nonexistent/listbreaker'; the daemon ends: nobody "
                + "watches, and what is halted stays halted"
        )
    }

    @Test func `a file of a newer version is refused and left alone`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(board: Board(next: 1, open: ["x"]))
        try store.database.write { db in
            try db.execute("INSERT INTO grdb_migrations VALUES ('5')")
        }
        store.close()
        let before = try scratch.bytes()
        let error = #expect(throws: StoreError.self) { try Store.open(directory: scratch.path) }
        #expect(error?.code == .newer)
        #expect(try scratch.bytes() == before)
        #expect(try scratch.names().contains { $0.contains("damaged") } == false)
    }
}
