// SPDX-License-Identifier: Apache-2.0
//
// What a trial plays and measures: every copy where a copy is a message, and holds that belong to the
// story.

import StormSimulator
import Testing
import Trials

struct TrialTests {
    private static func rows(_ text: String) throws -> [TrialRow] {
        let scenario = try Scenario(text: text, path: "x")
        return try TrialTable.rows(
            scenario,
            name: "x",
            seeds: [1, 2],
            views: [TrialView(hasHeaders: true, isLate: false)]
        ).filter(\.hasHeaders)
    }

    /// Its members are known by nothing else.
    @Test func `with VERP every copy of an abbreviated log is written`() throws {
        let scenario = try Scenario(
            text: """
                [Scenario]
                Duration=1d
                Deferred=0
                Bounced=0
                [List alle@firm.example]
                Shape=mailman-verp
                Members=120
                [Traffic posts]
                Kind=posts
                """,
            path: "x"
        )
        var log = Simulation(abbreviating: scenario)
        var sent = 0
        while let line = log.nextLine() {
            if line.program == .smtp, line.message.contains("status=sent") { sent += 1 }
        }
        #expect(sent >= 120)
    }

    /// Who has a mailbox here is known by nothing else.
    @Test func `an abbreviated log has every copy of the first post to mailboxes here`()
        throws
    {
        let scenario = try Scenario(
            text: """
                [Scenario]
                Duration=2d
                [List alle@firm.example]
                Shape=include-owner
                Members=120
                Local=yes
                [Traffic posts]
                Kind=posts
                Count=2
                Every=1d
                """,
            path: "x"
        )
        var log = Simulation(abbreviating: scenario)
        var here = 0
        while let line = log.nextLine() {
            if line.message.contains("delivered to mailbox") { here += 1 }
        }
        #expect(here >= 120 && here < 130)
    }

    /// What the stake counts: of 5,000 members 3,000 or 1,000 have their mailboxes here.
    @Test(arguments: [("60%", "0 of 2 halted"), ("20%", "2 of 2 halted")])
    func `other people's mail stands still for members elsewhere alone`(
        _ share: String,
        _ measured: String
    ) throws {
        let rows = try Self.rows(
            """
            [Scenario]
            Start=2026-05-04T07:00:00Z
            Duration=21d
            Expect=no-halt
            [List alle@firm.example]
            Shape=include-owner
            Members=5000
            Local=\(share)
            [Traffic earlier]
            Kind=posts
            Count=3
            Every=7d
            [Traffic storm]
            Kind=storm
            At=20d
            Count=20
            PerHour=20-20
            [Settings]
            [List alle@firm.example]
            AnnounceOnly=yes
            """
        )
        let found = rows.compactMap { $0.usual?.measured.prefix { $0 != "," } }
        #expect(found == [measured[...]])
    }

    /// On its first evening three who write hold the list until the morning; the day of the story is
    /// another one.
    @Test func `a hold that began before the story is not measured`() throws {
        let rows = try Self.rows(
            """
            [Scenario]
            Start=2026-11-21T10:00:00Z
            Duration=30d
            Expect=brief-hold talk@club.example within 30min
            [List talk@club.example]
            Members=900
            [Traffic first-evening]
            Kind=posts
            Posters=6
            Count=6
            Every=20min
            [Traffic later]
            Kind=posts
            Posters=2
            Count=2
            At=25d
            Storm=no
            """
        )
        #expect(rows.map { $0.usual?.measured } == ["no hold"])
        #expect(rows.allSatisfy { $0.usual?.isKept == true })
    }

    /// Six write on a Friday evening, so that the hold lasts until Monday; a person who comes then has
    /// half an hour.
    @Test func `of a hold counts what somebody was there for`() throws {
        let rows = try Self.rows(
            """
            [Scenario]
            Start=2026-11-20T18:00:00Z
            Duration=4d
            Expect=brief-hold talk@club.example within 30min
            [List talk@club.example]
            Members=900
            [Traffic evening]
            Kind=posts
            Posters=6
            Count=6
            Every=20min
            Storm=no
            [Traffic weekend]
            Kind=posts
            Posters=6
            Count=14
            Every=4h
            At=4h
            Storm=no
            """
        )
        #expect(!rows.isEmpty)
        #expect(rows.allSatisfy { $0.usual?.isKept == true })
        #expect(rows.allSatisfy { $0.usual?.measured != "no hold" })
    }
}
