// SPDX-License-Identifier: Apache-2.0
//
// What a host tells others of its lists, read off its log.

import EventTime
import ListTraffic
import Testing

@Suite struct FactTests {
    static let list = "annonce@lists.example.org"

    private static func digest(_ id: String) -> MessageDigest {
        MessageDigest(of: Array(id.utf8))
    }

    @Test func `a host without a fleet keeps no fact`() {
        var log = LogScript()
        log.postToOwnerAlias(1, from: "boss@example.org")
        #expect(log.posts.count == 1)
        #expect(log.traffic.takeFacts().isEmpty)
    }

    @Test func `a post, its further copies and its return are told by Message-ID`() throws {
        var log = LogScript()
        log.traffic.keepsFacts = true
        log.postToOwnerAlias(
            1,
            from: "boss@example.org",
            headers: [
                "Message-ID: <m1@example.org>", "References: <r@example.org> <p@example.org>",
                "Date: Mon, 24 Nov 2026 01:00:00 +0000", "Auto-Submitted: auto-replied",
            ]
        )
        let facts = log.traffic.takeFacts()
        #expect(facts.map(\.list) == [Self.list])
        #expect(facts.map(\.role) == [.home])
        guard case .post(let post) = facts.first?.happening else {
            Issue.record("no post: \(facts)")
            return
        }
        #expect(post.message == Self.digest("m1@example.org"))
        #expect(post.root == Self.digest("r@example.org"))
        #expect(post.parent == Self.digest("p@example.org"))
        #expect(post.poster == "boss@example.org")
        #expect(post.isReply && post.isRobot && post.hasHeaders && !post.isFromList)
        #expect(post.written == Timestamp(seconds: 1_795_482_000))
        #expect(post.copies == log.posts.first?.copies)
        #expect(post.queueID == log.posts.first?.queueID)
        #expect(log.traffic.takeFacts().isEmpty)
    }

    @Test func `chunks of a post are copies of it, and a relay says that it is one`() {
        var settings = TrafficSettings()
        settings.listHosts = ["192.0.2.50"]
        for (client, role) in [
            ("localhost[127.0.0.1]", ReporterRole.home), ("lists.example.org[192.0.2.50]", .relay),
        ] {
            var log = LogScript(settings)
            log.traffic.keepsFacts = true
            for chunk in 0..<3 {
                log.arrive(
                    LogScript.id(chunk + 1),
                    from: "annonce-bounces@lists.example.org",
                    message: "m@example.org",
                    client: client,
                    recipients: 500
                )
            }
            let facts = log.traffic.takeFacts()
            #expect(facts.map(\.role) == [role, role, role])
            let copies = facts.dropFirst().map(\.happening)
            #expect(
                copies
                    == [TrafficFact.Happening](
                        repeating: .copies(Self.digest("m@example.org"), 500),
                        count: 2
                    )
            )
        }
    }
}
