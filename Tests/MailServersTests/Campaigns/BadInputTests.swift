// SPDX-License-Identifier: Apache-2.0
//
// A mail server that is stopped, hangs, refuses, or whose queue somebody else is cleaning; a disk
// that is full. What is asserted: nothing leaves, the report says what is wrong, and once it is
// mended the same command does the rest.

import FoundationEssentials
import Glibc
import Linux
import LocalSocket
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

/// Work on a thread of its own.
private final class Aside<Value: Sendable>: Sendable {
    private let outcome = Guarded<Value?>(nil)

    init(_ work: @escaping @Sendable () -> Value) {
        let code = startThread(named: "aside") { [self] in
            let value = work()
            outcome.withLock { $0 = value }
        }
        precondition(code == 0)
    }

    var isOver: Bool { outcome.withLock { $0 != nil } }

    /// Waits for what came of it.
    func value() -> Value {
        while true {
            if let value = outcome.withLock({ $0 }) { return value }
            usleep(5000)
        }
    }
}

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct BadInputTests {
    /// Five messages that are queued and cannot leave yet.
    private func queued(_ postfix: PrivatePostfix, _ count: Int = 5) throws {
        for number in 1...count { try postfix.send(to: ["q\(number)@sub.test"]) }
        try #require(eventually { postfix.ids(in: "deferred").count == count })
    }

    @Test func `a stopped Postfix is halted for its next start`() throws {
        let postfix = try PrivatePostfix()
        postfix.stop()
        let driver = try postfix.driver()
        let report = driver.halt()
        #expect(report.isHalted && !report.isRunning && report.block == .installed)
        #expect(report.errors == [])
        _ = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "start"])
            .run(deadline: .seconds(60))
        try postfix.send(to: ["a@sub.test"])
        #expect(eventually { driver.rehold().heldTotal == 1 })
        #expect(try postfix.sunk().isEmpty)
        #expect(driver.resume(.release).errors == [])
        #expect(eventually { postfix.moving == 0 })
        #expect(try postfix.sunk() == ["a@sub.test": 1])
    }

    @Test func `a postsuper that hangs is killed in time, mail is halted, a second halt holds it`()
        throws
    {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        let driver = try postfix.driver()
        let hurried = PostfixDriver(
            instances: driver.instances,
            state: postfix.state,
            patience: Patience(.seconds(2))
        )
        var (report, took, stopped, attempts) = (HaltReport(.halt), Duration.zero, 0, 0)
        // It runs for a few milliseconds: if it was over before it was seen, there is more mail.
        while stopped == 0 && attempts < 20 {
            attempts += 1
            try queued(postfix)
            let stopper = try ProcessStopper("postsuper", of: postfix.configuration)
            took = ContinuousClock().measure { report = hurried.halt() }
            stopped = stopper.end()
        }
        #expect(stopped >= 1, "nothing was stopped: the test proves nothing")
        #expect(took < .seconds(15))
        #expect(report.isHalted && report.block == (attempts == 1 ? .installed : .already))
        #expect(report.errors.contains { $0.contains("postsuper") && $0.contains("killed") })
        let again = driver.halt()
        #expect(again.errors == [] && again.heldTotal == 5 * attempts, "\(again)")
        #expect(try postfix.sunk().isEmpty)
        #expect(driver.resume(.keep).errors == [])
    }

    @Test func `a master that hangs is told of, and mail is halted and held all the same`() throws {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        try queued(postfix)
        let driver = try postfix.driver()
        let master = try #require(try Master(queue: postfix.queue).running())
        // What it started would still answer; the listing must wait for a new one.
        kill(master, SIGSTOP)
        defer { kill(master, SIGCONT) }
        for pid in ProcessStopper.all("showq", of: master) { kill(pid, SIGKILL) }
        let report = PostfixDriver(
            instances: driver.instances,
            state: postfix.state,
            patience: Patience(.seconds(2))
        )
        .halt()
        #expect(report.isHalted && report.heldTotal == 5 && report.block == .installed)
        #expect(report.errors.count == 1 && report.errors[0].contains("postqueue"), "\(report)")
        kill(master, SIGCONT)
        let again = driver.rehold()
        #expect(again.errors == [] && again.heldTotal == 5 && again.isHalted, "\(again)")
    }

    @Test func `a command that hangs keeps no gate open`() throws {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        try queued(postfix)
        let place = Actuator.Place(configuration: postfix.configuration, state: postfix.state)
        let actuator = Actuator(place: place, allowed: [])
        @Sendable func ask(_ request: ActuatorRequest) -> HaltReport? {
            var request = request
            request.within = 8
            guard let line = try? JSONEncoder().encode(request) else { return nil }
            let root = Peer(uid: 0, gid: 0, pid: 1, groups: [])
            return HaltReport.read(actuator.perform(root, Array(line)))
        }
        #expect(ask(.init(.status))?.errors == [])
        let master = try #require(try Master(queue: postfix.queue).running())
        kill(master, SIGSTOP)
        defer { kill(master, SIGCONT) }
        for pid in ProcessStopper.all("showq", of: master) { kill(pid, SIGKILL) }
        var look = ActuatorRequest(.holdList, list: "l@local.test")
        look.senders = ["nobody@local.test"]
        let hanging = Aside { [look] in ask(look) }
        #expect(eventually { !ProcessTable.named(["postqueue"]).isEmpty })
        let halt = Aside { ask(.init(.halt)) }
        let gate = Gate(queue: postfix.queue, services: ["smtp", "relay", "out-2"])
        #expect(try eventually(5) { try gate.open == [] })
        #expect(!hanging.isOver, "the look was over: the test proves nothing")
        kill(master, SIGCONT)
        #expect(halt.value()?.isHalted == true)
        _ = hanging.value()
        #expect(ask(.init(.resume))?.errors == [])
    }

    @Test func `a configuration that Postfix refuses keeps no mail from being halted`() throws {
        let postfix = try PrivatePostfix()
        let actuator = try RunningActuator(postfix)
        #expect(try actuator.ask(.init(.status)).errors == [])
        let main = try postfix.scratch.read("etc/main.cf")
        try postfix.scratch.write("etc/main.cf", "queue_directory = relative\n" + main + "= ?\n")
        let report = try actuator.ask(.init(.halt))
        #expect(report.isHalted && !report.errors.isEmpty, "\(report)")
        #expect(report.errors.contains { $0.contains("postconf") })
        #expect(try Gate(queue: postfix.queue, services: ["smtp", "relay", "out-2"]).open == [])
        try postfix.scratch.write("etc/main.cf", main)
        #expect(try actuator.ask(.init(.halt)).errors == [])
        #expect(try actuator.ask(.init(.resume)).errors == [])
        #expect(try postfix.scratch.read("etc/main.cf") == main)
    }

    @Test func `a queue that somebody else empties meanwhile leaves no trace in the ledger`() throws
    {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        try queued(postfix, 60)
        let driver = try postfix.driver()
        let cleaner = try spawn(
            "/usr/sbin/postsuper",
            ["-c", postfix.configuration, "-d", "ALL", "deferred"]
        )
        let report = driver.halt()
        var status: Int32 = 0
        unsafe waitpid(cleaner, &status, 0)
        #expect(report.isHalted && report.errors == [], "\(report)")
        let cleared = try Program(
            "/usr/sbin/postsuper",
            ["-c", postfix.configuration, "-d", "ALL"]
        )
        .run(deadline: .seconds(30))
        #expect(cleared.status == 0 && postfix.ids(in: "hold").isEmpty)
        let resumed = driver.resume(.release)
        #expect(resumed.errors == [] && resumed.released == 0 && resumed.heldTotal == 0)
        #expect(try HoldLedger.glance(state: "\(postfix.state)/primary").entries.isEmpty)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "no file system may be mounted here"))
    func `with a full disk under the ledger nothing leaves, and the report says why`() throws {
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp")
        let disk = try SmallDisk(at: postfix.state)
        defer { disk.remove() }
        try queued(postfix)
        let driver = try postfix.driver()
        try disk.fill()
        let report = driver.halt()
        #expect(!report.isHalted && report.errors.contains { $0.contains("ENOSPC") }, "\(report)")
        #expect(try Gate(queue: postfix.queue, services: ["smtp", "relay", "out-2"]).open == [])
        #expect(postfix.ids(in: "hold").isEmpty, "what is not noted must not be held")
        try disk.clear()
        let again = driver.halt()
        #expect(again.isHalted && again.errors == [] && again.heldTotal == 5, "\(again)")
        #expect(driver.resume(.keep).errors == [])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "no file system may be mounted here"))
    func `with a full spool mail is halted and held`() throws {
        var mounted: SmallDisk?
        let postfix = try PrivatePostfix(extra: "defer_transports = smtp") { path in
            mounted = try SmallDisk(at: "\(path)/queue")
        }
        let disk = try #require(mounted)
        defer {
            postfix.stop()
            disk.remove()
        }
        try queued(postfix)
        try disk.fill()
        let report = try postfix.driver().halt()
        #expect(report.isHalted && report.heldTotal == 5, "\(report)")
        try disk.clear()
        #expect(try postfix.driver().resume(.keep).errors == [])
    }
}
