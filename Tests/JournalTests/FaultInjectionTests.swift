// SPDX-License-Identifier: Apache-2.0
//
// The n-th system call of reading a journal fails, for n = 1, 2, 3 and so on until none does: what is
// given out is in order and once, and what is missing is told.

import CFaults
import EventTime
import Glibc
import MailLog
import Testing

@testable import Journal

@Suite(
    .serialized,
    .enabled(if: cfaults_can_fail() != 0, "the sanitizer stands before libc's calls itself")
)
struct FaultInjectionTests {
    /// What was read, and whether somebody was told of what was not.
    private struct Reading {
        var lines: [Int] = []
        var isTold = false
    }

    /// Reads all of `source`, from its files or by sd-journal.
    private static func read(_ source: JournalSource, directly: Bool) -> Reading {
        var reading = Reading()
        var batch = EntryBatch()
        do throws(JournalError) {
            let entries = try EntrySource(
                source: source,
                start: .head,
                matches: [],
                readsFiles: directly
            )
            var idle = 0
            while idle < 3 {
                try entries.fill(&batch, limit: 64)
                reading.lines += batch.entries.compactMap { Int(batch.text($0.message)) }
                if batch.gap != nil || entries.needsReopening { reading.isTold = true }
                idle = batch.entries.isEmpty ? idle + 1 : 0
            }
        } catch {
            reading.isTold = true
        }
        return reading
    }

    @Test(arguments: [EIO, EMFILE, ENOMEM], [true, false])
    func `whichever call fails, entries come in order and once, or it is told`(
        code: Int32,
        directly: Bool
    ) throws {
        let shop = try Workshop()
        try shop.write((0..<300).map { .mail("\($0)", second: Int64($0)) }, to: "a.journal")
        try shop.write((300..<600).map { .mail("\($0)", second: Int64($0)) }, to: "b.journal")
        let source = JournalSource.directory(shop.path)
        let whole = Self.read(source, directly: directly)
        #expect(whole.lines == Array(0..<600))
        var passed = 0
        while true {
            cfaults_arm(passed, code, 0)
            let found = Self.read(source, directly: directly)
            guard cfaults_disarm() != 0 else { break }
            let call = unsafe String(cString: cfaults_call())
            let at: Comment = "call \(passed), \(call), \(found.lines.count) lines"
            let isOrdered = zip(found.lines, found.lines.dropFirst()).allSatisfy { $0 < $1 }
            #expect(isOrdered, at)
            #expect(found.lines == whole.lines || found.isTold, at)
            passed += 1
        }
        #expect(passed > 4, "calls that can fail: \(passed)")
    }
}
