// SPDX-License-Identifier: Apache-2.0
//
// The script of a site, run for real, and OpenSMTPD's queue as it lies on disk: read, held, given
// back, with its ledger. That mail stops is shown in a booted Debian (Tests/EndToEnd).

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized) struct OtherDriverTests {
    private static let script = """
        #!/bin/sh
        case $1 in
        halt) touch "$0.halted" ;;
        resume) rm -f "$0.halted" ;;
        status) [ -e "$0.halted" ] || exit 3 ;;
        *) exit 64 ;;
        esac

        """

    /// A directory that only its owner may change, unlike /tmp itself.
    private func driver(_ scratch: Scratch, _ text: String = script) throws -> ExecDriver {
        try scratch.write("halt", text, mode: 0o755)
        #expect(unsafe mkdir("\(scratch.path)/state", 0o700) == 0)
        return ExecDriver(script: "\(scratch.path)/halt", state: "\(scratch.path)/state")
    }

    @Test func `a script halts, is asked again at each sweep, and resumes`() throws {
        let scratch = try Scratch()
        let driver = try driver(scratch)
        #expect(driver.rehold().errors.count == 1, "nothing is halted yet")
        #expect(driver.halt().isHalted)
        #expect(driver.rehold().block == .already)
        try StateFile.remove("\(scratch.path)/halt.halted")
        let again = driver.rehold()
        #expect(again.isHalted && again.block == .reinstalled && again.changed.count == 1)
        try StateFile.remove("\(scratch.path)/halt.halted")
        #expect(driver.assertAtBoot().errors == [])
        #expect(driver.status().isHalted)
        let resumed = driver.resume(.release)
        #expect(resumed.errors == [] && !resumed.isHalted)
        #expect(try HaltMarker.read(state: driver.state) == nil)
    }

    @Test func `a script whose halt succeeds and whose status says no has not halted`() throws {
        let scratch = try Scratch()
        let driver = try driver(scratch, "#!/bin/sh\n[ \"$1\" != status ] || exit 3\n")
        #expect(!driver.halt().isHalted)
    }

    @Test func `a script that others may change is not run`() throws {
        let scratch = try Scratch()
        let driver = try driver(scratch)
        #expect(unsafe chmod(driver.script, 0o775) == 0)
        let report = driver.halt()
        #expect(!report.isHalted && report.errors.count >= 1)
        #expect(StateFile.status("\(driver.script).halted") == nil)
    }

    @Test func `what a script cannot do is said, and nothing held is no error`() throws {
        let scratch = try Scratch()
        let driver = try driver(scratch)
        let id = try #require(QueueID("A1B2C3D4"))
        #expect(driver.hold([id], for: nil).errors.count == 1)
        #expect(driver.release(HeldSelection()).errors == [])
    }

    @Test func `OpenSMTPD's queue is held by message and given back`() throws {
        let scratch = try Scratch()
        #expect(unsafe mkdir("\(scratch.path)/state", 0o700) == 0)
        let queue = try SmtpdQueue(spool: try scratch.smtpdSpool(), state: "\(scratch.path)/state")
        var found: [QueuedMessage] = []
        try queue.list { found.append($0) }
        let message = try #require(found.first)
        #expect(found.count == 1 && message.recipients == 2 && message.queue == "queue")
        #expect(message.arrival == 1_795_516_801 && message.sender == "list@example.org")
        let id = try #require(message.id)
        #expect(try queue.hold([id], for: "list@example.org") == 1)
        #expect(try queue.hold([id], for: nil) == 0, "it is held already")
        #expect(try queue.onHold() == [id])
        #expect(queue.ledger.content.entries[id]?.list == "list@example.org")
        #expect(queue.described(message).subject == "hello")
        var report = HaltReport(.release)
        let all = HeldSelection(list: "list@example.org")
        #expect(try queue.find(all, &report).map(\.id) == [id])
        #expect(try queue.free([id]) == [id])
        #expect(try queue.onHold().isEmpty && queue.ledger.content.entries.isEmpty)
        #expect(report.changed == [])
    }

    @Test func `what is closed and not in the ledger stays closed`() throws {
        let scratch = try Scratch()
        #expect(unsafe mkdir("\(scratch.path)/state", 0o700) == 0)
        let spool = try scratch.smtpdSpool()
        let queue = try SmtpdQueue(spool: spool, state: "\(scratch.path)/state")
        let id = try #require(QueueID("0a1b2c3d"))
        #expect(unsafe chmod("\(spool.directory(of: id))/message", 0) == 0)
        var report = HaltReport(.release)
        #expect(try queue.find(HeldSelection(), &report).isEmpty)
        #expect(try queue.onHold() == [id])
    }

    @Test func `what OpenSMTPD gives back is noted until it is tried`() throws {
        let scratch = try Scratch()
        #expect(unsafe mkdir("\(scratch.path)/state", 0o700) == 0)
        let queue = try SmtpdQueue(spool: try scratch.smtpdSpool(), state: "\(scratch.path)/state")
        let id = try #require(QueueID("0a1b2c3d"))
        #expect(try queue.hold([id], for: nil) == 1)
        #expect(try queue.due.read().isEmpty)
        #expect(try queue.free([id]) == [id])
        #expect(try queue.due.read() == [id])
        try queue.due.write([])
        #expect(StateFile.status(queue.due.path) == nil)
    }

    @Test func `only envelopes of OpenSMTPD that sleep are scheduled`() throws {
        let text = """
            0a1b2c3d00000001|local|mta|auth|a@b|l@b|u1@c|1|2|0|1|pending|387|4.3.0
            0a1b2c3d00000002|local|mta||a@b|l@b|u2@c|1|2|0|1|pending|21|
            0a1b2c3e00000001|local|mta||a@b|l@b|u1@c|1|2|0|1|pending|400|
            0a1b2c3e00000002|local|mta||a@b|l@b|u2@c|1|2|0|0|pending|-3|
            0a1b2c3e00000003|local|mta||a@b|l@b|u3@c|1|2|0|0|inflight|400|
            0a1b2c3e00000004|local|mta|hold|a@b|l@b|u4@c|1|2|0|0|pending|400|
            0a1b2c3e00000005|local|mta||a@b|l@b|u5@c|1|2|0|0|pending|20|
            0a1b2c3e00000006|local|mta||a|1|2|3|4|pending|400|@b|l@b|u6@c|1|2|0|0|pending|0|
            0a1b2c3f00000001|local|mda||a@b|l@b|u@c|1|2|0|1|pending|400|
            0a1b2c40|odd
            0a1b2c4000000001|local|mta||a@b|l@b|u@c|1|2|0|1|pending|99999999999999999999|
            """
        var listing = SmtpdListing()
        for byte in text.utf8 { listing.feed([byte]) }
        listing.feed([0x0a])
        func words(_ name: String) throws -> [String]? {
            let id = try #require(QueueID(name))
            return listing.messages[id]?.words(id)
        }
        #expect(try words("0a1b2c3d") == ["0a1b2c3d"])
        #expect(try words("0a1b2c3e") == ["0a1b2c3e00000001"])
        #expect(try words("0a1b2c3f") == [])
        #expect(try words("0a1b2c40") == [])
        #expect(try words("0a1b2c41") == nil)
    }
}
