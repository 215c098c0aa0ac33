// SPDX-License-Identifier: Apache-2.0
//
// The n-th system call of holding, saving and giving back mail fails, for n = 1, 2, 3 and so on until
// none does. By OpenSMTPD's queue, which needs no program: after a repetition without failures the mail
// is where it belongs, once, byte for byte.

import CFaults
import Glibc
import Linux
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(
    .serialized,
    .enabled(if: cfaults_can_fail() != 0, "the sanitizer stands before libc's calls itself")
)
struct FaultInjectionTests {
    /// A queue with a message, and what it is made of.
    private struct Bench {
        let scratch: Scratch
        let state: String
        let id: QueueID
        var content: [[UInt8]] = []

        init() throws {
            scratch = try Scratch()
            state = "\(scratch.path)/state"
            try StateFile.makeDirectory(state)
            _ = try scratch.smtpdSpool()
            id = try #require(QueueID("0a1b2c3d"))
            content = try parts()
            try #require(content.count == 3)
        }

        var directory: String { SmtpdSpool(path: "\(scratch.path)/queue").directory(of: id) }

        /// A queue as a new process opens it, with what a failure left settled.
        func queue() throws(HaltError) -> SmtpdQueue {
            try SmtpdQueue(spool: SmtpdSpool(path: "\(scratch.path)/queue"), state: state)
        }

        func parts() throws -> [[UInt8]] {
            try StateFile.entries(of: directory).sorted().map { name in
                try #require(try StateFile.read("\(directory)/\(name)"))
            }
        }

        var mode: mode_t? { StateFile.status("\(directory)/message").map { $0.st_mode & 0o777 } }
    }

    /// Does `work` with each call failing in turn, and after it `check`; `prepare` comes before.
    private func exhaust(
        _ code: Int32,
        prepare: (Bench) throws -> Void = { _ in },
        _ work: (Bench) throws -> Void,
        check: (Bench, Bool, Comment) throws -> Void
    ) throws {
        var passed = 0
        while true {
            let bench = try Bench()
            try prepare(bench)
            var isDone = false
            cfaults_arm(passed, code, 0)
            do {
                try work(bench)
                isDone = true
            } catch let error as HaltError {
                #expect(!error.description.isEmpty)
            }
            let hasFailed = cfaults_disarm() != 0
            let call = unsafe String(cString: cfaults_call())
            try check(bench, isDone, "call \(passed), \(hasFailed ? call : "none")")
            guard hasFailed else { break }
            passed += 1
        }
        #expect(passed > 10, "calls that can fail: \(passed)")
    }

    @Test(arguments: [EIO, ENOSPC, EMFILE])
    func `whichever call of a hold fails, a second hold holds, and a release gives all back`(
        code: Int32
    ) throws {
        try exhaust(code) { bench in
            _ = try bench.queue().hold([bench.id], for: "list@example.org")
        } check: { bench, isDone, at in
            // Each queue keeps the ledger's lock as long as it lives.
            do {
                let queue = try bench.queue()
                try queue.recover()
                if isDone { #expect(bench.mode == 0, at) }
                if bench.mode != 0 {
                    let held = try queue.hold([bench.id], for: "list@example.org")
                    #expect(held == 1, at)
                }
            }
            #expect(bench.mode == 0, at)
            let again = try bench.queue()
            #expect(again.ledger.content.entries.keys.contains(bench.id), at)
            #expect(try again.free([bench.id]) == [bench.id], at)
            #expect(bench.mode == 0o600, at)
            #expect(try bench.parts() == bench.content, at)
        }
    }

    @Test(arguments: [EIO, ENOSPC, EMFILE])
    func `whichever call of a release fails, a second one gives back what is held, once`(
        code: Int32
    ) throws {
        try exhaust(code) { bench in
            _ = try bench.queue().hold([bench.id], for: "list@example.org")
        } _: { bench in
            _ = try bench.queue().free([bench.id])
        } check: { bench, _, at in
            let queue = try bench.queue()
            if bench.mode == 0 { #expect(try queue.free([bench.id]) == [bench.id], at) }
            #expect(bench.mode == 0o600, at)
            #expect(try bench.parts() == bench.content, at)
        }
    }

    @Test(arguments: [EIO, ENOSPC, EMFILE])
    func `whichever call of bringing a discarded post back fails, it is there once`(
        code: Int32
    ) throws {
        try exhaust(code) { bench in
            let queue = try bench.queue()
            _ = try queue.hold([bench.id], for: "list@example.org")
            try queue.quarantine.make()
            var found: [QueuedMessage] = []
            try queue.list { found.append($0) }
            try queue.keep(try #require(found.first { $0.id == bench.id }))
            for name in StateFile.entries(of: bench.directory) {
                try StateFile.remove("\(bench.directory)/\(name)")
            }
            #expect(unsafe rmdir(bench.directory) == 0)
            _ = try queue.settle()
        } _: { bench in
            _ = try bench.queue().restore(bench.id)
        } check: { bench, isDone, at in
            do {
                let queue = try bench.queue()
                _ = try queue.settle()
                if bench.mode == nil { #expect(try queue.restore(bench.id), at) }
            }
            #expect(try bench.parts() == bench.content, at)
            _ = try bench.queue().settle()
            let saved = StateFile.names(below: "\(bench.state)/quarantine")
            #expect(saved.isEmpty, at)
            #expect(bench.mode == 0o600, at)
        }
    }
}
