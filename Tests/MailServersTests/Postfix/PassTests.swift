// SPDX-License-Identifier: Apache-2.0
//
// One post of a stopped list goes, against a real Postfix: its copies alone, by the way that they would
// have taken, though tables and holds by name and sender stand. What has a way of its own stays. A
// kill in between loses nothing and doubles nothing.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

private let news = newsList
private let owner = "owner-news@sub.test"
private let senders = news.senders.compactMap { SenderPattern($0) }

extension NarrowPostfix {
    /// Holds what is the list's, as a sweep does, until `count` messages are on hold.
    fileprivate func hold(_ count: Int) throws {
        let driver = try driver()
        #expect(
            eventually {
                _ = driver.hold(senders: senders, for: news.list)
                return postfix.ids(in: "hold").count == count && postfix.moving == 0
            },
            "\(postfix.ids(in: "hold").count) on hold, \(postfix.moving) not"
        )
    }

    /// Lets `post` go as the daemon does; returns what was told apart, and what was released.
    fileprivate func letGo(_ post: String) throws -> (marked: HaltReport, released: HaltReport) {
        let driver = try driver()
        let marked = driver.pass(HeldSelection(list: news.list, post: post))
        let ids = (marked.passing ?? []).compactMap { QueueID($0) }
        return (marked, driver.release(HeldSelection(only: Set(ids))))
    }

    /// How many copies left to addresses that begin with `letter`.
    fileprivate func left(_ letter: Character) throws -> Int {
        try postfix.sunk().filter { $0.key.first == letter }.values.reduce(0, +)
    }
}

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct PassTests {
    @Test func `one post of a stopped list goes, and nothing else of it`() throws {
        let door = try NarrowPostfix(sinkDelay: 1)
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        let first = (1...6).map { "a\($0)@far.test" }
        let second = (1...6).map { "b\($0)@far.test" }
        try door.postfix.send(to: first, from: owner, id: "a@sub.test")
        try door.postfix.send(to: second, from: owner, id: "b@sub.test")
        try door.submit(5, to: "b@far.test", from: "news+bounces-2-b=x@sub.test")
        try door.hold(7)

        let (marked, released) = try door.letGo("<a@sub.test>")
        #expect(marked.errors == [] && marked.passing?.count == 1 && marked.left == 0, "\(marked)")
        #expect(released.released == 1 && released.copies == 6 && released.errors == [])
        // A line of it in the log, and a sweep, would hold it again.
        let ids = (marked.passing ?? []).compactMap { QueueID($0) }
        #expect(driver.hold(ids, for: news.list).held == 0)
        let again = driver.hold(senders: senders, for: news.list)
        #expect(again.held == 0 && again.errors == [], "\(again)")
        #expect(driver.narrow([news]).errors == [])
        #expect(try eventually { try door.left("a") == 6 && door.postfix.moving == 0 })
        #expect(try door.postfix.sunk().count == 6, "every one once, and no other post")
        #expect(door.postfix.ids(in: "hold").count == 6)
        // What is gone is forgotten.
        #expect(driver.hold(senders: senders, for: news.list).passing == nil)

        #expect(driver.block([]).errors == [])
        #expect(driver.release(HeldSelection(list: news.list)).released == 6)
        #expect(try eventually { try door.postfix.sunk().values.reduce(0, +) == 17 })
    }

    @Test func `what was noted and could not be marked is not told to be passing`() throws {
        let door = try NarrowPostfix()
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        try door.postfix.send(to: ["a1@far.test"], from: owner, id: "a@sub.test")
        try door.hold(1)
        let id = try #require(door.postfix.ids(in: "hold").first)
        // As a kill between the note and the mark leaves it.
        try StateFile.makeDirectory("\(door.postfix.state)/primary")
        try GivenBack(path: "\(door.postfix.state)/primary/passing").add([id])
        #expect(driver.hold(senders: senders, for: news.list).passing == nil)
        #expect(driver.narrow([news]).passing == nil)
        // A file that is not in the known form cannot be marked, and is forgotten.
        let path = try #require(StateFile.paths(below: "\(door.postfix.queue)/hold")[id.text])
        let content = try #require(try StateFile.read(path))
        try StateFile.replace(path, with: Array(content.dropLast(40)), like: StateFile.status(path))
        let marked = driver.pass(HeldSelection(list: news.list, post: id.text))
        #expect((marked.passing ?? []).isEmpty, "\(marked)")
        #expect(try GivenBack(path: "\(door.postfix.state)/primary/passing").read().isEmpty)
        try StateFile.replace(path, with: content, like: StateFile.status(path))
        #expect(driver.pass(HeldSelection(list: news.list, post: id.text)).passing == [id.text])
        #expect(driver.hold(senders: senders, for: news.list).passing == [id.text])
    }

    @Test func `a post of many messages and many recipients goes whole, in batches`() throws {
        // Recipients are read from the file in parts: the way must not be lost on it.
        let door = try NarrowPostfix(more: "qmgr_message_recipient_limit = 10")
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        for part in 0..<4 {
            let those = (1...40).map { "a\(part)x\($0)@far.test" }
            try door.postfix.send(to: those, from: owner, id: "a@sub.test")
        }
        try door.postfix.send(to: ["b1@far.test"], from: owner, id: "b@sub.test")
        try door.hold(5)
        var selection = HeldSelection(list: news.list, post: "<a@sub.test>")
        selection.copies = 100
        let first = driver.pass(selection)
        #expect(first.passing?.count == 2 && first.left == 2, "\(first)")
        _ = driver.release(
            HeldSelection(only: Set((first.passing ?? []).compactMap { QueueID($0) }))
        )
        let (second, _) = try door.letGo("<a@sub.test>")
        #expect(second.passing?.count == 2 && second.left == 0, "\(second)")
        #expect(try eventually(60) { try door.left("a") == 160 })
        #expect(try door.left("b") == 0)
        #expect(Set(try door.postfix.sunk().values) == [1])
    }

    @Test func `what has a way of its own, or is not expanded yet, stays and is said`() throws {
        // What is for this host waits, too, so that it is on hold with the rest.
        let door = try NarrowPostfix(
            routes: ", inline:{ own.test=discard: }",
            more: "defer_transports = listbreaker, discard"
        )
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        for (recipient, post) in [
            ("a1@far.test", "a"), ("joe@local.test", "c"), ("joe@own.test", "d"),
            (news.list, "e"),
        ] {
            let mixed = recipient == news.list ? [recipient] : [recipient, "\(post)9@far.test"]
            try door.postfix.send(to: mixed, from: owner, id: "\(post)@sub.test")
        }
        try door.hold(4)
        for post in ["c", "d", "e"] {
            let (marked, _) = try door.letGo("<\(post)@sub.test>")
            #expect(marked.passing == [] && marked.left == 0 && marked.errors == [], "\(post)")
            #expect(marked.notes.contains { $0.contains("until the list is reset") }, "\(marked)")
        }
        #expect(try door.letGo("<a@sub.test>").released.released == 1)
        #expect(try eventually { try door.left("a") == 2 })
        #expect(try door.postfix.sunk().count == 2)
    }

    @Test func `where the way depends on the sender nothing is marked`() throws {
        let door = try NarrowPostfix(
            more: "sender_dependent_relayhost_maps = inline:{ a@b.test=[127.0.0.1] }"
        )
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        try door.postfix.send(to: ["a1@far.test"], from: owner, id: "a@sub.test")
        try door.hold(1)
        let (marked, released) = try door.letGo("<a@sub.test>")
        #expect(marked.passing == [] && marked.errors.count == 1 && released.released == 0)
        #expect(marked.errors.first?.contains("depends on the sender") == true, "\(marked)")
    }

    @Test func `a halt of everything takes it again, and it goes with the rest`() throws {
        let door = try NarrowPostfix()
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        try door.postfix.send(to: ["a1@far.test"], from: owner, id: "a@sub.test")
        try door.hold(1)
        let marked = driver.pass(HeldSelection(list: news.list, post: "<a@sub.test>"))
        #expect(marked.passing?.count == 1)
        #expect(driver.halt().isHalted)
        let ids = (marked.passing ?? []).compactMap { QueueID($0) }
        _ = driver.release(HeldSelection(only: Set(ids)))
        #expect(eventually { driver.rehold().errors == [] && door.postfix.moving == 0 })
        #expect(try door.postfix.sunk().isEmpty)
        #expect(driver.resume(.release).errors == [])
        #expect(try eventually { try door.left("a") == 1 })
    }

    @Test func `a file whose marking was cut short is marked whole`() throws {
        let door = try NarrowPostfix()
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        try door.postfix.send(to: ["a1@far.test"], from: owner, id: "a@sub.test")
        try door.hold(1)
        let id = try #require(door.postfix.ids(in: "hold").first)
        let path = "\(door.postfix.queue)/hold/\(id)"
        // As after the first of the two writes.
        var bytes = try #require(try StateFile.read(path))
        bytes += Array("listbreaker_pass=1L".utf8) + [3] + Array("xy:E".utf8) + [0]
        let descriptor = unsafe open(path, O_WRONLY)
        #expect(unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
        close(descriptor)
        #expect(QueueFile.isPassing(try SafeEntry.at(path)) == false)
        #expect(try door.letGo("<a@sub.test>").released.released == 1)
        #expect(try eventually { try door.left("a") == 1 })
        #expect(door.postfix.ids(in: "corrupt").isEmpty)
    }

    @Test func `killed at any moment, what was let go arrives once and nothing else does`() throws {
        var random = SplitMix64(seed: 0x7061_7373)
        // LISTBREAKER_PASS_KILLS: so many in place of twelve.
        let wanted = unsafe getenv("LISTBREAKER_PASS_KILLS").map { unsafe String(cString: $0) }
        let rounds = wanted.flatMap { Int($0) } ?? 12
        print("PassTests: seed 0x7061_7373, \(rounds) kills")
        let door = try NarrowPostfix()
        #expect(try door.driver().narrow([news]).errors == [])
        let actuator = try RunningActuator(door.postfix)
        for round in 1...rounds {
            for part in 1...5 {
                try door.postfix.send(
                    to: ["a\(round)x\(part)@far.test"],
                    from: owner,
                    id: "a\(round)@sub.test"
                )
            }
            try door.postfix.send(to: ["b\(round)@far.test"], from: owner, id: "b\(round)@sub.test")
            try door.hold(5 + round)
            let request = ActuatorRequest(.pass, list: news.list, post: "<a\(round)@sub.test>")
            try actuator.ask(request, killAfter: UInt32.random(in: 0...60_000, using: &random))
            try actuator.start()
            var ids = try actuator.ask(request).passing ?? []
            #expect(ids.count == 5, "round \(round): \(ids)")
            try actuator.ask(
                ActuatorRequest(.release, ids: ids),
                killAfter: UInt32.random(in: 0...60_000, using: &random)
            )
            try actuator.start()
            ids = try actuator.ask(request).passing ?? []
            #expect(try actuator.ask(ActuatorRequest(.release, ids: ids)).errors == [])
            #expect(try eventually { try door.left("a") == 5 * round }, "round \(round)")
        }
        #expect(try door.left("b") == 0)
        #expect(Set(try door.postfix.sunk().values) == [1])
        #expect(door.postfix.ids(in: "hold").count == rounds)
        #expect(door.postfix.ids(in: "corrupt").isEmpty)
    }
}
