// SPDX-License-Identifier: Apache-2.0
//
// Scenario files: every file of seeds/ is read, and what is wrong is said with its line.

import EventTime
import Testing

@testable import StormSimulator

struct ScenarioReaderTests {
    @Test func `a scenario says what it means`() throws {
        let scenario = try Scenario(
            text: """
                # A comment.
                [Scenario]
                Title=Test
                Seed=12
                Start=2026-11-20T18:00:00Z
                Duration=2d 12h
                Headers=no
                Expect=trip a@b.example within 3 by announce-breach|storm
                Expect=no-trip other@b.example

                [List a@b.example]
                Shape=mlmmj
                Members=50_000

                [Traffic storm]
                Kind=storm
                At=1h
                PerHour=5-20
                Repeats=8%
                Flagged=yes

                [Settings]
                [List a@b.example]
                AnnounceOnly=yes
                """,
            path: "x"
        )
        #expect(scenario.seed == 12)
        #expect(scenario.start.rfc3339 == "2026-11-20T18:00:00Z")
        #expect(scenario.duration == .hours(60))
        #expect(!scenario.hasHeaders)
        #expect(
            scenario.expectations == [
                Expectation(
                    list: "a@b.example",
                    isTrip: true,
                    latestReply: 3,
                    rules: ["announce-breach", "storm"]
                ),
                Expectation(list: "other@b.example", isTrip: false),
            ]
        )
        #expect(
            scenario.lists == [
                SimulatedList(address: "a@b.example", shape: .mlmmj, members: 50_000)
            ]
        )
        #expect(scenario.traffic.first?.list == "a@b.example")
        #expect(scenario.traffic.first?.perHour == 5...20)
        #expect(scenario.traffic.first?.repeatShare == 0.08)
        #expect(scenario.traffic.first?.isFlagged == true)
        #expect(scenario.settings == "[List a@b.example]\nAnnounceOnly=yes\n")
    }

    @Test(arguments: [
        ("Title=x", "x:1: expected a section, such as [Scenario], before 'Title'"),
        ("[Scenario]\nTitel=x", "x:2: unknown key 'Titel' in [Scenario]"),
        ("[Scenario", "x:1: expected ']' at the end of the section"),
        ("[Lists a@b]", "x:1: unknown section; expected Scenario, Host, List, Traffic or Settings"),
        ("[List nobody]", "x:1: expected [List ADDRESS]"),
        ("[Scenario]\nStart=Friday", "x:2: expected a time, as 2026-11-20T18:00:00Z"),
        ("[Scenario]\nDuration=long", "x:2: expected a time span, as 3d, 2h 30min or 45s"),
        ("[List a@b]\nMembers=0", "x:2: expected a whole number from 1 to 10000000"),
        (
            "[List a@b]\nShape=ring",
            "x:2: expected one of include-owner, include, mlmmj, mailman, mailman-verp"
        ),
        ("[Traffic t]\nReplies=110%", "x:2: expected a share, as 5% or 0.05"),
        ("[Traffic t]\nPerHour=20-5", "x:2: expected the smaller number first"),
        ("[List a@b]\n[Traffic t]\nList=c@d", "x:2: there is no section [List c@d]"),
        ("[Scenario]\nwhat", "x:2: expected Key=value, [Section] or a comment"),
        ("", "x: has neither lists nor traffic"),
        (
            "[Scenario]\nExpect=maybe",
            "x:2: expected one of trip, no-trip, hold, leak, no-halt, brief-hold"
        ),
    ])
    func `what is wrong is said with its line`(text: String, message: String) {
        let error = #expect(throws: ScenarioError.self) { try Scenario(text: text, path: "x") }
        #expect(error?.description == message)
    }
}
