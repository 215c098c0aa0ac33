// SPDX-License-Identifier: Apache-2.0
//
// Freeze, narrow, thaw against a real Postfix: a list that sends one message a copy is stopped as a
// whole while other mail goes on, and comes back once. An actuator that is killed in the middle
// leaves no queue manager stopped.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

private let news = newsList
@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct NarrowTests {
    @Test func `a list is stopped as a whole, all else flows, and it comes back once`() throws {
        let door = try NarrowPostfix(sinkDelay: 1)
        let postfix = door.postfix
        try door.submit(150, to: "m@sub.test", from: "news+bounces-1-m=x@sub.test")
        #expect(eventually { !postfix.ids(in: "active").isEmpty })
        let driver = try door.driver()
        let report = driver.narrow([news])
        #expect(report.errors == [] && report.blocked == ["news@sub.test"], "\(report)")
        #expect(report.held > 0, "\(report)")
        #expect(!door.managers.contains("T") && door.managers.count == 1)
        #expect(driver.status().narrows == true)

        try door.submit(20, to: "m@sub.test", from: "news+bounces-2-m=x@sub.test")
        try postfix.send(to: ["m2@sub.test"], from: "news+bounces-3-m=x@sub.test")
        try postfix.send(to: ["news@sub.test"], from: "a@sub.test")
        try door.submit(10, to: "talk@sub.test", from: "a@sub.test")
        #expect(try eventually { try postfix.sunk().keys.contains { $0.contains("talk@") } })
        #expect(
            eventually {
                let again = driver.narrow([news])
                let sweep = driver.hold(
                    senders: news.senders.compactMap { SenderPattern($0) },
                    for: news.list
                )
                return again.errors == [] && sweep.errors == [] && postfix.moving == 0
            }
        )
        let before = try postfix.sunk()
        let left = before.filter { $0.key.contains("m@sub.test") }.values.reduce(0, +)
        // What was under way is on hold without a recipient to be reached.
        let all = postfix.ids(in: "hold").count
        let held = StateFile.paths(below: "\(postfix.queue)/hold").values
            .count { QueueFile.awaits($0) { _ in true } }
        #expect(left + held == 150 + 22, "\(left) left, \(held) held")
        #expect(before.keys.allSatisfy { !$0.contains("m2@") && !$0.contains("news@") })

        #expect(driver.block([]).errors == [])
        #expect(driver.release(HeldSelection(list: news.list)).released == all)
        #expect(eventually(90) { driver.block([]).errors == [] && postfix.moving == 0 })
        let sunk = try postfix.sunk()
        #expect(sunk.filter { $0.key.contains("m@sub.test") }.values.reduce(0, +) == 170)
        #expect(sunk["m2@sub.test"] == 1 && sunk["news@sub.test"] == 1)
    }

    @Test func `killed at any moment, the queue manager runs again and nothing is lost`() throws {
        var random = SplitMix64(seed: 0x6e61_7272)
        // LISTBREAKER_NARROW_KILLS: so many in place of twelve.
        let wanted = unsafe getenv("LISTBREAKER_NARROW_KILLS").map { unsafe String(cString: $0) }
        let rounds = wanted.flatMap { Int($0) } ?? 12
        print("NarrowTests: seed 0x6e61_7272, \(rounds) kills")
        let door = try NarrowPostfix()
        let actuator = try RunningActuator(door.postfix)
        var sent = 0
        for round in 1...rounds {
            var request = ActuatorRequest(.narrow)
            var soft = news
            soft.isSoft = true
            request.lists = [[news], [], [soft], [news]][round % 4]
            try door.submit(10, to: "m@sub.test", from: "news+bounces-\(round)@sub.test")
            try door.submit(5, to: "talk@sub.test", from: "a@sub.test")
            sent += 10
            try actuator.ask(request, killAfter: UInt32.random(in: 0...120_000, using: &random))
            #expect(
                eventually(10) { !door.managers.isEmpty && !door.managers.contains("T") },
                "round \(round): \(door.managers)"
            )
            try actuator.start()
            let report = try actuator.ask(request)
            #expect(report.errors == [], "round \(round): \(report)")
            #expect(StateFile.status("\(door.postfix.state)/primary/shut") == nil)
            #expect(
                try door.driver().gate(try #require(door.driver().instances.first)).open.count > 0
            )
        }
        let driver = try door.driver()
        _ = driver.hold(senders: news.senders.compactMap { SenderPattern($0) }, for: news.list)
        #expect(driver.block([]).errors == [])
        _ = driver.release(HeldSelection(list: news.list))
        #expect(eventually(90) { driver.block([]).errors == [] && door.postfix.moving == 0 })
        let all = try door.postfix.sunk()
        #expect(all.filter { $0.key.contains("m@sub.test") }.values.reduce(0, +) == sent)
        #expect(all.filter { $0.key.contains("talk@") }.values.reduce(0, +) == rounds * 5)
    }

    @Test func `a queue manager runs again at once, though no mail comes and none calls it`() throws
    {
        let door = try NarrowPostfix()
        let (postfix, driver) = (door.postfix, try door.driver())
        // Debian's master calls it every 300 s, and at a reload, which one that stops may have heard.
        _ = try Program(
            "/usr/sbin/postconf",
            ["-c", postfix.configuration, "-Me", "qmgr/unix=qmgr unix n - n 0 1 qmgr"]
        ).check(deadline: .seconds(5))
        _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "reload"])
            .check(deadline: .seconds(20))
        try postfix.send(to: ["a@sub.test"], from: "a@sub.test")
        #expect(try eventually { try postfix.sunk().count == 1 })
        #expect(driver.narrow([news]).errors == [])
        #expect(eventually(5) { door.managers.count == 1 && !door.managers.contains("T") })
    }

    @Test func `a master that cannot be told is no stopped one, the gate is closed`()
        throws
    {
        let door = try NarrowPostfix()
        let (queue, driver) = (door.postfix.queue, try door.driver())
        let gate = driver.gate(try #require(driver.instances.first))
        #expect(driver.status().isRunning)
        let file = "\(queue)/pid/master.pid"
        // Root reads whatever it may; by a folder in its place, as by a damaged disk.
        try #require(unsafe rename(file, file + ".away") == 0 && mkdir(file, 0o700) == 0)
        let blind = driver.status()
        #expect(blind.isRunning && blind.errors.contains { $0.contains("master.pid") }, "\(blind)")
        let report = driver.narrow([news])
        #expect(report.errors.contains { $0.contains("master.pid") }, "\(report)")
        #expect(try gate.open == [])
        #expect(!driver.halt().isHalted || driver.halt().errors != [])
        try #require(unsafe rmdir(file) == 0)
        for content in ["x\n", "1\n", "-7\n"] {
            try door.postfix.scratch.write("queue/pid/master.pid", content)
            #expect(driver.status().errors.contains { $0.contains("master.pid") }, "\(content)")
        }
        try #require(unsafe rename(file + ".away", file) == 0)
        #expect(driver.resume(.release).errors == [])
        #expect(driver.narrow([news]).errors == [])
        #expect(try gate.open.count > 0 && !door.managers.contains("T"))
    }

    @Test func `a post of a virtual list that waited is expanded when it comes back`() throws {
        let door = try NarrowPostfix()
        let all = BlockedList(list: "all@sub.test", senders: ["owner-all@sub.test"])
        let driver = try door.driver()
        #expect(driver.narrow([all]).errors == [])
        try door.postfix.send(to: ["all@sub.test"], from: "a@sub.test")
        try door.submit(1, to: "all@sub.test", from: "b@sub.test")
        #expect(
            eventually {
                driver.block([all]).errors == [] && door.postfix.ids(in: "hold").count == 2
                    && door.postfix.moving == 0
            }
        )
        #expect(driver.block([]).errors == [])
        let report = driver.release(HeldSelection(list: all.list))
        #expect(report.released == 2 && report.requeued == 2, "\(report)")
        #expect(try eventually { try door.postfix.sunk().values.reduce(0, +) == 2 })
        #expect(try door.postfix.sunk().keys.allSatisfy { $0.hasSuffix("x@sub.test") })
    }

    @Test func `a post that was not swept before its list was lifted is expanded, too`() throws {
        let door = try NarrowPostfix()
        let all = BlockedList(list: "all@sub.test", senders: ["owner-all@sub.test"])
        let driver = try door.driver()
        #expect(driver.narrow([all]).errors == [])
        try door.postfix.send(to: ["all@sub.test"], from: "a@sub.test")
        #expect(eventually { door.postfix.ids(in: "deferred").count == 1 })
        #expect(driver.block([]).errors == [])
        #expect(try eventually { try door.postfix.sunk().values.reduce(0, +) == 1 })
        #expect(try door.postfix.sunk().keys.allSatisfy { $0.hasSuffix("x@sub.test") })
        #expect(door.postfix.ids(in: "hold").isEmpty)
    }

    @Test(arguments: [
        (", inline:{ other.test=smtp: }", "", "transport_maps sends 'other.test' by smtp:"),
        (", inline:{ *=relay:[127.0.0.1] }", "", "transport_maps sends '*' by relay:[127.0.0.1]"),
        ("", "relay_domains = else.test, other.test", "relay_domains has 'other.test'"),
        ("", "relay_domains = inline:{ test=x }", "relay_domains has 'test'"),
        (", inline:{ else.test=smtp:, sub.test=local: }", "relay_domains = else.test", nil),
    ])
    func `copies that go round it are told before they leave`(
        routes: String,
        more: String,
        way: String?
    ) throws {
        let door = try NarrowPostfix(routes: routes, more: more)
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [], "nothing of the list is there yet")
        try door.submit(1, to: "m1@other.test", from: "news+bounces-1-m=x@sub.test")
        let senders = news.senders.compactMap { SenderPattern($0) }
        #expect(
            eventually {
                _ = driver.hold(senders: senders, for: news.list)
                return door.postfix.ids(in: "hold").count == 1
            }
        )
        let errors = driver.narrow([news]).errors
        #expect(errors.count == (way == nil ? 0 : 1), "\(errors)")
        #expect(way.map { errors.first?.contains($0) == true } ?? true, "\(errors)")
    }

    @Test func `softly, copies stop where the log sees them, and posts go on`() throws {
        let door = try NarrowPostfix()
        let postfix = door.postfix
        let driver = try door.driver()
        var soft = news
        soft.isSoft = true
        let report = driver.narrow([soft])
        #expect(report.errors == [] && report.blocked == ["news@sub.test"], "\(report)")
        try postfix.send(to: ["news@sub.test"], from: "a@sub.test")
        #expect(try eventually { try postfix.sunk()["news@sub.test"] == 1 })
        try door.submit(5, to: "m@sub.test", from: "news+bounces-1-m=x@sub.test")
        #expect(eventually { postfix.ids(in: "deferred").count == 5 })
        #expect(postfix.ids(in: "hold").isEmpty)
        let senders = news.senders.compactMap { SenderPattern($0) }
        #expect(driver.hold(senders: senders, for: news.list).held == 5)

        // It becomes a trip: posts wait as well.
        #expect(driver.narrow([news]).errors == [])
        try postfix.send(to: ["news@sub.test"], from: "b@sub.test")
        #expect(
            eventually {
                _ = driver.hold(senders: senders, for: news.list)
                return postfix.ids(in: "hold").count == 6
            }
        )
        #expect(try postfix.sunk().values.reduce(0, +) == 1)
        #expect(driver.block([]).errors == [])
        #expect(driver.release(HeldSelection(list: news.list)).released == 6)
        #expect(try eventually(90) { try postfix.sunk().values.reduce(0, +) == 7 })
    }

    @Test func `a discard spares what was posted to the list since its reset`() throws {
        let door = try NarrowPostfix()
        let driver = try door.driver()
        #expect(driver.narrow([news]).errors == [])
        try door.submit(2, to: "m@sub.test", from: "news+bounces-1-m=x@sub.test")
        try door.submit(1, to: "news@sub.test", from: "a@sub.test")
        let senders = news.senders.compactMap { SenderPattern($0) }
        func held() -> Int {
            _ = driver.hold(senders: senders, for: news.list)
            return driver.status().heldTotal
        }
        #expect(eventually { held() == 3 })
        var selection = HeldSelection(list: news.list)
        selection.before = 0
        var report = driver.discard(selection)
        #expect(report.discarded == 2 && report.left == 0 && report.errors == [], "\(report)")
        #expect(held() == 1)
        selection.before = .max
        report = driver.discard(selection)
        #expect(report.discarded == 1 && held() == 0, "\(report)")
        #expect(driver.block([]).errors == [])
    }

    @Test func `where it is not set up, narrowing is refused and nothing is touched`() throws {
        let postfix = try PrivatePostfix()
        let report = try postfix.driver().narrow([news])
        #expect(report.errors.count == 1 && report.blocked == [] && report.narrows == false)
        let path = "\(postfix.configuration)/listbreaker_narrow_posts"
        #expect(StateFile.status(path) == nil)
    }

    @Test func `while all mail is halted the master is told nothing, and at the reset it is`()
        throws
    {
        let door = try NarrowPostfix()
        let driver = try door.driver()
        #expect(driver.halt().isHalted)
        let managers = try #require(
            try Master(queue: door.postfix.queue).running().map {
                ProcessTable.children(of: $0, named: ["qmgr"])
            }
        )
        #expect(driver.narrow([news]).errors == [])
        #expect(managers.allSatisfy { ProcessTable.process($0.pid)?.started == $0.started })
        let resumed = driver.resume(.release)
        #expect(resumed.errors == [] && !resumed.isHalted)
        try door.submit(3, to: "m@sub.test", from: "owner-news@sub.test")
        #expect(eventually { door.postfix.ids(in: "hold").count == 3 })
    }

    @Test func `a gate is closed even where that cannot be noted`() throws {
        let postfix = try PrivatePostfix()
        let services = ["smtp", "relay"]
        let place = FreezableQueue(
            queue: postfix.queue,
            services: services,
            state: "\(postfix.scratch.path)/nowhere"
        )
        #expect(try place.gate.open == services)
        #expect(throws: HaltError.self) { try place.shut() }
        #expect(try place.gate.open == [] && !place.isShut)
    }
}
