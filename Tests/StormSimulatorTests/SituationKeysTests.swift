// SPDX-License-Identifier: Apache-2.0
//
// The keys by which a scenario says what is odd about its mail: what each means, and what is said
// of a wrong value.

import EventTime
import Testing

@testable import StormSimulator

struct SituationKeysTests {
    private func traffic(_ keys: String) throws -> Traffic {
        let scenario = try Scenario(text: "[List a@b]\n[Traffic t]\n\(keys)\n", path: "x")
        return try #require(scenario.traffic.first)
    }

    @Test func `headers, people and machines are read`() throws {
        let headers = try traffic(
            "Marks=auto-submitted, bulk,null-sender\nMessageIDs=same\nDates=new"
        )
        #expect(headers.marks == [.autoSubmitted, .bulk, .nullSender])
        #expect(headers.messageIDs == .same && headers.dates == .new)
        let people = try traffic(
            "Outsiders=20%\nRegulars=100%\nSecondAddresses=15%\nRewrittenFrom=l@x"
        )
        #expect(people.outsiderShare == 0.2 && people.regularShare == 1)
        #expect(people.secondAddressShare == 0.15 && people.rewrittenFrom == "l@x")
        let machines = try traffic(
            "Kind=robots\nItself=yes\nTurns=yes\nNewThreads=yes\nThrough=l@x\nAnswerFirst=yes\nStorm=no"
        )
        #expect(machines.answersItself && machines.through == "l@x" && machines.answersFirst)
        #expect(machines.isStorm == false && machines.takesTurns && machines.startsThreads)
        #expect(try traffic("Kind=desk\nRamp=20h").ramp == .hours(20))
    }

    @Test func `ages, clocks and ways are read`() throws {
        let age = try traffic("Age=1h-30d\nClock=1h 30min slow")
        #expect(age.age == .hours(1) && age.ageSpread == .hours(719))
        #expect(age.clock == .minutes(-90))
        let way = try traffic("Late=16min-40min\nLateShare=50%\nGreylisted=yes").lateness
        #expect(way?.least == .minutes(16) && way?.most == .minutes(40))
        #expect(way?.share == 0.5 && way?.isFirstOnly == true)
    }

    @Test func `hosts, filters and slow managers are read`() throws {
        let scenario = try Scenario(
            text: """
                [Scenario]
                Group=Robots
                Clock=16min fast
                Filter=20min
                Authors=yes
                Late=20min
                [Host mx2.example]
                Share=30%
                Clock=90min slow
                [List a@b]
                Local=yes
                CopiesPerSecond=5
                """,
            path: "x"
        )
        #expect(scenario.group == "Robots" && scenario.hasAuthors)
        #expect(scenario.clock == .minutes(16) && scenario.filterDelay == .minutes(20))
        #expect(scenario.lateness == Lateness(least: .minutes(20), most: .minutes(20)))
        #expect(scenario.furtherHosts.first?.name == "mx2.example")
        #expect(scenario.furtherHosts.first?.share == 0.3)
        #expect(scenario.furtherHosts.first?.clock == .minutes(-90))
        #expect(scenario.lists.first?.localShare == 1 && scenario.lists.first?.copiesPerSecond == 5)
    }

    @Test func `promises are read and spelled as they were`() throws {
        let promises = [
            "trip a@b within 10 [12] by loop|ceiling", "hold a@b within 3 [4]", "leak within 4",
            "no-trip a@b in 90%", "no-halt", "brief-hold a@b within 30min",
        ]
        let text = "[Scenario]\n" + promises.map { "Expect=\($0)\n" }.joined() + "[List a@b]\n"
        let scenario = try Scenario(text: text, path: "x")
        #expect(scenario.expectations.map { $0.text() } == promises)
        #expect(scenario.expectations[0].text(later: 2).contains("within 12 [14]"))
    }

    private static let words = "expected a time span and fast or slow, as 16min fast"

    @Test(arguments: [
        ("[Scenario]\nClock=16min", words),
        ("[Scenario]\nClock=soon fast", "expected a time span, as 3d, 2h 30min or 45s"),
        ("[Scenario]\nFilter=long", "expected a time span, as 3d, 2h 30min or 45s"),
        ("[Scenario]\nAuthors=some", "expected yes or no"),
        ("[Scenario]\nGreylisted=yes", "expected Late= before Greylisted="),
        ("[Scenario]\nGrup=x", "unknown key 'Grup' in [Scenario]"),
        ("[Host]", "expected [Host NAME]"),
        ("[Host a]\nShare=2", "expected a share, as 5% or 0.05"),
        ("[Host a]\nClock=1h", words),
        ("[Host a]\nShape=x", "unknown key 'Shape' in [Host]"),
        ("[List a@b]\nLocal=here", "expected yes or no"),
        ("[List a@b]\nCopiesPerSecond=0", "expected a number from 0.01 to 10000.0"),
        ("[Traffic t]\nLate=40min-16min", "expected the shorter time span first"),
        ("[Traffic t]\nLate=1min-2min-3min", "expected a time span or two, as 16min-40min"),
        ("[Traffic t]\nLateShare=5%", "expected Late= before LateShare="),
        ("[Traffic t]\nClock=1h", words),
        ("[Traffic t]\nAge=old", "expected a time span, as 3d, 2h 30min or 45s"),
        ("[Traffic t]\nMarks=loud", "expected one of auto-submitted, bulk, null-sender"),
        ("[Traffic t]\nMessageIDs=no", "expected one of usual, new, same, none"),
        ("[Traffic t]\nDates=no", "expected one of usual, new, none"),
        ("[Traffic t]\nOutsiders=x", "expected a share, as 5% or 0.05"),
        ("[Traffic t]\nRegulars=x", "expected a share, as 5% or 0.05"),
        ("[Traffic t]\nSecondAddresses=x", "expected a share, as 5% or 0.05"),
        ("[Traffic t]\nRewrittenFrom=x", "expected an address, as list@elsewhere.example"),
        ("[Traffic t]\nThrough=@x", "expected an address, as list@elsewhere.example"),
        ("[Traffic t]\nItself=x", "expected yes or no"),
        ("[Traffic t]\nAnswerFirst=x", "expected yes or no"),
        ("[Traffic t]\nStorm=x", "expected yes or no"),
        ("[Traffic t]\nRamp=x", "expected a time span, as 3d, 2h 30min or 45s"),
        ("[Scenario]\nExpect=hold within 0", "expected a whole number from 1 to 100000"),
        ("[Scenario]\nExpect=trip within 9 [3]", "expected a whole number from 9 to 100000"),
        ("[Scenario]\nExpect=leak a@b", "expected 'leak [LIST] within N'"),
        ("[Scenario]\nExpect=brief-hold", "expected 'brief-hold [LIST] within SPAN'"),
        (
            "[Scenario]\nExpect=no-halt by loop",
            "expected 'within N [M]', 'in SHARE' or 'by RULE' in place of 'by'"
        ),
    ])
    func `what is wrong is said with its line`(text: String, message: String) {
        let error = #expect(throws: ScenarioError.self) { try Scenario(text: text, path: "x") }
        let line = text.contains("\n") ? 2 : 1
        #expect(error?.description == "x:\(line): \(message)")
    }

    @Test func `hosts cannot take more mail than there is`() {
        let text = "[List a@b]\n[Host c]\nShare=60%\n[Host d]\nShare=60%\n"
        let error = #expect(throws: ScenarioError.self) { try Scenario(text: text, path: "x") }
        #expect(error?.description == "x: hosts have shares of more than 100%")
    }
}
