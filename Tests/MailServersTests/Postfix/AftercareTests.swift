// SPDX-License-Identifier: Apache-2.0
//
// Mail that Postfix takes in, or has in hand, while the gate is being opened: against a real Postfix
// that looks at deferred mail every five minutes, as shipped, it leaves within seconds. What another
// host put off is not tried, and a halt ends the looking.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

/// Intervals as Postfix is shipped with.
private let shipped = """
    queue_run_delay = 300s
    minimal_backoff_time = 300s
    maximal_backoff_time = 4000s
    transport_retry_time = 60s
    """

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct AftercareTests {
    /// Opens the gate of what is halted, and holds nothing before: as for mail that comes just then.
    private func open(_ driver: PostfixDriver) throws {
        var report = HaltReport(.resume)
        try driver.reopen(&report)
        try HaltMarker.clear(state: driver.state)
        #expect(report.errors == [])
    }

    @Test func `what is deferred as the gate opens leaves at once, what others put off does not`()
        throws
    {
        let soft = try PrivatePostfix.freePort()
        let refusing = try spawn(
            "/usr/sbin/smtp-sink",
            ["-u", "nobody", "-r", "rcpt", "127.0.0.1:\(soft)", "100"]
        )
        defer {
            kill(refusing, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(refusing, &status, 0)
        }
        let postfix = try PrivatePostfix(
            extra: shipped
                + "\ntransport_maps = inline:{ soft.test=smtp:[127.0.0.1]:\(soft), slow.test=slow: }",
            services: "slow unix - n n - - pipe flags=Rq user=nobody argv=/bin/sleep 4\n"
        )
        let driver = try postfix.driver()
        let actuator = try RunningActuator(postfix)
        #expect(try actuator.ask(.init(.halt)).isHalted)
        for number in 1...5 { try postfix.send(to: ["late\(number)@sub.test"]) }
        #expect(eventually { postfix.ids(in: "deferred").count == 5 })
        // One that Postfix has in hand until a delivery on this host has ended.
        try postfix.send(to: ["here@slow.test", "slow1@sub.test"])
        #expect(eventually { postfix.ids(in: "active").count == 1 })

        try open(driver)
        try postfix.send(to: ["x@soft.test"])
        #expect(eventually { deferred("x@soft.test", in: postfix) != nil })
        let put = try #require(deferred("x@soft.test", in: postfix))
        let path = try #require(StateFile.paths(below: "\(postfix.queue)/deferred")[put.text])
        let due = try #require(StateFile.status(path)?.st_mtim)
        #expect(due.tv_sec > time(nil) + 100)

        // Whatever is asked next finds the note; a killed actuator's successor does so as well.
        actuator.kill()
        try actuator.start()
        #expect(try eventually(30) { try postfix.sunk().count == 6 })
        #expect(try postfix.sunk().values.allSatisfy { $0 == 1 })
        #expect(postfix.ids(in: "deferred") == [put])
        let now = try #require(StateFile.status(path)?.st_mtim)
        #expect((now.tv_sec, now.tv_nsec) == (due.tv_sec, due.tv_nsec), "it was made due")
    }

    @Test func `what is given back is tried at once, what another host put off is not`() throws {
        let soft = try PrivatePostfix.freePort()
        let refusing = try spawn(
            "/usr/sbin/smtp-sink",
            ["-u", "nobody", "-r", "rcpt", "127.0.0.1:\(soft)", "100"]
        )
        defer {
            kill(refusing, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(refusing, &status, 0)
        }
        let postfix = try PrivatePostfix(
            extra: shipped + "\ntransport_maps = inline:{ soft.test=smtp:[127.0.0.1]:\(soft) }\n"
                + "defer_transports = out-2\nsender_dependent_default_transport_maps = "
                + "inline:{ ours@local.test=out-2: }"
        )
        let driver = try postfix.driver()
        try postfix.send(to: ["x@soft.test"])
        try postfix.send(to: ["mine@sub.test"], from: "ours@local.test")
        #expect(eventually { postfix.ids(in: "deferred").count == 2 })
        let put = try #require(deferred("x@soft.test", in: postfix))
        let ours = try #require(deferred("mine@sub.test", in: postfix))
        let path = try #require(StateFile.paths(below: "\(postfix.queue)/deferred")[put.text])
        let due = try #require(StateFile.status(path)?.st_mtim)
        #expect(driver.hold([ours], for: nil).held == 1)
        for line in ["defer_transports", "sender_dependent_default_transport_maps"] {
            _ = try Program("/usr/sbin/postconf", ["-c", postfix.configuration, "-X", line])
                .check(deadline: .seconds(5))
        }
        _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "reload"])
            .check(deadline: .seconds(20))

        #expect(driver.release(HeldSelection()).released == 1)
        #expect(try eventually { try postfix.sunk()["mine@sub.test"] == 1 })
        let now = try #require(StateFile.status(path)?.st_mtim)
        #expect((now.tv_sec, now.tv_nsec) == (due.tv_sec, due.tv_nsec), "it was tried")
    }

    /// The deferred message to `address`.
    private func deferred(_ address: String, in postfix: PrivatePostfix) -> QueueID? {
        StateFile.paths(below: "\(postfix.queue)/deferred")
            .first { QueueFile.awaits($0.value) { $0 == address } }
            .flatMap { QueueID($0.key) }
    }

    @Test func `mail that keeps coming while mail is halted and reset is all through in seconds`()
        throws
    {
        let postfix = try PrivatePostfix(extra: shipped)
        let actuator = try RunningActuator(postfix)
        let path = postfix.scratch.path
        let crowd = try spawn(
            "/bin/sh",
            [
                "-c",
                """
                until [ -e \(path)/over ]; do
                i=$((i + 1)); echo hello | sendmail -C \(postfix.configuration) -f a@local.test c$i@sub.test
                echo $i >\(path)/sent.new; mv \(path)/sent.new \(path)/sent
                done
                """,
            ]
        )
        func sent() throws -> Int {
            guard let bytes = try StateFile.read("\(path)/sent") else { return 0 }
            return Int(String(decoding: bytes.dropLast(), as: UTF8.self)) ?? 0
        }
        for round in 1...4 {
            let target = try sent() + 10
            #expect(try actuator.ask(.init(.halt)).isHalted, "round \(round)")
            #expect(try eventually { try sent() >= target })
            let resumed = try actuator.ask(.init(.resume, held: .keep))
            #expect(resumed.errors == [] && !resumed.isHalted, "round \(round): \(resumed)")
            #expect(try actuator.ask(.init(.release)).errors == [], "round \(round)")
        }
        try postfix.scratch.write("over", "")
        var status: Int32 = 0
        unsafe waitpid(crowd, &status, 0)
        let all = try sent()
        let isThrough = try eventually(40) { try postfix.sunk().count == all }
        let rest = try Program("/usr/sbin/postqueue", ["-c", postfix.configuration, "-j"])
            .check(deadline: .seconds(20))
        #expect(isThrough, "\(all) sent, of which there wait: \(rest)")
        #expect(try postfix.sunk().values.allSatisfy { $0 == 1 })
        #expect(postfix.moving == 0 && postfix.ids(in: "hold").isEmpty)
    }

    @Test func `a message is made due a few times, and not for ever`() throws {
        let postfix = try PrivatePostfix(
            extra: shipped + "\ntransport_maps = inline:{ nowhere.test=nosuch: }"
        )
        let driver = try postfix.driver()
        try postfix.send(to: ["x@nowhere.test"])
        #expect(eventually { postfix.ids(in: "deferred").count == 1 })
        var care = Aftercare(driver.instances)
        var tried = 0
        for moment in Aftercare.moments + [0, 120] {
            tried += try care.look(at: moment)
            // What is made due goes through active.
            #expect(
                eventually {
                    postfix.ids(in: "deferred").count == 1 && postfix.ids(in: "active").isEmpty
                }
            )
        }
        #expect((1...Aftercare.mostTries(at: 120)).contains(tried), "\(tried)")
    }

    @Test func `a look that could not list the queue is made up for by the next`() throws {
        let postfix = try PrivatePostfix(extra: shipped)
        let driver = try postfix.driver()
        var report = HaltReport(.halt)
        driver.halt(&report)
        try postfix.send(to: ["m@sub.test"])
        #expect(eventually { postfix.ids(in: "deferred").count == 1 })
        try open(driver)
        // A copy that no service reads: a program that found it broken would not be started again for 60 s.
        let copy = "\(postfix.scratch.path)/copy"
        try StateFile.makeDirectory(copy)
        for name in ["main.cf", "master.cf"] {
            let bytes = try #require(try StateFile.read("\(postfix.configuration)/\(name)"))
            try StateFile.replace("\(copy)/\(name)", with: bytes)
        }
        var care = Aftercare([try PostfixInstance(name: "-", at: copy)])
        let file = "\(copy)/main.cf"
        let before = try #require(try StateFile.read(file))
        // postqueue(1) ends at a number that it cannot read.
        try StateFile.replace(file, with: before + Array("\nhash_queue_depth = many\n".utf8))
        #expect(throws: HaltError.self) { try care.look(at: 0.2) }
        try StateFile.replace(file, with: before)
        let due = try care.look(at: 1)
        #expect(due == 1)
        #expect(try eventually { try postfix.sunk().count == 1 })
    }

    @Test func `an opening is looked after at once, though one before still is`() throws {
        let postfix = try PrivatePostfix(extra: shipped)
        let driver = try postfix.driver()
        let actuator = try RunningActuator(postfix)
        for round in 1...2 {
            #expect(try actuator.ask(.init(.halt)).isHalted)
            try postfix.send(to: ["m\(round)@sub.test"])
            #expect(eventually { postfix.ids(in: "deferred").count == 1 })
            try open(driver)
            _ = try actuator.ask(.init(.status))
            // The second one comes while nobody would look for 12 s after the first.
            #expect(try eventually(6) { try postfix.sunk().count == round }, "round \(round)")
            if round == 1 { sleep(9) }
        }
    }

    @Test func `a halt ends it, and what was deferred is held`() throws {
        let postfix = try PrivatePostfix(extra: shipped)
        let actuator = try RunningActuator(postfix)
        #expect(try actuator.ask(.init(.halt)).isHalted)
        #expect(try actuator.ask(.init(.resume, held: .keep)).errors == [])
        #expect(try actuator.ask(.init(.halt)).isHalted)
        for number in 1...5 { try postfix.send(to: ["m\(number)@sub.test"]) }
        #expect(eventually { postfix.ids(in: "deferred").count == 5 })
        #expect(try actuator.ask(.init(.rehold)).heldTotal == 5)
        #expect(try postfix.sunk().isEmpty)
        #expect(try actuator.ask(.init(.resume)).errors == [])
        #expect(try eventually { try postfix.sunk().count == 5 })
    }
}
