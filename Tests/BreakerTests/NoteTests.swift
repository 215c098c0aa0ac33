// SPDX-License-Identifier: Apache-2.0
//
// What `journalctl -x` explains: one kind of note for each thing that can have been done to mail.

import EventTime
import StormDetection
import Testing

@testable import Breaker

@Suite struct NoteTests {
    @Test func `a halted queue, a list on hold and a stopped server are three kinds of note`() {
        func kinds(_ effects: [Effect]) -> [LogNote.Kind] {
            effects.compactMap { if case .log(let note) = $0 { note.kind } else { nil } }
        }
        let done = HaltOutcome.Result.done(held: 1, total: 1, remark: nil)
        var queue = Bench()
        queue.settings.scope = .queue
        _ = queue.verdict()
        #expect(kinds(queue.outcome(.halt, done)).contains(.halted))
        #expect(kinds(queue.outcome(.stop, done)) == [.serverStopped])
        #expect(kinds(queue.outcome(.stop, .failed(reason: "no unit"))) == [.haltFailed])
        var narrow = Bench()
        narrow.settings.scope = .list
        _ = narrow.verdict()
        #expect(kinds(narrow.outcome(.holdList(list), done)) == [.listHeld])
    }
}
