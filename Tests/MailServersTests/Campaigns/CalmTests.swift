// SPDX-License-Identifier: Apache-2.0
//
// What comes before the mail server is stopped, against a real Postfix and a sink that takes two
// seconds for a copy. That a copy whose final dot is not answered yet does not arrive twice is
// counted in the booted machine: smtp-sink(1) ends by itself when it is to delay that answer.

import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.enabled(if: PrivatePostfix.isPossible))
struct CalmTests {
    /// Recipients: more than there are deliveries at a time, 100, in a while.
    static let count = 250

    @Test func `a stop waits for the deliveries under way, and nothing is sent twice`() throws {
        let postfix = try PrivatePostfix(sinkDelay: 2)
        let driver = try postfix.driver()
        let master = try #require(try Master(queue: postfix.queue).running())
        #expect(PostfixDriver.underWay(of: [master]) == 0)
        try postfix.send(to: (1...Self.count).map { "c\($0)@sub.test" })
        #expect(eventually { PostfixDriver.underWay(of: [master]) >= 10 })
        #expect(driver.calm() == 0)
        let sent = try postfix.sunk().count
        #expect(sent >= 10 && sent < Self.count)
        postfix.stop()
        let start = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "start"])
            .run(deadline: .seconds(60))
        #expect(start.status == 0)
        #expect(driver.resume(.release).errors == [])
        #expect(
            try eventually(90) { try postfix.sunk().count == Self.count && postfix.moving == 0 }
        )
        #expect(try postfix.sunk().values.allSatisfy { $0 == 1 })
    }
}
