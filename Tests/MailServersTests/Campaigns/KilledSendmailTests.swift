// SPDX-License-Identifier: Apache-2.0
//
// What is discarded and brought back, held and released with the real Sendmail, killed at seeded
// moments and repeated: a message is in the queue or kept, never both and never neither, and at the
// end everybody has one copy.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite(.serialized, .enabled(if: OtherMailers.isSendmailPossible))
struct KilledSendmailTests {
    private static let rounds = 10
    private static let messages = 8
    private static let seed: UInt64 = 0x6b69_6c6c

    @Test func `killed anywhere and repeated, each message is in one place, and is sent once`()
        throws
    {
        print("KilledSendmailTests: seed \(Self.seed), \(Self.rounds * 4) kills")
        var random = SplitMix64(seed: Self.seed)
        let mail = try PrivateSendmail()
        let path = mail.scratch.path
        for number in 1...Self.messages {
            try mail.run(
                ["-odq", "-i", "-f", "news@example.org", "user\(number)@example.net"],
                "Subject: \(number)\n\nhello\n"
            )
        }
        let queue = SendmailSpool(queues: mail.site.queues)
        let ids = try queue.messages().map(\.id).sorted()
        try #require(ids.count == Self.messages)
        let driver = mail.driver
        /// Kills a command, and looks where each message is after the next one.
        func strike(_ verb: String, longest: UInt32) throws {
            let moment = UInt32.random(in: 0...longest, using: &random)
            _ = try Victim.kill(verb, ids, below: path, after: moment)
            let report = driver.status()
            #expect(report.errors == [], "\(verb) killed after \(moment) us")
            let queued = try queue.messages().map(\.id)
            let kept = StateFile.names(below: "\(path)/state/sendmail/quarantine")
                .filter { $0.hasSuffix(".json") }.compactMap { QueueID($0.dropLast(5)) }
            #expect((queued + kept).sorted() == ids, "\(verb) killed after \(moment) us")
            // What is on hold is ours: nobody else held anything.
            #expect(driver.status().foreign == 0, "\(verb) killed after \(moment) us")
        }
        for _ in 1...Self.rounds {
            try strike("hold", longest: 150_000)
            #expect(driver.hold(ids, for: nil).errors == [])
            #expect(driver.status().heldTotal == Self.messages)
            try strike("discard", longest: 60_000)
            #expect(driver.discard(HeldSelection(only: Set(ids))).errors == [])
            #expect(try queue.messages().isEmpty)
            try strike("restore", longest: 300_000)
            #expect(driver.restore(ids).errors == [])
            #expect(try queue.messages().map(\.id).sorted() == ids)
            _ = driver.hold(ids, for: nil)
            try strike("release", longest: 150_000)
            #expect(driver.release(HeldSelection()).errors == [])
        }
        try mail.startSink(seconds: 0)
        #expect(
            try eventually {
                try mail.run(["-qf"])
                return try queue.messages().isEmpty
            }
        )
        #expect(try mail.sunk().count == Self.messages && Set(mail.sunk()).count == Self.messages)
    }
}
