// SPDX-License-Identifier: Apache-2.0
//
// A list that Postfix itself holds: against a real Postfix with an SMTP door, while no driver runs
// between the block and the look. And the texts of the tables, which lists named by a log must not
// be able to bend.

import Glibc
import TestSupport
import Testing

@testable import HaltWire
@testable import MailServers

private let news = BlockedList(
    list: "news@sub.test",
    senders: ["news-bounces+*@sub.test", "owner-news@sub.test"]
)

/// A private Postfix with an SMTP door and the block as `setup postfix --list-block` writes it.
private struct BlockedPostfix {
    let postfix: PrivatePostfix
    let port: Int
    /// The door of a service with a content filter, which swallows all.
    let filtered: Int

    init() throws {
        let port = try PrivatePostfix.freePort()
        let filtered = try PrivatePostfix.freePort()
        self.port = port
        self.filtered = filtered
        postfix = try PrivatePostfix(
            extra: "recipient_delimiter = +\n",
            services: "127.0.0.1:\(port) inet n - n - - smtpd\n"
                + "127.0.0.1:\(filtered) inet n - n - - smtpd -o content_filter=discard:\nanvil unix - - n - 1 anvil\n"
        )
        postfix.stop()
        let etc = postfix.configuration
        let lines = """
            smtpd_restriction_classes = listbreaker_hold
            listbreaker_hold = check_recipient_access static:{PREPEND X-Listbreaker-Hold: list block}, \
            check_recipient_access static:{HOLD held by listbreaker}
            smtpd_recipient_restrictions = check_recipient_access hash:\(etc)/listbreaker_posts, \
            check_sender_access hash:\(etc)/listbreaker_senders
            transport_maps = hash:\(etc)/listbreaker_transport
            defer_transports = listbreaker
            """
        let main = try postfix.scratch.read("etc/main.cf")
        try postfix.scratch.write("etc/main.cf", main + lines + "\n")
        _ = try postfix.driver().block([])
        try start()
    }

    func start() throws {
        let outcome = try Program("/usr/sbin/postfix", ["-c", postfix.configuration, "start"])
            .run(deadline: .seconds(60))
        try #require(outcome.status == 0)
    }

    /// Gives a message in by SMTP.
    func submit(
        to recipient: String,
        from sender: String,
        subject: String = "hello",
        through port: Int? = nil
    ) throws {
        _ = try Program(
            "/usr/sbin/smtp-source",
            ["-f", sender, "-t", recipient, "-S", subject, "127.0.0.1:\(port ?? self.port)"]
        ).check(deadline: .seconds(30))
    }
}

@Suite(.serialized, .enabled(if: PrivatePostfix.isPossible))
struct ListBlockTests {
    @Test func `a blocked list is held with nobody of us there, and comes back once`() throws {
        let door = try BlockedPostfix()
        let postfix = door.postfix
        let blocked = try postfix.driver().block([news])
        #expect(blocked.errors == [] && blocked.blocked == ["news@sub.test"])
        // trivial-rewrite(8) looks for changed tables every ten seconds; a new one has the new.
        postfix.stop()
        try door.start()

        try door.submit(to: "news@sub.test", from: "a@sub.test")
        try door.submit(to: "NEWS@sub.test", from: "b@sub.test", subject: "quarantine")
        try door.submit(to: "c@sub.test", from: "news-bounces+c=sub.test@sub.test")
        try door.submit(to: "talk@sub.test", from: "a@sub.test")
        try door.submit(to: "talk@sub.test", from: "a@sub.test", subject: "quarantine")
        try postfix.send(to: ["news@sub.test", "d@sub.test"], subject: "by sendmail")
        try postfix.send(to: ["news@sub.test"], subject: "quarantine")
        let expected = ["talk@sub.test": 1, "d@sub.test": 1]
        #expect(try eventually { try postfix.sunk() == expected }, "all other mail flows")
        #expect(
            eventually {
                postfix.ids(in: "hold").count == 5 && postfix.ids(in: "deferred").count == 1
            }
        )

        // A new daemon and a new actuator find what Postfix held meanwhile.
        let driver = try postfix.driver()
        let patterns = news.senders.compactMap { SenderPattern($0) }
        let taken = driver.hold(senders: patterns, for: news.list)
        #expect(taken.errors == [] && taken.held == 4 && taken.heldTotal == 4)
        #expect(taken.foreign == 2, "a filter's hold stays the filter's")
        #expect(driver.hold(senders: patterns, for: news.list).held == 0)

        let lifted = driver.block([])
        #expect(lifted.errors == [] && lifted.blocked == [] && lifted.released == 0)
        postfix.stop()
        try door.start()
        let first = driver.release(HeldSelection(list: news.list, copies: 100))
        #expect(first.released == 1 && first.left == 3, "a post to be expanded is a batch")
        #expect(driver.release(HeldSelection(list: news.list)).released == 3)
        let all = ["talk@sub.test": 1, "d@sub.test": 1, "news@sub.test": 2, "c@sub.test": 1]
        #expect(try eventually { try postfix.sunk() == all })
        let status = driver.status()
        #expect(status.heldTotal == 0 && status.foreign == 3, "the filter holds what it wants")
        #expect(eventually { postfix.moving == 0 })
    }

    @Test func `what has a content filter to pass is not taken round it`() throws {
        let door = try BlockedPostfix()
        let driver = try door.postfix.driver()
        #expect(driver.block([news]).errors == [])
        door.postfix.stop()
        try door.start()
        try door.submit(to: "news@sub.test", from: "a@sub.test", through: door.filtered)
        try door.submit(to: "news@sub.test", from: "b@sub.test")
        #expect(eventually { door.postfix.ids(in: "hold").count == 2 })
        #expect(driver.block([news]).held == 2)
        #expect(driver.block([]).errors == [])
        door.postfix.stop()
        try door.start()
        let report = driver.release(HeldSelection(list: news.list))
        #expect(report.released == 2 && report.requeued == 1)
        #expect(eventually { door.postfix.moving == 0 })
        #expect(try door.postfix.sunk() == ["news@sub.test": 1], "one went into the filter")
    }

    @Test func `killed at any moment, what the block held comes back once`() throws {
        let rounds = 5
        var random = SplitMix64(seed: 0x6c62_6b31)
        print("ListBlockTests: seed 0x6c62_6b31, \(rounds * 4) kills")
        let door = try BlockedPostfix()
        let postfix = door.postfix
        let actuator = try RunningActuator(postfix)
        var expected: [String: Int] = [news.list: rounds]
        /// Asks with a kill at a random moment, then again until the answer comes.
        func twice(_ request: ActuatorRequest) throws -> HaltReport {
            try actuator.ask(request, killAfter: UInt32.random(in: 0...60_000, using: &random))
            try actuator.start()
            return try actuator.ask(request)
        }
        func block(_ lists: [BlockedList]) throws -> HaltReport {
            var request = ActuatorRequest(.blockLists)
            request.lists = lists
            return try twice(request)
        }
        for round in 1...rounds {
            #expect(try block([news]).errors == [], "round \(round)")
            try door.submit(to: news.list, from: "a@sub.test")
            for copy in ["x", "y"] {
                let member = "\(copy)\(round)@sub.test"
                try door.submit(to: member, from: "news-bounces+\(copy)@sub.test")
                expected[member] = 1
            }
            try door.submit(to: "talk@sub.test", from: "a@sub.test", subject: "quarantine")
            var sweep = ActuatorRequest(.holdList, list: news.list)
            sweep.senders = news.senders
            let held = try twice(sweep)
            // A post of the round before that still waits, for trivial-rewrite(8), is held too.
            #expect(held.errors == [] && held.heldTotal >= 3, "round \(round): \(held)")
            #expect(held.foreign == round, "round \(round): \(held)")
            #expect(try block([]).errors == [], "round \(round)")
            let freed = try twice(ActuatorRequest(.release, list: news.list))
            #expect(freed.errors == [] && freed.heldTotal == 0, "round \(round): \(freed)")
        }
        // What met trivial-rewrite(8) before it saw the table change is tried again.
        let driver = try postfix.driver()
        #expect(eventually(90) { driver.block([]).errors == [] && postfix.moving == 0 })
        #expect(postfix.ids(in: "hold").count == rounds, "the filter's are there, all of them")
        #expect(try postfix.sunk() == expected)
    }

    @Test func `tables that were lost or cut short are made good`() throws {
        let door = try BlockedPostfix()
        let driver = try door.postfix.driver()
        #expect(driver.block([news]).errors == [])
        let path = "\(door.postfix.configuration)/listbreaker_posts"
        let text = try StateFile.read(path)
        // Killed after the database, before the text; then with the database gone.
        try StateFile.replace(path, with: [])
        #expect(driver.block([news]).errors == [])
        #expect(try StateFile.read(path) == text)
        try StateFile.remove(path + ".db")
        #expect(driver.block([news]).errors == [])
        let asked = try Program(
            "/usr/sbin/postmap",
            ["-c", door.postfix.configuration, "-q", "news@sub.test", "hash:\(path)"]
        ).check(deadline: .seconds(20))
        #expect(asked.text == "listbreaker_hold\n")
        #expect(driver.block([]).errors == [])
        #expect(try StateFile.read(path) == Array(ListBlock.text(of: .posts, for: []).utf8))
    }

    @Test func `without the block in main.cf nothing is written`() throws {
        let postfix = try PrivatePostfix()
        let report = try postfix.driver().block([news])
        #expect(report.errors == [] && report.blocked == [])
        let path = "\(postfix.configuration)/listbreaker_posts"
        #expect(StateFile.status(path) == nil)
        #expect(StateFile.status("\(postfix.state)/primary/list-block") == nil)
    }
}

@Test(arguments: [
    "news@x.test OK\nb@x.test", "# news@x.test", "@x.test", "news@", "a b@x.test", "\"a\"@x.test",
    "*@x.test", "a@b@x.test", "n\u{e9}ws@x.test", "",
])
func `a list with such a name gets no key in a table`(name: String) {
    let list = BlockedList(list: name, senders: [name])
    for table in ListBlock.Table.allCases {
        #expect(ListBlock.text(of: table, for: [list]) == ListBlock.text(of: table, for: []))
    }
}

@Test func `a sender with an extension is asked for without it`() {
    #expect(ListBlock.senderKey("News-bounces+*@x.test") == "news-bounces@x.test")
    #expect(ListBlock.senderKey("owner-news@x.test") == "owner-news@x.test")
    for pattern in ["news-return-*@x.test", "owner-news@*", "*+a@x.test", "news+*"] {
        #expect(ListBlock.senderKey(pattern) == nil)
    }
}

@Test func `mail that an old session held after the list was lifted is let go`() throws {
    var content = ListTables.Content()
    content.lifted = [.init(list: news, at: 100)]
    var mail = BlockedMail(content)
    var message = QueuedMessage()
    message.queue = "hold"
    message.firstRecipients = ["news@sub.test"]
    for (id, arrival) in [("AAAAA1", 99), ("AAAAA2", 101)] {
        message.id = QueueID(id)
        message.arrival = Int64(arrival)
        mail.see(message)
    }
    #expect(mail.suspects.map(\.isLate) == [false, true])
    message.queue = "deferred"
    message.id = QueueID("AAAAA3")
    mail.see(message)
    #expect(mail.retry.isEmpty, "it waits for another reason")
    message.blocked = 1
    mail.see(message)
    #expect(mail.retry.isEmpty && mail.posts[news.list]?.map(\.id?.text) == ["AAAAA3"])
    message.firstRecipients = ["member@other.test"]
    message.sender = "owner-news@sub.test"
    message.id = QueueID("AAAAA4")
    mail.see(message)
    #expect(mail.retry.map(\.text) == ["AAAAA4"])
}

@Test func `more lists than a request may name are refused`() throws {
    var request = ActuatorRequest(.blockLists)
    request.lists = Array(repeating: news, count: ListBlock.most)
    #expect(try request.checkedLists().count == ListBlock.most)
    request.lists?.append(news)
    #expect(throws: HaltError.self) { try request.checkedLists() }
    request.lists = [BlockedList(list: "a\nb", senders: [])]
    #expect(throws: HaltError.self) { try request.checkedLists() }
}
