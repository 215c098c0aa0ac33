// SPDX-License-Identifier: Apache-2.0
//
// Somebody else's message that is under way as Postfix is reloaded by us: against a real Postfix that
// wakes its queue manager every five minutes, as shipped, and where no new mail comes, the rest of
// its recipients get it within seconds.

import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct PassedOverTests {
    /// A Postfix that hands its relay one copy after the other, each for a second, and an actuator.
    private func slow() throws -> (NarrowPostfix, RunningActuator) {
        let door = try NarrowPostfix(
            sinkDelay: 1,
            more: """
                queue_run_delay = 300s
                minimal_backoff_time = 300s
                """
        )
        let etc = door.postfix.configuration
        for service in [
            "qmgr/unix=qmgr unix n - n 300 1 qmgr", "pickup/unix=pickup unix n - n 300 1 pickup",
            "smtp/unix=smtp unix - - n - 1 smtp",
        ] {
            _ = try Program("/usr/sbin/postconf", ["-c", etc, "-Me", service])
                .check(deadline: .seconds(5))
        }
        _ = try Program("/usr/sbin/postfix", ["-c", etc, "reload"]).check(deadline: .seconds(20))
        let actuator = try RunningActuator(door.postfix)
        // What one that starts looks for, and does not find.
        #expect(try actuator.ask(.init(.status)).errors == [])
        return (door, actuator)
    }

    /// How many get a message: enough seconds of sending that a slow machine still narrows amid them.
    private static let count = 8
    private static let each = [Int](repeating: 1, count: count)

    /// Sends a message to eight, and returns when the first has it.
    private func begin(_ name: String, _ postfix: PrivatePostfix) throws {
        try postfix.send(to: (1...Self.count).map { "\(name)\($0)@sub.test" }, from: "a@sub.test")
        try #require(
            try eventually(20) {
                try postfix.sunk().keys.contains { $0.hasPrefix(name) }
            }
        )
    }

    private func came(_ name: String, _ postfix: PrivatePostfix) throws -> [Int] {
        try postfix.sunk().filter { $0.key.hasPrefix(name) }.values.sorted()
    }

    @Test func `a list is narrowed and lifted, and what others had under way goes on`() throws {
        let (door, actuator) = try slow()
        let lists: [(String, [BlockedList])] = [("stop", [newsList]), ("lift", [])]
        for (name, lists) in lists {
            try begin(name, door.postfix)
            var request = ActuatorRequest(.narrow)
            request.lists = lists
            let report = try actuator.ask(request)
            #expect(report.errors == [], "\(report)")
            let left = Self.count - (try came(name, door.postfix)).count
            #expect(left > 1, "nothing was under way any more")
            #expect(try eventually(30) { try came(name, door.postfix) == Self.each })
            // The sink counts a copy before the queue manager hears of it and deletes its file.
            #expect(eventually { door.postfix.moving == 0 }, "\(name)")
        }
    }

    @Test func `the successor of one that was killed goes on`() throws {
        let (door, actuator) = try slow()
        try begin("kill", door.postfix)
        var request = ActuatorRequest(.narrow)
        request.lists = [newsList]
        #expect(try actuator.ask(request).errors == [])
        actuator.kill()
        #expect(try came("kill", door.postfix).count < Self.count - 1)
        try actuator.start()
        #expect(try eventually(30) { try came("kill", door.postfix) == Self.each })
    }
}
