// SPDX-License-Identifier: Apache-2.0
//
// What each oddity of a scenario looks like in the plan and in the log: every line must still be
// believed and understood, since a log that no mail server would write proves nothing.

import EventTime
import MailLog
import Testing

@testable import StormSimulator

struct SituationTests {
    /// A list of 200, an announcement, and `storm` an hour later.
    private func scenario(
        _ storm: String,
        scenario: String = "",
        list: String = "",
        hosts: String = ""
    ) throws -> Scenario {
        try Scenario(
            text: """
                [Scenario]
                Seed=5
                Duration=2d
                Authors=yes
                \(scenario)
                \(hosts)
                [List a@lists.example]
                Members=200
                \(list)
                [Traffic first]
                Kind=posts
                From=office@firm.example
                [Traffic storm]
                At=1h
                \(storm)
                """,
            path: "x"
        )
    }

    private let answers = "Kind=storm\nCount=60\nPerHour=40-40\n"

    private func storm(_ scenario: Scenario) -> [SimulatedPost] {
        Simulation(scenario).posts.filter { $0.isStorm || $0.isLookAlike }
    }

    /// The log's lines, each of which must be understood.
    private func understood(_ scenario: Scenario) -> [LogLine] {
        let lines = lines(scenario)
        let wrong = events(lines).filter { _, event, _ in
            event.trust != .genuine || event.kind == .other || event.kind == .warning
        }
        #expect(wrong.map(\.line.text) == [])
        return lines
    }

    @Test func `greylisting lets a person's first mail wait and no later one`() throws {
        let usual = storm(try scenario(answers + "Repeats=50%\n"))
        let late = storm(try scenario(answers + "Repeats=50%\nLate=16min-40min\nGreylisted=yes\n"))
        #expect(usual.count == 60 && late.count == 60)
        var known: Set<String> = []
        for post in late.sorted(by: {
            ($0.time - ($0.age ?? .seconds(0))) < ($1.time - ($1.age ?? .seconds(0)))
        }) {
            let age = try #require(post.age)
            let isFirst = known.insert(post.poster).inserted
            #expect(
                isFirst
                    ? (TimeSpan.minutes(16)...TimeSpan.minutes(40)).contains(age)
                    : age == .seconds(0)
            )
        }
        #expect(known.count < 60)
        let half = storm(try scenario(answers + "Repeats=0\nLate=20min\nLateShare=50%\n"))
        #expect((15...45).contains(half.count { $0.age == .minutes(20) }))
    }

    @Test func `a storm waits for the mail that it answers`() throws {
        let plan = try scenario(answers, scenario: "Late=16min-40min")
        var early = plan
        early.traffic[1].at = .minutes(1)
        let posts = Simulation(early).posts
        let seed = try #require(posts.first { !$0.isStorm })
        let storm = posts.filter(\.isStorm)
        #expect(storm.count == 60 && storm.allSatisfy { $0.time > seed.time })
        #expect(storm.contains { $0.parent == seed.messageID })
    }

    @Test func `nobody answers what has not arrived`() throws {
        let posts = Simulation(try scenario(answers + "Late=16min-40min\n")).posts
        let arrived = Dictionary(
            posts.map { ($0.messageID, $0.time) },
            uniquingKeysWith: { a, _ in a }
        )
        for post in posts {
            guard let parent = post.parent, let then = arrived[parent] else { continue }
            #expect(then <= post.time - (post.age ?? .seconds(0)))
        }
    }

    @Test func `a clock that is wrong shows in the Date, a host's in the stamp`() throws {
        let slow = storm(try scenario(answers + "Clock=1h slow\n"))
        #expect(slow.allSatisfy { $0.age == .hours(1) })
        let right = lines(try scenario(answers))
        let fast = lines(try scenario(answers, scenario: "Clock=16min fast"))
        #expect(right.count == fast.count)
        for (one, other) in zip(right, fast) {
            #expect(other.time - one.time == .minutes(16) && other.message == one.message)
        }
    }

    @Test func `several hosts write one journal, each by its clock`() throws {
        let hosts = "[Host mx2.example]\nShare=40%\nClock=90min slow\n"
        let plan = try scenario(answers, hosts: hosts)
        let lines = understood(plan)
        let back = zip(lines, lines.dropFirst()).count { $1.time < $0.time }
        #expect(back > 10)
        let taken = Simulation(plan).posts.count { $0.host == 1 }
        #expect((10...40).contains(taken))
    }

    @Test func `a content filter hands mail back with its Date`() throws {
        let lines = understood(try scenario(answers, scenario: "Filter=20min"))
        let dates = lines.filter { $0.message.contains("header Date:") }
        #expect(dates.count == 122)
        #expect(
            lines.contains { $0.message.contains("relay=127.0.0.1[127.0.0.1]:10024, delay=1200") }
        )
        #expect(lines.count { $0.message.contains("(forwarded as ") } == 61)
    }

    @Test func `machines mark their mail as they are told`() throws {
        let marks =
            "Kind=robots\nRobots=3\nCount=3\nAt=0s\nMarks=bulk, auto-submitted, null-sender\n"
        let text = understood(try scenario(marks)).map(\.message)
        #expect(text.count { $0.contains("header Precedence: bulk") } == 3)
        #expect(text.count { $0.contains("header Auto-Submitted: auto-replied") } == 3)
        #expect(text.contains { $0.contains(": from=<>, size=") })
    }

    @Test func `a machine answers its own copies, one after another`() throws {
        let chain = "Kind=robots\nAt=0s\nRobots=1\nRing=yes\nItself=yes\nEvery=1min\nCount=20\n"
        let posts = storm(try scenario(chain))
        #expect(posts.count == 20 && Set(posts.map(\.poster)).count == 1)
        for (earlier, later) in zip(posts, posts.dropFirst()) {
            #expect(later.parent == earlier.messageID && later.time > earlier.time)
        }
    }

    @Test func `a machine whose answers are mails of their own refers to nothing`() throws {
        let chain =
            "Kind=robots\nAt=0s\nRobots=2\nRing=yes\nNewThreads=yes\nEvery=1min\nCount=20\n"
        let posts = storm(try scenario(chain))
        #expect(posts.count == 20 && Set(posts.map(\.poster)).count == 2)
        #expect(posts.allSatisfy { $0.parent == nil && $0.root == nil })
    }

    @Test func `machines answer in turn, each the one before it`() throws {
        let ring = "Kind=robots\nAt=0s\nRobots=3\nRing=yes\nTurns=yes\nEvery=1min\nCount=20\n"
        let posts = storm(try scenario(ring))
        #expect(posts.count == 20 && Set(posts.map(\.poster)).count == 3)
        for (earlier, later) in zip(posts, posts.dropFirst()) {
            #expect(later.parent == earlier.messageID && later.time > earlier.time)
        }
        for (earlier, later) in zip(posts, posts.dropFirst(3)) {
            #expect(later.poster == earlier.poster)
        }
    }

    @Test func `another list sends mail back under its own name`() throws {
        let keys = "Kind=loop\nThrough=l@other.example\nMessageIDs=new\nEvery=1min\nCount=9\n"
        let plan = try scenario(keys)
        let posts = storm(plan)
        #expect(posts.allSatisfy { $0.poster == "l-bounces@other.example" })
        #expect(Set(posts.map(\.messageID)).count == 9)
        #expect(posts.allSatisfy { ($0.age ?? .seconds(0)) >= .hours(1) }, "the first Date is kept")
        let text = understood(plan).map(\.message)
        #expect(
            text.contains {
                $0.contains("header From: Somebody <office@firm.example> from mx.other")
            }
        )
        #expect(storm(try scenario(keys + "Dates=new\n")).allSatisfy { $0.age == .seconds(0) })
    }

    @Test func `two lists of one host get each other's copies by turns`() throws {
        var plan = try scenario("Kind=loop\nThrough=b@lists.example\nMessageIDs=new\nCount=4\n")
        plan.lists.append(SimulatedList(address: "b@lists.example", shape: .mailman, members: 40))
        let posts = storm(plan)
        #expect(posts.map(\.list) == [1, 0, 1, 0])
        #expect(
            posts.map(\.poster).prefix(2) == ["owner-a@lists.example", "b-bounces@lists.example"]
        )
        _ = understood(plan)
    }

    @Test func `Message-IDs and Dates may be the same or missing`() throws {
        let again = storm(try scenario("Kind=posts\nCount=5\nMessageIDs=same\nStorm=no\n"))
        #expect(again.count == 5 && Set(again.map(\.messageID)).count == 1)
        #expect(again.allSatisfy { $0.isLookAlike && !$0.isStorm })
        let devices = try scenario("Kind=posts\nCount=5\nMessageIDs=none\nDates=none\nStorm=no\n")
        let text = understood(devices).map(\.message)
        // A copy of an alias has its own cleanup line.
        #expect(text.count { $0.hasSuffix(": message-id=<>") } == 10)
        #expect(text.count { $0.contains("header Date:") } == 1)
    }

    @Test func `people are regulars, outsiders, or the same under another address`() throws {
        let regulars = storm(
            try scenario(answers + "Posters=60\nFirstMember=9\nRegulars=100%\nRepeats=0\n")
        )
        let pool = Set((9..<69).map { Names.member($0, of: 0) })
        #expect(Set(regulars.map(\.poster)) == pool)
        let outsiders = storm(try scenario(answers + "Outsiders=100%\nRepeats=0\n"))
        #expect(outsiders.allSatisfy { $0.isOutsider && $0.poster.hasSuffix("@outside.example") })
        let second = storm(try scenario(answers + "SecondAddresses=50%\nRepeats=0\n"))
        #expect((15...45).contains(second.count { $0.poster.hasSuffix("@home.example") }))
        let rewritten = storm(try scenario(answers + "RewrittenFrom=l@x.example\n"))
        #expect(Set(rewritten.map(\.poster)) == ["l@x.example"])
    }

    @Test func `all answer the first mail, or more and more of them answer`() throws {
        let first = storm(try scenario(answers + "AnswerFirst=yes\nNewMail=0\n"))
        #expect(Set(first.map(\.parent)).count == 1)
        let growing = storm(try scenario("Kind=storm\nCount=900\nPerHour=1-40\nRamp=20h\n"))
        let begin = try #require(growing.first).time
        let early = growing.count { $0.time < begin + .hours(5) }
        let late = growing.count { $0.time >= begin + .hours(15) && $0.time < begin + .hours(20) }
        #expect(late > 2 * early)
    }

    @Test func `a desk has strangers in threads of their own, and colleagues who answer`() throws {
        let keys = "Kind=desk\nPerDay=60\nPosters=4\nReplies=70%\n"
        let posts = Simulation(try scenario(keys)).posts.filter {
            $0.poster != "office@firm.example"
        }
        let strangers = posts.filter { $0.isOutsider && $0.parent == nil }
        let colleagues = posts.filter { !$0.isOutsider }
        #expect(strangers.count > 40 && Set(strangers.map(\.poster)).count == strangers.count)
        #expect(Set(colleagues.map(\.poster)).count == 4)
        #expect(colleagues.allSatisfy { $0.parent != nil })
    }

    @Test func `local copies leave no host`() throws {
        let lines = understood(try scenario(answers, list: "Local=yes"))
        #expect(!lines.contains { $0.program == .smtp })
        #expect(lines.count { $0.message.contains("(delivered to mailbox)") } == 61 * 200)
    }

    @Test func `of a list with members here and elsewhere only the latter's copies leave`() throws {
        let lines = understood(try scenario(answers, list: "Local=60%"))
        // What comes back goes to root's mailbox.
        let here = lines.count {
            $0.message.contains("(delivered to mailbox)") && !$0.message.contains("to=<root@")
        }
        let left = Set(
            lines.filter { $0.program == .smtp }.compactMap {
                $0.message.split(separator: "to=<").last?.prefix { $0 != ">" }
            }
        )
        #expect(here == 61 * 120 && left.count == 80)
    }

    @Test func `posts queue behind each other at a slow list manager`() throws {
        let plan = try scenario(answers, list: "Shape=mailman\nCopiesPerSecond=0.5")
        let announced = understood(plan).compactMap { line in line.announces.map { ($0, line.time) }
        }
        let posts = Simulation(plan).posts
        // 400 seconds a post, one every 90 seconds: the twentieth waits for most of two hours.
        let waits = announced.map { place, time in time - posts[place].time }
        #expect(waits[0] < .seconds(5))
        #expect(waits[20] > .hours(1))
        for (earlier, later) in zip(announced, announced.dropFirst()) {
            #expect(later.1 - earlier.1 >= .seconds(399))
        }
    }

    @Test func `an abbreviated log announces all that the whole one does`() throws {
        let plan = try scenario(answers)
        func announced(_ simulation: Simulation) -> [Int?] {
            var simulation = simulation
            var places: [Int?] = []
            while let line = simulation.nextLine() {
                if line.announces != nil { places.append(line.announces) }
            }
            return places
        }
        #expect(announced(Simulation(plan)) == announced(Simulation(abbreviating: plan)))
        #expect(announced(Simulation(plan)).count == 61)
    }
}
