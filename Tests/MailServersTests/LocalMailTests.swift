// SPDX-License-Identifier: Apache-2.0
//
// Local mail while outbound mail is halted, against a real Postfix whose mailboxes are slow: most
// of it waits in the memory of qmgr(8) when the halt comes.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.enabled(if: PrivatePostfix.isPossible))
struct LocalMailTests {
    /// Messages, of which two are delivered at a time, in 0.2 s each.
    static let count = 30

    @Test func `local mail that qmgr has in hand is delivered once, and qmgr lives on`() throws {
        let boxes = try Scratch()
        try boxes.write("delivered", "")
        try boxes.write("deliver", "cat >/dev/null\necho \"$2\" >>\"$1/delivered\"\nsleep 0.2\n")
        try #require(unsafe chmod(boxes.path, 0o755) == 0)
        try #require(unsafe chmod("\(boxes.path)/delivered", 0o666) == 0)
        let postfix = try PrivatePostfix(
            extra: "local_transport = slow:\nslow_destination_concurrency_limit = 2",
            services: "slow unix - n n - 2 pipe\n"
                + "  user=nobody argv=/bin/sh \(boxes.path)/deliver \(boxes.path) ${recipient}\n"
        )
        func delivered() throws -> [Substring] {
            try boxes.read("delivered").split(separator: "\n")
        }
        let driver = try postfix.driver()
        let everybody = (1...Self.count).map { "user\($0)@local.test" }
        for user in everybody { try postfix.send(to: [user]) }
        #expect(try eventually { try delivered().count >= 4 })
        let master = try #require(try Master(queue: postfix.queue).running())
        let qmgr = ProcessTable.named(["qmgr"]).filter {
            $0.parent == master
        }.map(\.pid)
        #expect(qmgr.count == 1)
        let report = driver.halt()
        #expect(report.errors == [] && report.isHalted && report.heldTotal == 0)
        #expect(try eventually(60) { try delivered().count >= Self.count && postfix.moving == 0 })
        #expect(try delivered().map(String.init).sorted() == everybody.sorted())
        let after = ProcessTable.named(["qmgr"]).filter {
            $0.parent == master
        }.map(\.pid)
        #expect(after == qmgr, "qmgr(8) came to grief")
        #expect(driver.resume(.release).errors == [])
    }

    @Test func `of what qmgr has in hand, mail for elsewhere goes on hold at once`() throws {
        let postfix = try PrivatePostfix(extra: "smtp_destination_concurrency_limit = 1")
        try postfix.send(to: (1...300).map { "a\($0)@sub.test" } + ["here@local.test"])
        let driver = try postfix.driver()
        let instance = driver.instances[0]
        #expect(driver.halt().isHalted)
        #expect(eventually { driver.rehold().heldTotal == 1 })
        let id = try #require(postfix.ids(in: "hold").first)
        let held = "\(postfix.queue)/hold/\(id)"
        #expect(QueueFile.awaits(held) { !instance.isLocal($0) })
        #expect(!QueueFile.awaits(held) { $0 == "somebody@else.test" })
        // Given back while qmgr(8) still knows it, it would be in memory twice; a new one does not.
        postfix.stop()
        _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "start"])
            .run(deadline: .seconds(60))
        #expect(driver.resume(.release).errors == [])
        #expect(eventually(60) { postfix.moving == 0 })
        #expect(try postfix.sunk().count == 300)
        #expect(try postfix.sunk().values.allSatisfy { $0 == 1 })
    }
}

@Test func `an envelope is read as far as it goes`() {
    let recipient = Array("R\u{4}a@b.".utf8), reached = Array("D\u{4}c@d.".utf8)
    let content = Array("M\u{0}R\u{4}e@f.".utf8)
    let envelope = reached + recipient + content
    #expect(QueueFile.awaits(envelope) { $0 == "a@b." })
    #expect(!QueueFile.awaits(envelope) { $0 == "c@d." }, "was reached")
    #expect(!QueueFile.awaits(envelope) { $0 == "e@f." }, "is content")
    #expect(!QueueFile.awaits(Array(recipient.dropLast())) { _ in true })
    #expect(!QueueFile.awaits([0x52, 0xff, 0xff, 0xff, 0xff, 0xff, 1]) { _ in true })
}
