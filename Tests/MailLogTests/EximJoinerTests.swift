// SPDX-License-Identifier: Apache-2.0
//
// Split lines of several processes are joined, and parts without a beginning are left alone.

import EventTime
import MailLog
import Testing

@Suite struct EximJoinerTests {
    static func entry(_ text: String, pid: Int32, in batch: inout EntryBatch) -> LogEntry {
        var entry = LogEntry(time: Timestamp(microseconds: 0))
        entry.identifier = batch.append(Array("exim".utf8))
        entry.message = batch.append(Array(text.utf8))
        entry.pid = pid
        return entry
    }

    @Test func `parts of two processes that come mixed are joined to two lines`() {
        var batch = EntryBatch()
        var joiner = EximJoiner()
        let parts: [(String, Int32)] = [
            ("[1/2] 2026-11-24 06:07:21 1xVjgX-00000y-2f => a@example.net R=r T=t C=\"250 L", 7),
            ("[1\\3] one ", 8), ("[2\\3] two ", 8), ("[2/2] LL\"", 7), ("[3\\3] three", 8),
        ]
        var lines: [String] = []
        for (text, pid) in parts {
            let entry = Self.entry(text, pid: pid, in: &batch)
            if let whole = joiner.add(entry, to: &batch) { lines.append(batch.text(whole.message)) }
        }
        #expect(
            lines == [
                "2026-11-24 06:07:21 1xVjgX-00000y-2f => a@example.net R=r T=t C=\"250 LLL\"",
                "one two three",
            ]
        )
    }

    @Test func `whole lines and stray parts pass as they are`() {
        var batch = EntryBatch()
        var joiner = EximJoiner()
        for text in ["2026-11-24 06:07:21 hello", "[2/2] stray", "[0/2] odd", "[9] no", "["] {
            let entry = Self.entry(text, pid: 1, in: &batch)
            let read = joiner.add(entry, to: &batch)
            #expect(read.map { batch.text($0.message) } == text)
        }
    }

    @Test func `a flood of beginnings keeps no more than its bound`() {
        var batch = EntryBatch()
        var joiner = EximJoiner()
        for pid in 1...1000 {
            let entry = Self.entry("[1/2] x", pid: Int32(pid), in: &batch)
            let read = joiner.add(entry, to: &batch)
            #expect(read?.message == nil)
        }
        let late = Self.entry("[2/2] y", pid: 1, in: &batch)
        let stray = joiner.add(late, to: &batch)
        #expect(stray.map { batch.text($0.message) } == "[2/2] y")
        let kept = Self.entry("[2/2] y", pid: 1000, in: &batch)
        let whole = joiner.add(kept, to: &batch)
        #expect(whole.map { batch.text($0.message) } == "xy")
    }
}
