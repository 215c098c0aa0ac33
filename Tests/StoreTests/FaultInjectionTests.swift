// SPDX-License-Identifier: Apache-2.0
//
// The n-th system call fails, for n = 1, 2, 3 and so on until none does, as SQLite tests itself.
// Whatever fails, what was acknowledged is there afterwards, nothing is half there, and who asked for
// more was told.

import Breaker
import CFaults
import Glibc
import Linux
import TestSupport
import Testing

@testable import Store

/// A way to fail.
struct Failing: Sendable, CustomTestStringConvertible {
    var code: Int32
    var forever: Bool
    var testDescription: String { "errno \(code)\(forever ? ", and all after it" : "")" }

    static let all = [
        Failing(code: EIO, forever: false), Failing(code: ENOSPC, forever: true),
        Failing(code: EMFILE, forever: false),
    ]

    /// Runs `body` with the call after `passed` others failing; the call, or nil when there were none.
    func fail(after passed: Int, _ body: () -> Void) -> String? {
        cfaults_arm(passed, code, forever ? 1 : 0)
        body()
        guard cfaults_disarm() != 0 else { return nil }
        return unsafe String(cString: cfaults_call())
    }
}

@Suite(
    .serialized,
    .enabled(if: cfaults_can_fail() != 0, "the sanitizer stands before libc's calls itself")
)
struct FaultInjectionTests {
    @Test(arguments: Failing.all)
    func `whichever call of opening and saving fails, the breaker is as it was or as saved`(
        failing: Failing
    ) throws {
        var passed = 0
        while true {
            let scratch = try Scratch()
            let before = try Store.open(directory: scratch.path).store
            try before.save(board: Board(next: 1, open: []), incidents: [incident(1)])
            before.close()
            var isSaved = false
            var opened: Store.Opened?
            var failure: StoreError?
            let call = failing.fail(after: passed) {
                do throws(StoreError) {
                    opened = try Store.open(directory: scratch.path)
                    try opened?.store.save(
                        board: Board(next: 2, open: ["a"]),
                        incidents: [incident(2)]
                    )
                    isSaved = true
                } catch {
                    failure = error
                }
            }
            opened?.store.close()
            let at: Comment = "call \(passed), \(call ?? "none")"
            #expect(isSaved != (failure != nil), at)
            #expect(failure?.description.isEmpty != true, at)
            #expect(opened?.damagedCopy == nil, at)
            let after = try Store.open(directory: scratch.path)
            #expect(after.damagedCopy == nil, at)
            let board = try after.store.loadBoard(Board.self)
            let numbers = try after.store.incidents(limit: 9).map(\.number).sorted()
            if board?.next == 2 {
                #expect(numbers == [1, 2], at)
            } else {
                #expect(!isSaved && board?.next == 1 && numbers == [1], at)
            }
            after.store.close()
            guard call != nil else { break }
            passed += 1
        }
        #expect(passed > 20, "calls that can fail: \(passed)")
    }

    @Test(arguments: Failing.all)
    func `whichever call of making a state fails, it is made or it is not`(failing: Failing) throws
    {
        var passed = 0
        while true {
            let scratch = try Scratch()
            var failure: StoreError?
            let call = failing.fail(after: passed) {
                do throws(StoreError) {
                    let opened = try Store.open(directory: scratch.path)
                    opened.store.close()
                } catch {
                    failure = error
                }
            }
            let at: Comment = "call \(passed), \(call ?? "none"): \(failure?.description ?? "")"
            let after = try Store.open(directory: scratch.path)
            #expect(after.damagedCopy == nil, at)
            #expect(try after.store.loadBoard(Board.self) == nil, at)
            after.store.close()
            guard call != nil else { break }
            passed += 1
        }
        #expect(passed > 20, "calls that can fail: \(passed)")
    }

    @Test(arguments: Failing.all)
    func `whichever call of saving habits fails, they are those of before or those`(
        failing: Failing
    ) throws {
        var passed = 0
        while true {
            let scratch = try Scratch()
            let habits = Habits(directory: scratch.path)
            try habits.save(Learned(words: Array(0..<100)), "old")
            var isSaved = false
            let call = failing.fail(after: passed) {
                isSaved = (try? habits.save(Learned(words: Array(50..<250)), "new")) != nil
            }
            let at: Comment = "call \(passed), \(call ?? "none")"
            let found = try Habits(directory: scratch.path).learned()
            if found?.cursor == "new" {
                #expect(found?.value == Learned(words: Array(50..<250)), at)
            } else {
                #expect(!isSaved && found?.cursor == "old", at)
                #expect(found?.value == Learned(words: Array(0..<100)), at)
            }
            // The next save is whole, whatever the one before left.
            try habits.save(Learned(words: Array(7..<200)), "next")
            let next = try Habits(directory: scratch.path).learned()
            #expect(next?.value == Learned(words: Array(7..<200)), at)
            guard call != nil else { break }
            passed += 1
        }
        #expect(passed > 10, "calls that can fail: \(passed)")
    }
}
