// SPDX-License-Identifier: Apache-2.0
//
// What happened in an incident: in order, bounded, and in files of the version before.

import EventTime
import TestSupport
import Testing

@testable import Store

private func moment(_ incident: Int64, _ second: Int64, _ event: String) -> Moment {
    Moment(
        incident: incident,
        time: Timestamp(seconds: second),
        event: event,
        target: "webhook",
        text: "what\0ever"
    )
}

@Suite struct TimelineTests {
    @Test func `moments come back in the order in which they were noted, each with its incident`()
        throws
    {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        try store.save(board: Board(next: 1, open: ["x"]), moments: [moment(1, 9, "tripped")])
        try store.append([moment(1, 5, "delivered"), moment(2, 7, "tripped")])
        store.close()
        let again = try Store.open(directory: scratch.path)
        #expect(again.damage == nil)
        let found = try again.store.timeline(of: 1)
        #expect(found.map(\.event) == ["tripped", "delivered"])
        #expect(found.map(\.time.seconds) == [9, 5])
        #expect(found.first?.text == "what\u{FFFD}ever")
        #expect(try again.store.timeline(of: 2).count == 1)
        #expect(try again.store.timeline(of: 3).isEmpty)
    }

    @Test func `an incident that pages for a year does not fill the disk`() throws {
        let scratch = try Scratch()
        let store = try Store.open(directory: scratch.path).store
        let many = (0..<Schema.momentsKept + 50).map { moment(1, $0, "page") }
        try store.append(many)
        #expect(Int64(try store.timeline(of: 1).count) == Schema.momentsKept)
    }

    @Test func `a file of the first version is taken over`() throws {
        let scratch = try Scratch()
        let database = try Database(scratch.file)
        try Schema.migrate(database, upTo: "1")
        let board = "{\"next\":4,\"open\":[\"x\"],\"ratio\":0.1}"
        try database.write { db in
            try db.execute(
                "INSERT INTO board VALUES (1, ?, ?)",
                [board, Checksum([board]).stored]
            )
        }
        database.close()
        let again = try Store.open(directory: scratch.path)
        #expect(again.damage == nil)
        #expect(try again.store.loadBoard(Board.self)?.next == 4)
        try again.store.append([moment(1, 1, "tripped")])
        #expect(try again.store.timeline(of: 1).count == 1)
    }
}
