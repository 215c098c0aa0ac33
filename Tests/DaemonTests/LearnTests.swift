// SPDX-License-Identifier: Apache-2.0
//
// What `listbreaker learn` left, taken by a whole daemon: when it starts, and when it is asked.

import Control
import Engine
import EventTime
import Foundation
import Linux
import MailLog
import Settings
import StormSimulator
import Testing
import Trials

@testable import Daemon

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct LearnTests {
    /// What a month of a newsletter teaches, as the file that is left.
    private func file() throws -> [UInt8] {
        let text = """
            [Scenario]
            Title=A newsletter
            Seed=3
            Start=2026-08-01T06:00:00Z
            Duration=60d
            DeliveriesPerSecond=200

            [List letter@lists.example]
            Shape=include-owner
            Members=4000

            [Traffic letter]
            Kind=posts
            From=editor@lists.example
            Count=29
            Every=2d
            """
        let scenario = try Scenario(text: text, path: "letter")
        let settings = try SettingsReader.read([SettingsText(path: "none", text: "")]).get()
            .settings
        var trust = TrustSettings()
        trust.postfixUsers = [scenario.mailUser]
        var engine = Engine(settings: settings, trust: trust)
        var simulation = Simulation(abbreviating: scenario)
        var batch = LineBatch(scenario)
        while let line = simulation.nextLine() {
            batch.append(line)
            _ = engine.handle(.entries(batch.entries, readAt: line.time))
            batch.removeAll()
        }
        return try LearnedFile(snapshot: engine.snapshot, uid: 0, time: .now).bytes()
    }

    @Test func `it is taken at a start and on a command, once, and a damaged one is refused`()
        async throws
    {
        let room = try Room()
        defer { room.remove() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }
        let path = room.path + "/state/learned"
        let left = Data(try file())
        try left.write(to: URL(fileURLWithPath: path))

        let daemon = Running(room)
        await eventually("it is taken at the start") {
            room.status().contains("letter@lists.example")
        }
        await eventually("and removed") { !FileManager.default.fileExists(atPath: path) }
        #expect(room.status().contains(#""kind":"announce""#))

        let learn = ControlRequest(.learn)
        #expect(room.ask(learn)?.code == 1, "there is nothing")
        try left.write(to: URL(fileURLWithPath: path))
        let again = room.ask(learn)
        #expect(again?.code == 0)
        #expect(again?.message.contains("0 lists of which little was known") == true)
        try left.dropLast(7).write(to: URL(fileURLWithPath: path))
        let damaged = room.ask(learn)
        #expect(damaged?.code == 1)
        #expect(damaged?.message.contains("nothing was changed") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(room.pages.isEmpty)
        #expect(await daemon.stop() == 0)
    }
}
