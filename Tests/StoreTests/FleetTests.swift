// SPDX-License-Identifier: Apache-2.0
//
// Trips and resets of the fleet as rows: kept, replaced by their own name only, and whole after a kill.

import EventTime
import Foundation
import TestSupport
import Testing

@testable import Store

struct FleetRowTests {
    @Test func `rows are kept, and a later note of a record replaces the earlier`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(fleet: [FleetRow(record: "b", note: "1"), FleetRow(record: "a", note: "2")])
        try store.save(fleet: [FleetRow(record: "b", note: "3\0")])
        store.close()
        let again = try Store.open(directory: scratch.path)
        #expect(again.damagedCopy == nil)
        #expect(
            try again.store.fleet() == [
                FleetRow(record: "a", note: "2"), FleetRow(record: "b", note: "3\u{FFFD}"),
            ]
        )
    }

    @Test func `a file of the version before is taken over, with what it holds`() throws {
        let scratch = try Scratch()
        let database = try Database(scratch.file)
        try Schema.migrate(database, upTo: "3")
        let board = "{\"next\":4,\"open\":[\"x\"],\"ratio\":0.1}"
        try database.write { db in
            try db.execute("INSERT INTO board VALUES (1, ?, ?)", [board, Checksum([board]).stored])
        }
        database.close()
        let again = try Store.open(directory: scratch.path)
        #expect(again.damage == nil)
        #expect(try again.store.loadBoard(Board.self)?.next == 4)
        #expect(try again.store.fleet().isEmpty)
        try again.store.save(fleet: [FleetRow(record: "a", note: "1")])
        #expect(try again.store.fleet().count == 1)
    }

    @Test func `a row that is not as it was written is damage`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(fleet: [FleetRow(record: "a", note: "adopted")])
        try store.database.write { db in
            try db.execute("UPDATE fleet SET note = 'reset'")
        }
        store.close()
        #expect(try Store.open(directory: scratch.path).damagedCopy != nil)
    }

    @Test func `killed in the middle of a save, all rows of it are there or none`() async throws {
        // Whoever is killed leaves what the file system has; the rows of one save name their round.
        for round in 1...12 {
            let scratch = try Scratch()
            let store = try Store.open(directory: scratch.path).store
            try store.save(fleet: (1...20).map { FleetRow(record: "\($0)", note: "0") })
            // What a kill leaves: file and log as they are, without a close or a fold.
            try store.save(
                fleet: (1...20).map { FleetRow(record: "\($0)", note: "\(round)") },
                folds: false
            )
            let log = try scratch.bytes("state.db-wal")
            let kept = log.prefix(log.count * round / 12)
            let file = try scratch.bytes()
            let copy = try Scratch()
            try copy.write(file)
            try copy.write(Data(kept), to: "state.db-wal")
            let after = try Store.open(directory: copy.path)
            #expect(after.damagedCopy == nil)
            let notes = Set(try after.store.fleet().map(\.note))
            #expect(notes.count == 1, "round \(round)")
            #expect(notes == ["0"] || notes == ["\(round)"], "round \(round)")
            if round == 12 { #expect(notes == ["12"]) }
        }
    }
}
