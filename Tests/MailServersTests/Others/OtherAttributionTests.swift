// SPDX-License-Identifier: Apache-2.0
//
// Whose mail it is where the mail server is not Postfix: a post to the list, whoever wrote it, is the
// list's by whom the client named; one that goes to others as well is undecided. By the queues as the
// servers leave them on disk, read off real ones; in the booted Debian all of it is counted at the relay
// (mixed-exim, mixed-opensmtpd, mixed-sendmail).

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized) struct OtherAttributionTests {
    private let list = "annonce@lists.example.org"

    private func envelope(_ dest: String, of given: String) -> String {
        "version: 3\ntype: mta\nsender: ann@example.org\nrcpt: \(given)\ndest: \(dest)\nctime: 1\n"
    }

    /// A message of OpenSMTPD's whose text is closed, as a halt leaves it.
    private func queue(_ id: String, _ envelopes: [String], in scratch: Scratch) throws {
        for name in ["queue", "queue/\(id.prefix(2))", "queue/\(id.prefix(2))/\(id)"] {
            try StateFile.makeDirectory("\(scratch.path)/\(name)")
        }
        let folder = "queue/\(id.prefix(2))/\(id)"
        try scratch.write("\(folder)/message", "Subject: \(id)\n\nhello\n", mode: 0o600)
        #expect(unsafe chmod("\(scratch.path)/\(folder)/message", 0) == 0)
        for (number, text) in envelopes.enumerated() {
            try scratch.write("\(folder)/\(id)0000000\(number)", text)
        }
    }

    @Test func `OpenSMTPD: a post is the list's by whom the client named, not by what came of it`()
        throws
    {
        let scratch = try Scratch()
        try StateFile.makeDirectory("\(scratch.path)/state")
        let storm = [envelope("u1@example.net", of: list), envelope("u2@example.net", of: list)]
        let own = envelope("x@example.net", of: "x@example.net")
        try queue("0a1b2c01", storm, in: scratch)
        try queue("0a1b2c02", [own], in: scratch)
        try queue("0a1b2c03", storm + [own], in: scratch)
        // A stranger's name for it is no recipient.
        try queue("0a1b2c04", [envelope("y@example.net", of: "x\(list)")], in: scratch)
        let driver = SmtpdDriver(
            spool: SmtpdSpool(path: "\(scratch.path)/queue"),
            state: "\(scratch.path)/state/opensmtpd"
        )
        let ids = (1...4).compactMap { QueueID("0a1b2c0\($0)") }
        // The queue keeps the ledger locked while it lives.
        do { try driver.queue(of: driver.spool).ledger.adopt(ids) }
        let told = driver.hold(senders: [], for: list)
        #expect(told.errors == [], "\(told)")
        let posts = driver.posts(list: list).posts
        #expect(posts.map(\.id).sorted() == ["0a1b2c01", "0a1b2c03"])
        #expect(posts.compactMap(\.undecided) == [1], "\(posts)")
        let queue = try driver.queue(of: driver.spool)
        var report = HaltReport(.heldPosts)
        let found = try queue.find(HeldSelection(list: list), &report)
        #expect(found.map(\.isMixed) == [false, true] && found.allSatisfy(\.isPost))
    }

    @Test(.enabled(if: geteuid() == 0, "SKIPPED: needs root to own a file in another's directory"))
    func `Sendmail: a text that two messages share is saved, one with a name elsewhere is not`()
        throws
    {
        let scratch = try Scratch()
        let path = scratch.path
        for name in ["queue", "state", "elsewhere"] {
            try StateFile.makeDirectory("\(path)/\(name)")
        }
        // As in Debian: the queue is another user's, what sendmail writes as root is root's.
        #expect(unsafe chown("\(path)/queue", 65534, 65534) == 0)
        let control = "T1\nS<a@example.net>\nRPFD:x@example.net\n.\n"
        try scratch.write("queue/hf6AOE6kQ3000371", control)
        try scratch.write("queue/df6AOE6kQ3000371", "text\n")
        let df = "\(path)/queue/df6AOE6kQ3000371"
        #expect(unsafe link(df, "\(path)/queue/df6AOE6kQ3000372") == 0)
        var site = SendmailSite()
        site.queues = ["\(path)/queue"]
        let queue = try SendmailQueue(site, state: "\(path)/state")
        try queue.quarantine.make()
        var found: [QueuedMessage] = []
        try queue.list { found.append($0) }
        let message = try #require(found.first)
        try queue.save(message)
        let id = try #require(message.id)
        #expect(try StateFile.read(queue.quarantine.part("data", of: id)) == Array("text\n".utf8))
        #expect(unsafe link(df, "\(path)/elsewhere/secret") == 0)
        #expect(throws: HaltError.self) { try queue.save(message) }
    }

    @Test func `Sendmail: whom the client named stands in front of what an alias made of it`() {
        let text = """
            T1795990391
            Spostmaster
            Cannonce:1:0:annonce@lists.example.org
            rrfc822; annonce@lists.example.org
            RFDA::include:/etc/annonce
            C
            rrfc822; x@example.net
            RPFD:x@example.net
            RPFD:old@example.net
            .

            """
        let found = SendmailSpool.envelope(Array(text.utf8), keeping: 9)
        #expect(found.given == ["annonce@lists.example.org", "x@example.net", ""])
        #expect(found.firstRecipients.last == "old@example.net")
        #expect(found.count(of: list) == 1 && found.recipients == 3 && found.isWhole)
    }
}
