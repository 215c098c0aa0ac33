// SPDX-License-Identifier: Apache-2.0
//
// The whole daemon in process, from a journal line to the actuator, the page and the answer.

import Breaker
import Control
import Foundation
import Testing

@testable import Daemon

/// A daemon that runs until `stop`.
struct Running {
    private let task: Task<Int32, Never>
    private let feed: AsyncStream<Watch.Wish>.Continuation

    init(_ room: Room) { self.init(room.options) }

    init(_ options: DaemonOptions) {
        let (wishes, feed) = AsyncStream.makeStream(of: Watch.Wish.self)
        self.feed = feed
        let watch = Watch(options: options)
        task = Task { await watch.run(wishes) }
    }

    func reload() { feed.yield(.reload) }

    func stop() async -> Int32 {
        feed.yield(.stop)
        return await task.value
    }
}

let hasJournalRemote: Bool = {
    let found = FileManager.default.isExecutableFile(
        atPath: "/lib/systemd/systemd-journal-remote"
    )
    if !found { print("SKIPPED, LOUDLY: systemd-journal-remote is not installed") }
    return found
}()

@Suite(.serialized, .enabled(if: hasJournalRemote))
struct LifeTests {
    @Test func `a storm trips, halts, pages; a restart halts again; a reset resumes`() async throws
    {
        let room = try Room()
        defer { room.remove() }
        let actuator = try NotingActuator(path: room.path + "/actuator.sock")
        defer { actuator.stop() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }

        var daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        for poster in ["news@example.org", "ann@example.com", "bob@example.com"] {
            try journal.post(from: poster)
        }
        await eventually("the halt is ordered") { actuator.isHalted }
        await eventually("the trip is paged") { room.pages.contains("trip") }
        let open = room.status()
        #expect(open.contains(#""state":"open""#))
        #expect(open.contains(#""held":7"#))
        #expect(await daemon.stop() == 0)

        daemon = Running(room)
        await eventually("the halt is asserted again") {
            actuator.verbs.filter { $0 == "halt" }.count == 2
        }
        #expect(room.status().contains(#""state":"open""#))
        #expect(room.pages.filter { $0 == "trip" }.count == 1, "no second page for one incident")

        var reset = ControlRequest(.reset)
        reset.list = "annonce@example.org"
        reset.reason = "list closed"
        #expect(room.ask(reset)?.code == 64, "what becomes of held mail must be said")
        reset.held = .release
        #expect(room.ask(reset)?.code == 0)
        await eventually("mail is resumed") { !actuator.isHalted }
        await eventually("the page is resolved") { room.pages.contains("reset") }
        #expect(room.status().contains(#""state":"half-open""#))
        #expect(await daemon.stop() == 0)

        daemon = Running(room)
        await eventually("it answers again") { room.status().contains("half-open") }
        #expect(!actuator.isHalted, "what was reset is not tripped again by old lines")
        #expect(await daemon.stop() == 0)
    }

    @Test func `in observe mode the same storm pages and touches nothing`() async throws {
        let room = try Room()
        defer { room.remove() }
        try room.settings(mode: "observe")
        let actuator = try NotingActuator(path: room.path + "/actuator.sock")
        defer { actuator.stop() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }
        let daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        for poster in ["ann@example.com", "bob@example.com"] { try journal.post(from: poster) }
        await eventually("the trip is paged") { room.pages.contains("trip") }
        #expect(await daemon.stop() == 0)
        #expect(actuator.verbs == ["status"])
    }

    @Test func `a reload with a bad file keeps the old settings and pages`() async throws {
        let room = try Room()
        defer { room.remove() }
        let journal = try LiveJournal(directory: room.path + "/journal")
        defer { journal.close() }
        try journal.log("qmgr", "statistics: max connection rate 1/60s for (smtp:192.0.2.7)")
        await eventually("there is a journal") { room.hasJournal }
        let daemon = Running(room)
        await eventually("the daemon answers") { !room.status().isEmpty }
        try room.settings(mode: "perhaps")
        daemon.reload()
        await eventually("the refusal is paged") { room.pages.contains("settings-rejected") }
        #expect(room.status().contains(#""mode":"armed""#))
        #expect(await daemon.stop() == 0)
    }

    @Test func `a start that cannot be says why by its exit code`() async throws {
        let room = try Room()
        defer { room.remove() }
        #expect(await Running(room).stop() == ExitCode.unavailable, "no journal there")
        try room.settings(mode: "perhaps")
        #expect(await Running(room).stop() == ExitCode.configuration)
    }
}
