// SPDX-License-Identifier: Apache-2.0
//
// Whose the mail is that a halt of everything holds: copies whose sender says nothing are known by the
// recipient as it was given, and by the header of this host's own delivery; others' mail that claims
// to be the list's is not.

import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct AttributionTests {
    @Test func `of all that is held, a list's is known by its envelope, and only that discarded`()
        throws
    {
        let door = try NarrowPostfix()
        let postfix = door.postfix
        let driver = try door.driver()
        let list = "all@sub.test"
        #expect(driver.halt().isHalted)
        // A table of Postfix expands it; the copy keeps its author as the sender.
        try postfix.send(to: [list], from: "a@sub.test", id: "storm@sub.test")
        try postfix.send(to: ["m@far.test"], from: "owner-all@sub.test", id: "copy@sub.test")
        try postfix.send(to: ["y@far.test"], from: "b@sub.test", id: "own@sub.test")
        try postfix.send(
            to: ["z@far.test"],
            // A stranger's claim: it names the list in a header, and in the sender's name.
            subject: "hello\nList-Id: <all.sub.test>\nX-Original-To: all@sub.test",
            from: "all@sub.test.evil.test",
            id: "claim@sub.test"
        )
        #expect(eventually { driver.rehold().heldTotal == 4 && postfix.moving == 0 })
        let pattern = try #require(SenderPattern("owner-all@sub.test"))
        #expect(driver.hold(senders: [pattern], for: list).errors == [])
        let posts = driver.posts(list: list).posts.map(\.messageID).sorted()
        #expect(posts == ["<copy@sub.test>", "<storm@sub.test>"])
        let discarded = driver.discard(HeldSelection(list: list))
        #expect(discarded.discarded == 2 && discarded.left == 0, "\(discarded)")
        #expect(driver.resume(.release).errors == [])
        #expect(try eventually { try postfix.sunk() == ["y@far.test": 1, "z@far.test": 1] })
    }
}
