// SPDX-License-Identifier: Apache-2.0
//
// A list manager that does not answer: shown, paged at the second try, and no halt or reset waits for
// it. Against a real Mailman the same is tried in the booted machine.

import Breaker
import Control
import EventTime
import Foundation
import Glibc
import Testing

@testable import Daemon

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct ManagerFailureTests {
    /// Stops lists once the file `up` is there; says with each call what it was asked.
    private static let script = """
        #!/bin/sh
        here=${0%/*}
        echo "$*" >>"$here/asked"
        [ "$1" != status ] || { [ ! -e "$here/list" ] || echo "stopped: $(cat "$here/list")"; }
        [ -e "$here/up" ] || { echo "s3cret is at home, nobody else" >&2; exit 75; }
        case $1 in
        stop) echo "$2" >"$here/list" ;;
        restore) rm -f "$here/list" ;;
        esac

        """

    @Test func `a list manager that is not there is shown and paged, and mail is halted`()
        async throws
    {
        let room = try Room()
        defer { room.remove() }
        let script = room.path + "/manager"
        try Self.script.write(toFile: script, atomically: true, encoding: .utf8)
        #expect(unsafe chmod(script, 0o755) == 0)
        try room.settings(mode: "armed", more: "[Manager]\nScript=\(script)")
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
        await eventually("the reason is shown") { room.status().contains("nobody else") }
        await eventually("it is paged") { room.pages.contains("manager-failed") }
        #expect(room.status().contains(#""halt":"halting""#), "the halt is another matter")
        try "".write(toFile: room.path + "/up", atomically: true, encoding: .utf8)
        await eventually("it is stopped") { room.status().contains(#""state":"stopped""#) }
        let list = try String(contentsOfFile: room.path + "/list", encoding: .utf8)
        #expect(list == "annonce@example.org\n")

        var reset = ControlRequest(.reset)
        reset.list = "annonce@example.org"
        reset.reason = "the test is over"
        reset.held = .release
        #expect(room.ask(reset)?.code == 0)
        await eventually("mail is resumed") { !actuator.isHalted }
        await eventually("the page is resolved") {
            room.pages.count { $0 == "manager-failed" } > 1
        }
        await eventually("it is restored") { room.status().contains(#""manager":[]"#) }
        let asked = try String(contentsOfFile: room.path + "/asked", encoding: .utf8)
        #expect(asked.contains("restore annonce@example.org\n"))
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
