// SPDX-License-Identifier: Apache-2.0
//
// Looking at held mail, discarding it with a saved copy, and sending that copy again.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct HeldMailTests {
    @Test func `held mail is listed oldest first with a harmless subject`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["a@sub.test", "b@sub.test"], subject: "one \u{1b}[2J\u{202e}two")
        #expect(eventually { driver.rehold().heldTotal == 1 })
        try postfix.send(to: ["q@sub.test"], subject: "quarantine")
        #expect(eventually { postfix.ids(in: "hold").count == 2 })
        let report = driver.held(limit: 10)
        #expect(report.errors == [] && report.messages.count == 1 && report.foreign == 1)
        let message = try #require(report.messages.first)
        #expect(message.subject == "one \u{FFFD}[2J\u{FFFD}two")
        #expect(message.sender == "list@local.test" && message.recipients == 2)
        #expect(message.firstRecipients.sorted() == ["a@sub.test", "b@sub.test"])
        #expect(message.messageID.hasSuffix("@host.local.test>"))
        #expect(driver.resume(.release).errors == [])
    }

    @Test func `discarded mail is saved first and comes back whole`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["a@sub.test", "b@sub.test"], subject: "to be discarded")
        try postfix.send(to: ["q@sub.test"], subject: "quarantine")
        #expect(eventually { driver.rehold().heldTotal == 1 && postfix.ids(in: "hold").count == 2 })
        let all = postfix.ids(in: "hold")
        let discarded = driver.discard(HeldSelection(only: all))
        #expect(discarded.discarded == 1 && discarded.errors == [] && discarded.heldTotal == 0)
        #expect(postfix.ids(in: "hold").count == 1)
        let gone = try #require(all.subtracting(postfix.ids(in: "hold")).first)
        let saved = try postfix.scratch.read("state/primary/quarantine/\(gone).eml")
        #expect(saved.contains("\nSubject: to be discarded\n") && saved.hasSuffix("\n\nhello\n"))
        #expect(driver.discard(HeldSelection(only: all)).discarded == 0)
        // How much it is, before it is sent again.
        let kept = driver.savedPosts(nil)
        #expect(kept.errors == [] && kept.posts.map(\.id) == [gone.text])
        #expect(kept.posts.first?.messages == 1 && kept.posts.first?.copies == 2)
        #expect(driver.savedPosts("<nobody@sub.test>").posts == [])
        #expect(driver.savedPosts(gone.text).posts == kept.posts)
        #expect(driver.resume(.release).errors == [])
        #expect(driver.restore([gone]).restored == 1)
        #expect(driver.restore([gone]).restored == 0)
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk() == ["a@sub.test": 1, "b@sub.test": 1])
    }

    @Test func `a message that cannot be saved is not deleted`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["a@sub.test"])
        #expect(eventually { driver.rehold().heldTotal == 1 })
        let id = try #require(postfix.ids(in: "hold").first)
        try postfix.scratch.write("state/primary/quarantine", "a file in the way")
        let report = driver.discard(HeldSelection(only: [id]))
        #expect(report.discarded == 0 && report.errors.count == 1 && report.heldTotal == 1)
        #expect(driver.resume(.release).released == 1)
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk() == ["a@sub.test": 1])
    }
}
