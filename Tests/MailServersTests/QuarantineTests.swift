// SPDX-License-Identifier: Apache-2.0
//
// What a command that was killed leaves of a message, made by hand for each step, and what the next
// one makes of it. By OpenSMTPD's queue as it lies on disk, since that needs no program; with the real
// Sendmail the same is killed for real (KilledSendmailTests), with all of them in the booted Debian.

import Glibc
import Linux
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct QuarantineTests {
    /// A queue with one message on hold that is ours, and saved.
    private struct Bench {
        let scratch: Scratch
        let queue: SmtpdQueue
        let id: QueueID

        init() throws {
            scratch = try Scratch()
            try StateFile.makeDirectory("\(scratch.path)/state")
            queue = try SmtpdQueue(
                spool: try scratch.smtpdSpool(),
                state: "\(scratch.path)/state"
            )
            id = try #require(QueueID("0a1b2c3d"))
            try #require(try queue.hold([id], for: "list@example.org") == 1)
            try queue.quarantine.make()
            var found: [QueuedMessage] = []
            try queue.list { found.append($0) }
            try queue.keep(try #require(found.first))
        }

        var directory: String { queue.spool.directory(of: id) }

        /// Takes the message out of the queue, as smtpd does when it was told to remove it.
        func remove() throws {
            for name in StateFile.entries(of: directory) {
                try StateFile.remove("\(directory)/\(name)")
            }
            #expect(unsafe rmdir(directory) == 0)
        }

        /// The files of the quarantine.
        var saved: [String] { StateFile.names(below: "\(scratch.path)/state/quarantine").sorted() }

        var mode: mode_t? {
            StateFile.status("\(directory)/message").map { $0.st_mode & 0o777 }
        }
    }

    @Test func `killed before it was deleted, a message is on hold and not kept`() throws {
        let bench = try Bench()
        #expect(try bench.queue.settle() == [])
        #expect(bench.saved == [] && bench.mode == 0)
        var report = HaltReport(.held)
        #expect(try bench.queue.find(HeldSelection(only: [bench.id]), &report).count == 1)
    }

    @Test func `killed after it was deleted, a message is kept`() throws {
        let bench = try Bench()
        try bench.remove()
        #expect(try bench.queue.settle() == [bench.id])
        #expect(
            bench.saved == [
                "0a1b2c3d-0a1b2c3d00000001", "0a1b2c3d-0a1b2c3d00000002", "0a1b2c3d.eml",
                "0a1b2c3d.json",
            ]
        )
        #expect(bench.queue.quarantine.saved("0a1b2c3d") == [bench.id])
        #expect(try bench.queue.settle() == [], "there is nothing left to settle")
    }

    @Test func `a message that is half deleted is neither forgotten nor given back`() throws {
        let bench = try Bench()
        try StateFile.remove("\(bench.directory)/0a1b2c3d00000001")
        #expect(try bench.queue.settle() == [])
        #expect(bench.saved.count == 4 && bench.saved.contains("0a1b2c3d.saving"))
        var report = HaltReport(.release)
        #expect(try bench.queue.find(HeldSelection(only: [bench.id]), &report).isEmpty)
        #expect(bench.queue.ledger.content.entries.keys.contains(bench.id))
        try bench.remove()
        #expect(try bench.queue.settle() == [bench.id])
    }

    @Test func `brought back, a message is what it was, and no copy is kept`() throws {
        let bench = try Bench()
        let before = try StateFile.entries(of: bench.directory).sorted().map { name in
            try #require(try StateFile.read("\(bench.directory)/\(name)"))
        }
        try bench.remove()
        _ = try bench.queue.settle()
        #expect(try bench.queue.restore(bench.id))
        let after = try StateFile.entries(of: bench.directory).sorted().map { name in
            try #require(try StateFile.read("\(bench.directory)/\(name)"))
        }
        #expect(after == before && after.count == 3)
        #expect(bench.saved == [] && bench.mode == 0o600)
        #expect(try bench.queue.due.read() == [bench.id])
        #expect(try !bench.queue.restore(bench.id), "a second time there is nothing to send")
    }

    @Test func `killed before it was in the queue again, a message is kept`() throws {
        let bench = try Bench()
        try bench.remove()
        _ = try bench.queue.settle()
        try bench.queue.quarantine.move(bench.id, .kept, .sending)
        // Half of it was built beside the queue.
        try StateFile.makeDirectory(bench.queue.spool.drafts)
        try StateFile.makeDirectory("\(bench.queue.spool.drafts)/\(bench.id)")
        try StateFile.replace("\(bench.queue.spool.drafts)/\(bench.id)/half", with: [])
        _ = try bench.queue.settle()
        #expect(bench.saved.contains("0a1b2c3d.json") && bench.mode == nil)
        #expect(try bench.queue.restore(bench.id))
        #expect(StateFile.entries(of: bench.directory).count == 3 && bench.saved == [])
    }

    @Test(arguments: [Quarantine.Stage.sending, .freeing])
    func `killed when it was in the queue again, a message goes, and no copy is kept`(
        stage: Quarantine.Stage
    ) throws {
        let bench = try Bench()
        try bench.queue.quarantine.move(bench.id, .saving, stage)
        _ = try bench.queue.settle()
        #expect(bench.saved == [] && bench.mode == 0o600)
        _ = try bench.queue.settle()
        #expect(bench.mode == 0o600)
    }

    @Test func `what is old enough is deleted with all its files, and nothing else`() throws {
        let bench = try Bench()
        let later = SystemClock.seconds + 60
        #expect(try bench.queue.quarantine.prune(before: later) == 0, "it is in the queue")
        #expect(bench.saved.contains("0a1b2c3d.saving") && bench.saved.contains("0a1b2c3d.eml"))
        try bench.remove()
        _ = try bench.queue.settle()
        #expect(try bench.queue.quarantine.prune(before: SystemClock.seconds - 60) == 0)
        #expect(bench.queue.quarantine.envelopes.map(\.id) == ["0a1b2c3d"])
        // What a kill in the middle of this left, and a file that somebody else put there.
        try bench.scratch.write("state/quarantine/ffee0011.eml", "left")
        #expect(try bench.queue.quarantine.prune(before: later) == 1)
        #expect(bench.saved == [] && bench.queue.quarantine.envelopes.isEmpty)
        #expect(try !bench.queue.restore(bench.id), "it is gone")
    }

    @Test func `a message that went after it was brought back leaves no copy`() throws {
        let bench = try Bench()
        try bench.queue.quarantine.move(bench.id, .saving, .freeing)
        try bench.remove()
        _ = try bench.queue.settle()
        #expect(bench.saved == [] && bench.mode == nil)
    }
}

extension Scratch {
    /// A queue with one message for another host, one for this one, each with two recipients.
    func smtpdSpool() throws -> SmtpdSpool {
        for (id, type) in [("0a1b2c3d", "mta"), ("ffee0011", "mda")] {
            let directory = "queue/\(id.prefix(2))/\(id)"
            let parts = directory.split(separator: "/")
            for count in 1...parts.count {
                try StateFile.makeDirectory(
                    "\(path)/\(parts.prefix(count).joined(separator: "/"))"
                )
            }
            try write("\(directory)/message", "Subject: hello\n\nhello\n", mode: 0o600)
            for (number, created) in [(1, 1_795_516_805), (2, 1_795_516_801)] {
                try write(
                    "\(directory)/\(id)0000000\(number)",
                    "version: 3\ntype: \(type)\nsender: list@example.org\n"
                        + "dest: user\(number)@example.net\nctime: \(created)\n"
                )
            }
        }
        return SmtpdSpool(path: "\(path)/queue")
    }
}
