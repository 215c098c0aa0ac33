// SPDX-License-Identifier: Apache-2.0
//
// Whose the mail is that a halt of everything holds: copies whose sender says nothing are known by the
// recipient as it was given, and by the header of this host's own delivery; others' mail that claims
// to be the list's is not.

import Glibc
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

    @Test func `what is undecided is neither released nor discarded with a list's mail`() throws {
        let door = try NarrowPostfix(
            aliases: "{all@sub.test = m1@far.test, m2@far.test}"
        )
        let postfix = door.postfix
        let driver = try door.driver()
        let list = "all@sub.test"
        #expect(driver.halt().isHalted)
        try postfix.send(to: [list], from: "a@sub.test", id: "storm@sub.test")
        // One envelope for the list and for somebody else.
        try postfix.send(to: [list, "z@far.test"], from: "a@sub.test", id: "mixed@sub.test")
        try postfix.send(to: ["y@far.test"], from: "b@sub.test", id: "own@sub.test")
        try postfix.send(to: ["x@far.test"], from: "b@sub.test", id: "unread@sub.test")
        #expect(eventually { driver.rehold().heldTotal == 4 && postfix.moving == 0 })
        let all = driver.posts(list: nil).posts
        let unread = try #require(all.first { $0.messageID == "<unread@sub.test>" }?.id)
        let path = try #require(StateFile.paths(below: "\(postfix.queue)/hold")[unread])
        try damage(path)

        let pattern = try #require(SenderPattern("owner-all@sub.test"))
        #expect(driver.hold(senders: [pattern], for: list).errors == [])
        let shown = driver.posts(list: nil).posts
        #expect(shown.compactMap(\.undecided).reduce(0, +) == 2, "\(shown)")
        // A batch looks into no more than it may take; the last one has counted all.
        var selection = HeldSelection(list: list)
        selection.limit = 1
        var discarded = driver.discard(selection)
        #expect(discarded.discarded == 1, "\(discarded)")
        if discarded.left > 0 { discarded = driver.discard(selection) }
        #expect(discarded.undecided == 1 && discarded.left == 0 && discarded.errors == [])
        #expect(driver.resume(.keep).errors == [])
        let released = driver.release(HeldSelection(sparesUndecided: true))
        #expect(released.released == 1 && released.undecided == 1 && released.left == 0)
        #expect(try eventually { try postfix.sunk() == ["y@far.test": 1] && postfix.moving == 0 })
        #expect(postfix.ids(in: "hold").count == 2)

        // A person decides, post by post.
        let gone = driver.discard(HeldSelection(list: list, post: "<mixed@sub.test>"))
        #expect(gone.discarded == 1 && gone.undecided == 0, "\(gone)")
    }

    @Test func `of a file that is gone nothing is known`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["y@far.test"])
        #expect(eventually { driver.rehold().heldTotal == 1 })
        let id = try #require(postfix.ids(in: "hold").first)
        let queue = try driver.queue(of: try #require(driver.instances.first))
        var message = QueuedMessage()
        message.id = id
        #expect(queue.isDecided(message, for: nil))
        // Between the listing and the look somebody deleted it.
        try StateFile.remove(queue.path(of: id))
        #expect(!queue.isDecided(message, for: nil))
        #expect(!queue.isDecided(message, for: "all@sub.test"))
    }

    /// How long it takes to know whose many held messages are; figures, and no limit.
    ///
    /// 600 of them; as many as `LISTBREAKER_HELD` says.
    @Test func `of many held messages each is told apart`() throws {
        let wanted = unsafe getenv("LISTBREAKER_HELD").map { unsafe String(cString: $0) }
        let each = max(1, (wanted.flatMap { Int($0) } ?? 600) / 3)
        let door = try NarrowPostfix(aliases: "{all@sub.test = m1@far.test, m2@far.test}")
        let postfix = door.postfix
        let driver = try door.driver()
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["all@sub.test"], from: "a@sub.test", id: "storm@sub.test")
        try postfix.send(to: ["m@far.test"], from: "owner-all@sub.test", id: "copy@sub.test")
        try postfix.send(to: ["y@far.test"], from: "b@sub.test", id: "own@sub.test")
        #expect(eventually { driver.rehold().heldTotal == 3 && postfix.moving == 0 })
        try multiply(by: each, in: postfix, driver)

        let pattern = try #require(SenderPattern("owner-all@sub.test"))
        let clock = ContinuousClock()
        let told = clock.measure {
            #expect(driver.hold(senders: [pattern], for: "all@sub.test").errors == [])
        }
        var posts: [HeldPost] = []
        let shown = clock.measure { posts = driver.posts(list: nil).posts }
        print("figures: \(each * 3) held messages told apart in \(told), shown by post in \(shown)")
        let own = posts.filter { $0.list == "all@sub.test" }.reduce(0) { $0 + $1.messages }
        let others = posts.filter { $0.list.isEmpty }.reduce(0) { $0 + $1.messages }
        #expect(own == each * 2 && others == each, "\(own) of the list, \(others) of others")
        #expect(posts.allSatisfy { $0.undecided == nil })
    }

    /// Makes each held message one of `count`, as files of the hold queue that the ledger knows.
    private func multiply(
        by count: Int,
        in postfix: PrivatePostfix,
        _ driver: PostfixDriver
    ) throws {
        let model = StateFile.paths(below: "\(postfix.queue)/hold")
        var ids: [QueueID] = []
        for (kind, path) in model.values.sorted().enumerated() {
            let content = try #require(try StateFile.read(path))
            for number in 0..<count - 1 {
                let name = String(0xA000000 + kind * 0x1000000 + number, radix: 16, uppercase: true)
                try copyFile(content, to: "\(postfix.queue)/hold/\(name)", like: path)
                ids.append(try #require(QueueID(name)))
            }
        }
        // It keeps the ledger locked while it lives.
        let queue = try driver.queue(of: try #require(driver.instances.first))
        try queue.ledger.adopt(ids)
    }

    /// Writes a queue file without waiting for the disk.
    private func copyFile(_ content: [UInt8], to path: String, like model: String) throws {
        let status = try #require(StateFile.status(model))
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o700)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(StateFile.write(descriptor, content))
        try #require(fchown(descriptor, status.st_uid, status.st_gid) == 0)
    }

    /// Makes the first record of a queue file say that its content begins behind the file's end.
    private func damage(_ path: String) throws {
        var bytes = try #require(try StateFile.read(path))
        var rest = bytes[...]
        let first = try #require(QueueFile.record(&rest))
        let fields = String(decoding: first.data, as: UTF8.self)
        let offset = try #require(QueueFile.contentOffset(bytes))
        let text = fields.replacing(
            " \(offset) ",
            with: " \(offset + 900_000) ",
            maxReplacements: 1
        )
        let wide = Array(text.utf8.suffix(first.data.count))
        bytes.replaceSubrange(first.data.indices, with: wide)
        try StateFile.replace(path, with: bytes, like: StateFile.status(path))
    }
}
