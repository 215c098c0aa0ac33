// SPDX-License-Identifier: Apache-2.0
//
// A list manager that does not answer: shown, paged at the second try, and no halt or reset waits for
// it. Against a real Mailman the same is tried in MailServersTests and in the booted machine.

import Control
import EventTime
import Foundation
import Glibc
import HaltWire
import Testing

@testable import Daemon

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct ManagerFailureTests {
    @Test func `a Mailman that is not there is shown and paged, and mail is halted`() async throws {
        let room = try Room()
        defer { room.remove() }
        try "s3cret-of-mailman\n".write(
            toFile: room.path + "/password",
            atomically: true,
            encoding: .utf8
        )
        try room.settings(
            mode: "armed",
            more: "[Mailman]\nURL=http://127.0.0.1:1/3.1\nPasswordFile=\(room.path)/password"
        )
        let actuator = try NotingActuator(path: room.path + "/actuator.sock")
        defer { actuator.stop() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("the journal is there") { room.hasJournal }
        let daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        await eventually("nothing is stopped") { room.status().contains(#""manager":[]"#) }

        var trip = ControlRequest(.trip)
        trip.list = "annonce@example.org"
        trip.reason = "a test"
        #expect(room.ask(trip)?.code == 0)
        await eventually("mail is halted") { actuator.isHalted }
        // Without a password that only some can read it is not even asked.
        await eventually("the reason is shown") {
            room.status().contains("can be read by everybody")
        }
        #expect(unsafe chmod(room.path + "/password", 0o600) == 0)
        await eventually("it is asked") { room.status().contains("curl") }
        await eventually("it is paged") { room.pages.contains("manager-failed") }
        #expect(room.status().contains(#""halt":"halting""#), "the halt is another matter")
        #expect(!room.pageText.contains("s3cret") && !room.status().contains("s3cret"))

        var reset = ControlRequest(.reset)
        reset.list = "annonce@example.org"
        reset.reason = "the test is over"
        reset.held = .release
        #expect(room.ask(reset)?.code == 0)
        await eventually("mail is resumed") { !actuator.isHalted }
        await eventually("the page is resolved") {
            room.pages.count { $0 == "manager-failed" } > 1
        }
        #expect(!room.status().contains("127.0.0.1:1"))
        #expect(await daemon.stop() == 0)
    }

    @Test func `one pass at a time, sooner after a failure`() {
        let start = Timestamp(seconds: 1000)
        var wish = ManagerWish()
        #expect(wish.isDue([], at: start), "what an earlier daemon left is looked at once")
        wish.begin([])
        #expect(!wish.isDue(["a@x"], at: start))
        wish.end(failed: false, isIdle: true, at: start)
        #expect(!wish.isDue([], at: start + .days(1)) && wish.isDue(["a@x"], at: start))
        for wait in [10, 20, 40, 80, 160, 300, 300] {
            wish.begin(["a@x"])
            wish.end(failed: true, isIdle: false, at: start)
            #expect(!wish.isDue(["a@x"], at: start + .seconds(Int64(wait) - 1)))
            #expect(wish.isDue(["a@x"], at: start + .seconds(Int64(wait))))
        }
        #expect(wish.failures == 7)
        wish.begin(["a@x"])
        wish.end(failed: false, isIdle: false, at: start)
        #expect(wish.failures == 0 && wish.isDue(["a@x"], at: start + .minutes(5)))
    }
}
