// SPDX-License-Identifier: Apache-2.0
//
// One list's mail on hold while all else flows, against a real Postfix; and what is read without
// asking Postfix: patterns, ledger lines, queue files.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct ListHoldTests {
    /// Four messages on hold for `news@x.test`, two posts; one of nobody's, held as well.
    private func held(_ postfix: PrivatePostfix) throws -> PostfixDriver {
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        for post in ["one", "two"] {
            for copy in ["a", "b"] {
                try postfix.send(
                    to: ["\(copy)@sub.test", "\(copy)2@sub.test"],
                    subject: post,
                    from: "news-bounces+\(copy)=sub.test@x.test",
                    id: "\(post)@x.test"
                )
            }
        }
        try postfix.send(to: ["c@sub.test"], subject: "personal")
        #expect(eventually { driver.rehold().heldTotal == 5 })
        // A message that is given back while Postfix has it in hand waits for the next queue run.
        #expect(eventually { isIdle(postfix) })
        return driver
    }

    /// Whether no delivery process of Postfix has a held message locked.
    private func isIdle(_ postfix: PrivatePostfix) -> Bool {
        StateFile.paths(below: "\(postfix.queue)/hold").values.allSatisfy { path in
            let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            return flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
    }

    @Test func `a list's mail stays on hold when the queue is resumed`() throws {
        let postfix = try PrivatePostfix()
        let driver = try held(postfix)
        let pattern = try #require(SenderPattern("NEWS-bounces+*@x.test"))
        let taken = driver.hold(senders: [pattern], for: "news@x.test")
        #expect(taken.errors == [] && taken.held == 0, "they were on hold already")
        let resumed = driver.resume(.release)
        #expect(resumed.errors == [] && resumed.released == 1 && resumed.heldTotal == 4)
        #expect(eventually { (try? postfix.sunk()) == ["c@sub.test": 1] })

        // pickup(8) takes what waits in any order, so the second post may have arrived first.
        let posts = driver.posts(list: "news@x.test").posts.sorted { $0.messageID < $1.messageID }
        #expect(posts.map(\.subject) == ["one", "two"])
        #expect(posts.map(\.messageID) == ["<one@x.test>", "<two@x.test>"])
        #expect(posts.map(\.messages) == [2, 2] && posts.map(\.copies) == [4, 4])
        #expect(driver.posts(list: "other@x.test").posts.isEmpty)

        let first = driver.release(HeldSelection(list: "news@x.test", copies: 1))
        #expect(first.released == 1 && first.copies == 2 && first.left == 3, "one at least")
        let second = driver.release(HeldSelection(list: "news@x.test", copies: 4))
        #expect(second.released == 2 && second.left == 1)
        #expect(driver.release(HeldSelection(list: "news@x.test")).heldTotal == 0)
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk().values.allSatisfy { $0 == 2 || $0 == 1 })
        #expect(try postfix.sunk().values.reduce(0, +) == 9)
    }

    @Test func `what is queued of a list goes on hold by its sender, all else goes out`() throws {
        let postfix = try PrivatePostfix()
        let driver = try held(postfix)
        #expect(driver.resume(.keep).heldTotal == 5)
        _ = driver.release(HeldSelection(limit: 5))
        let pattern = try #require(SenderPattern("news-bounces+*@x.test"))
        _ = driver.hold(senders: [pattern], for: "news@x.test")
        #expect(eventually { postfix.moving == 0 })
        // A copy under way when its message was put on hold counts as held until it is through.
        #expect(
            try eventually {
                let left = driver.posts(list: "news@x.test").posts.reduce(0) { $0 + $1.copies }
                return try postfix.sunk().values.reduce(0, +) + left == 9
            },
            "each copy is somewhere, once"
        )
        #expect(try postfix.sunk()["c@sub.test"] == 1)
        #expect(driver.release(HeldSelection(list: "news@x.test")).errors == [])
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk().values.reduce(0, +) == 9)
    }

    @Test func `a post is discarded with all its parts, and comes back`() throws {
        let postfix = try PrivatePostfix()
        let driver = try held(postfix)
        let posts = driver.posts(list: nil).posts
        let one = try #require(posts.first { $0.subject == "one" })
        let discarded = driver.discard(HeldSelection(post: one.id))
        #expect(discarded.discarded == 2 && discarded.copies == 4 && discarded.errors == [])
        #expect(driver.posts(list: nil).posts.map(\.subject).sorted() == ["personal", "two"])
        let saved = driver.saved("<one@x.test>")
        #expect(saved.count == 2 && driver.saved(one.id) == saved)
        #expect(driver.resume(.release).released == 3)
        #expect(driver.restore(saved).restored == 2)
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk().values.reduce(0, +) == 9)
    }

    @Test func `headers are read from the queue file as postcat prints them`() throws {
        let postfix = try PrivatePostfix()
        let driver = try held(postfix)
        do {
            let queue = try driver.open(driver.instances[0])
            for id in postfix.ids(in: "hold") {
                let paths = StateFile.paths(below: "\(postfix.queue)/hold")
                let path = try #require(paths[id.text])
                #expect(QueueFile.headers(of: path) == queue.postcat("-hq", id))
            }
        }
        #expect(driver.resume(.release).errors == [])
    }
}

@Test func `a sender's pattern matches as a whole, and never anybody`() throws {
    #expect(SenderPattern("*@*") == nil && SenderPattern("ab@x") == nil)
    #expect(SenderPattern("owner-news") == nil && SenderPattern("a b@x.test") == nil)
    let pattern = try #require(SenderPattern("owner-news@*"))
    #expect(pattern.matches("Owner-News@lists.example.org"))
    #expect(!pattern.matches("xowner-news@lists.example.org") && !pattern.matches("owner-news"))
    #expect(!pattern.matches("MAILER-DAEMON"))
}

@Test func `the ledger knows for which list a message is held`() throws {
    var content = LedgerContent()
    for line in [
        "begin 1", "want AAAAA1", "want AAAAA2", "list AAAAA1 a@x", "list AAAAA2 a@x",
        "postsuper: AAAAA1: placed on hold", "end", "begin 2", "want AAAAA2",
        "postsuper: AAAAA2: placed on hold", "mail AAAAA1 7 s@x", "end", "list AAAAA2 b%40x",
    ] { content.apply(Array(line.utf8)[...]) }
    let first = try #require(QueueID("AAAAA1"))
    let second = try #require(QueueID("AAAAA2"))
    #expect(content.entries[first] == .init(arrival: 7, sender: "s@x", list: "a@x"))
    #expect(content.entries[second]?.list == "b@x", "a wish that came to nothing is forgotten")
}

@Test func `a damaged queue file gives no headers instead of wrong ones`() {
    let line = Array("Subject: x".utf8)
    let whole: [UInt8] = [0x4e, UInt8(line.count)] + line + [0x4e, 0]
    #expect(QueueFile.headers(in: whole) == line + [0x0a])
    #expect(QueueFile.headers(in: Array(whole.dropLast(3))) == nil)
    #expect(QueueFile.headers(in: [0x70, 3, 1, 2, 3]) == nil, "a milter's pointer")
    #expect(QueueFile.headers(in: [0x4e, 0xff, 0xff, 0xff, 0xff, 0xff, 1]) == nil)
    #expect(QueueFile.contentOffset(Array("C\u{5}1 2 3".utf8)) == 2)
    #expect(QueueFile.contentOffset([]) == nil)
}
