// SPDX-License-Identifier: Apache-2.0
//
// The driver against a real Postfix. What is asserted is the queue, the sink and main.cf's bytes,
// never only the report.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct PostfixDriverTests {
    @Test func `halting and resuming delivers every message once and restores main cf`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.instances[0].services.outbound == ["smtp", "relay", "out-2"])
        let main = try postfix.scratch.read("etc/main.cf")

        let halted = driver.halt()
        #expect(halted.errors == [] && halted.isHalted && halted.block == .installed)
        for number in 1...20 { try postfix.send(to: ["r\(number)@sub.test"]) }
        #expect(eventually { postfix.ids(in: "deferred").count == 20 })
        #expect(try postfix.sunk().isEmpty)

        let reheld = driver.rehold()
        #expect(reheld.errors == [] && reheld.held == 20 && reheld.changed == [])
        #expect(postfix.ids(in: "hold").count == 20 && postfix.moving == 0)
        #expect(try postfix.scratch.read("etc/main.cf").contains("smtp/unix relay/unix out-2/unix"))

        let resumed = driver.resume(.release)
        #expect(resumed.errors == [] && !resumed.isHalted && resumed.released == 20)
        #expect(try postfix.scratch.read("etc/main.cf") == main)
        #expect(eventually { postfix.moving == 0 })
        #expect(postfix.ids(in: "hold").isEmpty)
        let expected = Dictionary(uniqueKeysWithValues: (1...20).map { ("r\($0)@sub.test", 1) })
        #expect(try postfix.sunk() == expected)
        #expect(driver.resume(.release).errors == [])
    }

    @Test func `nothing leaves while halted, whoever flushes, reloads or restarts`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["a@sub.test"])
        #expect(eventually { postfix.ids(in: "deferred").count == 1 })
        for command in ["flush", "reload"] {
            _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, command])
                .check(deadline: .seconds(30))
        }
        for command in ["stop", "start"] {
            _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, command])
                .run(deadline: .seconds(60))
        }
        _ = try Program("/usr/sbin/postqueue", ["-c", postfix.configuration, "-f"])
            .check(deadline: .seconds(30))
        try postfix.send(to: ["b@sub.test", "here@local.test"])
        #expect(eventually { driver.rehold().heldTotal == 2 })
        #expect(try postfix.sunk().isEmpty)
        #expect(driver.status().isHalted)
        #expect(driver.resume(.release).errors == [])
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk() == ["a@sub.test": 1, "b@sub.test": 1])
    }

    @Test func `what a content filter holds is never ours`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        try postfix.send(to: ["q1@sub.test"], subject: "quarantine")
        #expect(eventually { postfix.ids(in: "hold").count == 1 })
        let before = postfix.ids(in: "hold")
        #expect(driver.halt().foreign == 1)
        try postfix.send(to: ["q2@sub.test"], subject: "quarantine")
        try postfix.send(to: ["r@sub.test"])
        #expect(
            eventually {
                postfix.ids(in: "hold").count == 2 && postfix.ids(in: "deferred").count == 1
            }
        )
        let reheld = driver.rehold()
        #expect(reheld.held == 1 && reheld.foreign == 2 && reheld.heldTotal == 1)
        #expect(driver.halt().foreign == 2)
        #expect(driver.resume(.release).released == 1)
        #expect(eventually { postfix.moving == 0 })
        #expect(
            postfix.ids(in: "hold").count == 2 && postfix.ids(in: "hold").isSuperset(of: before)
        )
        #expect(try postfix.sunk() == ["r@sub.test": 1])
    }

    @Test func `local mail that the hold caught goes on, outbound mail stays`() throws {
        let postfix = try PrivatePostfix(extra: "defer_transports = discard smtp")
        let driver = try postfix.driver()
        try postfix.send(to: ["here@local.test"])
        try postfix.send(to: ["here@local.test", "away@sub.test"])
        #expect(eventually { postfix.ids(in: "deferred").count == 2 })
        let report = driver.halt()
        #expect(report.held == 2 && report.letGo == 1 && report.heldTotal == 1)
        #expect(driver.resume(.release).errors == [])
    }

    @Test func `mail near its end of life is sent through the queue anew and does not bounce`()
        throws
    {
        let postfix = try PrivatePostfix(
            extra: "maximal_queue_lifetime = 2s\nbounce_queue_lifetime = 2s"
        )
        let driver = try postfix.driver()
        #expect(driver.instances[0].oldSeconds == 1)
        #expect(driver.halt().isHalted)
        try postfix.send(to: ["old@sub.test"])
        #expect(eventually { driver.rehold().heldTotal == 1 })
        let arrived = time(nil)
        #expect(eventually { time(nil) > arrived + 3 })
        let report = driver.resume(.release)
        #expect(report.released == 1 && report.requeued == 1 && report.errors == [])
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk() == ["old@sub.test": 1])
    }

    @Test func `held mail is given back in batches, the oldest first`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        #expect(driver.halt().isHalted)
        for number in 1...5 { try postfix.send(to: ["m\(number)@sub.test"]) }
        #expect(eventually { driver.rehold().heldTotal == 5 })
        #expect(driver.resume(.keep).heldTotal == 5)
        #expect(!driver.status().isHalted)
        let first = driver.release(HeldSelection(limit: 2))
        #expect(first.released == 2 && first.heldTotal == 3)
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk().count == 2)
        let one = try #require(postfix.ids(in: "hold").first)
        #expect(driver.release(HeldSelection(only: [one])).released == 1)
        #expect(driver.release(HeldSelection()).released == 2)
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk().values.reduce(0, +) == 5)
    }

    @Test func `holding named messages touches no other and needs no halt`() throws {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        let driver = try postfix.driver()
        for number in 1...4 { try postfix.send(to: ["n\(number)@sub.test"]) }
        #expect(eventually { postfix.ids(in: "deferred").count == 4 })
        let chosen = Array(postfix.ids(in: "deferred").sorted().prefix(2))
        let unknown = try #require(QueueID("FFFFFFFFFF"))
        let report = driver.hold(chosen + [unknown], for: nil)
        #expect(report.held == 2 && report.errors == [] && report.block == .absent)
        #expect(postfix.ids(in: "hold") == Set(chosen))
        #expect(driver.release(HeldSelection(only: Set(chosen))).released == 2)
        #expect(postfix.ids(in: "hold").isEmpty)
    }

    @Test func `at boot a missing block is put back before Postfix starts`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        let main = try postfix.scratch.read("etc/main.cf")
        #expect(driver.assertAtBoot().block == .absent)
        #expect(driver.halt().isHalted)
        _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "stop"])
            .run(deadline: .seconds(60))
        try postfix.scratch.write("etc/main.cf", main)
        let report = driver.assertAtBoot()
        #expect(report.block == .reinstalled && report.errors == [])
        _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "start"])
            .run(deadline: .seconds(60))
        try postfix.send(to: ["boot@sub.test"])
        #expect(eventually { driver.rehold().heldTotal == 1 })
        #expect(try postfix.sunk().isEmpty)
        #expect(driver.resume(.release).errors == [])
        #expect(try postfix.scratch.read("etc/main.cf") == main)
        #expect(driver.assertAtBoot().block == .absent)
    }

    @Test func `services opened again by a restart are closed and reported`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        let main = try postfix.scratch.read("etc/main.cf")
        #expect(driver.halt().isHalted)
        // A package rewrites main.cf and restarts Postfix.
        try postfix.scratch.write("etc/main.cf", main)
        for command in ["stop", "start"] {
            _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, command])
                .run(deadline: .seconds(60))
        }
        #expect(!driver.status().isHalted)
        let report = driver.rehold()
        #expect(report.isHalted && report.block == .reinstalled)
        #expect(report.changed.count == 2, "\(report.changed)")
        #expect(driver.resume(.release).errors == [])
    }

    @Test func `a main cf that cannot be written is an error and mail is halted all the same`()
        throws
    {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        // Root writes anywhere, so the obstacle is a directory in the place of the new file.
        let obstacle = "\(postfix.configuration)/main.cf.listbreaker"
        try #require(unsafe mkdir(obstacle, 0o700) == 0)
        let report = driver.halt()
        #expect(report.isHalted && report.block == .failed && report.errors.count == 1)
        try postfix.send(to: ["r@sub.test"])
        #expect(eventually { driver.rehold().heldTotal == 1 })
        #expect(try postfix.sunk().isEmpty)
        unsafe rmdir(obstacle)
        #expect(driver.rehold().block == .reinstalled)
        #expect(driver.resume(.release).errors == [])
    }
}

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct InstanceCacheTests {
    @Test func `what is known is believed until a file changes`() throws {
        let postfix = try PrivatePostfix()
        let cache = InstanceCache(state: postfix.state)
        var asked = 0
        func instances() throws -> [PostfixInstance] {
            try cache.instances(main: postfix.configuration) { () throws(HaltError) in
                asked += 1
                return [try PostfixInstance(name: "-", at: postfix.configuration)]
            }
        }
        let first = try instances()
        #expect(try instances() == first && asked == 1)
        let master = try postfix.scratch.read("etc/master.cf")
        try postfix.scratch.write("etc/master.cf", master + "out-3 unix - - n - - smtp\n")
        #expect(try instances()[0].services.outbound.last == "out-3")
        #expect(asked == 2)
        try postfix.scratch.write("state/instances", "{\"proof\":[]")
        #expect(try instances()[0].services.outbound.count == 4)
        #expect(asked == 3)
    }
}
