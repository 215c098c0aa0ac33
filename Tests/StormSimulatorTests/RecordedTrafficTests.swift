// SPDX-License-Identifier: Apache-2.0
//
// Rows of real traffic as the log of a mail host: who posts in answer to what, every recipient
// counted though not every copy is shown, and rows that somebody made up.

import EventTime
import ListTraffic
import MailLog
import Testing

@testable import StormSimulator

struct RecordedTrafficTests {
    private static let rows = """
        unix_time,list,sender_hash,message_id_hash,in_reply_to_hash,is_reply,date_lag_s
        1600000000,talk,aa,m1,,0,2
        1600000600,talk,bb,m2,m1,1,7200
        1600001200,talk,cc,m3,m2,1,
        1600001800,talk,aa,,,1,3
        """

    private func play(
        _ shape: ListShape,
        members: Int = 1234,
        headers: Bool = true,
        whole: Bool = false,
        rows: String = rows
    ) -> (lines: [LogLine], posts: [SimulatedPost], skipped: Int) {
        var traffic = RecordedTraffic(shape: shape, members: members)
        for row in rows.split(separator: "\n") { traffic.take(row) }
        let (scenario, posts) = traffic.plan(hasHeaders: headers, isWhole: whole)
        var simulation = Simulation(scenario, posts: posts)
        var lines: [LogLine] = []
        while let line = simulation.nextLine() { lines.append(line) }
        return (lines, posts, traffic.skipped)
    }

    @Test(arguments: ListShape.allCases.filter { $0 != .mailmanVerp })
    func `every member is counted though few copies show`(shape: ListShape) {
        let lines = play(shape).lines
        let copies = events(lines).filter { _, event, _ in
            event.kind == .queued && event.count > 1
        }
        #expect(copies.reduce(0) { $0 + $1.event.count } == 4 * 1234)
        #expect(lines.count < 4 * 60)
        #expect(events(lines).allSatisfy { $0.event.kind != .other })
    }

    @Test(arguments: ListShape.allCases)
    func `a whole log has a line for every copy`(shape: ListShape) {
        let lines = play(shape, members: 120, whole: true).lines
        let sent = lines.count { $0.program == .smtp }
        // mlmmj sends no copy to the poster, who may be a member.
        #expect((4 * 119...4 * 120).contains(sent))
    }

    @Test(arguments: [true, false])
    func `a message a member, by Mailman with VERP, is one post with all its copies`(
        headers: Bool
    ) {
        let lines = play(.mailmanVerp, members: 150, headers: headers).lines
        let senders = lines.count {
            $0.program == .qmgr && $0.message.contains("from=<talk-bounces+")
                && $0.message.contains("nrcpt=1 ")
        }
        #expect(senders == 4 * 150)
        var traffic = ListTraffic(settings: TrafficSettings())
        var happenings: [TrafficEvent] = []
        for (_, event, bytes) in events(lines) {
            traffic.observe(event, in: bytes, into: &happenings)
        }
        var (posts, announced, sent): ([Post], Int64, Int64) = ([], 0, 0)
        for happening in happenings {
            switch happening {
            case .post(let post):
                posts.append(post)
                announced += post.copies
            case .announced(_, let copies, _): announced += copies
            case .sent(_, let copies, _): sent += copies
            case .outward: Issue.record("a list's copy has no sender")
            default: break
            }
        }
        #expect(posts.count == 4)
        #expect(posts.allSatisfy { traffic.address(of: $0.list) == "talk@lists.example" })
        #expect(
            posts.map(\.kind.isReply)
                == (headers ? [false, true, true, true] : [false, true, true, false])
        )
        #expect(announced == 4 * 150 && sent == 4 * 150)
    }

    @Test func `answers name what they answer and the thread's first mail`() throws {
        let text = play(.includeOwner).lines.map(\.message)
        #expect(text.contains { $0.contains("info: header In-Reply-To: <m2@mail.example>") })
        #expect(
            text.contains {
                $0.contains("info: header References: <m1@mail.example>? <m2@mail.example>")
            }
        )
        let posts = play(.includeOwner).posts
        #expect(posts.map(\.role) == [.new, .reply, .reply, .reply])
        #expect(posts[1].parent == posts[0].messageID)
        #expect(posts[3].parent != nil, "an answer by its subject only")
        #expect(posts[1].age == .hours(2))
        #expect(posts[2].age == nil)
    }

    @Test func `the Date header is as much older as the row says, and absent when it does not`() {
        let dates = play(.includeOwner).lines.map(\.message).filter { $0.contains("header Date:") }
        #expect(dates.count == 3)
        #expect(dates[1].contains("Date: Sun, 13 Sep 2020 10:36:40 +0000"))
    }

    @Test func `without headers only the Message-ID shows`() {
        let text = play(.includeOwner, headers: false).lines.map(\.message)
        #expect(!text.contains { $0.contains("info: header") })
        #expect(text.contains { $0.hasSuffix("message-id=<m1@mail.example>") })
    }

    @Test func `whoever posts next had a copy of what came before`() {
        for post in play(.includeOwner).posts.dropLast() { #expect(!post.firstReaders.isEmpty) }
        let lines = play(.mailman).lines
        let second = lines.firstIndex { $0.message.contains("from=<p.bb@") }
        let copy = lines.firstIndex {
            $0.program == .smtp && $0.message.contains("to=<p.bb@")
        }
        #expect(copy ?? .max < second ?? .min)
    }

    @Test func `made-up rows are passed over or become plain words`() {
        let hostile = """
            garbage
            ,,,,,,
            99999999999999999999,talk,a,b,c,1,1
            -5,talk,a,b,c,1,1
            1600000000,ta lk>\u{0},s>,<m\u{7}@x,p\ny,1,9223372036854775807
            1600000001,ta lk>\u{0},\(String(repeating: "x", count: 100_000)),n,,2,-9223372036854775808
            """
        let result = play(.includeOwner, rows: hostile)
        #expect(result.posts.count == 1 || result.posts.count == 2)
        #expect(result.skipped >= 4)
        for line in result.lines {
            #expect(line.message.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
            #expect(line.message.utf8.count < 1000)
        }
    }

    @Test func `two lists on one host keep their names apart`() {
        let rows = "1600000000,a b,aa,m1,,0,1\n1600000001,a-b,bb,m2,,0,1\n"
        let lines = play(.include, rows: rows).lines.map(\.message)
        #expect(lines.contains { $0.contains("to=<a-b@lists.example>, relay=local") })
        #expect(lines.contains { $0.contains("to=<a-b-1@lists.example>, relay=local") })
    }
}
