// SPDX-License-Identifier: Apache-2.0
//
// Queue IDs that come again for other mail, and a ledger that was damaged. In both cases mail may
// stay on hold and be reported; none may be given back that we did not hold.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct LedgerReuseTests {
    private func content(_ lines: [String]) -> LedgerContent {
        var content = LedgerContent()
        for line in lines { content.apply(Array(line.utf8)[...]) }
        return content
    }

    private let id = QueueID("AB777FEE1E1")

    @Test func `an ID that is put on hold again is known anew`() throws {
        let id = try #require(id)
        let known = content([
            "begin 100", "postsuper: renamed file deferred/A/AB777FEE1E1 as hold/AB777FEE1E1",
            "end",
            "mail AB777FEE1E1 99 old@x.example", "list AB777FEE1E1 news@x.example",
        ])
        #expect(
            known.entries[id]
                == .init(arrival: 99, sender: "old@x.example", list: "news@x.example")
        )
        var again = known
        for line in ["begin 500", "postsuper: renamed file active/AB777FEE1E1 as hold/AB777FEE1E1"]
        {
            again.apply(Array(line.utf8)[...])
        }
        #expect(again.entries[id] == .init(), "it is other mail, or was let go by somebody else")
        #expect(again.placed == [id])
    }

    @Test func `an ID that is held again for a list is the list's`() throws {
        let id = try #require(id)
        let known = content([
            "begin 100", "postsuper: AB777FEE1E1: placed on hold", "end",
            "mail AB777FEE1E1 99 old@x.example", "begin 500", "want AB777FEE1E1",
            "list AB777FEE1E1 news@x.example", "postsuper: AB777FEE1E1: placed on hold", "end",
        ])
        #expect(known.entries[id] == .init(list: "news@x.example"))
    }

    @Test func `a deleted ID that comes again is no longer deleted`() throws {
        let id = try #require(id)
        let gone = content(["postsuper: AB777FEE1E1: removed"])
        #expect(gone.removed == [id])
        var again = gone
        again.apply(Array("postsuper: AB777FEE1E1: placed on hold".utf8)[...])
        #expect(again.removed.isEmpty)
    }

    @Test func `what postsuper complains of is kept and is no message`() {
        let content = content([
            "postsuper: fatal: open lock file /x/pid/master.pid: Permission denied",
            "postsuper: warning: AB777FEE1E1: bad mode",
        ])
        #expect(content.entries.isEmpty && content.removed.isEmpty)
        #expect(content.complaint == "fatal: open lock file /x/pid/master.pid: Permission denied")
    }

    @Test func `whatever stands in a ledger, only whole lines of ours count`() {
        var random = SplitMix64(seed: 0x1ed6e4)
        let lines = [
            "begin 100", "foreign F0RE1GN", "want A1B2C3", "adopt D4D4D4", "gone D4D4D4", "end",
            "mail A1B2C3 99 a@x.example", "list A1B2C3 news@x.example",
            "postsuper: renamed file deferred/A/AB777FEE1E1 as hold/AB777FEE1E1",
            "postsuper: A1B2C3: placed on hold", "postsuper: A1B2C3: removed",
        ]
        let whole = Array(lines.joined(separator: "\n").utf8)
        let allowed = Set(["A1B2C3", "AB777FEE1E1", "D4D4D4"].compactMap { QueueID($0) })
        for _ in 0..<2000 {
            // A power cut: the end is missing, or a stretch of it is zero bytes.
            var bytes = whole
            let cut = Int.random(in: 0..<bytes.count, using: &random)
            if Bool.random(using: &random) {
                bytes.removeSubrange(cut...)
            } else {
                let end = Int.random(in: cut...min(cut + 64, bytes.count), using: &random)
                for place in cut..<end { bytes[place] = 0 }
            }
            var content = LedgerContent()
            for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
                content.apply(line)
            }
            let known = Set(content.entries.keys)
            // A cut can shorten an ID, never make one of another message that is queued.
            #expect(known.allSatisfy { one in allowed.contains { $0.text.hasPrefix(one.text) } })
        }
    }
}

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct LedgerDamageTests {
    private func state(_ postfix: PrivatePostfix) -> String { "\(postfix.state)/primary" }

    @Test func `mail that has the ID of what we held is reported and left on hold`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["a@sub.test"])
        #expect(eventually { driver.rehold().heldTotal == 1 })
        let id = try #require(postfix.ids(in: "hold").first)
        // The message is gone, and a content filter holds another one under its ID: for the ledger
        // it has another sender and another arrival.
        let ledger = try HoldLedger(state: state(postfix))
        try ledger.note([(id, 12345, "somebody@else.test")])
        _ = consume ledger
        let report = driver.resume(.release)
        #expect(report.released == 0 && report.heldTotal == 0 && report.foreign == 1, "\(report)")
        #expect(report.changed.contains { $0.contains("belong to other mail") })
        #expect(postfix.ids(in: "hold") == [id])
        #expect(driver.discard(HeldSelection(only: [id])).discarded == 0)
        #expect(try postfix.sunk().isEmpty)
    }

    @Test func `a lost ledger leaves all mail on hold, and says that it is not ours`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        for number in 1...3 { try postfix.send(to: ["m\(number)@sub.test"]) }
        #expect(eventually { driver.rehold().heldTotal == 3 })
        try #require(unsafe unlink("\(state(postfix))/ledger") == 0)
        let report = driver.resume(.release)
        #expect(report.errors == [] && report.released == 0 && report.foreign == 3, "\(report)")
        #expect(postfix.ids(in: "hold").count == 3)
        #expect(try postfix.sunk().isEmpty)
    }

    @Test func `half a line at the end of the ledger swallows nothing that comes next`() throws {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        let driver = try postfix.driver()
        try postfix.send(to: ["a@sub.test"])
        #expect(eventually { postfix.ids(in: "deferred").count == 1 })
        try StateFile.makeDirectory(state(postfix))
        try postfix.scratch.write("state/primary/ledger", "begin 17\nforeign A1B2")
        let report = driver.halt()
        #expect(report.isHalted && report.heldTotal == 1 && report.errors == [], "\(report)")
        #expect(driver.resume(.release).released == 1)
        #expect(postfix.ids(in: "hold").isEmpty)
    }

    @Test func `a foreign message among those that are to be held stays foreign`() throws {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        let driver = try postfix.driver()
        try postfix.send(to: ["q@sub.test"], subject: "quarantine")
        try postfix.send(to: ["a@sub.test"])
        #expect(
            eventually {
                postfix.ids(in: "hold").count == 1 && postfix.ids(in: "deferred").count == 1
            }
        )
        let all = postfix.ids(in: "hold").union(postfix.ids(in: "deferred"))
        let report = driver.hold(Array(all), for: "news@x.test")
        #expect(report.held == 1 && report.heldTotal == 1 && report.foreign == 1, "\(report)")
        #expect(driver.release(HeldSelection(list: "news@x.test")).released == 1)
        #expect(postfix.ids(in: "hold").count == 1)
    }
}
