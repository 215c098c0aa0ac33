// SPDX-License-Identifier: Apache-2.0
//
// Posts to `LIST+x@`: Postfix expands them as it does the list's own where a table has the members, and so they
// are stopped with it; a list manager's commands go on.

import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

private let all = BlockedList(list: "all@sub.test", senders: ["owner-all@sub.test"])

@Test func `a line of ours names the address with an extension`() {
    var list = BlockedList(list: "a.b$c@sub.test", senders: [])
    let plain = Narrowing.text(of: .aliases, for: [list])
    list.isExtended = true
    let lines = Narrowing.text(of: .aliases, for: [list]).split(separator: "\n")
    #expect(lines.contains(#"/^a\.b\$c\+.*@sub\.test$/ a.b$$c@sub.test"#), "\(lines)")
    #expect(!plain.contains(#"\+"#) && list.plain != list)
    for table in [Narrowing.Table.posts, .transport, .senders, .routes] {
        let text = Narrowing.text(of: table, for: [list])
        #expect(text == Narrowing.text(of: table, for: [list.plain]))
    }
}

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct ExtensionTests {
    @Test func `a post to a virtual list's address with an extension is stopped with it`() throws {
        let door = try NarrowPostfix(
            sinkDelay: 1,
            aliases: "{all@sub.test=x@sub.test, y@sub.test}"
        )
        let (postfix, driver) = (door.postfix, try door.driver())
        for _ in 0..<60 { try postfix.send(to: ["all+old@sub.test"], from: "a@sub.test") }
        #expect(eventually { !postfix.ids(in: "active").isEmpty })
        let report = driver.narrow([all])
        #expect(report.errors == [] && report.notes == [] && report.held > 0, "\(report)")
        try postfix.send(to: ["All+new@sub.test"], from: "a@sub.test")
        try door.submit(1, to: "all+new@sub.test", from: "b@sub.test")
        try door.submit(1, to: "talk+new@sub.test", from: "b@sub.test")
        try door.submit(1, to: "allx+new@sub.test", from: "b@sub.test")
        #expect(eventually { driver.block([all]).errors == [] && postfix.moving == 0 })
        let before = try postfix.sunk()
        #expect(before["talk+new@sub.test"] == 1 && before["allx+new@sub.test"] == 1)
        // Asked again, the tables stay as they are: nobody need be told.
        #expect(driver.block([all]).errors == [])
        #expect(try driver.tables(of: driver.instances[0]).recorded().isReloadDue == nil)
        let left = (before["x+old@sub.test"] ?? 0) + (before["y+old@sub.test"] ?? 0)
        #expect(left < 120 && before["x@sub.test"] == nil, "\(before)")
        try postfix.send(to: ["all+late@sub.test"], from: "a@sub.test")
        #expect(eventually { driver.block([all]).errors == [] && postfix.moving == 0 })
        #expect(try postfix.sunk() == before)

        #expect(driver.block([]).errors == [])
        _ = driver.release(HeldSelection(list: all.list))
        #expect(eventually(90) { driver.block([]).errors == [] && postfix.moving == 0 })
        let sunk = try postfix.sunk()
        // What was expanded before the stop has the extension, as propagate_unmatched_extensions wants it.
        #expect(sunk["x+old@sub.test"] == 60 && sunk["y+old@sub.test"] == 60, "\(sunk)")
        #expect(sunk["x@sub.test"] == 3 && sunk["y@sub.test"] == 3, "\(sunk)")
    }

    @Test func `what a halt of everything holds is told apart by it, too`() throws {
        let door = try NarrowPostfix(aliases: "{all@sub.test=x@sub.test, y@sub.test}")
        let (postfix, driver) = (door.postfix, try door.driver())
        #expect(driver.halt().errors == [])
        #expect(driver.narrow([]).errors == [])
        try postfix.send(to: ["all+old@sub.test"], from: "a@sub.test")
        try postfix.send(to: ["talk@sub.test"], from: "a@sub.test")
        #expect(
            eventually { driver.rehold().errors == [] && postfix.ids(in: "hold").count == 2 }
        )
        #expect(driver.narrow([all]).errors == [])
        #expect(driver.hold(senders: [], for: all.list).errors == [])
        #expect(driver.discard(HeldSelection(list: all.list)).discarded == 1)
        #expect(driver.block([]).errors == [] && driver.resume(.release).errors == [])
        #expect(try eventually { try postfix.sunk() == ["talk@sub.test": 1] })
    }

    @Test func `a list manager's commands go on`() throws {
        let door = try NarrowPostfix()
        let (postfix, driver) = (door.postfix, try door.driver())
        #expect(driver.narrow([all]).errors == [])
        try postfix.send(to: ["all+subscribe@sub.test"], from: "a@sub.test")
        #expect(try eventually { try postfix.sunk()["x+subscribe@sub.test"] == 1 })
        #expect(driver.block([]).errors == [])
    }
}
