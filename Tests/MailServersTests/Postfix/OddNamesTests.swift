// SPDX-License-Identifier: Apache-2.0
//
// Lists with names that are signs of an expression, a part of another list's name, or of another domain:
// the mail of that list stops, its neighbours' flows. With a real Postfix.

import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct OddNamesTests {
    /// A list, and addresses of others that look like it.
    static let names: [(list: String, others: [String])] = [
        ("c++@sub.test", ["c@sub.test", "ccc@sub.test", "c+x@sub.test"]),
        ("a.b|c@sub.test", ["axb|c@sub.test", "a.b@sub.test", "c@sub.test"]),
        ("$x{1}@sub.test", ["x{1}@sub.test", "$x@sub.test"]),
        ("^a$b@sub.test", ["a$b@sub.test", "b@sub.test"]),
        ("o'neil`id`@sub.test", ["oneil@sub.test"]),
        ("50%off@sub.test", ["50@off", "50@sub.test"]),
        ("a/b=c?d*@sub.test", []),
        (
            "all@sub.test",
            ["all-staff@sub.test", "all@lists.sub.test", "all@asub.test", "all@sub-test"]
        ),
    ]

    @Test(arguments: names)
    func `a list with an odd name stops, and nobody else does`(
        list: String,
        others: [String]
    ) throws {
        let door = try NarrowPostfix(aliases: "none@sub.test=x@sub.test")
        let driver = try door.driver()
        let local = try #require(list.split(separator: "@").first)
        let blocked = BlockedList(
            list: list,
            senders: ["owner-\(local)@sub.test", "\(local)-bounces@sub.test"]
        )
        let report = driver.narrow([blocked])
        // A name that no table can say is not narrowed, and that is told: then the queue is halted.
        guard report.blocked.contains(list) else {
            return #expect(list.contains("*") && driver.block([blocked]).blocked.isEmpty)
        }
        #expect(report.errors == [], "\(report)")
        for recipient in [list] + others {
            try door.postfix.send(to: [recipient], from: "a@sub.test")
            try door.submit(1, to: recipient, from: "a@sub.test")
        }
        try door.submit(1, to: "m@sub.test", from: "owner-\(local)@sub.test")
        try door.submit(1, to: "n@sub.test", from: "xowner-\(local)@sub.test")
        #expect(
            eventually {
                _ = driver.hold(
                    senders: blocked.senders.compactMap { SenderPattern($0) },
                    for: list
                )
                return door.postfix.moving == 0
            }
        )
        let sunk = try door.postfix.sunk()
        #expect(door.postfix.ids(in: "hold").count == 3, "\(sunk)")
        #expect(sunk["n@sub.test"] == 1 && sunk["m@sub.test"] == nil)
        #expect(sunk.values.reduce(0, +) == 1 + 2 * others.count, "\(sunk)")
        #expect(driver.block([]).errors == [])
        #expect(driver.release(HeldSelection(list: list)).released == 3)
        #expect(eventually { driver.block([]).errors == [] && door.postfix.moving == 0 })
        #expect(try door.postfix.sunk().values.reduce(0, +) == 4 + 2 * others.count)
    }

    /// Names that Postfix reads as something else than one address: a comment, a route, two addresses.
    @Test(arguments: [
        "a(b)@sub.test", "a,b@sub.test", "<a>@sub.test", "a:b@sub.test", "a;b@sub.test",
        "\"a b\"@sub.test", "\u{fc}n\u{ef}@sub.test", "a\\b@sub.test", "a@[127.0.0.1]",
    ])
    func `a name that would have to be quoted is said not to be narrowed`(list: String) throws {
        for table in [Narrowing.Table.posts, .transport, .aliases] {
            let blocked = BlockedList(list: list, senders: [])
            #expect(Narrowing.text(of: table, for: [blocked]) == Narrowing.text(of: table, for: []))
        }
    }
}
