// SPDX-License-Identifier: Apache-2.0
//
// What postqueue -j prints, whole, cut and mutilated.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

@Suite struct QueueListingTests {
    private func read(_ text: [UInt8], chunk: Int = 1 << 16) -> [QueuedMessage] {
        var found: [QueuedMessage] = []
        var listing = QueueListing(isLocal: { $0.hasSuffix("@here.example") }) { found.append($0) }
        var rest = text[...]
        while !rest.isEmpty {
            listing.feed(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        listing.finish()
        return found
    }

    private static let sample = """
        {"queue_name": "deferred", "queue_id": "E4CF9FEE1F0", "arrival_time": 1795506897, \
        "message_size": 258, "forced_expire": false, "sender": "a\\"\\u00e9@x.example", \
        "new_member": {"a": [1, {"b": "}"}], "c" : null} , "recipients": [{"address": \
        "y@sub.example", "delay_reason": "mail transport unavailable"}, {"address": \
        "z@here.example"}]}
        {"queue_name": "hold", "queue_id": "AB777FEE1E1", "arrival_time": 1795506896, \
        "message_size": 9, "forced_expire": false, "sender": "MAILER-DAEMON", "recipients": []}

        """

    @Test(arguments: [1, 7, 1 << 16])
    func `each message is read, whatever the size of the pieces`(chunk: Int) throws {
        let found = read(Array(Self.sample.utf8), chunk: chunk)
        try #require(found.count == 2)
        #expect(found[0].queue == "deferred")
        #expect(found[0].id == QueueID("E4CF9FEE1F0"))
        #expect(found[0].arrival == 1_795_506_897)
        #expect(found[0].sender == "a\"é@x.example")
        #expect(found[0].recipients == 2)
        #expect(found[0].unavailable == 1)
        #expect(found[0].local == 1)
        #expect(found[0].firstRecipients == ["y@sub.example", "z@here.example"])
        #expect(found[0].isWhole)
        #expect(found[1].queue == "hold" && found[1].recipients == 0 && found[1].isWhole)
    }

    @Test func `a cut line gives what was read and says that it is not whole`() throws {
        let cut = Array(Self.sample.utf8.prefix(330))
        let message = try #require(read(cut).first)
        #expect(message.id == QueueID("E4CF9FEE1F0"))
        #expect(!message.isWhole)
    }

    @Test
    func `a line of fifty thousand recipients takes linear time, below ten seconds unoptimised`()
        throws
    {
        let one =
            "{\"address\": \"someone@subscriber.example\", \"delay_reason\": \"mail transport unavailable\"}"
        let all = Array(repeating: one, count: 50_000).joined(separator: ", ")
        let line =
            "{\"queue_name\": \"deferred\", \"queue_id\": \"E4CF9FEE1F0\", \"recipients\": [\(all)]}\n"
        let start = ContinuousClock.now
        let message = try #require(read(Array(line.utf8)).first)
        #expect(message.unavailable == 50_000 && message.isWhole)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func `no mutation of a listing crashes or is taken for more messages than lines`() {
        let seed: UInt64 = 0x5eed
        print("QueueListingTests: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let sample = Array(Self.sample.utf8)
        for _ in 0..<2000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1 where bytes.count > 1: bytes.remove(at: index)
                case 2:
                    bytes.insert("{}[]\",:\\u".utf8.randomElement(using: &random) ?? 0, at: index)
                default: bytes = Array(bytes[..<max(1, index)])
                }
            }
            let lines = bytes.split(separator: 10).count
            #expect(read(bytes).count <= lines)
        }
    }

    @Test func `deep nesting is given up, not followed`() {
        let deep = "{\"x\": " + String(repeating: "[", count: 100_000)
        #expect(read(Array(deep.utf8)).first?.isWhole == false)
    }
}

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct CutListingTests {
    @Test func `a listing that a restart of Postfix cuts is begun again, each message once`() throws
    {
        let postfix = try PrivatePostfix()
        let people = (0..<150).map { "a-person-with-a-long-name-\($0)@far.test" }
        for _ in 0..<100 { try postfix.send(to: people, subject: "quarantine") }
        #expect(eventually { postfix.ids(in: "hold").count == 100 && postfix.moving == 0 })
        let driver = try postfix.driver()
        let queue = try driver.open(driver.instances[0])
        let master = try #require(try Master(queue: postfix.queue).running())
        // One that has served before: of one that dies at its first request master(8) waits a minute.
        try queue.list(keeping: 0) { _ in }
        var seen: [QueueID: Int] = [:]
        var killed = 0
        try queue.list(keeping: 0) { message in
            if killed == 0 {
                // Its answer is longer than what a socket holds.
                let shows = ProcessTable.children(of: master, named: ["showq"])
                for show in shows where kill(show.pid, SIGKILL) == 0 { killed += 1 }
            }
            if let id = message.id { seen[id, default: 0] += 1 }
        }
        #expect(killed > 0 && seen.count == 100 && Set(seen.values) == [1])
    }

    @Test func `what cannot be listed is said, after a second`() throws {
        let postfix = try PrivatePostfix()
        let driver = try postfix.driver()
        let queue = try driver.open(driver.instances[0])
        let main = "\(postfix.configuration)/main.cf"
        try #require(unsafe rename(main, main + ".away") == 0)
        let start = ContinuousClock.now
        #expect(throws: HaltError.self) { try queue.list(keeping: 0) { _ in } }
        #expect(ContinuousClock.now - start < .seconds(10))
        try #require(unsafe rename(main + ".away", main) == 0)
    }
}
