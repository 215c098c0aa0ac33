// SPDX-License-Identifier: Apache-2.0
//
// What a look through the queue says of mail that smtpd(8) had put on hold by itself: how many, and up to
// when, so that whoever counts lines of the log meanwhile counts none twice.

import Linux
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct TakenInTests {
    @Test(arguments: ["no", "yes"])
    func `each look says what it found, and when it began`(longIDs: String) throws {
        let door = try NarrowPostfix(more: "enable_long_queue_ids = \(longIDs)")
        let driver = try door.driver()
        #expect(driver.narrow([newsList]).taken == nil, "nothing was looked for")
        let before = SystemClock.microseconds
        try door.submit(20, to: "m@sub.test", from: "news+bounces-2-m=x@sub.test")
        #expect(eventually { door.postfix.ids(in: "hold").count == 20 })
        let patterns = newsList.senders.compactMap { SenderPattern($0) }
        let between = SystemClock.microseconds
        let look = try #require(driver.hold(senders: patterns, for: newsList.list).taken?.first)
        #expect(look.list == newsList.list && look.held == 20 && look.later == 0)
        #expect(look.at >= between && look.at <= SystemClock.microseconds)
        let second = driver.hold(senders: patterns, for: newsList.list)
        #expect(second.taken?.first?.held == 0 && second.heldTotal == 20)
        try door.submit(3, to: "m@sub.test", from: "news+bounces-3-m=x@sub.test")
        #expect(eventually { door.postfix.ids(in: "hold").count == 23 })
        #expect(driver.block([newsList]).taken?.map(\.held) == [3])

        // When each was made, to the microsecond, is what its queue id says; the short form says no second.
        let start = before - (longIDs == "yes" ? 0 : 1_000_000)
        let queue = try driver.queue(of: try #require(driver.instances.first))
        var late: Set<Bool> = []
        try queue.list { message in
            late.insert(
                message.came(after: start) && !message.came(after: SystemClock.microseconds)
            )
        }
        #expect(late == [true])
    }
}

@Test func `microseconds of a queue id, as Postfix makes it`() {
    // mail_queue_enter(3): 0x81FA1 and 999,999 of a second; three of four digits of base 52 are 0.
    #expect(QueueID("81FA1C0012")?.microsecond == 532_385)
    #expect(QueueID("F423F1")?.microsecond == 999_999)
    #expect(QueueID("3Pt2mN000Bz2VXckB")?.microsecond == 10)
    #expect(QueueID("3Pt2mN75Q4z2VXckB") != nil)
    // 20 March 2011, 14:31:48 UTC.
    #expect(QueueID("3Pt2mN75Q4z2VXckB")?.second == 1_300_631_508)
    #expect(QueueID("81FA1C0012")?.second == nil)
    for text in ["FFFFF1", "00000", "abcdef12", "1aBcDe-000001-Ab", "zzzzz0"] {
        #expect(QueueID(text)?.microsecond == nil, "\(text)")
    }
}
